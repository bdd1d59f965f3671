//! A question to the node that owns a session, an agent's journal or the matchmaker. Never says where that node is.

use bytes::Bytes;

use super::parts::agent::{get_agent_act, put_agent_act};
use super::parts::ask::{get_ask, put_ask};
use super::parts::frame::{Chunks, message};
use super::parts::who::{get_agent, get_session, get_size, get_who, put_session, put_who};
use crate::agent::event::AgentAct;
use crate::session::input::Ask;
use crate::shard::door::Who;
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::store::journal::Epoch;
use crate::words::{AgentId, MessageId, Seq, SessionId};

const KIND: u64 = 1;
const SESSION: u64 = 2;
const WHO: u64 = 3;
const ASK: u64 = 4;
const KNOWN: u64 = 5;
const FROM: u64 = 6;
const LIMIT: u64 = 7;
const AGENT: u64 = 8;
const ID: u64 = 9;
const ACT: u64 = 10;
const SHARD: u64 = 11;
const EPOCH: u64 = 12;

/// A call of the door that goes to an owner. `known` is the highest seq of the session that the calling edge has seen: an
/// owner that has published less is not, or not yet, the owner, and answers [`super::Why::Stale`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// [`crate::shard::door::Door::ask`].
    Ask {
        /// As whom.
        who: Who,
        /// Of which session.
        session: SessionId,
        /// What.
        ask: Ask,
        /// See above.
        known: Seq,
    },
    /// [`crate::shard::door::Door::page`].
    Page {
        /// As whom.
        who: Who,
        /// Of which session.
        session: SessionId,
        /// Above this seq.
        from: Seq,
        /// At most this many.
        limit: usize,
        /// See above.
        known: Seq,
    },
    /// [`crate::shard::door::Door::summary`].
    Summary {
        /// As whom.
        who: Who,
        /// Of which session.
        session: SessionId,
        /// See above.
        known: Seq,
    },
    /// [`crate::shard::door::StaffDoor::ask_agent`].
    AskAgent {
        /// Of whom.
        agent: AgentId,
        /// The caller's id for it.
        id: MessageId,
        /// What.
        act: AgentAct,
    },
    /// [`crate::shard::door::StaffDoor::agent`].
    Agent {
        /// Of whom.
        agent: AgentId,
    },
    /// A session's place in line, of the matchmaker.
    Position {
        /// Of which session.
        session: SessionId,
    },
    /// [`crate::shard::door::StaffDoor::queues`], of the matchmaker.
    Queues,
    /// Answered when the next owner of a shard that was given away has read the journals of its active list.
    Recovered {
        /// Which shard.
        shard: u16,
        /// In which epoch it was given away.
        epoch: Epoch,
    },
    /// Whether the store answers; asked by a node which it does not answer.
    Store,
}

impl Call {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        message(|head| {
            head.u64(KIND, self.kind());
            self.put(head);
        })
        .into()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// Bytes of a later release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::get(&Chunks::open(bytes)?.0)
    }

    const fn kind(&self) -> u64 {
        match self {
            Self::Ask { .. } => 1,
            Self::Page { .. } => 2,
            Self::Summary { .. } => 3,
            Self::AskAgent { .. } => 4,
            Self::Agent { .. } => 5,
            Self::Position { .. } => 6,
            Self::Queues => 7,
            Self::Recovered { .. } => 8,
            Self::Store => 9,
        }
    }

    fn put(&self, head: &mut Writer<'_>) {
        match self {
            Self::Ask { who, session, ask, known } => {
                put_reader(head, who, *session, *known);
                head.nested(ASK, |row| put_ask(row, ask));
            }
            Self::Page { who, session, from, limit, known } => {
                put_reader(head, who, *session, *known);
                head.u64(FROM, from.0);
                head.u64(LIMIT, *limit as u64);
            }
            Self::Summary { who, session, known } => put_reader(head, who, *session, *known),
            Self::AskAgent { agent, id, act } => {
                head.str(AGENT, &agent.0);
                head.str(ID, &id.0);
                head.nested(ACT, |row| put_agent_act(row, act));
            }
            Self::Agent { agent } => head.str(AGENT, &agent.0),
            Self::Position { session } => put_session(head, SESSION, *session),
            Self::Queues | Self::Store => {}
            Self::Recovered { shard, epoch } => {
                head.u64(SHARD, u64::from(*shard));
                head.u64(EPOCH, epoch.0);
            }
        }
    }

    fn get(head: &Fields<'_>) -> Result<Self, DecodeError> {
        let who = || get_who(&head.nested(WHO)?);
        let session = || get_session(head, SESSION);
        let known = || head.u64(KNOWN).map(Seq);
        Ok(match head.u64(KIND)? {
            1 => {
                let ask = get_ask(&head.nested(ASK)?)?;
                Self::Ask { who: who()?, session: session()?, ask, known: known()? }
            }
            2 => {
                let (from, limit) = (Seq(head.u64(FROM)?), get_size(head, LIMIT)?);
                Self::Page { who: who()?, session: session()?, from, limit, known: known()? }
            }
            3 => Self::Summary { who: who()?, session: session()?, known: known()? },
            4 => {
                let (id, act) = (MessageId(head.str(ID)?), get_agent_act(&head.nested(ACT)?)?);
                Self::AskAgent { agent: get_agent(head, AGENT)?, id, act }
            }
            5 => Self::Agent { agent: get_agent(head, AGENT)? },
            6 => Self::Position { session: session()? },
            7 => Self::Queues,
            8 => {
                let value = head.u64(SHARD)?;
                let shard = u16::try_from(value).map_err(|_| DecodeError::Unknown { field: SHARD, value })?;
                Self::Recovered { shard, epoch: Epoch(head.u64(EPOCH)?) }
            }
            9 => Self::Store,
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }
}

fn put_reader(head: &mut Writer<'_>, who: &Who, session: SessionId, known: Seq) {
    put_session(head, SESSION, session);
    head.nested(WHO, |row| put_who(row, who));
    head.u64(KNOWN, known.0);
}
