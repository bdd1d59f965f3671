//! P3: an id stands once, wherever and however often it was asked, and every repeat gives the first result.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast::session::event::Event;
use holdfast::shard::door::{DoorError, Receipt};
use holdfast::words::MessageId;

use super::Session;

/// A second acknowledgement names the place of the first.
pub(super) fn acknowledged(session: &Session, id: &MessageId, receipt: &Receipt) -> Option<String> {
    let first = *session.acked.get(id)?;
    (first != receipt.seq.0)
        .then(|| format!("P3: {} was acknowledged at {first} and is at {} again", id.0, receipt.seq))
}

/// A repeat is answered as the first time.
pub(super) fn repeated(
    id: &MessageId,
    first: &Receipt,
    again: &Result<Receipt, DoorError>,
) -> Option<String> {
    match again {
        Ok(receipt) if receipt.repeated && receipt.seq == first.seq => None,
        Ok(receipt) => Some(format!(
            "P3: a repeat of {} is answered with {} (repeated: {}), the first time with {}",
            id.0, receipt.seq, receipt.repeated, first.seq
        )),
        Err(error) => Some(format!("P3: a repeat of {} is refused: {error}", id.0)),
    }
}

/// No reader is shown an id at two places.
pub(super) fn shown(session: &mut Session, event: &Arc<Event>) -> Option<String> {
    let id = event.id.clone()?;
    let place = *session.stands.entry(id.clone()).or_insert(event.seq.0);
    (place != event.seq.0).then(|| format!("P3: {} is shown at {place} and at {}", id.0, event.seq))
}

/// No id stands twice in the record.
pub(super) fn audit(record: &[Event]) -> Vec<String> {
    let mut places: BTreeMap<&MessageId, u64> = BTreeMap::new();
    let mut found = Vec::new();
    for event in record {
        let Some(id) = &event.id else { continue };
        if let Some(first) = places.insert(id, event.seq.0) {
            found.push(format!("P3: {} stands at {first} and at {}", id.0, event.seq));
        }
    }
    found
}
