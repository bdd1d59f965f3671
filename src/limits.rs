//! Every limit, in one place, with its unit.

// The embedded store.

/// Free bytes of the file system below which new input is refused, so that closing and recording go on: 256 MiB.
pub const STORE_RESERVE_BYTES: u64 = 256 << 20;
/// Free space is asked for at most once in this many milliseconds.
pub const STORE_SPACE_CHECK_MS: u64 = 100;
/// Milliseconds between two tries to go on after the file refused a write.
pub const STORE_RETRY_MS: u64 = 100;
/// Changes that may wait for a commit.
pub const STORE_QUEUE_OPS: usize = 65_536;
/// Bytes of changes that may wait for a commit: 64 MiB.
pub const STORE_QUEUE_BYTES: usize = 64 << 20;
/// Changes in one commit.
pub const STORE_COMMIT_OPS: usize = 4_096;
/// Bytes of changes in one commit: 4 MiB.
pub const STORE_COMMIT_BYTES: usize = 4 << 20;
/// Bytes of the log ahead of the database, in two halves: the work of a checkpoint is one, of a start after a kill both: 16 MiB.
pub const STORE_LOG_BYTES: usize = 16 << 20;
/// Rows that one commit takes out of whole partitions, so that a long journal's end does not hold up the others.
pub const STORE_DELETE_ROWS_PER_COMMIT: usize = 2_000;
/// Reads that may wait for a reader thread.
pub const STORE_READ_QUEUE: usize = 16_384;
/// Reads that one reader thread answers from one view of the store.
pub const STORE_READS_PER_VIEW: usize = 64;
/// Reader threads.
pub const STORE_READ_THREADS: usize = 2;
/// Rows in one page of a read, whatever was asked for.
pub const STORE_PAGE_ROWS: usize = 10_000;
/// Bytes of the file that are kept in memory: 256 MiB.
pub const STORE_CACHE_BYTES: usize = 256 << 20;
