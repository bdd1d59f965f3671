//! The reader threads: they answer slices from what is committed and durable. They never write.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use redb::{AccessGuard, Error, ReadOnlyTable, ReadableDatabase, StorageError};
use tokio::sync::oneshot;

use super::file::database;
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

type View = ReadOnlyTable<&'static [u8], &'static [u8]>;
type Pair<'a> = (AccessGuard<'a, &'static [u8]>, AccessGuard<'a, &'static [u8]>);

/// Answers reads until the queue is closed.
pub(super) fn run(shared: &Arc<Shared>) {
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

/// One view serves all that waited: it is taken after they came in, so it holds every write they may rely on.
fn answer(shared: &Shared, reads: Vec<Read>) {
    let guard = shared.database.read();
    let Some(database) = guard.as_ref() else {
        return refuse(reads, &ReadError("the store is being opened again".into()));
    };
    let view = match view(database) {
        Ok(view) => view,
        Err(e) => {
            shared.look_after_file();
            return refuse(reads, &ReadError(e.to_string()));
        }
    };
    for read in reads {
        let page = slice(&view, &read.slice).map_err(|e| {
            // After a failed read redb does nothing more with the file; a damaged row is only that row's trouble.
            if !matches!(e, StorageError::Corrupted(_)) {
                shared.look_after_file();
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

fn view(database: &redb::Database) -> Result<View, Error> {
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

fn slice(rows: &View, slice: &Slice) -> Result<Page, StorageError> {
    let mut prefix = Vec::new();
    key::prefix(&mut prefix, slice.table, &slice.partition);
    let from = [&prefix[..], &slice.from].concat();
    let to = slice.to.as_ref().map_or_else(|| key::behind(&prefix), |to| [&prefix[..], to].concat());
    if from >= to {
        return Ok(Page::default());
    }
    let range = rows.range::<&[u8]>((Bound::Included(&from[..]), Bound::Excluded(&to[..])))?;
    if slice.reverse { page(range.rev(), prefix.len(), slice) } else { page(range, prefix.len(), slice) }
}

fn page<'a>(
    range: impl Iterator<Item = Result<Pair<'a>, StorageError>>,
    prefix: usize,
    slice: &Slice,
) -> Result<Page, StorageError> {
    let limit = slice.limit.clamp(1, limits::STORE_PAGE_ROWS);
    let mut page = Page::default();
    let mut bytes = 0;
    for pair in range {
        let (at, stored) = pair?;
        let (value, _) = key::unstamp(slice.table, stored.value())
            .ok_or_else(|| StorageError::Corrupted("a row without its timestamp".into()))?;
        let clustering = &at.value()[prefix..];
        bytes += clustering.len() + value.len();
        if page.rows.len() == limit || (!page.rows.is_empty() && bytes > slice.bytes) {
            page.more = true;
            break;
        }
        let (clustering, value) = (Bytes::copy_from_slice(clustering), Bytes::copy_from_slice(value));
        page.rows.push(Row { clustering, value });
    }
    Ok(page)
}
