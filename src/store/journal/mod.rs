//! The rules 4 to 20 of the ownership and journal protocol, written once above [`super::rows`] and without IO of their own:
//! [`adopt`] (5, 6), [`take`] (7, 14), [`window`] (8, 9, 11), [`ids`] (9), [`checkpoint`] (19), [`lists`] (20),
//! [`record`] (16). Never reads a clock, never touches a store, never knows what an event means.
//!
//! *Why it holds.* If owner f published x, all it rests on (take, rows up to x) was on a quorum before a look that missed
//! f's fence; so the fence was not complete when that look began; every later owner read after the fence was complete,
//! hence sees that take and those rows. It picks the highest visible epoch h ≥ f. If h > f, h's owner itself read after
//! f's fence, so by induction its take contains x. A take not on a quorum has published nothing, so using or ignoring it
//! is equal. Nothing compares clocks.

pub mod adopt;
pub mod checkpoint;
pub mod cut;
pub mod ids;
pub mod keys;
pub mod lists;
pub mod record;
pub mod row;
pub mod take;
pub mod window;

#[cfg(test)]
mod tests;

/// An ownership of a shard: generation in the upper, counter in the lower 32 bits. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch `counter` of a generation.
    #[must_use]
    pub const fn new(generation: u32, counter: u32) -> Self {
        Self(((generation as u64) << 32) | counter as u64)
    }

    /// The life of the Raft log, or the start of a single node.
    #[must_use]
    pub const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The number within the generation.
    #[must_use]
    pub const fn counter(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }
}

/// Stored bytes that this release cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored {what} cannot be read: {why}")]
pub struct Unreadable {
    /// Which kind of value.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Unreadable {
    /// An error about one kind of value.
    #[must_use]
    pub fn new(what: &'static str, why: impl ToString) -> Self {
        Self { what, why: why.to_string() }
    }
}
