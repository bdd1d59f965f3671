//! What every adapter of the rows port must do, as checks that any adapter's tests run. A failed check panics with a message.
//! It never reaches inside an adapter: what it cannot see through [`Rows`] is not part of the contract.
//!
//! Not promised, and so not checked: the order of writes in flight; a row that is written into a partition after its
//! delete began; an older write that comes after a delete (no caller lets one).

use std::sync::Arc;

use bytes::Bytes;

use super::{Batch, Class, Mutation, Page, Row, Rows, Slice, Table};

pub mod claims;
pub mod load;
pub mod slices;
pub mod timestamps;

/// A store under test, and a corner of it that no other run uses.
#[derive(Clone)]
pub struct Ground {
    /// The store.
    pub rows: Arc<dyn Rows>,
    /// Stands in every key of this run; a shared store needs a new one each time.
    pub salt: String,
}

/// Every check, one after the other.
pub async fn all(ground: &Ground) {
    slices::order(ground).await;
    slices::bounds(ground).await;
    slices::limits(ground).await;
    slices::reverse(ground).await;
    slices::empty_keys(ground).await;
    slices::partitions_are_apart(ground).await;
    slices::big_values(ground).await;
    slices::partition_delete(ground).await;
    timestamps::larger_wins(ground).await;
    timestamps::equal_timestamps(ground).await;
    timestamps::repeats(ground).await;
    claims::won_and_lost(ground).await;
    claims::one_of_many(ground).await;
    claims::fences(ground).await;
    load::read_your_writes(ground).await;
    load::many_writers(ground).await;
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").field("salt", &self.salt).finish_non_exhaustive()
    }
}

impl Ground {
    /// A partition key of this run.
    #[must_use]
    pub fn partition(&self, name: &str) -> Bytes {
        format!("{}/{name}", self.salt).into()
    }

    /// Writes a batch of new input and panics if it is not stored.
    pub async fn write(&self, mutations: Vec<Mutation>) {
        let stored = self.rows.write(Batch { mutations, class: Class::Input }).await;
        assert_eq!(stored, Ok(()), "a write into a healthy store is stored");
    }

    /// Reads a slice and panics if there is no answer.
    pub async fn read(&self, slice: Slice) -> Page {
        match self.rows.read(slice).await {
            Ok(page) => page,
            Err(e) => panic!("a read of a healthy store is answered: {e}"),
        }
    }

    /// All rows of a partition.
    pub async fn rows_of(&self, table: Table, partition: &Bytes) -> Vec<Row> {
        let page = self.read(whole(table, partition)).await;
        assert!(!page.more, "a page without a limit holds everything");
        page.rows
    }
}

/// The slice that reads a whole partition.
#[must_use]
pub fn whole(table: Table, partition: &Bytes) -> Slice {
    Slice {
        table,
        partition: partition.clone(),
        from: Bytes::new(),
        to: None,
        limit: 10_000,
        bytes: 64 << 20,
        reverse: false,
    }
}

/// A put with timestamp 1.
#[must_use]
pub fn put(table: Table, partition: &Bytes, clustering: &[u8], value: &[u8]) -> Mutation {
    put_at(table, partition, clustering, (value, 1))
}

/// A put of a value with its timestamp.
#[must_use]
pub fn put_at(table: Table, partition: &Bytes, clustering: &[u8], stamped: (&[u8], i64)) -> Mutation {
    Mutation::Put {
        table,
        partition: partition.clone(),
        clustering: Bytes::copy_from_slice(clustering),
        value: Bytes::copy_from_slice(stamped.0),
        timestamp: stamped.1,
    }
}

/// A delete of one row.
#[must_use]
pub fn delete_at(table: Table, partition: &Bytes, clustering: &[u8], timestamp: i64) -> Mutation {
    Mutation::Delete {
        table,
        partition: partition.clone(),
        clustering: Bytes::copy_from_slice(clustering),
        timestamp,
    }
}

/// A row, for comparisons.
#[must_use]
pub fn row(clustering: &[u8], value: &[u8]) -> Row {
    Row { clustering: Bytes::copy_from_slice(clustering), value: Bytes::copy_from_slice(value) }
}
