//! P5: one owner acknowledges. Two that did would give one place to two messages.

use holdfast::shard::door::Receipt;
use holdfast::words::MessageId;

use super::Session;

/// A place is given once.
pub(super) fn acknowledged(session: &Session, id: &MessageId, receipt: &Receipt) -> Option<String> {
    let (other, _) = session.acked.iter().find(|(of, seq)| **seq == receipt.seq.0 && *of != id)?;
    Some(format!("P5: {} is acknowledged for {} and was for {}", receipt.seq, id.0, other.0))
}
