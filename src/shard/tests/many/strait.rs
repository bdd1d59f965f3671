//! The store as one node reaches it: nothing comes back while it is cut off. What was on its way is stored or not, as on a
//! network; it is told afterwards.

use std::sync::Arc;

use bytes::Bytes;

use crate::runtime::watch;
use crate::store::rows::embedded::Embedded;
use crate::store::rows::{
    Batch, Claim, Incarnation, Look, Page, Pending, ReadError, Refused, Rows, Slice, Table, WriteError,
};

/// The way of one node to the store of all.
pub struct Strait {
    store: Arc<Embedded>,
    cut: watch::Sender<bool>,
}

impl Strait {
    pub fn new(store: Arc<Embedded>) -> Arc<Self> {
        Arc::new(Self { store, cut: watch::channel(false).0 })
    }

    /// Nothing comes back from now on, or it does again.
    pub fn cut(&self, off: bool) {
        self.cut.send_replace(off);
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
        self.once_open(self.store.read(slice))
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
