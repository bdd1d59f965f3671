//! Which shard a journal lives in: a stable, documented hash. Never changes for the life of a cluster.

use xxhash_rust::xxh3::xxh3_64;

use crate::words::{AgentId, SessionId};

/// A session's shard: XXH3-64 of the 16 bytes of its id, modulo the number of shards.
#[must_use]
pub fn session(id: SessionId, shards: u16) -> u16 {
    place(&id.0, shards)
}

/// An agent's shard: XXH3-64 of `a` and the sign-in name, modulo the number of shards; the same for all their days.
#[must_use]
pub fn agent(id: &AgentId, shards: u16) -> u16 {
    place(format!("a{}", id.0).as_bytes(), shards)
}

/// The shard whose owner runs the matchmaker.
#[must_use]
pub fn desk(shards: u16) -> u16 {
    place(b"desk", shards)
}

fn place(key: &[u8], shards: u16) -> u16 {
    u16::try_from(xxh3_64(key) % u64::from(shards.max(1))).unwrap_or(0)
}
