//! A corner of the cluster under test that nobody else uses: the whole store, with a salt before each key. Fences need none: their
//! generations are the corner's own. Never decides anything.

use std::sync::Arc;

use bytes::Bytes;
use holdfast::store::rows::{
    Batch, Claim, Incarnation, Look, Mutation, Page, Pending, ReadError, Refused, Rows, Slice, Table,
    WriteError,
};

/// The store with every partition's key behind a salt.
#[derive(Clone)]
pub struct Corner {
    /// All of it.
    pub store: Arc<dyn Rows>,
    /// Which corner.
    pub salt: u128,
}

impl Corner {
    fn salted(&self, partition: &Bytes) -> Bytes {
        [&self.salt.to_be_bytes()[..], partition].concat().into()
    }
}

impl Rows for Corner {
    fn admits(&self) -> Option<Refused> {
        self.store.admits()
    }

    fn write(&self, mut batch: Batch) -> Pending<Result<(), WriteError>> {
        for mutation in &mut batch.mutations {
            let (Mutation::Put { table, partition, .. }
            | Mutation::Delete { table, partition, .. }
            | Mutation::DeletePartition { table, partition }) = mutation;
            if *table != Table::Fences {
                *partition = self.salted(partition);
            }
        }
        self.store.write(batch)
    }

    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        self.store.read(Slice { partition: self.salted(&slice.partition), ..slice })
    }

    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        self.store.look(of)
    }

    fn fence(&self, of: Incarnation) -> Pending<Result<(), WriteError>> {
        self.store.fence(of)
    }

    fn claim(
        &self,
        table: Table,
        key: (Bytes, Bytes),
        expected: Option<Bytes>,
        value: Bytes,
    ) -> Pending<Result<Claim, WriteError>> {
        self.store.claim(table, (self.salted(&key.0), key.1), expected, value)
    }
}
