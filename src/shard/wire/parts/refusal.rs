//! What machines say no with, each with all it carries: an edge tells its client the same whichever node refused.

use super::kept::keep;
use super::who::get_size;
use crate::agent::AgentRefusal;
use crate::session::Refusal;
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::Seq;

const KIND: u64 = 1;
const FIELD: u64 = 2;
const LIMIT: u64 = 3;
const WANTS: u64 = 4;
const RETRY_MS: u64 = 5;
const KNOWN: u64 = 6;

/// A session's refusal.
pub fn put_refusal(row: &mut Writer<'_>, refusal: &Refusal) {
    row.u64(KIND, kind(refusal));
    match refusal {
        Refusal::TooLarge { field, limit } => {
            row.str(FIELD, field);
            row.u64(LIMIT, *limit);
        }
        Refusal::Malformed { field, wants } => {
            row.str(FIELD, field);
            row.str(WANTS, wants);
        }
        Refusal::TooFast { retry_ms } => row.u64(RETRY_MS, *retry_ms),
        Refusal::Stale { known } => row.u64(KNOWN, known.0),
        _ => {}
    }
}

const fn kind(refusal: &Refusal) -> u64 {
    match refusal {
        Refusal::NoSession => 1,
        Refusal::AlreadyCreated => 2,
        Refusal::NotInSession => 3,
        Refusal::NotAllowed => 4,
        Refusal::Closed => 5,
        Refusal::Stopped => 6,
        Refusal::IdReused => 7,
        Refusal::TooLarge { .. } => 8,
        Refusal::Malformed { .. } => 9,
        Refusal::WrongNamespace => 10,
        Refusal::NoParty => 11,
        Refusal::NoOffer => 12,
        Refusal::NotAssigned => 13,
        Refusal::NoTarget => 14,
        Refusal::NoDisposition => 15,
        Refusal::TooFast { .. } => 16,
        Refusal::Stale { .. } => 17,
    }
}

/// Reads what [`put_refusal`] wrote.
pub fn get_refusal(row: &Fields<'_>) -> Result<Refusal, DecodeError> {
    Ok(match row.u64(KIND)? {
        1 => Refusal::NoSession,
        2 => Refusal::AlreadyCreated,
        3 => Refusal::NotInSession,
        4 => Refusal::NotAllowed,
        5 => Refusal::Closed,
        6 => Refusal::Stopped,
        7 => Refusal::IdReused,
        8 => Refusal::TooLarge { field: field(row)?, limit: row.u64(LIMIT)? },
        9 => Refusal::Malformed { field: field(row)?, wants: wants(row)? },
        10 => Refusal::WrongNamespace,
        11 => Refusal::NoParty,
        12 => Refusal::NoOffer,
        13 => Refusal::NotAssigned,
        14 => Refusal::NoTarget,
        15 => Refusal::NoDisposition,
        16 => Refusal::TooFast { retry_ms: row.u64(RETRY_MS)? },
        17 => Refusal::Stale { known: Seq(row.u64(KNOWN)?) },
        value => return Err(DecodeError::Unknown { field: KIND, value }),
    })
}

/// An agent's day's refusal.
pub fn put_agent_refusal(row: &mut Writer<'_>, refusal: AgentRefusal) {
    row.u64(KIND, agent_kind(refusal));
    match refusal {
        AgentRefusal::TooManyDevices { limit } => row.u64(LIMIT, limit as u64),
        AgentRefusal::Malformed { field, wants } => {
            row.str(FIELD, field);
            row.str(WANTS, wants);
        }
        _ => {}
    }
}

const fn agent_kind(refusal: AgentRefusal) -> u64 {
    match refusal {
        AgentRefusal::NotOpen => 1,
        AgentRefusal::Ended => 2,
        AgentRefusal::NotSignedIn => 3,
        AgentRefusal::NotReady => 4,
        AgentRefusal::AtCapacity => 5,
        AgentRefusal::BadDeadline => 6,
        AgentRefusal::Over => 7,
        AgentRefusal::Conflict => 8,
        AgentRefusal::TooManyDevices { .. } => 9,
        AgentRefusal::Malformed { .. } => 10,
    }
}

/// Reads what [`put_agent_refusal`] wrote.
pub fn get_agent_refusal(row: &Fields<'_>) -> Result<AgentRefusal, DecodeError> {
    Ok(match row.u64(KIND)? {
        1 => AgentRefusal::NotOpen,
        2 => AgentRefusal::Ended,
        3 => AgentRefusal::NotSignedIn,
        4 => AgentRefusal::NotReady,
        5 => AgentRefusal::AtCapacity,
        6 => AgentRefusal::BadDeadline,
        7 => AgentRefusal::Over,
        8 => AgentRefusal::Conflict,
        9 => AgentRefusal::TooManyDevices { limit: get_size(row, LIMIT)? },
        10 => AgentRefusal::Malformed { field: field(row)?, wants: wants(row)? },
        value => return Err(DecodeError::Unknown { field: KIND, value }),
    })
}

fn field(row: &Fields<'_>) -> Result<&'static str, DecodeError> {
    row.str(FIELD).map(|text| keep(&text, "request"))
}

fn wants(row: &Fields<'_>) -> Result<&'static str, DecodeError> {
    row.str(WANTS).map(|text| keep(&text, "is not what its owner takes"))
}
