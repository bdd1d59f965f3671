//! Rule 20: rows that come and go. Their timestamps are made of epoch and a counter of the shard's worker, never of a
//! clock, so that a later epoch always wins. Never decides when a session sleeps.
//!
//! *Lists that stay fast.* Cassandra keeps a grave for each deleted row and a reader passes them all, so that a list which
//! names sessions by their ids becomes slow with the number of sessions that have ended. Hence an active row lies at a
//! *place*: the epoch and counter of its writing. New rows lie above old ones, and the graves below. The **mark**, a row in
//! front of all others, says where reading begins. These rules keep both true:
//! 1. A journal may have several rows; any of them lists it. A row is written at one place once, by that place's epoch.
//! 2. A row is deleted, and a mark moved past it, only when one of these is stored: another row of that journal further
//!    up, its wake-up, its record. Where the new row or the wake-up is what remembers the journal, a clean look that began
//!    after it was stored comes between: then it was on a quorum before this owner's fence was, and every later owner's
//!    reading finds it, whatever a stale owner deletes and whichever list it reads first.
//! 3. A mark is written only by an owner that has read the whole list, from the mark that it found. It covers no row that is
//!    on its way, and never goes back within an epoch. Its timestamp is of its writer's epoch.
//! 4. Whoever finds a place or a mark of a later epoch is deposed.
//! 5. The list of sleepers has a mark as well: no living wake-up is due before it. An owner writes its own mark, no higher
//!    than the one it found, before (or together with) the first wake-up that it relies on, and moves a wake-up that would
//!    be due below its mark up to it. So a stale owner's mark, whose clock may have been ahead, never hides it.
//!
//! *Why a stale mark does no harm.* It hides only places of its own and of earlier epochs. A session that only such a row
//! lists was seen by the mark's writer or by nobody who could rely on it, and rule 2 holds for whatever took it away. A mark
//! that is lost or late costs a longer reading. A row that comes back from the dead below a mark is not seen; above it,
//! the record decides (rule 17).

use std::collections::BTreeMap;

use bytes::Bytes;
use minicbor::Encoder;

use super::{Epoch, Unreadable, keys, walk};
use crate::limits;
use crate::store::rows::{Mutation, Table};
use crate::words::{JournalId, Time};

/// The counter has 22 bits; a worker that would overflow it releases its shard to itself.
pub const K_MAX: u32 = (1 << 22) - 1;

/// The version byte in front of every mark.
const VERSION: u8 = 1;

/// Graves are counted by this many places.
const CHUNK: u32 = 64;

/// `generation (20 bits) | epoch counter (21) | k (22)`.
#[must_use]
pub fn stamp(epoch: Epoch, k: u32) -> i64 {
    let generation = i64::from(epoch.generation() & 0xf_ffff);
    let counter = i64::from(epoch.counter() & 0x1f_ffff);
    (generation << 43) | (counter << 22) | i64::from(k.min(K_MAX))
}

/// Where an active row lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Whose row it is.
    pub epoch: Epoch,
    /// The counter of its writing.
    pub k: u32,
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

    /// A place for a new active row, with its timestamp.
    pub fn place(&mut self) -> (Place, i64) {
        let timestamp = self.draw();
        (Place { epoch: self.epoch, k: self.k }, timestamp)
    }

    /// The place that the next row would get: nothing of this epoch lies there or above.
    #[must_use]
    pub fn next(&self) -> Place {
        Place { epoch: self.epoch, k: self.k + 1 }
    }

    /// Whether the shard must be released to itself soon.
    #[must_use]
    pub fn nearly_used_up(&self) -> bool {
        self.k > K_MAX - 4096
    }
}

/// Lists a journal as active.
#[must_use]
pub fn list(shard: u16, id: &JournalId, (place, timestamp): (Place, i64)) -> Mutation {
    Mutation::Put {
        table: Table::ActiveSessions,
        partition: keys::shard(shard),
        clustering: keys::active(place, id),
        value: Bytes::from_static(&[1]),
        timestamp,
    }
}

