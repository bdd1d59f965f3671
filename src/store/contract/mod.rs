//! What the journal's rules must keep on every adapter of the rows port, as checks that any adapter's tests run. Owners are made
//! of the product's own functions ([`owner`]), step by step, so that a check can stop one anywhere, let another take
//! over, and let what the first had decided land afterwards. A failed check panics with a message.
//!
//! Not checked here: landing on single replicas (the traces do), and exhaustively (the model does).

use std::sync::Arc;

use bytes::Bytes;

use self::owner::{Opened, Owner};
use super::rows::{Claim, Rows, Table};
use crate::words::{JournalId, SessionId};

pub mod death;
pub mod lists;
pub mod owner;
pub mod sizes;
pub mod takeovers;

#[cfg(test)]
mod tests;

/// A store under test, and a run on it that shares nothing with other runs.
#[derive(Clone)]
pub struct Ground {
    /// The store.
    pub rows: Arc<dyn Rows>,
    /// The number of this run on this store.
    pub run: u32,
    /// Whether sizes and counts are those of the promises; small ones are for a quick look.
    pub full: bool,
}

/// One check's own corner: journals, a shard and generations of its own.
#[derive(Clone)]
pub struct Corner {
    /// The store.
    pub rows: Arc<dyn Rows>,
    /// Its shard.
    pub shard: u16,
    /// Its first generation; it may use eight.
    pub generation: u32,
    salt: u64,
}

/// Every check, one after the other.
pub async fn all(ground: &Ground) {
    takeovers::birth(&ground.corner(0)).await;
    takeovers::adopts(&ground.corner(1)).await;
    takeovers::ghost(&ground.corner(2)).await;
    takeovers::torn_take(&ground.corner(3)).await;
    takeovers::torn_decision(&ground.corner(4)).await;
    takeovers::one_take_per_epoch(&ground.corner(5)).await;
    takeovers::looks(&ground.corner(6)).await;
    takeovers::generations(&ground.corner(7)).await;
    takeovers::checkpoints(&ground.corner(8)).await;
    lists::late_delete(&ground.corner(9)).await;
    lists::wake_and_sleep(&ground.corner(10)).await;
    lists::marks_of_sleepers(&ground.corner(11)).await;
    lists::many_ends(&ground.corner(12), ground.full).await;
    death::record_then_nothing(&ground.corner(13)).await;
    death::half_deleted(&ground.corner(14)).await;
    sizes::across_segments(&ground.corner(15)).await;
    sizes::big_events(&ground.corner(16)).await;
    sizes::long_journal(&ground.corner(17), ground.full).await;
    sizes::large_journal(&ground.corner(18), if ground.full { 1 << 30 } else { 20 << 20 }).await;
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").field("run", &self.run).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Corner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Corner").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Ground {
    /// A run on a store that may have seen others.
    ///
    /// # Panics
    /// When the store does not answer.
    pub async fn on(rows: Arc<dyn Rows>, full: bool) -> Self {
        let key = || (Bytes::from_static(b"journal contract"), Bytes::from_static(b"run"));
        let mut known: Option<Bytes> = None;
        loop {
            let last = known
                .as_ref()
                .map_or(0, |bytes| u32::from_be_bytes(bytes[..4].try_into().expect("four bytes")));
            let next = Bytes::copy_from_slice(&(last + 1).to_be_bytes());
            match rows.claim(Table::Config, key(), known.clone(), next).await {
                Ok(Claim::Won) => return Self { rows, run: last + 1, full },
                Ok(Claim::Lost(found)) => known = found,
                Err(error) => panic!("a healthy store answers a claim: {error}"),
            }
        }
    }

    /// The corner of one check.
    #[must_use]
    pub fn corner(&self, check: u16) -> Corner {
        let at = self.run * 32 + u32::from(check);
        Corner {
            rows: self.rows.clone(),
            shard: u16::try_from(at % 0x1_0000).expect("a remainder"),
            generation: 1 + (at * 8) % 0xf_0000,
            salt: u64::from(at),
        }
    }
}

impl Corner {
    /// A session of this corner.
    #[must_use]
    pub fn session(&self, number: u64) -> JournalId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.salt.to_be_bytes());
        id[8..].copy_from_slice(&number.to_be_bytes());
        JournalId::Session(SessionId(id))
    }

    /// An owner in the first generation.
    #[must_use]
    pub fn owner(&self, number: u32) -> Owner {
        self.owner_in(0, number)
    }

    /// An owner in a later generation.
    #[must_use]
    pub fn owner_in(&self, generation: u32, number: u32) -> Owner {
        Owner::new(self.rows.clone(), self.shard, (self.generation + generation, number))
    }

    /// An owner that has fenced another one and opened a journal.
    pub async fn after(&self, deposed: &Owner, number: u32, id: &JournalId) -> (Owner, Opened) {
        let mut owner = self.owner(number);
        owner.fence(deposed.incarnation()).await.expect("a fence is stored");
        let opened = owner.open(id).await.expect("a healthy store answers");
        (owner, opened)
    }
}

/// Bodies, for comparisons.
#[must_use]
pub fn bodies(texts: &[&str]) -> Vec<Bytes> {
    texts.iter().map(|text| Bytes::copy_from_slice(text.as_bytes())).collect()
}
