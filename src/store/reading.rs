//! Reads that take more than one slice, in the order that the protocol's rules demand: a journal and its record (rule 5), its
//! published past, the lists of a shard (rule 20). Knows no chat; never decides what may be shown.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::limits;
use crate::store::journal::adopt::{Read, epoch_of};
use crate::store::journal::checkpoint::Checkpoint;
use crate::store::journal::cut::{Chain, Cut};
use crate::store::journal::lists::{self, Place};
use crate::store::journal::record::{Proof, part_key};
use crate::store::journal::row::Stored;
use crate::store::journal::{Epoch, Unreadable, keys};
use crate::store::rows::{ReadError, Row, Rows, Slice, Table};
use crate::words::{JournalId, Seq, Time};

/// Behind the mark of a list and before its rows.
pub const AFTER_MARK: Bytes = Bytes::from_static(&[0]);

/// Rows that are read before it is known how large they are: of events as large as a text can be, two mebibytes.
const FIRST_ROWS: usize = 64;

/// What a reading of a shard's active list found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Active {
    /// Where it began.
    pub mark: Place,
    /// Every row, in order; a journal may have several.
    pub rows: Vec<(Place, JournalId)>,
    /// Rows that this release cannot read: no mark may be moved past them.
    pub unread: usize,
}

impl Active {
    /// How many sessions are listed.
    #[must_use]
    pub fn sessions(&self) -> usize {
        let ids = self.rows.iter().filter_map(|(_, id)| match id {
            JournalId::Session(session) => Some(session),
            JournalId::Agent(..) => None,
        });
        ids.collect::<BTreeSet<_>>().len()
    }
}

/// What a reading of the list of sleepers found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Who is due, in order.
    pub due: Vec<(Time, JournalId)>,
    /// When the next one is.
    pub next: Option<Time>,
    /// Where to go on.
    pub from: Bytes,
}

/// Rule 5: heads, then segments from the checkpoint on, then, after these have ended, the record.
///
/// # Errors
/// When the store gives no answer.
pub async fn open(rows: &dyn Rows, id: &JournalId) -> Result<(Read, Option<Proof>), ReadError> {
    let mut read = heads(rows, id).await?;
    segments(rows, id, &mut read).await?;
    let proof = proof(rows, id).await?;
    Ok((read, proof))
}

