//! Every limit, in one place, with its unit.

// --- edge: what one connection, body, token or attempt may cost ---

/// Largest body of a request and largest message on a WebSocket, bytes. A text of 32 KiB may be three times as large
/// when its client escapes every character.
pub const WIRE_BYTES: usize = 256 * 1024;
/// Read buffer of one WebSocket, bytes. The default of 128 KiB would cost a gigabyte at 9,000 sockets.
pub const SOCKET_READ_BYTES: usize = 4 * 1024;
/// Bytes that a WebSocket gathers before it writes by itself; a flush writes the rest. Not allocated in advance.
pub const SOCKET_GATHER_BYTES: usize = 8 * 1024;
/// Largest backlog of one WebSocket's writes, bytes.
pub const SOCKET_WRITE_BYTES: usize = 1024 * 1024;
/// Deliveries that wait for one connection; past that its client must resume. Must be larger than what
/// [`crate::shard::door::Door::attach`] sends at once.
pub const MAILBOX_PLACES: usize = 1024;
/// Deliveries that are rendered before one flush.
pub const FLUSH_EVERY: usize = 64;
/// Unanswered requests of one WebSocket; past that it is not read.
pub const IN_FLIGHT: usize = 64;
/// Sessions that one staff socket may watch.
pub const WATCHES: usize = 256;
/// The server pings a WebSocket this often, milliseconds.
pub const PING_EVERY: u64 = 20_000;
/// A WebSocket that nothing was heard from for this long is dead, milliseconds.
pub const SILENT_AFTER: u64 = 45_000;
/// A write that takes longer than this belongs to a reader that is too slow, milliseconds.
pub const WRITE_WITHIN: u64 = 10_000;
/// How long a closing WebSocket waits for the other side's close, milliseconds.
pub const CLOSE_WITHIN: u64 = 2_000;
/// Frames that are not JSON of the protocol; past that the socket is closed.
pub const MALFORMED_FRAMES: u32 = 16;
/// Longest wait of a long poll, seconds.
pub const POLL_SECONDS: u64 = 60;
/// Most events of one page, and the default.
pub const PAGE_EVENTS: usize = 500;
/// Records of one page: the most, and the default.
pub const PAGE_RECORDS: (usize, usize) = (500, 50);
/// Life of a customer's token, milliseconds (7 days); a new one is given while the old one is good.
pub const CUSTOMER_TOKEN: u64 = 7 * 24 * 3_600_000;
/// Life of a staff token, milliseconds (12 hours).
pub const STAFF_TOKEN: u64 = 12 * 3_600_000;
/// Life of an invitation, milliseconds (24 hours).
pub const INVITATION: u64 = 24 * 3_600_000;
/// Largest token that is looked at, bytes.
pub const TOKEN_BYTES: usize = 1024;
/// Sign-in attempts per minute for one agent name.
pub const ATTEMPTS_PER_AGENT: u32 = 10;
/// Sign-in attempts per minute from one address.
pub const ATTEMPTS_PER_ADDRESS: u32 = 60;
/// Names and addresses whose attempts are remembered; past that the idle ones are forgotten.
pub const ATTEMPT_KEYS: usize = 10_000;
/// Passwords that are verified at once; each takes 19 MiB for some 50 ms.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Sign-ins that may wait for a verifier.
pub const PASSWORDS_WAITING: usize = 64;
/// Longest device name of staff, bytes.
pub const DEVICE_BYTES: usize = 64;
/// Shortest creation key of an anonymous customer, characters: 128 bits in base64.
pub const CREATION_KEY_MIN: usize = 22;
/// Longest creation key, characters.
pub const CREATION_KEY_MAX: usize = 128;
/// Signed-out staff tokens that this node remembers until they expire.
pub const SIGNED_OUT_TOKENS: usize = 10_000;
