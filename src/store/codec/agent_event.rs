//! An agent's events as stored bytes. The key of the row holds the `seq`. Field numbers have one meaning for all kinds and
//! keep it for ever.

use std::collections::BTreeMap;

use super::fields::{DecodeError, Fields, Writer};
use crate::agent::event::{AgentEvent, AgentWhat, Held, ReleaseWhy, Stage};
use crate::words::{AgentId, MessageId, ReservationId, Seq, SessionId, Time};

const VERSION: u8 = 1;

const KIND: u64 = 1;
const AT: u64 = 2;
const ID: u64 = 3;
const AGENT: u64 = 10;
const HELD: u64 = 11;
const DEVICE: u64 = 12;
const CAPACITY: u64 = 13;
const QUEUES: u64 = 14;
const ABSENT: u64 = 15;
const READY: u64 = 16;
const REASON: u64 = 17;
const RESERVATION: u64 = 18;
const SESSION: u64 = 19;
const QUEUE: u64 = 20;
const DEADLINE: u64 = 21;
const WHY: u64 = 22;

/// Writes an event, without its `seq`, at the end of `out`.
pub fn encode_agent_event(event: &AgentEvent, out: &mut Vec<u8>) {
    Writer::row(VERSION, out, |row| {
        row.u64(KIND, kind(&event.what));
        row.u64(AT, event.at.0);
        if let Some(id) = &event.id {
            row.str(ID, &id.0);
        }
        put_what(row, &event.what);
    });
}

/// Reads the event that is stored at `seq`.
///
/// # Errors
/// Bytes of a later release, or damaged ones.
pub fn decode_agent_event(seq: Seq, bytes: &[u8]) -> Result<AgentEvent, DecodeError> {
    let row = Fields::read(VERSION, bytes)?;
    Ok(AgentEvent { seq, at: Time(row.u64(AT)?), id: row.opt_str(ID)?.map(MessageId), what: get_what(&row)? })
}

const fn kind(what: &AgentWhat) -> u64 {
    match what {
        AgentWhat::Opened { .. } => 1,
        AgentWhat::SignedIn { .. } => 2,
        AgentWhat::SignedOut { .. } => 3,
        AgentWhat::State { .. } => 4,
        AgentWhat::Reserved { .. } => 5,
        AgentWhat::Offered { .. } => 6,
        AgentWhat::Engaged { .. } => 7,
        AgentWhat::Released { .. } => 8,
        AgentWhat::Ended { .. } => 9,
    }
}

fn put_what(row: &mut Writer<'_>, what: &AgentWhat) {
    match what {
        AgentWhat::Opened { agent, held } => {
            row.str(AGENT, &agent.0);
            put_all_held(row, HELD, held);
        }
        AgentWhat::SignedIn { device, capacity, queues } => {
            row.str(DEVICE, device);
            row.u64(CAPACITY, (*capacity).into());
            row.list(QUEUES, queues.iter().map(String::as_str));
        }
        AgentWhat::SignedOut { device, absent } => {
            row.str(DEVICE, device);
            row.flag(ABSENT, *absent);
        }
        AgentWhat::State { ready, reason } => {
            row.flag(READY, *ready);
            if let Some(reason) = reason {
                row.str(REASON, reason);
            }
        }
        AgentWhat::Reserved { reservation, session, queue, deadline } => {
            row.u128(RESERVATION, reservation.0);
            row.u128(SESSION, u128::from_be_bytes(session.0));
            row.str(QUEUE, queue);
            row.u64(DEADLINE, deadline.0);
        }
        AgentWhat::Offered { reservation } | AgentWhat::Engaged { reservation } => {
            row.u128(RESERVATION, reservation.0);
        }
        AgentWhat::Released { reservation, why } => {
            row.u128(RESERVATION, reservation.0);
            row.u64(WHY, why_code(*why));
        }
        AgentWhat::Ended { held } => put_all_held(row, HELD, held),
    }
}

fn get_what(row: &Fields<'_>) -> Result<AgentWhat, DecodeError> {
    let reservation = || row.u128(RESERVATION).map(ReservationId);
    Ok(match row.u64(KIND)? {
        1 => AgentWhat::Opened { agent: AgentId(row.str(AGENT)?), held: get_all_held(row, HELD)? },
        2 => AgentWhat::SignedIn {
            device: row.str(DEVICE)?,
            capacity: row.u32(CAPACITY)?,
            queues: row.list(QUEUES)?,
        },
        3 => AgentWhat::SignedOut { device: row.str(DEVICE)?, absent: row.flag(ABSENT)? },
        4 => AgentWhat::State { ready: row.flag(READY)?, reason: row.opt_str(REASON)? },
        5 => AgentWhat::Reserved {
            reservation: reservation()?,
            session: SessionId(row.u128(SESSION)?.to_be_bytes()),
            queue: row.str(QUEUE)?,
            deadline: Time(row.u64(DEADLINE)?),
        },
        6 => AgentWhat::Offered { reservation: reservation()? },
        7 => AgentWhat::Engaged { reservation: reservation()? },
        8 => AgentWhat::Released { reservation: reservation()?, why: row.code(WHY, why_of)? },
        9 => AgentWhat::Ended { held: get_all_held(row, HELD)? },
        value => return Err(DecodeError::Unknown { field: KIND, value }),
    })
}

const fn why_code(why: ReleaseWhy) -> u64 {
    match why {
        ReleaseWhy::Session => 0,
        ReleaseWhy::Denied => 1,
    }
}

const fn why_of(code: u64) -> Option<ReleaseWhy> {
    match code {
        0 => Some(ReleaseWhy::Session),
        1 => Some(ReleaseWhy::Denied),
        _ => None,
    }
}

/// Fields 1 to 5 of a row that names a reservation; checkpoints use the numbers behind them.
pub(super) fn put_held(row: &mut Writer<'_>, id: ReservationId, held: &Held) {
    row.u128(1, id.0);
    row.u128(2, u128::from_be_bytes(held.session.0));
    row.str(3, &held.queue);
    row.u64(4, held.deadline.0);
    let stage = match held.stage {
        Stage::Reserved => 0,
        Stage::Offered => 1,
        Stage::Engaged => 2,
    };
    row.u64(5, stage);
}

pub(super) fn get_held(row: &Fields<'_>) -> Result<(ReservationId, Held), DecodeError> {
    let stage = row.code(5, |code| match code {
        0 => Some(Stage::Reserved),
        1 => Some(Stage::Offered),
        2 => Some(Stage::Engaged),
        _ => None,
    })?;
    let session = SessionId(row.u128(2)?.to_be_bytes());
    let held = Held { session, queue: row.str(3)?, deadline: Time(row.u64(4)?), stage };
    Ok((ReservationId(row.u128(1)?), held))
}

pub(super) fn put_all_held(row: &mut Writer<'_>, key: u64, held: &BTreeMap<ReservationId, Held>) {
    row.rows(key, held.iter(), |row, (id, held)| put_held(row, *id, held));
}

pub(super) fn get_all_held(row: &Fields<'_>, key: u64) -> Result<BTreeMap<ReservationId, Held>, DecodeError> {
    row.rows(key)?.iter().map(get_held).collect()
}