/// Whether the interaction is over: part 0 of its record. Begins after every other read of the journal has ended.
///
/// # Errors
/// When the store gives no answer, or what it gives cannot be read.
pub async fn proof(rows: &dyn Rows, id: &JournalId) -> Result<Option<Proof>, ReadError> {
    let slice = Slice {
        table: Table::Records,
        partition: keys::journal(id).into(),
        from: part_key(0),
        to: Some(part_key(1)),
        limit: 1,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = rows.read(slice).await?;
    page.rows.first().map(|row| Proof::read(&row.value)).transpose().map_err(unreadable)
}

/// Every cut, and the checkpoint.
///
/// # Errors
/// When the store gives no answer.
pub async fn heads(rows: &dyn Rows, id: &JournalId) -> Result<Read, ReadError> {
    let mut read = Read::default();
    for row in partition(rows, Table::Heads, keys::journal(id).into(), Bytes::new()).await? {
        if row.clustering.is_empty() {
            read.checkpoint = read.note(Checkpoint::read(&row.value));
        } else {
            let epoch = keys::number(&row.clustering);
            if let Some(cut) = read.note(Cut::read(&row.value)) {
                read.cuts.insert(Epoch(epoch), cut);
            }
        }
    }
    Ok(read)
}

/// Every row above the checkpoint, with all pages of each segment.
///
/// # Errors
/// When the store gives no answer.
pub async fn segments(rows: &dyn Rows, id: &JournalId, read: &mut Read) -> Result<(), ReadError> {
    let (base, chain) = read.checkpoint.as_ref().map_or((Seq(0), Vec::new()), |c| (c.seq, c.chain.clone()));
    let mut segment = keys::segment(base.next());
    // The checkpoint's own epoch is the lowest whose rows can matter; a new segment begins without a bound.
    let mut from = match epoch_of(&chain, base) {
        Some(epoch) if keys::segment(base) == segment => keys::event(epoch, base.next()),
        _ => Bytes::new(),
    };
    loop {
        let mut goes_on = false;
        for row in partition(rows, Table::Journal, keys::segment_partition(id, segment), from).await? {
            let Some(at) = read.note(keys::parse_event(&row.clustering)) else { continue };
            goes_on |= at.1.0 % keys::SEGMENT == keys::SEGMENT - 1;
            if let Some(stored) = read.note(Stored::read(row.value)) {
                read.rows.insert(at, stored);
            }
        }
        if !goes_on {
            return Ok(());
        }
        segment += 1;
        from = Bytes::new();
    }
}

/// The active list of a shard, from its mark on: the mark first, then its rows in order, so that what moves up meanwhile is
/// found below or above.
///
/// # Errors
/// When the store gives no answer.
pub async fn active(rows: &dyn Rows, shard: u16) -> Result<Active, ReadError> {
    let from = mark(rows, Table::ActiveSessions, shard).await?;
    let mark = from.as_deref().map(keys::parse_place).transpose().map_err(unreadable)?.unwrap_or_default();
    let from = from.unwrap_or(AFTER_MARK);
    let mut active = Active { mark, ..Active::default() };
    for row in partition(rows, Table::ActiveSessions, keys::shard(shard), from).await? {
        match keys::parse_active(&row.clustering) {
            Ok(row) => active.rows.push(row),
            Err(_) => active.unread += 1,
        }
    }
    Ok(active)
}

/// Where the reading of a list begins; `None` when nobody has said so yet.
///
/// # Errors
/// When the store gives no answer.
pub async fn mark(rows: &dyn Rows, table: Table, shard: u16) -> Result<Option<Bytes>, ReadError> {
    let slice = Slice {
        table,
        partition: keys::shard(shard),
        from: Bytes::new(),
        to: Some(AFTER_MARK),
        limit: 1,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = rows.read(slice).await?;
    page.rows.first().map(|row| lists::read_mark(&row.value)).transpose().map_err(unreadable)
}

/// The sleepers that are due, and when the next one is. `from` is where the reading before ended: what it saw is awake or has a
/// later wake-up.
///
/// # Errors
/// When the store gives no answer.
pub async fn due(rows: &dyn Rows, shard: u16, from: Bytes, now: Time) -> Result<Due, ReadError> {
    let slice = Slice {
        table: Table::Wakeups,
        partition: keys::shard(shard),
        from: from.clone(),
        to: None,
        limit: limits::WAKEUPS_PAGE,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = rows.read(slice).await?;
    let mut found = Due { due: Vec::new(), next: None, from };
    for row in &page.rows {
        let Ok((at, id)) = keys::parse_wakeup(&row.clustering) else { continue };
        if at > now {
            found.next = Some(at);
            break;
        }
        found.from = [&row.clustering[..], &[0]].concat().into();
        found.due.push((at, id));
    }
    Ok(found)
}

/// All rows of a partition from a clustering key on, page by page.
///
/// # Errors
/// When the store gives no answer.
pub async fn partition(
    rows: &dyn Rows,
    table: Table,
    partition: Bytes,
    from: Bytes,
) -> Result<Vec<Row>, ReadError> {
    let (mut all, mut from) = (Vec::new(), from);
    loop {
        let (limit, bytes) = (limits::STORE_PAGE_ROWS, limits::STORE_PAGE_BYTES);
        let slice =
            Slice { table, partition: partition.clone(), from, to: None, limit, bytes, reverse: false };
        let mut page = rows.read(slice).await?;
        all.append(&mut page.rows);
        match (page.more, all.last()) {
            (true, Some(last)) => from = [&last.clustering[..], &[0]].concat().into(),
            _ => return Ok(all),
        }
    }
}

/// How many rows to ask for when so many of so many bytes were read: what the page has room for, if they go on like this. A
/// store that is asked for more reads large events only to leave them out.
fn room(rows: usize, bytes: usize) -> usize {
    let left = limits::PAGE_BYTES.saturating_sub(bytes);
    bytes.checked_div(rows).map_or(FIRST_ROWS, |each| left / each.max(1) + 1)
}

/// Rows of a published part of the journal: above `from`, at or below `last`, at most `limit`, along the chain.
///
/// # Errors
/// When the store gives no answer or lacks a row that was published.
pub async fn rows(
    rows: &dyn Rows,
    id: &JournalId,
    chain: &Chain,
    (from, last): (Seq, Seq),
    limit: usize,
) -> Result<Vec<(Seq, Stored)>, ReadError> {
    let (mut found, mut at, mut bytes) = (Vec::new(), from, 0);
    while at < last && found.len() < limit && bytes < limits::PAGE_BYTES {
        let Some((epoch, epoch_last)) = chain.iter().find(|(_, epoch_last)| at.next() <= *epoch_last) else {
            break;
        };
        let segment = keys::segment(at.next());
        let segment_last = Seq((u64::from(segment) + 1) * keys::SEGMENT - 1);
        let end = last.min(*epoch_last).min(segment_last);
        let slice = Slice {
            table: Table::Journal,
            partition: keys::segment_partition(id, segment),
            from: keys::event(*epoch, at.next()),
            to: Some(keys::event(*epoch, end.next())),
            limit: (limit - found.len()).min(room(found.len(), bytes)),
            bytes: limits::PAGE_BYTES,
            reverse: false,
        };
        for row in rows.read(slice).await?.rows {
            let (_, seq) = keys::parse_event(&row.clustering).map_err(unreadable)?;
            if seq != at.next() {
                break;
            }
            at = seq;
            bytes += row.value.len();
            found.push((seq, Stored::read(row.value).map_err(unreadable)?));
        }
        if found.last().is_none_or(|(seq, _)| *seq != at) || at == from {
            return Err(ReadError(format!("published event {} is missing", at.next())));
        }
    }
    Ok(found)
}

fn unreadable(error: Unreadable) -> ReadError {
    ReadError(error.to_string())
}
