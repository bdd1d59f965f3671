//! What a journal or record holds, as events: opening, pages of the past, searches for a message id.
//! Only what an owner's chain names is ever returned; never decides what may be shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::limits;
use crate::session::event::{By, Event};
use crate::store::codec;
use crate::store::journal::adopt::Read;
use crate::store::journal::cut::Chain;
use crate::store::journal::record::{Proof, part_key, read_part};
use crate::store::journal::{Unreadable, keys};
use crate::store::reading;
use crate::store::rows::{ReadError, Rows, Slice, Table};
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
    let noted = reading::partition(rows, Table::RecordHeads, note.into(), Bytes::new()).await?;
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

/// Protocol rule 5.
///
/// # Errors
/// When the store gives no answer.
pub async fn journal(rows: &dyn Rows, id: JournalId, held: HeldBefore) -> Result<Opened, ReadError> {
    let (read, proof) = reading::open(rows, &id).await?;
    match proof {
        None => Ok(Opened::Journal(id, read, held)),
        Some(proof) => Ok(Opened::Record(id, proof, !read.cuts.is_empty() || !read.rows.is_empty())),
    }
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
    let rows = reading::rows(store, id, chain, range, limit).await?;
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
        let page = reading::rows(store, id, chain, (at, last), limits::PAGE_EVENTS).await?;
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
