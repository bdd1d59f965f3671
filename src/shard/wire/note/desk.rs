//! Notes for the matchmaker: who seeks, who is there, and what became of a proposal. Never a question: a place in line is
//! asked for by a call.

use super::super::parts::refusal::{get_agent_refusal, put_agent_refusal};
use super::super::parts::who::{
    get_agent, get_reservation, get_session, put_agents, put_session, put_text, put_texts,
};
use super::{AGENT, FREE, IDLE_SINCE, KIND, QUEUES, REFUSAL, RESERVATION, SEEK, SESSION};
use crate::agent::AgentRefusal;
use crate::routing::Seek;
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{AgentId, ReservationId, SessionId, Time};

/// For the matchmaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskNote {
    /// A session seeks an agent.
    Seek(SessionId, Seek),
    /// A session seeks nobody any more.
    Unseek(SessionId),
    /// An agent is signed in.
    Announce {
        /// Who.
        agent: AgentId,
        /// For which queues.
        queues: Vec<String>,
        /// How many more at once.
        free: u32,
        /// Since when nothing was assigned.
        idle_since: Time,
    },
    /// An agent is not signed in any more.
    Gone(AgentId),
    /// An agent's journal answered a proposal.
    Answered(ReservationId, Result<(), AgentRefusal>),
}

impl DeskNote {
    pub(super) fn put(&self, head: &mut Writer<'_>) {
        match self {
            Self::Seek(session, seek) => {
                head.u64(KIND, 5);
                put_session(head, SESSION, *session);
                head.nested(SEEK, |row| put_seek(row, seek));
            }
            Self::Unseek(session) => {
                head.u64(KIND, 6);
                put_session(head, SESSION, *session);
            }
            Self::Announce { agent, queues, free, idle_since } => {
                head.u64(KIND, 7);
                head.str(AGENT, &agent.0);
                put_texts(head, QUEUES, queues);
                head.u64(FREE, (*free).into());
                head.u64(IDLE_SINCE, idle_since.0);
            }
            Self::Gone(agent) => {
                head.u64(KIND, 8);
                head.str(AGENT, &agent.0);
            }
            Self::Answered(reservation, result) => {
                head.u64(KIND, 9);
                head.u128(RESERVATION, reservation.0);
                if let Err(refusal) = result {
                    head.nested(REFUSAL, |row| put_agent_refusal(row, *refusal));
                }
            }
        }
    }

    pub(super) fn get(kind: u64, head: &Fields<'_>) -> Result<Self, DecodeError> {
        Ok(match kind {
            5 => Self::Seek(get_session(head, SESSION)?, get_seek(&head.nested(SEEK)?)?),
            6 => Self::Unseek(get_session(head, SESSION)?),
            7 => {
                let (queues, idle_since) = (head.list(QUEUES)?, Time(head.u64(IDLE_SINCE)?));
                Self::Announce { agent: get_agent(head, AGENT)?, queues, free: head.u32(FREE)?, idle_since }
            }
            8 => Self::Gone(get_agent(head, AGENT)?),
            9 => {
                let refusal = head.opt_nested(REFUSAL)?.map(|row| get_agent_refusal(&row)).transpose()?;
                Self::Answered(get_reservation(head, RESERVATION)?, refusal.map_or(Ok(()), Err))
            }
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }
}

fn put_seek(row: &mut Writer<'_>, seek: &Seek) {
    row.str(1, &seek.queue);
    row.i64(2, seek.priority.into());
    row.u64(3, seek.since.0);
    put_text(row, 4, seek.prefer.as_ref().map(|agent| agent.0.as_str()));
    put_agents(row, 5, &seek.avoid);
    row.u64(6, seek.offer_timeout);
}

fn get_seek(row: &Fields<'_>) -> Result<Seek, DecodeError> {
    Ok(Seek {
        queue: row.str(1)?,
        priority: row.i32(2)?,
        since: Time(row.u64(3)?),
        prefer: row.opt_str(4)?.map(AgentId),
        avoid: row.list(5)?.into_iter().map(AgentId).collect(),
        offer_timeout: row.u64(6)?,
    })
}
