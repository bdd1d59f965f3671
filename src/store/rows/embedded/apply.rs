//! One change into an open write transaction. It decides which of two writes to a row stays; it never commits.
//!
//! A delete needs no tombstone here: there is one process, it applies writes in the order in which they came in, and
//! nothing of an earlier process is still on its way. So no older write can arrive after the delete that beat it.

use std::ops::Bound;

use redb::{ReadableTable, StorageError, Table as Map};

use super::file::wal::{self, Change};
use super::key;
use crate::store::rows::{Claim, Mutation, Table};

/// The open map of all rows.
pub(super) type Rows<'t> = Map<'t, &'static [u8], &'static [u8]>;

/// Buffers that are used again for each change.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    key: Vec<u8>,
    value: Vec<u8>,
    /// What was changed, for the log.
    pub(super) payload: Vec<u8>,
}

/// How many rows a transaction may still take out of whole partitions.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

/// Applies a change; answers the prefix of a partition that could not be deleted within the budget.
pub(super) fn mutation(
    rows: &mut Rows<'_>,
    change: &Mutation,
    scratch: &mut Scratch,
    budget: &mut Budget,
) -> Result<Option<Vec<u8>>, StorageError> {
    match change {
        Mutation::Put { table, partition, clustering, value, timestamp } => {
            key::row(&mut scratch.key, *table, partition, clustering);
            put(rows, *table, value, *timestamp, scratch).map(|()| None)
        }
        Mutation::Delete { table, partition, clustering, timestamp } => {
            key::row(&mut scratch.key, *table, partition, clustering);
            delete(rows, *table, *timestamp, scratch).map(|()| None)
        }
        Mutation::DeletePartition { table, partition } => {
            key::prefix(&mut scratch.key, *table, partition);
            let done = partition_slice(rows, &scratch.key, budget, &mut scratch.payload)?;
            Ok((!done).then(|| scratch.key.clone()))
        }
    }
}

/// Deletes rows of a partition until it is empty (true) or the budget is spent (false).
pub(super) fn partition_slice(
    rows: &mut Rows<'_>,
    prefix: &[u8],
    budget: &mut Budget,
    payload: &mut Vec<u8>,
) -> Result<bool, StorageError> {
    let end = key::behind(prefix);
    let mut keys = Vec::new();
    for row in rows.range::<&[u8]>((Bound::Included(prefix), Bound::Excluded(&end[..])))? {
        if budget.0 == 0 {
            break;
        }
        keys.push(row?.0.value().to_vec());
        budget.0 -= 1;
    }
    for key in &keys {
        rows.remove(&key[..])?;
        wal::push(payload, Change::Remove(key));
    }
    // With nothing left in the budget it is not known whether more rows follow; the next slice finds out.
    Ok(budget.0 > 0)
}

/// Compare and set. A repeat of a group that may have been stored already finds its own value and has won.
pub(super) fn claim(
    rows: &mut Rows<'_>,
    at: (Table, &[u8], &[u8]),
    (expected, value): (Option<&[u8]>, &[u8]),
    again: bool,
    scratch: &mut Scratch,
) -> Result<Claim, StorageError> {
    let (table, partition, clustering) = at;
    key::row(&mut scratch.key, table, partition, clustering);
    let current = rows.get(&scratch.key[..])?.map(|stored| stored.value().to_vec());
    let (content, timestamp) = match &current {
        None => (None, 0),
        Some(stored) => {
            let (content, timestamp) = unstamp(table, stored)?;
            (Some(content), timestamp)
        }
    };
    if content != expected {
        if again && content == Some(value) {
            return Ok(Claim::Won);
        }
        return Ok(Claim::Lost(content.map(|c| c.to_vec().into())));
    }
    store(rows, table, value, timestamp, scratch)?;
    Ok(Claim::Won)
}

fn put(
    rows: &mut Rows<'_>,
    table: Table,
    value: &[u8],
    timestamp: i64,
    scratch: &mut Scratch,
) -> Result<(), StorageError> {
    if table.rewritten()
        && let Some(stored) = rows.get(&scratch.key[..])?
    {
        let (content, stands) = unstamp(table, stored.value())?;
        if (stands, content) >= (timestamp, value) {
            return Ok(());
        }
    }
    store(rows, table, value, timestamp, scratch)
}

fn store(
    rows: &mut Rows<'_>,
    table: Table,
    value: &[u8],
    timestamp: i64,
    scratch: &mut Scratch,
) -> Result<(), StorageError> {
    if table.rewritten() {
        key::stamp(&mut scratch.value, value, timestamp);
        rows.insert(&scratch.key[..], &scratch.value[..])?;
        wal::push(&mut scratch.payload, Change::Insert(&scratch.key, &scratch.value));
    } else {
        rows.insert(&scratch.key[..], value)?;
        wal::push(&mut scratch.payload, Change::Insert(&scratch.key, value));
    }
    Ok(())
}

/// Applies the changes of a log's record once more; they are what the rules above decided then.
pub(super) fn replay(rows: &mut Rows<'_>, mut payload: &[u8]) -> Result<(), StorageError> {
    while let Some(change) = wal::pop(&mut payload) {
        match change {
            Change::Insert(key, value) => drop(rows.insert(key, value)?),
            Change::Remove(key) => drop(rows.remove(key)?),
        }
    }
    if payload.is_empty() {
        Ok(())
    } else {
        Err(StorageError::Corrupted("a record of the log makes no sense".into()))
    }
}

fn delete(
    rows: &mut Rows<'_>,
    table: Table,
    timestamp: i64,
    scratch: &mut Scratch,
) -> Result<(), StorageError> {
    if table.rewritten() {
        let Some(stored) = rows.get(&scratch.key[..])? else { return Ok(()) };
        let (_, stands) = unstamp(table, stored.value())?;
        if stands > timestamp {
            return Ok(());
        }
    }
    if rows.remove(&scratch.key[..])?.is_some() {
        wal::push(&mut scratch.payload, Change::Remove(&scratch.key));
    }
    Ok(())
}

fn unstamp(table: Table, stored: &[u8]) -> Result<(&[u8], i64), StorageError> {
    key::unstamp(table, stored).ok_or_else(|| StorageError::Corrupted("a row without its timestamp".into()))
}
