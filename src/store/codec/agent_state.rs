//! The checkpoint of an agent's day as stored bytes. Field numbers keep their meaning for ever.

use super::agent_event::{get_all_held, get_held, put_all_held, put_held};
use super::fields::{DecodeError, Fields, Writer};
use crate::agent::{AgentDay, Device, Past, Reservation, SavedAgentDay};
use crate::words::{AgentId, ReservationId, Seq, Time};

const VERSION: u8 = 1;

const AGENT: u64 = 1;
const RUN: u64 = 2;
const SEQ: u64 = 3;
const LAST_AT: u64 = 4;
const OPENED_AT: u64 = 5;
const DEVICES: u64 = 6;
const READY: u64 = 7;
const REASON: u64 = 8;
const CAPACITY: u64 = 9;
const QUEUES: u64 = 10;
const IDLE_SINCE: u64 = 11;
const HELD: u64 = 12;
const PAST: u64 = 13;
const ENDED: u64 = 14;

/// Of a held reservation: the event that its stage rests on.
const BY: u64 = 6;
/// Of a past reservation: what it was, when it was denied.
const DENIED: u64 = 6;

/// Writes the state at the end of `out`.
pub fn encode_agent(day: &AgentDay, out: &mut Vec<u8>) {
    let day = day.saved();
    Writer::row(VERSION, out, |row| {
        row.str(AGENT, &day.agent.0);
        row.u64(RUN, day.run.into());
        row.u64(SEQ, day.seq.0);
        row.u64(LAST_AT, day.last_at.0);
        row.u64(OPENED_AT, day.opened_at.0);
        row.rows(DEVICES, day.devices.iter(), |row, (name, device)| put_device(row, name, device));
        row.flag(READY, day.ready);
        if let Some(reason) = &day.reason {
            row.str(REASON, reason);
        }
        row.u64(CAPACITY, day.capacity.into());
        row.list(QUEUES, day.queues.iter().map(String::as_str));
        row.u64(IDLE_SINCE, day.idle_since.0);
        row.rows(HELD, day.held.iter(), |row, (id, known)| {
            put_held(row, *id, &known.held);
            row.u64(BY, known.by.0);
        });
        row.rows(PAST, day.past.iter(), put_past);
        if let Some(held) = &day.ended {
            row.nested(ENDED, |row| put_all_held(row, 1, held));
        }
    });
}

/// Reads a state.
///
/// # Errors
/// Bytes of a later release, or damaged ones.
pub fn decode_agent(bytes: &[u8]) -> Result<AgentDay, DecodeError> {
    let row = Fields::read(VERSION, bytes)?;
    let held = row.rows(HELD)?;
    let held = held.iter().map(|row| {
        let (id, held) = get_held(row)?;
        Ok((id, Reservation { held, by: Seq(row.u64(BY)?) }))
    });
    Ok(AgentDay::open(SavedAgentDay {
        agent: AgentId(row.str(AGENT)?),
        run: row.u32(RUN)?,
        seq: Seq(row.u64(SEQ)?),
        last_at: Time(row.u64(LAST_AT)?),
        opened_at: Time(row.u64(OPENED_AT)?),
        devices: row.rows(DEVICES)?.iter().map(get_device).collect::<Result<_, _>>()?,
        ready: row.flag(READY)?,
        reason: row.opt_str(REASON)?,
        capacity: row.u32(CAPACITY)?,
        queues: row.list(QUEUES)?,
        idle_since: Time(row.u64(IDLE_SINCE)?),
        held: held.collect::<Result<_, DecodeError>>()?,
        past: row.rows(PAST)?.iter().map(get_past).collect::<Result<_, _>>()?,
        ended: row.opt_nested(ENDED)?.map(|row| get_all_held(&row, 1)).transpose()?,
    }))
}

fn put_device(row: &mut Writer<'_>, name: &str, device: &Device) {
    row.str(1, name);
    row.u64(2, device.since.0);
    row.u64(3, device.capacity.into());
    row.list(4, device.queues.iter().map(String::as_str));
}

fn get_device(row: &Fields<'_>) -> Result<(String, Device), DecodeError> {
    let device = Device { since: Time(row.u64(2)?), capacity: row.u32(3)?, queues: row.list(4)? };
    Ok((row.str(1)?, device))
}

/// A past reservation that was denied is written whole, any other by its id alone.
fn put_past(row: &mut Writer<'_>, (id, past): &(ReservationId, Past)) {
    match past {
        Past::Over => row.u128(1, id.0),
        Past::Denied(held) => {
            put_held(row, *id, held);
            row.flag(DENIED, true);
        }
    }
}

fn get_past(row: &Fields<'_>) -> Result<(ReservationId, Past), DecodeError> {
    if row.flag(DENIED)? {
        let (id, held) = get_held(row)?;
        return Ok((id, Past::Denied(held)));
    }
    Ok((ReservationId(row.u128(1)?), Past::Over))
}
