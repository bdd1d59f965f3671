//! Every limit of the peer port, with its unit. Decides nothing.

use std::time::Duration;

// --- frames ---

/// Largest frame, bytes, its header included. What is larger (a snapshot) is cut by whoever sends it.
pub const FRAME_BYTES: usize = 4 * 1024 * 1024;
/// Largest body of a call, an answer or a stream's item: a frame without the most that its header takes, bytes.
pub const BODY_BYTES: usize = FRAME_BYTES - 64;
/// Bytes that a connection gathers before it writes by itself; a flush writes the rest.
pub const GATHER_BYTES: usize = 64 * 1024;
/// First size of a connection's read buffer, bytes.
pub const READ_BYTES: usize = 16 * 1024;

// --- hello ---

/// Largest frame before both sides have proved the secret, bytes.
pub const HELLO_BYTES: usize = 1024;
/// Longest name of a node or a cluster, bytes; two of them and an addressee fit into a hello.
pub const NAME_BYTES: usize = 200;
/// How long TLS and hello may take together.
pub const HELLO_WITHIN: Duration = Duration::from_secs(2);
/// How long a port that wants TLS waits for the first byte before it says so: less than others wait for a connection.
pub const FIRST_WORD_WITHIN: Duration = Duration::from_millis(500);
/// How long name resolution and the TCP connect may take together.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// Connections that have not proved the secret yet; past that a new one is closed at once.
pub const STRANGERS: usize = 64;
/// Connections that have proved it: six lanes of 256 peers and some that are being replaced.
pub const CONNECTIONS: usize = 2048;
/// Connections of edges that a node serves.
pub const EDGES: usize = 64;
/// How long the port waits after the system refused to accept a connection (no descriptors left).
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// A refusal is told to the log at most this often; all are counted.
pub const TOLD_AGAIN: Duration = Duration::from_secs(5);
/// Connections that the system keeps for the port before it accepts them.
pub const BACKLOG: u32 = 1024;

// --- sockets ---

/// Data that a peer has not acknowledged for this long ends the connection.
pub const USER_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection is probed this often.
pub const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// Probes without an answer that end a connection.
pub const KEEP_ALIVE_PROBES: u32 = 3;
/// A write that makes no progress for this long ends the connection.
pub const WRITE_WITHIN: Duration = Duration::from_secs(10);

// --- calls ---

/// Calls in flight to one peer; past that a call is refused at once.
pub const CALLS_IN_FLIGHT: usize = 1024;
/// Calls of one peer that are handled at once.
pub const CALLS_PER_PEER: usize = 1024;
/// Calls of all peers that are handled at once.
pub const CALLS_AT_ONCE: usize = 4096;
/// Calls of all edges that are handled at once.
pub const EDGE_CALLS_AT_ONCE: usize = 2048;
/// Frames that wait to be written to one connection.
pub const OUTBOX_FRAMES: usize = 4096;
/// Bytes of bodies that wait to be written to one connection.
pub const OUTBOX_BYTES: usize = 8 * 1024 * 1024;
/// The longest deadline that a call may have.
pub const CALL_WITHIN: Duration = Duration::from_secs(60);

// --- streams ---

/// Streams that one peer may hold open.
pub const STREAMS_PER_PEER: usize = 16 * 1024;
/// Items of one stream that its reader has not taken yet.
pub const STREAM_ITEMS: u32 = 256;
/// Bytes of one stream that its reader has not taken yet; a single larger item needs all of it.
pub const STREAM_BYTES: u32 = 256 * 1024;

// --- pool ---

/// Peers that are kept connected.
pub const PEERS: usize = 256;
/// The wait before the second attempt to reach a peer; the first follows at once. Each further one waits twice as long.
pub const RETRY_FIRST: Duration = Duration::from_millis(5);
/// A link that lived for this long is tried again at once when it is lost; one that died sooner waits first.
pub const STEADY: Duration = Duration::from_millis(500);
/// The longest wait between two attempts.
pub const RETRY_LAST: Duration = Duration::from_secs(1);
/// The shortest wait after a hello that was refused: what is wrong there is wrong for longer.
pub const REFUSED_FIRST: Duration = Duration::from_secs(1);
/// The longest wait after a hello that was refused.
pub const REFUSED_LAST: Duration = Duration::from_secs(10);
/// Refused hellos that are remembered.
pub const HELD_BACK: usize = 1024;
