//! Every bound of the ownership by Raft, each with its unit. Never holds a bound of the link: those are in its own room.

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
pub const SEGMENT_BYTES: u64 = 4 << 20;
/// Writes that wait for the log's thread.
pub const WAL_QUEUE: usize = 4096;
/// Changes that one sync makes durable.
pub const WAL_GROUP: usize = 8192;
