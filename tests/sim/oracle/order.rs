//! P2: every reader sees the same events in the same order; on one reader's way nothing is left out that the reader may see, and
//! nothing comes twice.

use std::sync::Arc;

use holdfast::session::event::Event;
use holdfast::words::{Audience, Seq};

use super::{Level, Session};

/// A reader goes forward only.
pub(super) fn shown(after: Seq, event: &Arc<Event>) -> Option<String> {
    (event.seq <= after).then(|| format!("P2: a reader who had come to {after} is shown {}", event.seq))
}

/// The record has no hole, and no reader's way has one.
pub(super) fn audit(session: &Session, record: &[Event]) -> Vec<String> {
    let whole = (1..).zip(record).all(|(seq, event): (u64, _)| event.seq.0 == seq);
    let mut found: Vec<String> =
        (!whole).then(|| String::from("P2: the record has a gap")).into_iter().collect();
    for (level, after, seq) in &session.steps {
        let between = record.iter().filter(|event| event.seq.0 > *after && event.seq.0 < *seq);
        let missed = between.clone().find(|event| sees(*level, event));
        if let Some(missed) = missed {
            found.push(format!(
                "P2: a reader was shown {seq} after {after}, without {}: {:?}",
                missed.seq, missed.what
            ));
        }
    }
    found
}

/// What a reader is certainly shown.
fn sees(level: Level, event: &Event) -> bool {
    match event.audience {
        Audience::All => true,
        Audience::Staff => level == Level::Staff,
        Audience::Supervisors | Audience::Only(_) | Audience::Nobody => false,
    }
}
