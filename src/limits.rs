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
/// Longest wait of a load client for a connection.
pub const LOAD_CONNECT_WAIT: std::time::Duration = std::time::Duration::from_secs(1);
/// Longest wait of a load client for an answer; past it the connection counts as lost and the request is repeated.
pub const LOAD_ANSWER_WAIT: std::time::Duration = std::time::Duration::from_secs(10);
/// Wait before a load client repeats what was refused for now; half of it at least.
pub const LOAD_REPEAT_WAIT: std::time::Duration = std::time::Duration::from_millis(200);
/// Wait of a load client before it connects again, the first time; doubled up to [`LOAD_RECONNECT_WAIT_MAX`].
pub const LOAD_RECONNECT_WAIT: std::time::Duration = std::time::Duration::from_millis(50);
/// Longest wait of a load client before it connects again.
pub const LOAD_RECONNECT_WAIT_MAX: std::time::Duration = std::time::Duration::from_millis(500);
/// How often a load client looks for what no frame tells it.
pub const LOAD_GLANCE: std::time::Duration = std::time::Duration::from_millis(50);
/// A load client with a silent connection asks for a sign of life after this, and gives it up after twice this.
pub const LOAD_SILENCE: std::time::Duration = std::time::Duration::from_secs(5);
/// Longest wait for the end of a conversation, and for a transcript to be read back.
pub const LOAD_END_WAIT: std::time::Duration = std::time::Duration::from_secs(30);
/// Incoming frames that wait for a customer without a WebSocket.
pub const LOAD_INBOX_FRAMES: usize = 256;
/// Transcripts read back at once.
pub const LOAD_READ_BACK_AT_ONCE: usize = 16;
