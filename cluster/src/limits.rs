//! Every bound of the ownership by Raft, each with its unit. Never holds a bound of the link: those are in its own room.

use std::time::Duration;

/// Generations take 20 bits of a stored timestamp.
pub const GENERATION_MAX: u32 = (1 << 20) - 1;
/// Epoch counters take 21 bits of a stored timestamp.
pub const EPOCH_COUNTER_MAX: u32 = (1 << 21) - 1;
/// Shards of a cluster.
pub const SHARDS_MAX: u16 = 4096;
/// Nodes that the map remembers.
pub const NODES_MAX: usize = 256;
/// Lives that the map remembers: those that live, those whose fence is not stored, a few that are gone.
pub const LIVES_MAX: usize = 4096;
/// Gone lives that are still shown.
pub const GONE_REMEMBERED: usize = 64;
/// Latest joins of a node that are known for repeats.
pub const JOINS_REMEMBERED: usize = 16;
/// Bytes of a node's name and of a zone.
pub const NAME_BYTES_MAX: usize = 64;
/// Bytes of an address.
pub const ADDRESS_BYTES_MAX: usize = 256;
/// Addresses of a node, the peer port not counted.
pub const DOORS_MAX: usize = 8;
/// Bytes of a segment of the log; one that holds purged entries only is unlinked.
pub const SEGMENT_BYTES: u64 = 1 << 20;
/// Writes that wait for the log's thread.
pub const WAL_QUEUE: usize = 4096;
/// Changes that one sync makes durable.
pub const WAL_GROUP: usize = 8192;
/// Bytes of a frame between members; what the link carries.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Frames under way in a pipe of one process.
pub const LOCAL_PIPE_FRAMES: usize = 64;
/// Entries in one frame. An entry is at most a join with all its doors, 5 KiB, so that they fit.
pub const ENTRIES_PER_APPEND: u64 = 128;
/// Requests of one stream of entries that are under way.
pub const APPENDS_UNDER_WAY: usize = 16;
/// Replies to dropped streams that are waited for before the pipe is given up.
pub const REPLIES_OWED: usize = 8;
/// How long a reply to entries may take before the pipe is given up. Heartbeats do not wait behind it.
pub const APPEND_STALL: Duration = Duration::from_millis(1000);
/// How long a frame may wait to be taken.
pub const SEND_WAIT: Duration = Duration::from_millis(1000);
/// How long connecting may take.
pub const CONNECT_WAIT: Duration = Duration::from_millis(1000);
/// How long an accepted pipe may stay silent before it greets.
pub const GREETING_WAIT: Duration = Duration::from_secs(2);
/// How long a whole snapshot may take.
pub const SNAPSHOT_WAIT: Duration = Duration::from_secs(10);
/// Bytes of a snapshot in one frame.
pub const SNAPSHOT_CHUNK: usize = 256 << 10;
/// Bytes of a snapshot.
pub const SNAPSHOT_BYTES_MAX: usize = 16 << 20;
/// Calls that wait for one member.
pub const CALLS_WAITING: usize = 256;
/// Calls of one pipe that are answered at once.
pub const CALLS_SERVED: usize = 256;
/// How long the way to a member is kept without a pipe.
pub const CALLER_IDLE: Duration = Duration::from_secs(30);
/// How long the leader works on an ask before it says that it does not know.
pub const ASK_SERVED: Duration = Duration::from_secs(5);
/// Proposals of one node that wait at once.
pub const PROPOSALS: usize = 256;
/// Pipes of peers that are served at once.
pub const PIPES: usize = 1024;
/// How long a proposal rests before it looks for the leader again, unless a new one is known earlier.
pub const RETRY_PAUSE: Duration = Duration::from_millis(10);
/// How long a joining node rests after it has asked everybody in vain.
pub const JOIN_PAUSE: Duration = Duration::from_millis(100);
/// Hints to the leader that are followed in a row, before a rest.
pub const LEADER_HINTS: usize = 3;
/// How often the leader looks whether other nodes should vote.
pub const POLICY_EVERY: Duration = Duration::from_millis(500);
/// Entries that a member may lack when it is given a vote.
pub const VOTER_LAG: u64 = 100;
/// Messages that wait inside openraft.
pub const RAFT_QUEUE: u64 = 4096;
/// How long the leader waits before it sends entries again to a member that was unreachable: doubling, up to the last.
pub const RECONNECT: &str = "50ms ...400ms";
