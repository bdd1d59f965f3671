//! Cuts a batch into groups of one partition. Pure: no lock, no clock, no request.

use bytes::Bytes;

use crate::limits;
use crate::store::rows::{Mutation, Table};

/// A partition of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Key {
    pub table: Table,
    pub partition: Bytes,
}

/// A change within a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Change {
    Put { clustering: Bytes, value: Bytes, timestamp: i64 },
    Delete { clustering: Bytes, timestamp: i64 },
    DeletePartition,
}

/// Changes of one partition that travel in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Group {
    pub key: Key,
    pub changes: Vec<Change>,
    /// Bytes of keys and values.
    pub bytes: usize,
}

/// The groups of a batch, each within what one request may carry unless a single row is larger. Most batches touch one
/// partition, or three, so that a search from the last group on is the shortest way.
pub(in super::super) fn split(mutations: Vec<Mutation>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::with_capacity(1);
    for mutation in mutations {
        let (key, change, bytes) = place(mutation);
        let fits = |group: &&mut Group| {
            group.key == key
                && group.changes.len() < limits::CASSANDRA_BATCH_ROWS
                && group.bytes + bytes <= limits::CASSANDRA_BATCH_BYTES
        };
        match groups.iter_mut().rev().find(fits) {
            Some(group) => {
                group.changes.push(change);
                group.bytes += bytes;
            }
            None => groups.push(Group { key, changes: vec![change], bytes }),
        }
    }
    groups
}

/// Bytes of keys and values of a batch.
pub(in super::super) fn weigh(mutations: &[Mutation]) -> usize {
    let weigh = |mutation: &Mutation| match mutation {
        Mutation::Put { partition, clustering, value, .. } => {
            partition.len() + clustering.len() + value.len()
        }
        Mutation::Delete { partition, clustering, .. } => partition.len() + clustering.len(),
        Mutation::DeletePartition { partition, .. } => partition.len(),
    };
    mutations.iter().map(weigh).sum()
}

fn place(mutation: Mutation) -> (Key, Change, usize) {
    let bytes = weigh(std::slice::from_ref(&mutation));
    let (table, partition, change) = match mutation {
        Mutation::Put { table, partition, clustering, value, timestamp } => {
            (table, partition, Change::Put { clustering, value, timestamp })
        }
        Mutation::Delete { table, partition, clustering, timestamp } => {
            (table, partition, Change::Delete { clustering, timestamp })
        }
        Mutation::DeletePartition { table, partition } => (table, partition, Change::DeletePartition),
    };
    (Key { table, partition }, change, bytes)
}
