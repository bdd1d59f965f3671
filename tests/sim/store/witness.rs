//! What comes up in the store: writes whose outcome nobody knew and that a later owner adopted, torn takes, rows that land
//! behind a cut, deletes that land after a takeover. Never changes what happens.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use holdfast::agent::event::{AgentWhat, ReleaseWhy};
use holdfast::store::codec;
use holdfast::store::journal::cut::Cut;
use holdfast::store::journal::row::Stored;
use holdfast::store::journal::{Epoch, keys};
use holdfast::store::rows::{Mutation, Table};
use holdfast::words::{JournalId, Seq};

use super::QUORUM;
use super::replica::Replica;
use crate::met::Met;

type Row = (Bytes, Bytes);

/// What is known of the rows of journals.
pub struct Witness {
    met: Met,
    number: u64,
    /// Rows of journals that were sent and are not known to be stored.
    unknown: BTreeSet<Row>,
    stored: BTreeSet<Row>,
    /// Of each journal and epoch: the most rows that were under way at once.
    flying: BTreeMap<(Bytes, u64), BTreeSet<u64>>,
    most: usize,
}

impl Witness {
    pub fn new(met: Met) -> Self {
        let (unknown, stored, flying) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Self { met, number: 0, unknown, stored, flying, most: 0 }
    }

    /// The most rows of one journal that one owner had under way at once (promise P11).
    pub fn most(&self) -> usize {
        self.most
    }

    /// A write is sent.
    pub fn sends(&mut self, mutations: &[Mutation]) -> u64 {
        self.number += 1;
        mutations.iter().filter_map(met_by).for_each(|what| self.met.see(what));
        let taken = mutations.iter().find_map(cut_of).map(|(_, epoch, _)| epoch);
        for (row, epoch, seq) in mutations.iter().filter_map(row_of) {
            if taken.is_some_and(|taken| taken > epoch) && self.unknown.contains(&row) {
                self.met.see("an unknown write was adopted");
            }
            if !self.stored.contains(&row) {
                self.unknown.insert(row.clone());
                let flying = self.flying.entry((journal(&row.0), epoch.0)).or_default();
                flying.insert(seq);
                self.most = self.most.max(flying.len());
            }
        }
        self.number
    }

    /// A write has reported success, or will in a moment.
    pub fn stored(&mut self, _number: u64, mutations: &[Mutation]) {
        for (row, epoch, seq) in mutations.iter().filter_map(row_of) {
            self.unknown.remove(&row);
            if let Some(flying) = self.flying.get_mut(&(journal(&row.0), epoch.0)) {
                flying.remove(&seq);
            }
            self.stored.insert(row);
        }
    }

    /// A write has no certain outcome; on how many replicas each of its mutations is.
    pub fn unknown(&mut self, mutations: &[Mutation], landed: &[usize]) {
        self.met.see("a write had no certain outcome");
        let (least, most) = (landed.iter().min().copied(), landed.iter().max().copied());
        let torn = least.is_some_and(|least| least < QUORUM) && most.is_some_and(|most| most >= QUORUM);
        if torn && mutations.iter().any(|mutation| cut_of(mutation).is_some()) {
            self.met.see("a take was torn");
        }
    }

    /// A look has found a fence.
    pub fn fence_found(&self) {
        self.met.see("a look found a fence");
    }

    /// A mutation reaches a replica.
    pub fn lands(&mut self, replica: &Replica, mutation: &Mutation) {
        if let Some((row, epoch, seq)) = row_of(mutation)
            && is_behind_a_cut(replica, &journal(&row.0), (epoch, seq))
        {
            self.met.see("a row landed behind a cut");
        }
        if let Mutation::Delete { table: Table::ActiveSessions, partition, clustering, timestamp } = mutation
            && is_listed_later(replica, partition, (clustering, *timestamp))
        {
            self.met.see("a list row's delete landed after a takeover");
        }
    }
}

/// What a single row tells.
fn met_by(mutation: &Mutation) -> Option<&'static str> {
    let Mutation::Put { table, partition, clustering, value, .. } = mutation else { return None };
    match table {
        Table::Wakeups if matches!(keys::parse_wakeup(clustering), Ok((_, JournalId::Session(_)))) => {
            Some("a session slept")
        }
        Table::Journal if partition.first() == Some(&b'a') => {
            let body = Stored::read(value.clone()).ok()?.body;
            let event = codec::decode_agent_event(Seq(1), &body).ok()?;
            let denied = matches!(event.what, AgentWhat::Released { why: ReleaseWhy::Denied, .. });
            denied.then_some("a reservation was denied")
        }
        _ => None,
    }
}

/// The key of a row of a journal.
fn row_of(mutation: &Mutation) -> Option<(Row, Epoch, u64)> {
    let Mutation::Put { table: Table::Journal, partition, clustering, .. } = mutation else { return None };
    let (epoch, seq) = keys::parse_event(clustering).ok()?;
    Some(((partition.clone(), clustering.clone()), epoch, seq.0))
}

/// The cut in a write, if it is one.
fn cut_of(mutation: &Mutation) -> Option<(Bytes, Epoch, Cut)> {
    let Mutation::Put { table: Table::Heads, partition, clustering, value, .. } = mutation else {
        return None;
    };
    if clustering.is_empty() {
        return None;
    }
    Some((partition.clone(), Epoch(keys::number(clustering)), Cut::read(value).ok()?))
}

/// The journal of a segment.
fn journal(partition: &Bytes) -> Bytes {
    partition.slice(..partition.len().saturating_sub(4))
}

fn is_behind_a_cut(replica: &Replica, journal: &Bytes, (epoch, seq): (Epoch, u64)) -> bool {
    let Some(heads) = replica.partition(Table::Heads, journal) else { return false };
    heads.cells.iter().any(|(key, cell)| {
        let later = !key.is_empty() && keys::number(key) > epoch.0;
        let cut = cell.value.as_ref().filter(|_| later).and_then(|value| Cut::read(value).ok());
        cut.is_some_and(|cut| !cut.chain.iter().any(|(of, last)| *of == epoch && seq <= last.0))
    })
}

/// Whether an owner of a later epoch than the deleter's has listed the journal.
fn is_listed_later(replica: &Replica, shard: &Bytes, (row, timestamp): (&Bytes, i64)) -> bool {
    let Ok((_, id)) = keys::parse_active(row) else { return false };
    let Some(list) = replica.partition(Table::ActiveSessions, shard) else { return false };
    let deleter = timestamp >> 22;
    list.cells.iter().filter(|(_, cell)| cell.value.is_some()).any(|(key, _)| {
        let Ok((place, of)) = keys::parse_active(key) else { return false };
        let lister = (i64::from(place.epoch.generation()) << 21) | i64::from(place.epoch.counter());
        of == id && lister > deleter
    })
}
