//! Every limit, in one place, with its unit.

// --- node: listeners and the process ---

/// Connections that the system may hold before they are accepted.
pub const LISTEN_BACKLOG: u32 = 4_096;
/// Longest TLS handshake, milliseconds.
pub const TLS_HANDSHAKE_MS: u64 = 10_000;
/// How often certificate files are looked at, milliseconds.
pub const TLS_RELOAD_MS: u64 = 10_000;
/// Longest wait for the head of a request, idle keep-alive included, milliseconds.
pub const REQUEST_HEAD_MS: u64 = 120_000;
/// Largest head of a request, bytes.
pub const REQUEST_HEAD_BYTES: usize = 64 * 1024;
/// Pause of a listener after an accept failed, milliseconds.
pub const ACCEPT_PAUSE_MS: u64 = 50;
/// Largest contact center configuration that is applied, bytes.
pub const CENTER_BYTES: usize = 4 << 20;
/// Longest exchange of proofs between two nodes, milliseconds.
pub const PEER_HELLO_MS: u64 = 5_000;
