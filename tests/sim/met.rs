//! What a run has met. A run that met nothing proves nothing. Never judges.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// What the seeds of a gate must have met together.
pub const WANTED: [&str; 12] = [
    "a write had no certain outcome",
    "an unknown write was adopted",
    "a take was torn",
    "a row landed behind a cut",
    "a list row's delete landed after a takeover",
    "a look found a fence",
    "a repeat was answered across a takeover",
    "an owner was killed",
    "a living owner was deposed",
    "a node was drained",
    "a session slept",
    "a reservation was denied",
];

/// How often what was met. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Met(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Met {
    /// It was met.
    pub fn see(&self, what: &'static str) {
        *self.0.lock().entry(what).or_default() += 1;
    }

    /// How often.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().clone()
    }
}
