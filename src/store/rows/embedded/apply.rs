//! One group of writes over what is there: it decides which of two writes to a row stays. It makes nothing durable.
//!
//! A delete needs no tombstone here: there is one process, it applies writes in the order in which they came in, and
//! nothing of an earlier process is still on its way. So no older write can arrive after the delete that beat it.

use bytes::Bytes;
use redb::{Error, StorageError};

use super::key;
use super::memory::{Base, Changes, Layers, Range, Walk, overlay, walk};
use super::reader;
use crate::store::rows::{Claim, Mutation, Table};

/// How many rows a group may still take out of whole partitions.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

/// What a group sees: its own changes over those that are durable. Nobody else sees its own ones before they are.
pub(super) struct View<'a> {
    pub(super) own: Changes,
    layers: &'a Layers,
    database: Option<&'a redb::Database>,
    base: Option<Base>,
    key: Vec<u8>,
}

impl<'a> View<'a> {
    pub(super) fn new(layers: &'a Layers, database: Option<&'a redb::Database>) -> Self {
        Self { own: Changes::new(), layers, database, base: None, key: Vec::new() }
    }

    /// Applies a change; answers the prefix of a partition that could not be deleted within the budget.
    pub(super) fn mutation(
        &mut self,
        change: &Mutation,
        budget: &mut Budget,
    ) -> Result<Option<Vec<u8>>, Error> {
        match change {
            Mutation::Put { table, partition, clustering, value, timestamp } => {
                key::row(&mut self.key, *table, partition, clustering);
                self.put(*table, value, *timestamp)?;
                Ok(None)
            }
            Mutation::Delete { table, partition, clustering, timestamp } => {
                key::row(&mut self.key, *table, partition, clustering);
                self.delete(*table, *timestamp)?;
                Ok(None)
            }
            Mutation::DeletePartition { table, partition } => {
                let mut prefix = Vec::new();
                key::prefix(&mut prefix, *table, partition);
                let done = self.delete_partition(&prefix, budget)?;
                Ok((!done).then_some(prefix))
            }
        }
    }

    /// Deletes rows of a partition until it is empty (true) or the budget is spent (false).
    pub(super) fn delete_partition(&mut self, prefix: &[u8], budget: &mut Budget) -> Result<bool, Error> {
        if budget.0 == 0 {
            return Ok(false);
        }
        let limit = budget.0;
        let range = Range { from: prefix, to: &key::behind(prefix), reverse: false };
        let older = self.layers.flushing.as_ref().map(|frozen| &frozen.changes);
        let changes = overlay([Some(&self.own), Some(&self.layers.active), older], range, limit);
        let mut gone = Vec::new();
        walk(changes, self.base()?, range, |key, _| {
            gone.push(Bytes::copy_from_slice(key));
            Ok(if gone.len() == limit { Walk::Stop } else { Walk::On })
        })?;
        budget.0 -= gone.len();
        self.own.extend(gone.into_iter().map(|key| (key, None)));
        // With nothing left in the budget it is not known whether more rows follow; the next group finds out.
        Ok(budget.0 > 0)
    }

    /// Compare and set.
    pub(super) fn claim(
        &mut self,
        (table, partition, clustering): (Table, &[u8], &[u8]),
        (expected, value): (Option<&[u8]>, &[u8]),
    ) -> Result<Claim, Error> {
        key::row(&mut self.key, table, partition, clustering);
        let current = self.current()?;
        let (content, timestamp) = match &current {
            None => (None, 0),
            Some(stored) => {
                let (content, timestamp) = unstamp(table, stored)?;
                (Some(content), timestamp)
            }
        };
        if content != expected {
            return Ok(Claim::Lost(content.map(Bytes::copy_from_slice)));
        }
        self.store(table, value, timestamp);
        Ok(Claim::Won)
    }

    fn put(&mut self, table: Table, value: &[u8], timestamp: i64) -> Result<(), Error> {
        if table.rewritten()
            && let Some(stored) = self.current()?
        {
            let (content, stands) = unstamp(table, &stored)?;
            if (stands, content) >= (timestamp, value) {
                return Ok(());
            }
        }
        self.store(table, value, timestamp);
        Ok(())
    }

    fn delete(&mut self, table: Table, timestamp: i64) -> Result<(), Error> {
        if table.rewritten() {
            let Some(stored) = self.current()? else { return Ok(()) };
            if unstamp(table, &stored)?.1 > timestamp {
                return Ok(());
            }
        }
        self.own.insert(Bytes::copy_from_slice(&self.key), None);
        Ok(())
    }

    /// The value is copied: a slice of a network buffer would keep the whole buffer in memory.
    fn store(&mut self, table: Table, value: &[u8], timestamp: i64) {
        let stored = if table.rewritten() {
            let mut stored = Vec::new();
            key::stamp(&mut stored, value, timestamp);
            stored.into()
        } else {
            Bytes::copy_from_slice(value)
        };
        self.own.insert(Bytes::copy_from_slice(&self.key), Some(stored));
    }

    fn current(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(change) = self.own.get(&self.key[..]).or_else(|| self.layers.get(&self.key)) {
            return Ok(change.clone());
        }
        self.base()?;
        let base = self.base.as_ref().ok_or(Error::DatabaseClosed)?;
        Ok(base.get(&self.key[..])?.map(|stored| Bytes::copy_from_slice(stored.value())))
    }

    /// Opened when first needed: most groups only add rows to journals and never look into the database.
    fn base(&mut self) -> Result<&Base, Error> {
        if self.base.is_none() {
            self.base = Some(reader::view(self.database.ok_or(Error::DatabaseClosed)?)?);
        }
        self.base.as_ref().ok_or(Error::DatabaseClosed)
    }
}

fn unstamp(table: Table, stored: &[u8]) -> Result<(&[u8], i64), StorageError> {
    key::unstamp(table, stored).ok_or_else(|| StorageError::Corrupted("a row without its timestamp".into()))
}
