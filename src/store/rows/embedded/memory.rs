//! What is durable in the log but not yet in the database, and how it lies over it. It does no IO and decides nothing.
//!
//! Two layers: the changes of the lap that is being written, and those of the lap before, which the flusher is putting into
//! the database. A reader takes both layers and a view of the database under one lock, so it sees one moment.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use redb::{AccessGuard, ReadOnlyTable, StorageError};

/// Changes by key of the database; `None` is a row that is gone.
pub(super) type Changes = BTreeMap<Bytes, Option<Bytes>>;

/// The changes of a finished lap of the log.
#[derive(Debug)]
pub(super) struct Frozen {
    pub(super) changes: Changes,
    pub(super) lap: u64,
}

/// The layers over the database, newest first.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) active: Changes,
    pub(super) flushing: Option<Arc<Frozen>>,
}

/// A view of the database.
pub(super) type Base = ReadOnlyTable<&'static [u8], &'static [u8]>;

type Pair<'a> = (AccessGuard<'a, &'static [u8]>, AccessGuard<'a, &'static [u8]>);

/// A range of keys, and the direction in which it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range<'a> {
    pub(super) from: &'a [u8],
    pub(super) to: &'a [u8],
    pub(super) reverse: bool,
}

/// Whether a walk over rows goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    On,
    Stop,
}

impl Layers {
    pub(super) fn get(&self, key: &[u8]) -> Option<&Option<Bytes>> {
        self.active.get(key).or_else(|| self.flushing.as_ref()?.changes.get(key))
    }

    /// The changes within a range, in its direction: all that can matter to a reader who stops after `limit` rows.
    pub(super) fn within(&self, range: Range<'_>, limit: usize) -> Vec<(Bytes, Option<Bytes>)> {
        let older = self.flushing.as_ref().map(|frozen| &frozen.changes);
        overlay([Some(&self.active), older], range, limit)
    }
}

/// The changes of several layers, newest first, within a range. Once a layer has given more rows than the reader takes,
/// nothing that lies behind the last of them can be on the reader's page.
pub(super) fn overlay<'a>(
    layers: impl IntoIterator<Item = Option<&'a Changes>>,
    range: Range<'_>,
    limit: usize,
) -> Vec<(Bytes, Option<Bytes>)> {
    let mut found = Changes::new();
    let mut last: Option<Bytes> = None;
    for layer in layers.into_iter().flatten() {
        let mut live = 0;
        let mut take = |(key, value): (&Bytes, &Option<Bytes>)| {
            let behind = |last: &Bytes| if range.reverse { key < last } else { key > last };
            if last.as_ref().is_some_and(behind) {
                return Walk::Stop;
            }
            // A row that a newer layer has changed does not count: it may be gone.
            if let Entry::Vacant(entry) = found.entry(key.clone()) {
                entry.insert(value.clone());
                live += usize::from(value.is_some());
            }
            if live > limit {
                last = Some(key.clone());
                return Walk::Stop;
            }
            Walk::On
        };
        let mut entries = layer.range::<[u8], _>((Bound::Included(range.from), Bound::Excluded(range.to)));
        while let Some(entry) = if range.reverse { entries.next_back() } else { entries.next() } {
            if take(entry) == Walk::Stop {
                break;
            }
        }
    }
    if range.reverse { found.into_iter().rev().collect() } else { found.into_iter().collect() }
}

/// Walks over the rows that are there when changes lie over the database.
pub(super) fn walk(
    changes: Vec<(Bytes, Option<Bytes>)>,
    base: &Base,
    range: Range<'_>,
    each: impl FnMut(&[u8], &[u8]) -> Result<Walk, StorageError>,
) -> Result<(), StorageError> {
    let rows = base.range::<&[u8]>((Bound::Included(range.from), Bound::Excluded(range.to)))?;
    if range.reverse { merge(changes, rows.rev(), true, each) } else { merge(changes, rows, false, each) }
}

fn merge<'a>(
    changes: Vec<(Bytes, Option<Bytes>)>,
    rows: impl Iterator<Item = Result<Pair<'a>, StorageError>>,
    reverse: bool,
    mut each: impl FnMut(&[u8], &[u8]) -> Result<Walk, StorageError>,
) -> Result<(), StorageError> {
    let mut rows = rows;
    let mut row = rows.next().transpose()?;
    let mut changes = changes.into_iter().peekable();
    loop {
        let order = match (changes.peek(), &row) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((key, _)), Some((at, _))) if reverse => at.value().cmp(&key[..]),
            (Some((key, _)), Some((at, _))) => key[..].cmp(at.value()),
        };
        let step = match (&row, order) {
            (Some((key, value)), Ordering::Greater) => each(key.value(), value.value())?,
            _ => match changes.next() {
                Some((key, Some(value))) => each(&key, &value)?,
                _ => Walk::On,
            },
        };
        if step == Walk::Stop {
            return Ok(());
        }
        if order != Ordering::Less {
            row = rows.next().transpose()?;
        }
    }
}
