//! How a connection's stream from an owner begins, and what the edge sends up on it. Never holds what comes down.

use bytes::Bytes;

use super::parts::ask::{get_ask, put_ask};
use super::parts::frame::{Chunks, message};
use super::parts::who::{get_agent, get_session, get_who, put_session, put_who};
use crate::session::input::Ask;
use crate::shard::door::Who;
use crate::store::codec::fields::DecodeError;
use crate::words::{AgentId, Seq, SessionId};

const KIND: u64 = 1;
const SESSION: u64 = 2;
const WHO: u64 = 3;
const FROM: u64 = 4;
const AGENT: u64 = 5;
const DEVICE: u64 = 6;
const TAG: u64 = 7;
const ASK: u64 = 8;

/// The first message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// To a session.
    Session {
        /// As whom.
        who: Who,
        /// To which session.
        session: SessionId,
    },
    /// To an agent's journal.
    Agent {
        /// To whose journal.
        agent: AgentId,
        /// The device that counts as connected.
        device: String,
    },
}

impl Open {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        message(|head| match self {
            Self::Session { who, session } => {
                head.u64(KIND, 1);
                put_session(head, SESSION, *session);
                head.nested(WHO, |row| put_who(row, who));
            }
            Self::Agent { agent, device } => {
                head.u64(KIND, 2);
                head.str(AGENT, &agent.0);
                head.str(DEVICE, device);
            }
        })
        .into()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// Bytes of a later release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, _) = Chunks::open(bytes)?;
        Ok(match head.u64(KIND)? {
            1 => {
                let who = get_who(&head.nested(WHO)?)?;
                Self::Session { who, session: get_session(&head, SESSION)? }
            }
            2 => Self::Agent { agent: get_agent(&head, AGENT)?, device: head.str(DEVICE)? },
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }
}

/// What goes up on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Up {
    /// [`crate::shard::door::Door::submit`], as whom the stream was opened.
    Submit {
        /// The connection's own number for it.
        tag: u64,
        /// What is asked.
        ask: Ask,
    },
    /// [`crate::shard::door::Door::detach`].
    Detach,
    /// [`crate::shard::door::Door::attach`], or of an agent, whose streams begin with the state as it is.
    Attach {
        /// Above this seq.
        from: Seq,
    },
}

impl Up {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        message(|head| match self {
            Self::Submit { tag, ask } => {
                head.u64(KIND, 1);
                head.u64(TAG, *tag);
                head.nested(ASK, |row| put_ask(row, ask));
            }
            Self::Detach => head.u64(KIND, 2),
            Self::Attach { from } => {
                head.u64(KIND, 3);
                head.u64(FROM, from.0);
            }
        })
        .into()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// Bytes of a later release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, _) = Chunks::open(bytes)?;
        Ok(match head.u64(KIND)? {
            1 => Self::Submit { tag: head.u64(TAG)?, ask: get_ask(&head.nested(ASK)?)? },
            2 => Self::Detach,
            3 => Self::Attach { from: Seq(head.u64(FROM)?) },
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }
}
