//! P4: what anybody was ever shown is in the transcript, as it was shown.

use std::sync::Arc;

use holdfast::session::event::Event;

use super::Session;

/// Two readers are shown the same.
pub(super) fn shown(session: &Session, event: &Arc<Event>) -> Option<String> {
    let before = session.shown.get(&event.seq.0)?;
    (before != event)
        .then(|| format!("P4: {} is shown as {:?} and was shown as {:?}", event.seq, event.what, before.what))
}

/// Everything that was shown is in the record. A refusal is no ghost: who was refused is not there.
pub(super) fn audit(session: &Session, record: &[Event]) -> Vec<String> {
    let mut found = Vec::new();
    for (seq, event) in &session.shown {
        let stands = usize::try_from(*seq).ok().and_then(|seq| record.get(seq.checked_sub(1)?));
        if stands != Some(&**event) {
            found.push(format!("P4: {:?} was shown at {seq}, where {:?} stands", event.what, stands));
        }
    }
    for (id, why) in session.refused.iter().filter(|(id, _)| !session.acked.contains_key(*id)) {
        if let Some(event) = record.iter().find(|event| event.id.as_ref() == Some(id)) {
            found.push(format!("P4: {} was refused ({why}) and stands at {}", id.0, event.seq));
        }
    }
    found
}
