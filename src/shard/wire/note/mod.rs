//! What journals and the matchmaker tell each other, one way: none is answered by the one who carries it, any may be lost,
//! late or doubled, and whoever needs it says it again. A note that has an answer gets it as a note of its own.

mod desk;
mod into;

use bytes::Bytes;

use super::parts::agent::{get_from_agent, put_from_agent};
use super::parts::codes::{errand_code, errand_of, told_code, told_of};
use super::parts::frame::{Chunks, message};
use super::parts::who::{get_agent, get_reservation, get_session, put_session};
use crate::session::event::Errand;
use crate::session::input::{FromAgent, ToldAgent};
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{AgentId, ReservationId, SessionId, Time};

pub use desk::DeskNote;

const KIND: u64 = 1;
const SESSION: u64 = 2;
const AGENT: u64 = 3;
const RESERVATION: u64 = 4;
const SAID: u64 = 5;
const ERRAND: u64 = 6;
const QUEUE: u64 = 7;
const DEADLINE: u64 = 8;
const TOLD: u64 = 9;
const SEEK: u64 = 10;
const QUEUES: u64 = 11;
const FREE: u64 = 12;
const IDLE_SINCE: u64 = 13;
const REFUSAL: u64 = 14;

/// A note and whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// For a session: an agent's journal speaks.
    Session(SessionId, AgentId, FromAgent),
    /// For an agent's journal.
    Agent(AgentId, AgentNote),
    /// For the matchmaker.
    Desk(DeskNote),
}

/// For an agent's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentNote {
    /// A session's errand.
    Errand {
        /// Whose.
        session: SessionId,
        /// About which reservation.
        reservation: ReservationId,
        /// What.
        errand: Errand,
    },
    /// The matchmaker proposes.
    Reserve {
        /// Drawn by the matchmaker.
        reservation: ReservationId,
        /// For whom.
        session: SessionId,
        /// From which queue.
        queue: String,
        /// When the offer lapses.
        deadline: Time,
    },
    /// A session's answer.
    Told {
        /// About which reservation.
        reservation: ReservationId,
        /// What it said.
        answer: ToldAgent,
    },
}

impl Note {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        message(|head| match self {
            Self::Session(session, agent, said) => {
                head.u64(KIND, 1);
                put_session(head, SESSION, *session);
                head.str(AGENT, &agent.0);
                head.nested(SAID, |row| put_from_agent(row, said));
            }
            Self::Agent(agent, note) => {
                head.str(AGENT, &agent.0);
                note.put(head);
            }
            Self::Desk(note) => note.put(head),
        })
        .into()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// Bytes of a later release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, _) = Chunks::open(bytes)?;
        match head.u64(KIND)? {
            1 => {
                let (session, said) = (get_session(&head, SESSION)?, get_from_agent(&head.nested(SAID)?)?);
                Ok(Self::Session(session, get_agent(&head, AGENT)?, said))
            }
            kind @ 2..=4 => Ok(Self::Agent(get_agent(&head, AGENT)?, AgentNote::get(kind, &head)?)),
            kind => DeskNote::get(kind, &head).map(Self::Desk),
        }
    }
}

impl AgentNote {
    fn put(&self, head: &mut Writer<'_>) {
        match self {
            Self::Errand { session, reservation, errand } => {
                head.u64(KIND, 2);
                put_session(head, SESSION, *session);
                head.u128(RESERVATION, reservation.0);
                head.u64(ERRAND, errand_code(*errand));
            }
            Self::Reserve { reservation, session, queue, deadline } => {
                head.u64(KIND, 3);
                head.u128(RESERVATION, reservation.0);
                put_session(head, SESSION, *session);
                head.str(QUEUE, queue);
                head.u64(DEADLINE, deadline.0);
            }
            Self::Told { reservation, answer } => {
                head.u64(KIND, 4);
                head.u128(RESERVATION, reservation.0);
                head.u64(TOLD, told_code(*answer));
            }
        }
    }

    fn get(kind: u64, head: &Fields<'_>) -> Result<Self, DecodeError> {
        let reservation = get_reservation(head, RESERVATION)?;
        Ok(match kind {
            2 => {
                let errand = head.code(ERRAND, errand_of)?;
                Self::Errand { session: get_session(head, SESSION)?, reservation, errand }
            }
            3 => {
                let (queue, deadline) = (head.str(QUEUE)?, Time(head.u64(DEADLINE)?));
                Self::Reserve { reservation, session: get_session(head, SESSION)?, queue, deadline }
            }
            4 => Self::Told { reservation, answer: head.code(TOLD, told_of)? },
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }
}
