//! The reserve of free space: below it the store refuses new input, so that what is open can still be closed and kept.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Place;
use crate::limits;
use crate::store::rows::embedded::Stats;

/// When free space was last asked for, and what follows from it.
#[derive(Debug)]
pub(in super::super) struct Space {
    reserve: u64,
    asked: Option<Instant>,
}

impl Space {
    pub(in super::super) fn new(reserve: u64) -> Self {
        Self { reserve, asked: None }
    }

    /// Asks the file system, unless it was asked a moment ago, and sets the flag that refuses input.
    pub(in super::super) fn refresh(&mut self, place: &dyn Place, stats: &Stats, now: Instant) {
        let pause = Duration::from_millis(limits::STORE_SPACE_CHECK_MS);
        if self.asked.is_some_and(|asked| now.duration_since(asked) < pause) {
            return;
        }
        self.asked = Some(now);
        // A file system that does not tell is not a full one; a failed write will say so soon enough.
        let free = place.free_bytes().unwrap_or(u64::MAX);
        stats.free_bytes.store(free, Ordering::Relaxed);
        let full = free < self.reserve;
        if stats.full.swap(full, Ordering::Relaxed) != full {
            tracing::warn!(free_bytes = free, reserve_bytes = self.reserve, full, "store.space changed");
        }
    }
}
