//! P11: what an owner has under way of one journal is bounded, whatever the store does (protocol rule 9).

use crate::store::Store;

/// The window of a journal, and the events of one input that may pass it once.
const UNDER_WAY: usize = 32 + 16;

pub(super) fn audit(store: &Store) -> Option<String> {
    let most = store.witness(|witness| witness.most());
    (most > UNDER_WAY).then(|| format!("P11: {most} rows of one journal were under way at once"))
}
