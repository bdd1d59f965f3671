//! Which groups travel now, which wait, and which travel together. Each partition has a lane with room for a request or two;
//! what comes while they are under way waits and then travels as one request. Across lanes a bound of requests holds, first
//! come, first served. Pure: no lock, no clock, no request.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use super::Item;
use super::group::Key;
use crate::limits;

/// Items of one partition that travel in one request.
#[derive(Debug)]
pub(in super::super) struct Parcel {
    pub items: Vec<Item>,
    pub rows: usize,
    pub bytes: usize,
}

/// All lanes.
#[derive(Debug)]
pub(in super::super) struct Lanes {
    lanes: HashMap<Key, Lane>,
    /// Lanes that could send and wait for one of all requests to come home.
    ready: VecDeque<Key>,
    in_flight: usize,
    waiting: usize,
    bounds: Bounds,
}

/// How much may be under way.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Bounds {
    /// Requests of one partition.
    pub of_lane: usize,
    /// Requests of all.
    pub of_all: usize,
}

#[derive(Debug, Default)]
struct Lane {
    in_flight: usize,
    waiting: VecDeque<Item>,
    /// Whether it stands in `ready`.
    ready: bool,
}

impl Lanes {
    pub(in super::super) fn new(bounds: Bounds) -> Self {
        Self { lanes: HashMap::new(), ready: VecDeque::new(), in_flight: 0, waiting: 0, bounds }
    }

    /// Items that wait.
    pub(in super::super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits and nothing is under way.
    #[cfg(test)]
    pub(in super::super) fn is_idle(&self) -> bool {
        self.lanes.is_empty() && self.ready.is_empty() && self.in_flight == 0
    }

    /// Whether an item of this lane would travel at once.
    pub(super) fn is_free(&self, key: &Key) -> bool {
        let lane = self.lanes.get(key);
        self.in_flight < self.bounds.of_all
            && lane.is_none_or(|lane| lane.in_flight < self.bounds.of_lane && lane.waiting.is_empty())
    }

    /// Takes an item in, and returns what may travel now.
    pub(in super::super) fn offer(&mut self, item: Item) -> Option<Parcel> {
        let room = self.in_flight < self.bounds.of_all;
        let mut entry = match self.lanes.entry(item.group.key.clone()) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(vacant) => vacant.insert_entry(Lane::default()),
        };
        let lane = entry.get_mut();
        let open = lane.in_flight < self.bounds.of_lane;
        if room && open && lane.waiting.is_empty() {
            lane.in_flight += 1;
            self.in_flight += 1;
            let (rows, bytes) = (item.group.changes.len(), item.group.bytes);
            return Some(Parcel { items: vec![item], rows, bytes });
        }
        lane.waiting.push_back(item);
        self.waiting += 1;
        if open && !std::mem::replace(&mut lane.ready, true) {
            self.ready.push_back(entry.key().clone());
        }
        None
    }

    /// Notes that a request of a lane has come home, and returns what may travel in its place.
    pub(in super::super) fn arrived(&mut self, key: &Key) -> Option<Parcel> {
        self.in_flight -= 1;
        let lane = self.lanes.get_mut(key).expect("a lane stays while a request of it is under way");
        lane.in_flight -= 1;
        if lane.waiting.is_empty() {
            if lane.in_flight == 0 {
                self.lanes.remove(key);
            }
        } else if !std::mem::replace(&mut lane.ready, true) {
            self.ready.push_back(key.clone());
        }
        self.next()
    }

    fn next(&mut self) -> Option<Parcel> {
        let key = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(&key).expect("a lane that waits is there");
        lane.in_flight += 1;
        self.in_flight += 1;
        let parcel = pack(&mut lane.waiting);
        self.waiting -= parcel.items.len();
        lane.ready = !lane.waiting.is_empty() && lane.in_flight < self.bounds.of_lane;
        if lane.ready {
            self.ready.push_back(key);
        }
        Some(parcel)
    }
}

/// As many of the first items as one request may carry; one at least.
fn pack(waiting: &mut VecDeque<Item>) -> Parcel {
    let mut parcel = Parcel { items: Vec::with_capacity(waiting.len().min(16)), rows: 0, bytes: 0 };
    while let Some(first) = waiting.front() {
        let (rows, bytes) = (parcel.rows + first.group.changes.len(), parcel.bytes + first.group.bytes);
        let fits = rows <= limits::CASSANDRA_BATCH_ROWS && bytes <= limits::CASSANDRA_BATCH_BYTES;
        if !fits && !parcel.items.is_empty() {
            break;
        }
        (parcel.rows, parcel.bytes) = (rows, bytes);
        parcel.items.extend(waiting.pop_front());
    }
    parcel
}
