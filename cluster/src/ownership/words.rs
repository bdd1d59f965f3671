//! The nouns of the map. Never holds behaviour of the map itself.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

/// The stable name of a node, the same in every life of it: 1 to 64 characters of `a-z A-Z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeName(pub String);

impl NodeName {
    /// Whether the name keeps the rule above.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        (1..=limits::NAME_BYTES_MAX).contains(&self.0.len()) && self.0.chars().all(fine)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for NodeName {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// One life of a node: the index of the log entry that it joined by. Never 0 and never given twice in a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incarnation(pub u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A share of all sessions; numbered from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shard(pub u16);

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One ownership of a shard: the generation of the log in the upper, a counter in the lower 32 bits. Never used twice.
///
/// Timestamps of stored rows hold 20 bits of the generation and 21 of the counter, so neither grows past that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch `counter` of a generation.
    #[must_use]
    pub const fn new(generation: u32, counter: u32) -> Self {
        Self(((generation as u64) << 32) | counter as u64)
    }

    /// The life of the Raft log.
    #[must_use]
    pub const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The number within the generation.
    #[must_use]
    pub const fn counter(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }

    /// The next epoch of the same generation; none when its counter is used up, after two million changes of owner.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        if self.counter() >= limits::EPOCH_COUNTER_MAX {
            return None;
        }
        Some(Self(self.0 + 1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.generation(), self.counter())
    }
}

/// What a node draws once for one join, so that a repeat of it is known for a repeat; 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Nonce(pub u128);

/// Where a node answers. The crate carries these and never reads them, `peer` excepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Addresses {
    /// The port of node-to-node links, `host:port`.
    pub peer: String,
    /// The other doors by name, such as `public`.
    pub doors: BTreeMap<String, String>,
}

impl Addresses {
    /// Whether all of it keeps the bounds.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let short = |text: &String| text.len() <= limits::ADDRESS_BYTES_MAX;
        let doors = self.doors.iter().all(|(name, at)| short(name) && short(at));
        short(&self.peer) && self.doors.len() <= limits::DOORS_MAX && doors
    }
}
