//! What the matchmaker tells everybody: how many wait in a queue and whether somebody serves it. A hint, never a promise.

use std::collections::BTreeMap;

use parking_lot::RwLock;

/// One queue as the matchmaker saw it last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueNow {
    /// Sessions in line.
    pub waiting: u32,
    /// Whether somebody is signed in for it.
    pub staffed: bool,
}

/// All queues as the matchmaker saw them last.
#[derive(Debug, Default)]
pub struct Board {
    queues: RwLock<BTreeMap<String, QueueNow>>,
}

impl Board {
    /// One queue.
    #[must_use]
    pub fn queue(&self, name: &str) -> QueueNow {
        self.queues.read().get(name).copied().unwrap_or_default()
    }

    /// All queues.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, QueueNow> {
        self.queues.read().clone()
    }

    /// Replaces what is known.
    pub fn set(&self, queues: BTreeMap<String, QueueNow>) {
        let mut known = self.queues.write();
        if *known != queues {
            *known = queues;
        }
    }
}
