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

use minicbor::data::Type;
use minicbor::{Decoder, decode};

/// An ownership of a shard: generation in the upper, counter in the lower 32 bits. Never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Walks the fields of a stored map behind its version byte. `each` reads the value of a key that it knows and says so; other
/// keys are a later release's and are passed over. A field of `needed` that is absent makes the value unreadable: a default in
/// its place could be taken for the truth.
pub(crate) fn walk<'b>(
    (what, version): (&'static str, u8),
    value: &'b [u8],
    needed: std::ops::Range<u64>,
    mut each: impl FnMut(u64, &mut Decoder<'b>) -> Result<bool, decode::Error>,
) -> Result<(), Unreadable> {
    let map = unwrapped((what, version), value)?;
    let mut seen = 0_u64;
    let mut fields = || -> Result<(), decode::Error> {
        let mut from = Decoder::new(map);
        let mut left = from.map()?;
        while left != Some(0) {
            if left.is_none() && from.datatype()? == Type::Break {
                break;
            }
            let key = from.u64()?;
            if each(key, &mut from)? {
                seen |= 1 << key.min(63);
            } else {
                from.skip()?;
            }
            left = left.map(|left| left - 1);
        }
        Ok(())
    };
    fields().map_err(|e| Unreadable::new(what, e))?;
    match needed.into_iter().find(|key| seen & (1 << key) == 0) {
        None => Ok(()),
        Some(key) => Err(Unreadable::new(what, format!("field {key} is missing"))),
    }
}

/// What stands behind the version byte.
pub(crate) fn unwrapped<'b>(
    (what, version): (&'static str, u8),
    value: &'b [u8],
) -> Result<&'b [u8], Unreadable> {
    match value.split_first() {
        Some((found, rest)) if *found == version => Ok(rest),
        found => {
            let found = found.map(|(found, _)| *found);
            Err(Unreadable::new(what, format!("version {found:?}, this release reads {version}")))
        }
    }
}