/// Takes one row of a journal off the list.
#[must_use]
pub fn unlist(shard: u16, id: &JournalId, place: Place, timestamp: i64) -> Mutation {
    Mutation::Delete {
        table: Table::ActiveSessions,
        partition: keys::shard(shard),
        clustering: keys::active(place, id),
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

/// Says where the reading of the active list begins.
#[must_use]
pub fn mark_active(shard: u16, from: Place, timestamp: i64) -> Mutation {
    mark(Table::ActiveSessions, shard, &keys::place(from), timestamp)
}

/// Says where the reading of the sleepers begins.
#[must_use]
pub fn mark_wakeups(shard: u16, from: Time, timestamp: i64) -> Mutation {
    mark(Table::Wakeups, shard, &from.0.to_be_bytes(), timestamp)
}

fn mark(table: Table, shard: u16, from: &[u8], timestamp: i64) -> Mutation {
    let mut value = vec![VERSION];
    Encoder::new(&mut value).map(1).and_then(|e| e.u8(0)?.bytes(from)).expect("a vector takes all bytes");
    Mutation::Put {
        table,
        partition: keys::shard(shard),
        clustering: Bytes::new(),
        value: value.into(),
        timestamp,
    }
}

/// The clustering key at which reading begins, from a mark's value.
///
/// # Errors
/// When the value is of a newer version or damaged.
pub fn read_mark(value: &[u8]) -> Result<Bytes, Unreadable> {
    let mut from = Bytes::new();
    walk(("mark", VERSION), value, 0..1, |key, decoder| {
        if key == 0 {
            from = Bytes::copy_from_slice(decoder.bytes()?);
        }
        Ok(key == 0)
    })?;
    Ok(from)
}

/// A journal's row on the active list.
#[derive(Clone, Debug)]
struct Listed {
    id: JournalId,
    /// Its journal ends: it is not listed anew.
    ends: bool,
}

/// What an owner knows of its shard's active list.
#[derive(Clone, Debug)]
pub struct Listing {
    epoch: Epoch,
    /// Every row that may be there and must be found, also those on their way.
    rows: BTreeMap<Place, Listed>,
    /// The places of each journal, lowest first.
    places: BTreeMap<JournalId, Vec<Place>>,
    /// How many rows have died, by chunks of places, from the mark on.
    graves: BTreeMap<Place, usize>,
    /// Where reading begins.
    mark: Place,
    /// Whether the list was read to its end.
    whole: bool,
    deaths: u32,
}

impl Listing {
    /// Before the list is read.
    #[must_use]
    pub fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            rows: BTreeMap::new(),
            places: BTreeMap::new(),
            graves: BTreeMap::new(),
            mark: Place::default(),
            whole: false,
            deaths: 0,
        }
    }

    /// The list was read to its end, from this mark on; `whole`: and all that was there could be understood. Own rows are
    /// known without it, and those that died while it was read are not listed by it again.
    pub fn found(&mut self, mark: Place, rows: &[(Place, JournalId)], whole: bool) {
        self.mark = mark;
        self.whole = whole;
        let own = self.epoch;
        rows.iter().filter(|(place, _)| place.epoch < own).for_each(|(place, id)| self.listed(*place, id));
    }

    /// A row is there or is about to be sent.
    pub fn listed(&mut self, place: Place, id: &JournalId) {
        if self.rows.insert(place, Listed { id: id.clone(), ends: false }).is_none() {
            let places = self.places.entry(id.clone()).or_default();
            places.insert(places.partition_point(|known| *known < place), place);
        }
    }

    /// Where this owner has listed a journal last.
    #[must_use]
    pub fn own(&self, id: &JournalId) -> Option<Place> {
        self.places(id).last().copied().filter(|place| place.epoch == self.epoch)
    }

    /// Where a journal is listed.
    #[must_use]
    pub fn places(&self, id: &JournalId) -> &[Place] {
        self.places.get(id).map_or(&[], Vec::as_slice)
    }

    /// A row at `by` is stored and looked at: the journal's rows further down are deleted now.
    pub fn superseded(&mut self, id: &JournalId, by: Place) -> Vec<Place> {
        let places = self.places(id);
        let old = places[..places.partition_point(|known| *known < by)].to_vec();
        self.bury(id, &old);
        old
    }

    /// Nothing but its record or wake-up remembers the journal from now on: all its rows are deleted now.
    pub fn over(&mut self, id: &JournalId) -> Vec<Place> {
        let all = self.places(id).to_vec();
        self.bury(id, &all);
        all
    }

    /// The journal is about to end: its rows stay until it has, and are not listed anew.
    pub fn ends(&mut self, id: &JournalId) -> Vec<Place> {
        let all = self.places(id).to_vec();
        for place in &all {
            self.rows.entry(*place).and_modify(|row| row.ends = true);
        }
        all
    }

    /// Journals to list anew, lowest first, because they keep the mark from passing the graves above it, or because their rows
    /// are an earlier owner's. At most `count`, and only among the few lowest.
    #[must_use]
    pub fn in_the_way(&self, count: usize) -> Vec<JournalId> {
        let graves: usize = self.graves.values().sum();
        let crowded = graves > limits::LIST_GRAVES.max(2 * self.rows.len());
        let lowest = self.rows.iter().take(limits::LIST_AHEAD).filter(|(place, row)| {
            (crowded || place.epoch < self.epoch) && !row.ends && self.places(&row.id).len() == 1
        });
        let ids = lowest.map(|(_, row)| row.id.clone()).take(count);
        if self.whole { ids.collect() } else { Vec::new() }
    }

    /// A mark that is worth writing now; `next` is where the next row would lie.
    pub fn advance(&mut self, next: Place) -> Option<Place> {
        if !self.whole || self.deaths < CHUNK {
            return None;
        }
        self.deaths = 0;
        let low = self.rows.first_key_value().map_or(next, |(place, _)| *place);
        let behind: usize = self.graves.range(..chunk(low)).map(|(_, count)| count).sum();
        if behind < limits::LIST_MARK_EVERY || low <= self.mark {
            return None;
        }
        self.graves = self.graves.split_off(&chunk(low));
        self.mark = low;
        Some(low)
    }

    fn bury(&mut self, id: &JournalId, dead: &[Place]) {
        for place in dead {
            self.rows.remove(place);
            *self.graves.entry(chunk(*place)).or_default() += 1;
            self.deaths += 1;
        }
        if let Some(places) = self.places.get_mut(id) {
            places.retain(|known| !dead.contains(known));
            if places.is_empty() {
                self.places.remove(id);
            }
        }
    }
}

const fn chunk(place: Place) -> Place {
    Place { epoch: place.epoch, k: place.k / CHUNK * CHUNK }
}
