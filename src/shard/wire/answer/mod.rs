//! What comes back from a [`super::Call`]: the door's own result, or why there is none. Never decides what the caller does.

mod into;
mod rows;

use std::collections::BTreeMap;

use bytes::Bytes;

use super::parts::bodies::put_event;
use super::parts::codes::phase_code;
use super::parts::content::put_party;
use super::parts::frame::{Chunks, chunk, message};
use super::parts::who::put_session;
use super::why::{Why, get_why, put_why};
use crate::shard::desk::board::QueueNow;
use crate::shard::door::{AgentSummary, EventPage, Receipt, Summary};
use crate::store::codec::encode_head;
use crate::store::codec::fields::{DecodeError, Writer};
use rows::{
    get_agent_summary, get_page, get_position, get_queue, get_summary, put_agent_summary, put_position,
    put_queue,
};

pub use rows::{get_receipt, put_receipt};

const KIND: u64 = 1;
const RECEIPT: u64 = 2;
const NEXT: u64 = 3;
const MORE: u64 = 4;
const PHASE: u64 = 5;
const EVENTS: u64 = 6;
const SESSION: u64 = 7;
const PARTIES: u64 = 8;
const SEQ: u64 = 9;
const POSITION: u64 = 10;
const AGENT: u64 = 11;
const QUEUES: u64 = 12;
const WHY: u64 = 13;

/// The result of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Of a change, of a session or an agent: it is published.
    Receipt(Receipt),
    /// Of a page.
    Page(EventPage),
    /// Of a session's summary, without the place in line, which the matchmaker knows.
    Summary(Box<Summary>),
    /// Of an agent's summary.
    Agent(AgentSummary),
    /// Of a place in line; `None` for a session that seeks nobody.
    Position(Option<u32>),
    /// Of all queues.
    Queues(BTreeMap<String, QueueNow>),
    /// There is none.
    Refused(Why),
    /// Of a question that is answered so or not at all.
    Yes,
}

impl Answer {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = message(|head| {
            head.u64(KIND, self.kind());
            self.put(head);
        });
        match self {
            Self::Page(page) => {
                page.events.iter().for_each(|event| chunk(&mut out, |out| put_event(out, event)));
            }
            Self::Summary(summary) => chunk(&mut out, |out| out.extend(encode_head(&summary.head))),
            _ => {}
        }
        out.into()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// Bytes of a later release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, mut bodies) = Chunks::open(bytes)?;
        Ok(match head.u64(KIND)? {
            1 => Self::Receipt(get_receipt(&head.nested(RECEIPT)?)?),
            2 => Self::Page(get_page(&head, &mut bodies)?),
            3 => Self::Summary(Box::new(get_summary(&head, &mut bodies)?)),
            4 => Self::Agent(get_agent_summary(&head.nested(AGENT)?)?),
            5 => Self::Position(get_position(&head)?),
            6 => Self::Queues(head.rows(QUEUES)?.iter().map(get_queue).collect::<Result<_, _>>()?),
            7 => Self::Refused(get_why(&head.nested(WHY)?)?),
            8 => Self::Yes,
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }

    const fn kind(&self) -> u64 {
        match self {
            Self::Receipt(_) => 1,
            Self::Page(_) => 2,
            Self::Summary(_) => 3,
            Self::Agent(_) => 4,
            Self::Position(_) => 5,
            Self::Queues(_) => 6,
            Self::Refused(_) => 7,
            Self::Yes => 8,
        }
    }

    fn put(&self, head: &mut Writer<'_>) {
        match self {
            Self::Receipt(receipt) => head.nested(RECEIPT, |row| put_receipt(row, receipt)),
            Self::Page(page) => {
                head.u64(NEXT, page.next.0);
                head.flag(MORE, page.more);
                head.u64(PHASE, phase_code(page.phase));
                head.u64(EVENTS, page.events.len() as u64);
            }
            Self::Summary(summary) => {
                put_session(head, SESSION, summary.head.id);
                head.rows(PARTIES, summary.parties.iter(), put_party);
                head.u64(SEQ, summary.seq.0);
                put_position(head, summary.position);
            }
            Self::Agent(summary) => head.nested(AGENT, |row| put_agent_summary(row, summary)),
            Self::Position(position) => put_position(head, *position),
            Self::Queues(queues) => head.rows(QUEUES, queues.iter(), put_queue),
            Self::Refused(why) => head.nested(WHY, |row| put_why(row, why)),
            Self::Yes => {}
        }
    }
}
