//! Every message comes back as it was, damage never panics, and this release's bytes are read for ever: `golden` keeps one
//! of each variant.

mod answers;
mod asks;
mod bounds;
mod calls;
mod down;
mod feeds;
mod golden;
mod leaves;
mod notes;
mod refusals;
mod streams;

use std::collections::BTreeSet;
use std::fmt::Debug;

use bytes::Bytes;
use proptest::test_runner::TestCaseError;

use crate::shard::wire::{Answer, Call, Down, Feed, Note, Open, Up};
use crate::store::codec::DecodeError;

/// What all kinds of messages have in common.
trait Message: Sized + PartialEq + Debug {
    fn bytes(&self) -> Bytes;
    fn read(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// All that is read of it: for an event that comes down, the event too.
    fn look(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::read(bytes)
    }
}

macro_rules! message {
    ($($kind:ident),+) => { $(impl Message for $kind {
        fn bytes(&self) -> Bytes {
            self.encode()
        }
        fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
            Self::decode(bytes)
        }
    })+ };
}

message!(Call, Answer, Open, Up, Note, Feed);

impl Message for Down {
    fn bytes(&self) -> Bytes {
        self.encode()
    }

    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(bytes)
    }

    fn look(bytes: &[u8]) -> Result<Self, DecodeError> {
        let down = Self::decode(bytes)?;
        down.clone().into_delivery(leaves::SESSION)?;
        Ok(down)
    }
}

/// The name of each variant, from one table: a new variant does not compile until it is named here, and its name fails
/// [`covers`] until there is a sample of it.
macro_rules! kinds {
    ($name:ident, $all:ident, $of:ty, { $($pattern:pat => $kind:literal),+ $(,)? }) => {
        pub(super) fn $name(value: &$of) -> &'static str {
            match value { $($pattern => $kind),+ }
        }
        pub(super) const $all: &[&str] = &[$($kind),+];
    };
}
use kinds;

/// Whether there is a sample of each kind.
#[track_caller]
fn covers<'a>(all: &[&'static str], samples: impl IntoIterator<Item = &'a str>) {
    let seen: BTreeSet<&str> = samples.into_iter().collect();
    let missing: Vec<_> = all.iter().filter(|kind| !seen.contains(*kind)).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
}

fn comes_back<T: Message>(value: &T) -> Result<(), TestCaseError> {
    let after = T::look(&value.bytes());
    proptest::prop_assert_eq!(after.as_ref(), Ok(value));
    Ok(())
}
