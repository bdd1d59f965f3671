//! The store as one node reaches it: nothing comes back while it is cut off, and no journal is opened while openings are held.
//! What was on its way is stored or not, as on a network; it is told afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::runtime::watch;
use crate::store::rows::embedded::Embedded;
use crate::store::rows::{
    Batch, Claim, Incarnation, Look, Page, Pending, ReadError, Refused, Rows, Slice, Table, WriteError,
};
use crate::words::SessionId;

/// The way of one node to the store of all.
pub struct Strait {
    store: Arc<Embedded>,
    cut: watch::Sender<bool>,
    holding: watch::Sender<bool>,
    /// Journals whose opening is held, and the most there were at once.
    held: Arc<Mutex<(BTreeSet<Bytes>, usize)>>,
}

impl Strait {
    pub fn new(store: Arc<Embedded>) -> Arc<Self> {
        let (cut, holding) = (watch::channel(false).0, watch::channel(false).0);
        Arc::new(Self { store, cut, holding, held: Arc::default() })
    }

    /// Nothing comes back from now on, or it does again.
    pub fn cut(&self, off: bool) {
        self.cut.send_replace(off);
    }

    /// Whoever opens a journal waits from now on, or does not any more.
    pub fn hold_openings(&self, on: bool) {
        self.holding.send_replace(on);
    }

    /// Waits until so many openings are held.
    pub async fn held(&self, count: usize) {
        while self.held.lock().0.len() < count {
            tokio::task::yield_now().await;
        }
    }

    /// Whether the opening of this session is held.
    pub fn holds(&self, id: SessionId) -> bool {
        self.held.lock().0.iter().any(|key| key.windows(16).any(|part| part == id.0))
    }

    /// The most that were held at once.
    pub fn most(&self) -> usize {
        self.held.lock().1
    }

    fn once_open<T: Send + 'static>(&self, answer: Pending<T>) -> Pending<T> {
        let mut cut = self.cut.subscribe();
        Box::pin(async move {
            let answer = answer.await;
            // Its sender lives as long as the node does.
            let _ = cut.wait_for(|cut| !cut).await;
            answer
        })
    }
}

impl Rows for Strait {
    fn admits(&self) -> Option<Refused> {
        self.store.admits()
    }

    fn write(&self, batch: Batch) -> Pending<Result<(), WriteError>> {
        self.once_open(self.store.write(batch))
    }

    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        let opens = (slice.table == Table::Heads).then(|| slice.partition.clone());
        let answer = self.once_open(self.store.read(slice));
        let Some(journal) = opens.filter(|_| *self.holding.borrow()) else { return answer };
        let (held, mut holding) = (self.held.clone(), self.holding.subscribe());
        Box::pin(async move {
            {
                let (now, most) = &mut *held.lock();
                now.insert(journal.clone());
                *most = now.len().max(*most);
            }
            let _ = holding.wait_for(|holding| !holding).await;
            held.lock().0.remove(&journal);
            answer.await
        })
    }

    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        self.once_open(self.store.look(of))
    }

    fn fence(&self, of: Incarnation) -> Pending<Result<(), WriteError>> {
        self.once_open(self.store.fence(of))
    }

    fn claim(
        &self,
        table: Table,
        key: (Bytes, Bytes),
        expected: Option<Bytes>,
        value: Bytes,
    ) -> Pending<Result<Claim, WriteError>> {
        self.once_open(self.store.claim(table, key, expected, value))
    }
}
