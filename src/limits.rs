//! Every limit, in one place, with its unit.

// --- tools ---

/// Bytes that an actor of a load run buffers before they go to the history's thread.
pub const HISTORY_ACTOR_BUFFER_BYTES: usize = 16 * 1024;
/// Buffers on their way to the history's thread; past it actors wait.
pub const HISTORY_BUFFERS_IN_FLIGHT: usize = 1_024;
/// Longest line of a history or corpus, bytes; a 32 KiB text with every character escaped stays below.
pub const HISTORY_LINE_BYTES_MAX: u64 = 1024 * 1024;
/// Findings that a check prints of each kind; the counts stay exact.
pub const CHECK_FINDINGS_SHOWN_MAX: usize = 5;
/// Conversations that a corpus is read for.
pub const CORPUS_CONVERSATIONS_MAX: usize = 1_000_000;
