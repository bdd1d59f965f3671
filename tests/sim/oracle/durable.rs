//! P1: what was acknowledged is there, where it was acknowledged, with the words that were said. Never asks for what nobody
//! acknowledged.

use std::sync::Arc;

use holdfast::session::event::{Event, What};
use holdfast::session::input::{Act, Ask};
use holdfast::shard::door::{DoorError, Receipt};
use holdfast::words::MessageId;

use super::Session;

/// What is acknowledged now was not shown as something else.
pub(super) fn acknowledged(session: &Session, id: &MessageId, receipt: &Receipt) -> Option<String> {
    let shown = session.shown.get(&receipt.seq.0)?;
    (shown.id.as_ref() != Some(id)).then(|| {
        format!("P1: {} is acknowledged at {}, where readers were shown {:?}", id.0, receipt.seq, shown.what)
    })
}

/// What is shown now was not acknowledged as something else.
pub(super) fn shown(session: &Session, event: &Arc<Event>) -> Option<String> {
    let (id, _) = session.acked.iter().find(|(_, seq)| **seq == event.seq.0)?;
    (event.id.as_ref() != Some(id))
        .then(|| format!("P1: {} was acknowledged at {}, where {:?} is shown", id.0, event.seq, event.what))
}

/// Nobody's session is quarantined: the store forgets nothing and the machines are sound.
pub(super) fn refused(ask: &Ask, error: &DoorError) -> Option<String> {
    matches!(error, DoorError::Quarantined)
        .then(|| format!("P1: {} meets a quarantined session: published events are missing", ask.id.0))
}

/// Every acknowledged message is in the record.
pub(super) fn audit(session: &Session, record: &[Event]) -> Vec<String> {
    let mut found = Vec::new();
    for (id, seq) in &session.acked {
        let event = usize::try_from(*seq).ok().and_then(|seq| record.get(seq.checked_sub(1)?));
        match event {
            Some(event) if event.id.as_ref() == Some(id) && says(session, id, event) => {}
            Some(event) => {
                found.push(format!("P1: {} was acknowledged at {seq}, where {:?} stands", id.0, event.what))
            }
            None => found.push(format!("P1: {} was acknowledged at {seq} and is lost", id.0)),
        }
    }
    found
}

/// Whether an event has the words that were asked.
fn says(session: &Session, id: &MessageId, event: &Event) -> bool {
    match (session.asked.get(id).map(|ask| &ask.act), &event.what) {
        (Some(Act::Send { text, .. }), What::Message { text: said }) => text == said,
        (Some(Act::Create { .. }), What::Created(_)) => true,
        _ => false,
    }
}
