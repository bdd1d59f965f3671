//! What comes down on a connection's stream from an owner: its deliveries, without the session's id, which the stream's
//! opening named, and the answer to that opening. Never says what the connection shows of it.

use std::sync::Arc;

use bytes::Bytes;

use super::answer::{get_receipt, put_receipt};
use super::parts::bodies::{get_agent_event, get_event, put_agent_event, put_event};
use super::parts::frame::{Chunks, chunk, message};
use super::parts::who::put_text;
use super::why::{Why, get_why, put_why};
use crate::agent::event::AgentEvent;
use crate::session::event::Event;
use crate::shard::door::{Delivery, DoorError, Receipt};
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{PartyId, Seq, SessionId};

const KIND: u64 = 1;
const SEQ: u64 = 2;
const TAG: u64 = 3;
const RECEIPT: u64 = 4;
const WHY: u64 = 5;
const PARTY: u64 = 6;
const ON: u64 = 7;
const PREVIEW: u64 = 8;
const RESUME: u64 = 9;

/// What comes down on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// An attachment was made, and this much is published; 0 for an agent's.
    Attached(Seq),
    /// [`Delivery::Answer`], to what went up under the tag.
    Answer {
        /// The connection's own number.
        tag: u64,
        /// What came of it.
        result: Result<Receipt, Why>,
    },
    /// [`Delivery::Event`], as [`Down::event`] makes it: one event's bytes serve all streams that show it.
    Event(Bytes),
    /// [`Delivery::Typing`].
    Typing {
        /// Who.
        party: PartyId,
        /// Began or ended.
        on: bool,
        /// The text so far.
        preview: Option<Arc<str>>,
    },
    /// [`Delivery::Ended`].
    Ended {
        /// Whether to come back and resume.
        resume: bool,
    },
    /// [`Delivery::Agent`].
    Agent(AgentEvent),
    /// An attachment was refused.
    Refused(Why),
    /// The owner is here and hears what goes up.
    Opened,
    /// [`Delivery::AgentEnded`].
    AgentEnded,
}

impl Down {
    /// An event on its way.
    #[must_use]
    pub fn event(event: &Event) -> Self {
        let mut body = Vec::new();
        put_event(&mut body, event);
        Self::Event(body.into())
    }

    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = message(|head| {
            head.u64(KIND, self.kind());
            self.put(head);
        });
        match self {
            Self::Event(body) => chunk(&mut out, |out| out.extend_from_slice(body)),
            Self::Agent(event) => chunk(&mut out, |out| put_agent_event(out, event)),
            _ => {}
        }
        out.into()
    }

    /// Reads what [`Self::encode`] wrote. A session's event is read by [`Self::into_delivery`] only.
    ///
    /// # Errors
    /// Bytes of a later release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, mut bodies) = Chunks::open(bytes)?;
        Ok(match head.u64(KIND)? {
            1 => Self::Attached(Seq(head.u64(SEQ)?)),
            2 => Self::Answer { tag: head.u64(TAG)?, result: get_result(&head)? },
            3 => Self::Event(Bytes::copy_from_slice(bodies.take()?)),
            4 => {
                let (party, preview) = (PartyId(head.u32(PARTY)?), head.opt_str(PREVIEW)?);
                Self::Typing { party, on: head.flag(ON)?, preview: preview.map(Into::into) }
            }
            5 => Self::Ended { resume: head.flag(RESUME)? },
            6 => Self::Agent(get_agent_event(bodies.take()?)?),
            7 => Self::Refused(get_why(&head.nested(WHY)?)?),
            8 => Self::Opened,
            9 => Self::AgentEnded,
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }

    /// The delivery to a connection on this session; `None` for what is said to the lane itself.
    ///
    /// # Errors
    /// An event of a later release, or a damaged one.
    pub fn into_delivery(self, session: SessionId) -> Result<Option<Delivery>, DecodeError> {
        Ok(Some(match self {
            Self::Answer { tag, result } => Delivery::Answer { tag, result: result.map_err(DoorError::from) },
            Self::Event(body) => Delivery::Event { session, event: Arc::new(get_event(&body)?) },
            Self::Typing { party, on, preview } => Delivery::Typing { session, party, on, preview },
            Self::Ended { resume } => Delivery::Ended { session, resume },
            Self::Agent(event) => Delivery::Agent(Arc::new(event)),
            Self::AgentEnded => Delivery::AgentEnded,
            Self::Attached(_) | Self::Refused(_) | Self::Opened => return Ok(None),
        }))
    }

    const fn kind(&self) -> u64 {
        match self {
            Self::Attached(_) => 1,
            Self::Answer { .. } => 2,
            Self::Event(_) => 3,
            Self::Typing { .. } => 4,
            Self::Ended { .. } => 5,
            Self::Agent(_) => 6,
            Self::Refused(_) => 7,
            Self::Opened => 8,
            Self::AgentEnded => 9,
        }
    }

    fn put(&self, head: &mut Writer<'_>) {
        match self {
            Self::Attached(seq) => head.u64(SEQ, seq.0),
            Self::Answer { tag, result } => {
                head.u64(TAG, *tag);
                put_result(head, result);
            }
            Self::Typing { party, on, preview } => {
                head.u64(PARTY, party.0.into());
                head.flag(ON, *on);
                put_text(head, PREVIEW, preview.as_deref());
            }
            Self::Ended { resume } => head.flag(RESUME, *resume),
            Self::Refused(why) => head.nested(WHY, |row| put_why(row, why)),
            Self::Event(_) | Self::Agent(_) | Self::Opened | Self::AgentEnded => {}
        }
    }
}

/// The session that a delivery names is the stream's.
impl From<Delivery> for Down {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Answer { tag, result } => Self::Answer { tag, result: result.map_err(Why::Door) },
            Delivery::Event { event, .. } => Self::event(&event),
            Delivery::Typing { party, on, preview, .. } => Self::Typing { party, on, preview },
            Delivery::Ended { resume, .. } => Self::Ended { resume },
            Delivery::Agent(event) => Self::Agent(Arc::unwrap_or_clone(event)),
            Delivery::AgentEnded => Self::AgentEnded,
        }
    }
}

fn put_result(head: &mut Writer<'_>, result: &Result<Receipt, Why>) {
    match result {
        Ok(receipt) => head.nested(RECEIPT, |row| put_receipt(row, receipt)),
        Err(why) => head.nested(WHY, |row| put_why(row, why)),
    }
}

fn get_result(head: &Fields<'_>) -> Result<Result<Receipt, Why>, DecodeError> {
    match head.opt_nested(WHY)? {
        Some(why) => get_why(&why).map(Err),
        None => get_receipt(&head.nested(RECEIPT)?).map(Ok),
    }
}
