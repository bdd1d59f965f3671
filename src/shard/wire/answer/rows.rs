//! The rows of the results, one by one. Never believes a number of things before the bytes of the things are there.

use super::super::parts::agent::{get_held, put_held};
use super::super::parts::bodies::get_event;
use super::super::parts::codes::phase_of;
use super::super::parts::content::get_party;
use super::super::parts::frame::Chunks;
use super::super::parts::who::{get_session, put_text, put_texts};
use super::{EVENTS, MORE, NEXT, PARTIES, PHASE, POSITION, SEQ, SESSION};
use crate::shard::desk::board::QueueNow;
use crate::shard::door::{AgentSummary, EventPage, Receipt, Summary};
use crate::store::codec::decode_head;
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{PartyId, Seq, Time};

/// Writes what a change came to, as a row.
pub fn put_receipt(row: &mut Writer<'_>, receipt: &Receipt) {
    row.u64(1, receipt.seq.0);
    row.u64(2, receipt.at.0);
    row.flag(3, receipt.repeated);
    if let Some(party) = receipt.party {
        row.u64(4, party.0.into());
    }
}

/// Reads what [`put_receipt`] wrote.
///
/// # Errors
/// A damaged row.
pub fn get_receipt(row: &Fields<'_>) -> Result<Receipt, DecodeError> {
    let party = row.opt_u64(4)?.map(|_| row.u32(4).map(PartyId)).transpose()?;
    Ok(Receipt { seq: Seq(row.u64(1)?), at: Time(row.u64(2)?), repeated: row.flag(3)?, party })
}

/// The head says how many events there are, and the bodies have to be there: no room is made on its word alone.
pub fn get_page(head: &Fields<'_>, bodies: &mut Chunks<'_>) -> Result<EventPage, DecodeError> {
    let mut events = Vec::new();
    for _ in 0..head.u64(EVENTS)? {
        events.push(get_event(bodies.take()?)?.into());
    }
    let phase = head.code(PHASE, phase_of)?;
    Ok(EventPage { events, next: Seq(head.u64(NEXT)?), more: head.flag(MORE)?, phase })
}

/// The head of the record is the one body.
pub fn get_summary(head: &Fields<'_>, bodies: &mut Chunks<'_>) -> Result<Summary, DecodeError> {
    Ok(Summary {
        head: decode_head(get_session(head, SESSION)?, bodies.take()?)?,
        parties: head.rows(PARTIES)?.iter().map(get_party).collect::<Result<_, _>>()?,
        seq: Seq(head.u64(SEQ)?),
        position: get_position(head)?,
    })
}

/// A place in line.
pub fn put_position(head: &mut Writer<'_>, position: Option<u32>) {
    if let Some(position) = position {
        head.u64(POSITION, position.into());
    }
}

/// Reads what [`put_position`] wrote.
pub fn get_position(head: &Fields<'_>) -> Result<Option<u32>, DecodeError> {
    head.opt_u64(POSITION)?.map(|_| head.u32(POSITION)).transpose()
}

/// How an agent stands, as a row.
pub fn put_agent_summary(row: &mut Writer<'_>, summary: &AgentSummary) {
    row.u64(1, summary.seq.0);
    put_texts(row, 2, &summary.devices);
    row.flag(3, summary.ready);
    put_text(row, 4, summary.reason.as_deref());
    row.u64(5, summary.capacity.into());
    row.rows(6, summary.held.iter(), put_held);
}

/// Reads what [`put_agent_summary`] wrote.
pub fn get_agent_summary(row: &Fields<'_>) -> Result<AgentSummary, DecodeError> {
    Ok(AgentSummary {
        seq: Seq(row.u64(1)?),
        devices: row.list(2)?,
        ready: row.flag(3)?,
        reason: row.opt_str(4)?,
        capacity: row.u32(5)?,
        held: row.rows(6)?.iter().map(get_held).collect::<Result<_, _>>()?,
    })
}

/// One queue, as a row.
pub fn put_queue(row: &mut Writer<'_>, (name, queue): (&String, &QueueNow)) {
    row.str(1, name);
    row.u64(2, queue.waiting.into());
    row.flag(3, queue.staffed);
}

/// Reads what [`put_queue`] wrote.
pub fn get_queue(row: &Fields<'_>) -> Result<(String, QueueNow), DecodeError> {
    Ok((row.str(1)?, QueueNow { waiting: row.u32(2)?, staffed: row.flag(3)? }))
}
