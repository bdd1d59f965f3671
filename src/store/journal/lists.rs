//! Rule 20: rows that come and go. Their timestamps are made of epoch and a counter of the shard's worker, never of a
//! clock, so that a later epoch always wins. Never decides when a session sleeps.

use bytes::Bytes;

use super::{Epoch, keys};
use crate::store::rows::{Mutation, Table};
use crate::words::{JournalId, Time};

/// The counter has 22 bits; a worker that would overflow it releases its shard to itself.
pub const K_MAX: u32 = (1 << 22) - 1;

/// `generation (20 bits) | epoch counter (21) | k (22)`.
#[must_use]
pub fn stamp(epoch: Epoch, k: u32) -> i64 {
    let generation = i64::from(epoch.generation() & 0xf_ffff);
    let counter = i64::from(epoch.counter() & 0x1f_ffff);
    (generation << 43) | (counter << 22) | i64::from(k.min(K_MAX))
}

/// The counter k of one shard's worker in one epoch.
#[derive(Clone, Debug)]
pub struct Stamps {
    epoch: Epoch,
    k: u32,
}

impl Stamps {
    /// A new worker's counter.
    #[must_use]
    pub fn new(epoch: Epoch) -> Self {
        Self { epoch, k: 0 }
    }

    /// The next timestamp; grows with every insert or delete of this epoch.
    pub fn draw(&mut self) -> i64 {
        self.k += 1;
        stamp(self.epoch, self.k)
    }

    /// Whether the shard must be released to itself soon.
    #[must_use]
    pub fn nearly_used_up(&self) -> bool {
        self.k > K_MAX - 4096
    }
}

/// Lists a journal as active.
#[must_use]
pub fn list(shard: u16, id: &JournalId, timestamp: i64) -> Mutation {
    Mutation::Put {
        table: Table::ActiveSessions,
        partition: keys::shard(shard),
        clustering: Bytes::from(keys::journal(id)),
        value: Bytes::from_static(&[1]),
        timestamp,
    }
}

/// Takes a journal off the list.
#[must_use]
pub fn unlist(shard: u16, id: &JournalId, timestamp: i64) -> Mutation {
    Mutation::Delete {
        table: Table::ActiveSessions,
        partition: keys::shard(shard),
        clustering: Bytes::from(keys::journal(id)),
        timestamp,
    }
}

/// Notes when to wake a journal that goes to sleep.
#[must_use]
pub fn wake_at(shard: u16, due: Time, id: &JournalId, timestamp: i64) -> Mutation {
    Mutation::Put {
        table: Table::Wakeups,
        partition: keys::shard(shard),
        clustering: keys::wakeup(due, id),
        value: Bytes::from_static(&[1]),
        timestamp,
    }
}

/// Forgets a wake-up.
#[must_use]
pub fn woken(shard: u16, due: Time, id: &JournalId, timestamp: i64) -> Mutation {
    Mutation::Delete {
        table: Table::Wakeups,
        partition: keys::shard(shard),
        clustering: keys::wakeup(due, id),
        timestamp,
    }
}
