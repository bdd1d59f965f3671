//! The reader threads: they answer slices from what is committed and durable. They never write.

use std::time::Duration;

use bytes::Bytes;
use redb::{Error, ReadableDatabase, StorageError};
use tokio::sync::oneshot;

use super::file::database;
use super::memory::{Base, Range, Walk, walk};
use super::queue::{Taken, Weight};
use super::{Shared, key};
use crate::limits;
use crate::store::rows::{Incarnation, Page, ReadError, Row, Slice, Table, fences};

/// A read that waits for a thread.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) slice: Slice,
    pub(super) reply: oneshot::Sender<Result<Page, ReadError>>,
}

/// Answers reads until the queue is closed.
pub(super) fn run(shared: &Shared) {
    while step(shared, None) {}
}

/// Answers what waits, once; false when the queue is closed.
pub(super) fn step(shared: &Shared, patience: Option<Duration>) -> bool {
    let most = Weight { ops: limits::STORE_READS_PER_VIEW, bytes: usize::MAX };
    match shared.reads.take(most, patience) {
        Taken::Some(reads) => answer(shared, reads),
        Taken::Nothing => {}
        Taken::Closed => return false,
    }
    true
}

fn answer(shared: &Shared, reads: Vec<Read>) {
    let guard = shared.database.read();
    let Some(database) = guard.as_ref() else {
        return refuse(reads, &ReadError("the store is being opened again".into()));
    };
    // One view serves all that waited: it is taken after they came in, so it holds every write they may rely on. It is
    // taken together with the layers over it; what is flushed in between would be in neither or, harmless, in both.
    let layers = shared.layers.read();
    let view = view(database);
    let ranges: Vec<_> = reads.iter().map(|read| Keys::of(&read.slice)).collect();
    let over: Vec<_> = reads
        .iter()
        .zip(&ranges)
        .map(|(read, keys)| layers.within(keys.range(), limit(&read.slice)))
        .collect();
    drop(layers);
    let view = match view {
        Ok(view) => view,
        Err(e) => {
            shared.look_after_database();
            return refuse(reads, &ReadError(e.to_string()));
        }
    };
    for ((read, keys), over) in reads.into_iter().zip(ranges).zip(over) {
        let page = page(&view, &read.slice, &keys, over).map_err(|e| {
            // After a failed read redb does nothing more with the file; a damaged row is only that row's trouble.
            if !matches!(e, StorageError::Corrupted(_)) {
                shared.look_after_database();
            }
            ReadError(e.to_string())
        });
        // A reader that went away no longer wants its answer.
        let _ = read.reply.send(page);
    }
}

fn refuse(reads: Vec<Read>, why: &ReadError) {
    for read in reads {
        let _ = read.reply.send(Err(why.clone()));
    }
}

/// What is in the database now.
pub(super) fn view(database: &redb::Database) -> Result<Base, Error> {
    Ok(database.begin_read()?.open_table(database::ROWS)?)
}

/// The fences that are stored; a single node writes next to none.
pub(super) fn all_fences(database: &redb::Database) -> Result<Vec<Incarnation>, Error> {
    let range = key::table_range(Table::Fences);
    let rows = view(database)?;
    let mut found = Vec::new();
    for row in rows.range::<&[u8]>(&range.start[..]..&range.end[..])? {
        let (at, _) = row?;
        let parsed = key::split(at.value()).and_then(|(partition, number)| fences::parse(partition, number));
        found.push(parsed.ok_or_else(|| StorageError::Corrupted("a fence that names nobody".into()))?);
    }
    Ok(found)
}

/// The keys of a slice in the database.
struct Keys {
    prefix: usize,
    from: Vec<u8>,
    to: Vec<u8>,
    reverse: bool,
}

impl Keys {
    fn of(slice: &Slice) -> Self {
        let mut prefix = Vec::new();
        key::prefix(&mut prefix, slice.table, &slice.partition);
        let from = [&prefix[..], &slice.from].concat();
        let to = slice.to.as_ref().map_or_else(|| key::behind(&prefix), |to| [&prefix[..], to].concat());
        // A slice that ends before it begins is empty.
        Self { prefix: prefix.len(), to: to.max(from.clone()), from, reverse: slice.reverse }
    }

    fn range(&self) -> Range<'_> {
        Range { from: &self.from, to: &self.to, reverse: self.reverse }
    }
}

fn limit(slice: &Slice) -> usize {
    slice.limit.clamp(1, limits::STORE_PAGE_ROWS)
}

fn page(
    view: &Base,
    slice: &Slice,
    keys: &Keys,
    over: Vec<(Bytes, Option<Bytes>)>,
) -> Result<Page, StorageError> {
    let mut page = Page::default();
    let mut bytes = 0;
    walk(over, view, keys.range(), |at, stored| {
        let (value, _) = key::unstamp(slice.table, stored)
            .ok_or_else(|| StorageError::Corrupted("a row without its timestamp".into()))?;
        let clustering = &at[keys.prefix..];
        bytes += clustering.len() + value.len();
        if page.rows.len() == limit(slice) || (!page.rows.is_empty() && bytes > slice.bytes) {
            page.more = true;
            return Ok(Walk::Stop);
        }
        let (clustering, value) = (Bytes::copy_from_slice(clustering), Bytes::copy_from_slice(value));
        page.rows.push(Row { clustering, value });
        Ok(Walk::On)
    })?;
    Ok(page)
}
