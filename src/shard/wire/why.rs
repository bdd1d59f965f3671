//! Why there is no result: what the door says, and what only one node says to another. Never loses a refusal's content.

use super::parts::refusal::{get_agent_refusal, get_refusal, put_agent_refusal, put_refusal};
use crate::session::Refusal;
use crate::shard::door::DoorError;
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::store::journal::Epoch;
use crate::words::Seq;

const KIND: u64 = 1;
const REFUSAL: u64 = 2;
const RETRY_MS: u64 = 3;
const EPOCH: u64 = 4;
const SEQ: u64 = 5;

/// Why another node has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The owner's door says so; so does the edge's.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// Not, not yet or no longer the owner: look at the map and ask again under the same id. What was asked may be stored all
    /// the same, if the node lost the shard meanwhile.
    #[error("this node does not own it in epoch {}", .epoch.0)]
    NotOwner {
        /// The newest epoch of the shard that the node knows.
        epoch: Epoch,
    },
    /// The edge has seen more of the session than this node has published: look at the map and ask again.
    #[error("this node has published only up to {seq}")]
    Stale {
        /// What it has published.
        seq: Seq,
    },
}

/// For an edge that has run out of time to ask again.
impl From<Why> for DoorError {
    fn from(why: Why) -> Self {
        match why {
            Why::Door(error) => error,
            Why::NotOwner { .. } => Self::Unknown,
            Why::Stale { seq } => Self::Refused(Refusal::Stale { known: seq }),
        }
    }
}

/// Writes it as a row.
pub fn put_why(row: &mut Writer<'_>, why: &Why) {
    row.u64(KIND, kind(why));
    match why {
        Why::Door(DoorError::Refused(refusal)) => row.nested(REFUSAL, |row| put_refusal(row, refusal)),
        Why::Door(DoorError::AgentRefused(refusal)) => {
            row.nested(REFUSAL, |row| put_agent_refusal(row, *refusal));
        }
        Why::Door(DoorError::Busy { retry_ms }) => row.u64(RETRY_MS, *retry_ms),
        Why::NotOwner { epoch } => row.u64(EPOCH, epoch.0),
        Why::Stale { seq } => row.u64(SEQ, seq.0),
        Why::Door(_) => {}
    }
}

const fn kind(why: &Why) -> u64 {
    match why {
        Why::Door(DoorError::Refused(_)) => 1,
        Why::Door(DoorError::AgentRefused(_)) => 2,
        Why::Door(DoorError::Unknown) => 3,
        Why::Door(DoorError::Busy { .. }) => 4,
        Why::Door(DoorError::Full) => 5,
        Why::Door(DoorError::Behind) => 6,
        Why::Door(DoorError::Quarantined) => 7,
        Why::Door(DoorError::Closing) => 8,
        Why::NotOwner { .. } => 9,
        Why::Stale { .. } => 10,
    }
}

/// Reads what [`put_why`] wrote.
///
/// # Errors
/// A refusal of a later release, or a damaged row.
pub fn get_why(row: &Fields<'_>) -> Result<Why, DecodeError> {
    Ok(Why::Door(match row.u64(KIND)? {
        1 => DoorError::Refused(get_refusal(&row.nested(REFUSAL)?)?),
        2 => DoorError::AgentRefused(get_agent_refusal(&row.nested(REFUSAL)?)?),
        3 => DoorError::Unknown,
        4 => DoorError::Busy { retry_ms: row.u64(RETRY_MS)? },
        5 => DoorError::Full,
        6 => DoorError::Behind,
        7 => DoorError::Quarantined,
        8 => DoorError::Closing,
        9 => return Ok(Why::NotOwner { epoch: Epoch(row.u64(EPOCH)?) }),
        10 => return Ok(Why::Stale { seq: Seq(row.u64(SEQ)?) }),
        value => return Err(DecodeError::Unknown { field: KIND, value }),
    }))
}
