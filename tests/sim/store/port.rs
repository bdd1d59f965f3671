//! The store as one process reaches it: the rows port over the quorums. While the process is cut off, nothing comes back. A
//! mutation of the protocol may lie here. Never answers before it must.

use std::sync::Arc;

use bytes::Bytes;
use holdfast::runtime::watch;
use holdfast::store::rows::{
    Batch, Claim, Class, Incarnation, Look, Mutation, Page, Pending, ReadError, Refused, Rows, Slice, Table,
    WriteError, fences,
};
use parking_lot::Mutex;

use super::Store;
use crate::breaks::Break;

/// The way of one process to the store.
pub struct Port {
    store: Store,
    cut: watch::Sender<bool>,
    /// The latest clean look's beginning, for the mutation that looks too early.
    looked: Mutex<Option<Look>>,
    /// The newest incarnation whose fence was asked for.
    newest: Mutex<u64>,
}

impl Port {
    pub fn new(store: &Store) -> Arc<Self> {
        let cut = watch::channel(false).0;
        Arc::new(Self { store: store.clone(), cut, looked: Mutex::default(), newest: Mutex::default() })
    }

    /// Nothing comes back from now on, or it does again.
    pub fn cut(&self, off: bool) {
        self.cut.send_replace(off);
    }

    /// The answer, once nothing is between.
    fn back<T: Send + 'static>(&self, answer: Pending<T>) -> Pending<T> {
        let mut cut = self.cut.subscribe();
        Box::pin(async move {
            let answer = answer.await;
            // The port lives as long as its process.
            let _ = cut.wait_for(|cut| !cut).await;
            answer
        })
    }

    fn breaks(&self, what: Break) -> bool {
        self.store.0.breaks.is(what)
    }

    /// Whether success must wait for this.
    fn counts(&self, mutation: &Mutation) -> bool {
        let table = match mutation {
            Mutation::Put { table, clustering, .. } => {
                if *table == Table::Heads && clustering.is_empty() {
                    return true;
                }
                *table
            }
            Mutation::Delete { .. } | Mutation::DeletePartition { .. } => return true,
        };
        match table {
            Table::Heads => !self.breaks(Break::CutNotAwaited),
            Table::Journal => !self.breaks(Break::RowsNotAwaited),
            Table::ActiveSessions => !self.breaks(Break::ListNotAwaited),
            Table::Records => !self.breaks(Break::RecordNotAwaited),
            _ => true,
        }
    }

    fn looks(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        let partition = fences::partition(of);
        let (from, limit, bytes) = (Bytes::new(), 10_000, usize::MAX);
        let slice = Slice { table: Table::Fences, partition, from, to: None, limit, bytes, reverse: false };
        let (page, store) = (self.store.fetch(slice), self.store.clone());
        Box::pin(async move {
            let rows = page.await?.rows;
            let is_one = |number: u64| rows.iter().any(|row| row.clustering == fences::clustering(number));
            if is_one(0) || is_one(of.number) {
                store.witness(|witness| witness.fence_found());
                return Ok(Look::Fenced);
            }
            Ok(Look::Clean)
        })
    }
}

impl Rows for Port {
    fn admits(&self) -> Option<Refused> {
        None
    }

    fn write(&self, batch: Batch) -> Pending<Result<(), WriteError>> {
        self.back(self.store.send(batch, |mutation| self.counts(mutation)))
    }

    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        if slice.table == Table::Records && self.breaks(Break::RecordNotLookedFor) && slice.limit == 1 {
            return Box::pin(async { Ok(Page::default()) });
        }
        self.back(self.store.fetch(slice))
    }

    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        if self.breaks(Break::NoLook) {
            let pause = self.store.0.world.sleep(std::time::Duration::from_micros(200));
            return Box::pin(async move {
                pause.await;
                Ok(Look::Clean)
            });
        }
        if self.breaks(Break::LookTooEarly)
            && let Some(look) = self.looked.lock().take()
        {
            return Box::pin(async move { Ok(look) });
        }
        self.back(self.looks(of))
    }

    fn fence(&self, of: Incarnation) -> Pending<Result<(), WriteError>> {
        let batch = Batch { mutations: fences::mutations(of), class: Class::Upkeep };
        let is_newest = {
            let mut newest = self.newest.lock();
            *newest = of.number.max(*newest);
            of.number == *newest
        };
        if self.breaks(Break::NoFence) || (self.breaks(Break::OneFenceOnly) && !is_newest) {
            return Box::pin(async { Ok(()) });
        }
        let stored = self.store.send(batch, |_| true);
        if self.breaks(Break::FencesVanish) {
            self.store.forget_fences();
        }
        if self.breaks(Break::FenceNotAwaited) {
            return Box::pin(async { Ok(()) });
        }
        self.back(stored)
    }

    fn claim(
        &self,
        table: Table,
        (partition, clustering): (Bytes, Bytes),
        expected: Option<Bytes>,
        value: Bytes,
    ) -> Pending<Result<Claim, WriteError>> {
        let store = self.store.clone();
        self.back(Box::pin(
            async move { store.claims(table, (partition, clustering), (expected, value)).await },
        ))
    }
}
