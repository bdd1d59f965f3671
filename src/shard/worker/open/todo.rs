//! The journals of a shard that changed hands which are not in memory yet. Counts them for operators, and never forgets to
//! when a worker ends.

use crate::metrics;
use crate::words::JournalId;

/// Journals that are to be opened.
#[derive(Debug, Default)]
pub(in crate::shard::worker) struct Todo(Vec<JournalId>);

impl Todo {
    pub(in crate::shard::worker) fn push(&mut self, id: JournalId) {
        self.0.push(id);
        metrics::shard().recovering.inc();
    }

    pub(in crate::shard::worker) fn pop(&mut self) -> Option<JournalId> {
        let id = self.0.pop()?;
        metrics::shard().recovering.dec();
        Some(id)
    }

    pub(in crate::shard::worker) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::shard::worker) fn clear(&mut self) {
        while self.pop().is_some() {}
    }
}

impl Drop for Todo {
    fn drop(&mut self) {
        self.clear();
    }
}
