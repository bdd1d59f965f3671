//! What the store counts about itself, for the metrics of the node. Atomics only: counting never waits.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the commit time's buckets, in microseconds; a last bucket holds what is slower.
pub const COMMIT_BUCKETS_MICROS: [u64; 10] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_000_000];

/// Counters and gauges of one store. Readers may see them a moment apart.
#[derive(Debug, Default)]
pub struct Stats {
    /// Groups of writes that became durable.
    pub commits: AtomicU64,
    /// Rows put or deleted by them.
    pub rows: AtomicU64,
    /// Bytes of keys and values in them.
    pub bytes: AtomicU64,
    /// Groups per bucket of [`COMMIT_BUCKETS_MICROS`], not cumulative; the last entry is everything slower.
    pub commit_buckets: [AtomicU64; COMMIT_BUCKETS_MICROS.len() + 1],
    /// Sum of the times of all groups, in microseconds.
    pub commit_micros: AtomicU64,
    /// Checkpoints: laps of the log that went into the database.
    pub checkpoints: AtomicU64,
    /// Sum of the times of all checkpoints, in microseconds.
    pub checkpoint_micros: AtomicU64,
    /// Changes that wait for a commit now.
    pub queue_depth: AtomicU64,
    /// Free bytes of the file system, when last asked.
    pub free_bytes: AtomicU64,
    /// Whether new input is refused because free space is below the reserve.
    pub full: AtomicBool,
    /// Above 0 while a file refuses reads or writes; new input is refused then too, and what came before is repeated.
    pub outages: AtomicU64,
    /// Batches refused because of one of the two.
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

    pub(super) fn refuses_input(&self) -> bool {
        self.full.load(Ordering::Relaxed) || self.outages.load(Ordering::Relaxed) > 0
    }
}
