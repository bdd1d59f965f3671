//! What the store counts about itself, for the metrics of the node. Atomics only: counting never waits.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the commit time's buckets, in microseconds; a last bucket holds what is slower.
pub const COMMIT_BUCKETS_MICROS: [u64; 10] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_000_000];

/// Counters and gauges of one store. Readers may see them a moment apart.
#[derive(Debug, Default)]
pub struct Stats {
    /// Commits that became durable.
    pub commits: AtomicU64,
    /// Rows put or deleted, by those commits.
    pub rows: AtomicU64,
    /// Bytes of keys and values in them.
    pub bytes: AtomicU64,
    /// Commits per bucket of [`COMMIT_BUCKETS_MICROS`], not cumulative; the last entry is everything slower.
    pub commit_buckets: [AtomicU64; COMMIT_BUCKETS_MICROS.len() + 1],
    /// Sum of all commit times, in microseconds.
    pub commit_micros: AtomicU64,
    /// Checkpoints of the database, and the sum of their times in microseconds: commits that take longer than others.
    pub checkpoints: AtomicU64,
    /// See `checkpoints`.
    pub checkpoint_micros: AtomicU64,
    /// Changes that wait for a commit now.
    pub queue_depth: AtomicU64,
    /// Free bytes of the file system, when last asked.
    pub free_bytes: AtomicU64,
    /// Whether new input is refused for want of space, or because the file refuses writes.
    pub full: AtomicBool,
    /// Batches refused because of that.
    pub refused_full: AtomicU64,
    /// Batches refused because too much was waiting.
    pub refused_busy: AtomicU64,
    /// How often the file was opened again after it had refused a write.
    pub reopened: AtomicU64,
}

impl Stats {
    pub(super) fn committed(&self, rows: u64, bytes: u64, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = COMMIT_BUCKETS_MICROS.iter().position(|bound| micros <= *bound);
        let bucket = bucket.unwrap_or(COMMIT_BUCKETS_MICROS.len());
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.commit_buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.commit_micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn checkpointed(&self, took: Duration) {
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.checkpoint_micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }
}
