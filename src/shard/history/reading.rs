//! Reads of a journal or record that take more than one slice: opening, pages of the past, searches for a message id.
//! Only what an owner's chain names is ever returned; never decides what may be shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::limits;
use crate::session::event::{By, Event};
use crate::store::codec;
use crate::store::journal::adopt::{Read, epoch_of};
use crate::store::journal::checkpoint::Checkpoint;
use crate::store::journal::cut::{Chain, Cut};
use crate::store::journal::record::{Proof, part_key, read_part};
use crate::store::journal::row::Stored;
use crate::store::journal::{Epoch, Unreadable, keys};
use crate::store::rows::{ReadError, Row, Rows, Slice, Table};
use crate::words::{AgentId, JournalId, MessageId, ReservationId, Seq};

/// A message id and the names under which its sender may have authored an event.
pub struct Wanted<'a> {
    /// The id.
    pub id: &'a MessageId,
    /// The sender's names in the session.
    pub authors: &'a [By],
}

impl Wanted<'_> {
    /// The event, if it is the one.
    fn of(&self, seq: Seq, body: &[u8]) -> Result<Option<Arc<Event>>, ReadError> {
        // A quick test before an event is decoded: most do not carry the id.
        if !contains(body, self.id.0.as_bytes()) {
            return Ok(None);
        }
        let found = event(seq, body)?;
        Ok((found.id.as_ref() == Some(self.id) && self.authors.contains(&found.by)).then_some(found))
    }
}

/// Reservations that the day before still held.
pub type HeldBefore = BTreeMap<ReservationId, crate::agent::event::Held>;

/// What a reading of a journal found.
pub enum Opened {
    /// Rows and cuts, perhaps none; and what an agent's day before still held.
    Journal(JournalId, Read, HeldBefore),
    /// The record: the interaction is over. The flag says that its journal is not removed yet.
    Record(JournalId, Proof, bool),
}

/// Finds an agent's present day: the first without a record, from the one that was noted last.
///
/// # Errors
/// When the store gives no answer.
pub async fn day(rows: &dyn Rows, agent: &AgentId) -> Result<Opened, ReadError> {
    let note = keys::journal(&JournalId::Agent(agent.clone(), 0));
    let noted = partition(rows, Table::RecordHeads, note.into(), Bytes::new()).await?;
    let noted = noted.first().and_then(|row| <[u8; 4]>::try_from(&row.value[..]).ok());
    let mut run = noted.map_or(1, u32::from_be_bytes);
    let mut held = BTreeMap::new();
    loop {
        match journal(rows, JournalId::Agent(agent.clone(), run), std::mem::take(&mut held)).await? {
            Opened::Record(_, proof, _) => {
                let day = codec::decode_agent(&proof.state).map_err(|e| ReadError(e.to_string()))?;
                held = day.ended().cloned().unwrap_or_default();
                run += 1;
            }
            found @ Opened::Journal(..) => return Ok(found),
        }
    }
}

/// Protocol rule 5: heads, then segments from the checkpoint on, then, after these have ended, the record.
///
/// # Errors
/// When the store gives no answer.
pub async fn journal(rows: &dyn Rows, id: JournalId, held: HeldBefore) -> Result<Opened, ReadError> {
    let mut read = heads(rows, &id).await?;
    segments(rows, &id, &mut read).await?;
    match proof(rows, &id).await? {
        None => Ok(Opened::Journal(id, read, held)),
        Some(proof) => Ok(Opened::Record(id, proof, !read.cuts.is_empty() || !read.rows.is_empty())),
    }
}

async fn proof(rows: &dyn Rows, id: &JournalId) -> Result<Option<Proof>, ReadError> {
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

async fn heads(rows: &dyn Rows, id: &JournalId) -> Result<Read, ReadError> {
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

async fn segments(rows: &dyn Rows, id: &JournalId, read: &mut Read) -> Result<(), ReadError> {
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

/// The active list of a shard.
///
/// # Errors
/// When the store gives no answer.
pub async fn active(rows: &dyn Rows, shard: u16) -> Result<Vec<JournalId>, ReadError> {
    let rows = partition(rows, Table::ActiveSessions, keys::shard(shard), Bytes::new()).await?;
    Ok(rows.iter().filter_map(|row| keys::parse_journal(&row.clustering).ok()).collect())
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
            limit: limit - found.len(),
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

/// Events of a published part of a session's journal.
///
/// # Errors
/// When the store gives no answer or lacks a row that was published.
pub async fn events(
    store: &dyn Rows,
    id: &JournalId,
    chain: &Chain,
    range: (Seq, Seq),
    limit: usize,
) -> Result<Vec<Arc<Event>>, ReadError> {
    let rows = rows(store, id, chain, range, limit).await?;
    rows.iter().map(|(seq, stored)| event(*seq, &stored.body)).collect()
}

/// The sender's event with this message id above `after` and at or below `last`, along the chain.
///
/// # Errors
/// When the store gives no answer or lacks a row that was published.
pub async fn find_id(
    store: &dyn Rows,
    id: &JournalId,
    chain: &Chain,
    (after, last): (Seq, Seq),
    wanted: &Wanted<'_>,
) -> Result<Option<Arc<Event>>, ReadError> {
    let mut at = after;
    while at < last {
        let page = rows(store, id, chain, (at, last), limits::PAGE_EVENTS).await?;
        let Some((end, _)) = page.last() else { return Ok(None) };
        at = *end;
        for (seq, stored) in &page {
            if let Some(found) = wanted.of(*seq, &stored.body)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// Events of a record: above `from`, at most `limit`.
///
/// # Errors
/// When the store gives no answer or lacks a part.
pub async fn recorded(
    store: &dyn Rows,
    id: &JournalId,
    parts: u32,
    (from, last): (Seq, Seq),
    limit: usize,
) -> Result<Vec<Arc<Event>>, ReadError> {
    let mut found = Vec::new();
    for part in 1..=parts {
        if found.len() >= limit || from >= last {
            break;
        }
        for (seq, body) in record_part(store, id, part).await? {
            if seq > from && found.len() < limit {
                found.push(event(seq, &body)?);
            }
        }
    }
    Ok(found)
}

/// The sender's event with this message id in a record.
///
/// # Errors
/// When the store gives no answer or lacks a part.
pub async fn find_recorded(
    store: &dyn Rows,
    id: &JournalId,
    parts: u32,
    wanted: &Wanted<'_>,
) -> Result<Option<Arc<Event>>, ReadError> {
    for part in 1..=parts {
        for (seq, body) in record_part(store, id, part).await? {
            if let Some(found) = wanted.of(seq, &body)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

async fn record_part(store: &dyn Rows, id: &JournalId, part: u32) -> Result<Vec<(Seq, Vec<u8>)>, ReadError> {
    let slice = Slice {
        table: Table::Records,
        partition: keys::journal(id).into(),
        from: part_key(part),
        to: Some(part_key(part + 1)),
        limit: 1,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = store.read(slice).await?;
    let row = page.rows.first().ok_or_else(|| ReadError(format!("part {part} of a record is missing")))?;
    read_part(&row.value).map_err(unreadable)
}

fn event(seq: Seq, body: &[u8]) -> Result<Arc<Event>, ReadError> {
    codec::decode_event(seq, body).map(Arc::new).map_err(|e| ReadError(e.to_string()))
}

fn contains(body: &[u8], wanted: &[u8]) -> bool {
    body.windows(wanted.len()).any(|window| window == wanted)
}

fn unreadable(error: Unreadable) -> ReadError {
    ReadError(error.to_string())
}
