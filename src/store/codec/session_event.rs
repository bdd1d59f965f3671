//! A session's events as stored bytes. The key of the row holds the `seq`. Field numbers have one meaning for all kinds.

use super::fields::{DecodeError, Fields, Writer};
use super::session_words as words;
use crate::session::event::{Event, Notice, StepState, Target, What};
use crate::words::{AgentId, MessageId, PartyId, ReservationId, Seq, Time};

const VERSION: u8 = 1;

const KIND: u64 = 1;
const AT: u64 = 2;
/// Three fields: party, staff, integration.
const BY: u64 = 3;
/// Two fields: kind, party.
const AUDIENCE: u64 = 6;
const ID: u64 = 8;
const PARTY_ROW: u64 = 10;
const PARTY: u64 = 11;
const WHY: u64 = 12;
const THEN: u64 = 13;
const TEXT: u64 = 14;
const NOTICE: u64 = 15;
const NAME: u64 = 16;
const DATA: u64 = 17;
const FILE: u64 = 18;
const BYTES: u64 = 19;
const MIME: u64 = 20;
const READ: u64 = 21;
const SET: u64 = 22;
const REMOVED: u64 = 23;
const STEP: u64 = 24;
const RESULT: u64 = 25;
const QUEUE: u64 = 26;
const PRIORITY: u64 = 27;
const SINCE: u64 = 28;
const RESERVATION: u64 = 29;
const AGENT: u64 = 30;
const DEADLINE: u64 = 31;
const CODE: u64 = 32;
const ERRAND: u64 = 33;
const BIRTH: u64 = 34;

/// Writes an event, without its `seq`, at the end of `out`.
pub fn encode_event(event: &Event, out: &mut Vec<u8>) {
    Writer::row(VERSION, out, |row| {
        row.u64(KIND, kind(&event.what));
        row.u64(AT, event.at.0);
        words::put_by(row, BY, &event.by);
        words::put_audience(row, AUDIENCE, event.audience);
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
pub fn decode_event(seq: Seq, bytes: &[u8]) -> Result<Event, DecodeError> {
    let row = Fields::read(VERSION, bytes)?;
    Ok(Event {
        seq,
        at: Time(row.u64(AT)?),
        by: words::get_by(&row, BY)?,
        audience: words::get_audience(&row, AUDIENCE)?,
        id: row.opt_str(ID)?.map(MessageId),
        what: get_what(&row)?,
    })
}

const fn kind(what: &What) -> u64 {
    match what {
        What::Created(_) => 1,
        What::Joined(_) => 2,
        What::Left { .. } => 3,
        What::Away(_) => 4,
        What::Back(_) => 5,
        What::Message { .. } => 6,
        What::Notice(_) => 7,
        What::Data { .. } => 8,
        What::Step { .. } => 9,
        What::Queued { .. } => 10,
        What::Offered { .. } => 11,
        What::OfferEnded { .. } => 12,
        What::Assigned { .. } => 13,
        What::Concluded { .. } => 14,
        What::Transferred(_) => 15,
        What::Disposition { .. } => 16,
        What::Note { .. } => 17,
        What::IdleAlert { .. } => 18,
        What::Closed { .. } => 19,
        What::Stopped { .. } => 20,
        What::Settled { .. } => 21,
    }
}

fn put_what(row: &mut Writer<'_>, what: &What) {
    match what {
        What::Created(birth) => row.nested(BIRTH, |row| words::put_birth(row, birth)),
        What::Joined(party) => row.nested(PARTY_ROW, |row| words::put_party(row, party)),
        What::Left { party, reason, then } => {
            row.u64(PARTY, party.0.into());
            row.u64(WHY, words::left_code(*reason));
            row.u64(THEN, words::then_code(*then));
        }
        What::Away(party) | What::Back(party) => row.u64(PARTY, party.0.into()),
        What::Message { text } | What::Note { text } => row.str(TEXT, text),
        What::Notice(notice) => put_notice(row, notice),
        What::Data { set, removed } => {
            row.texts(SET, set);
            row.list(REMOVED, removed.iter().map(String::as_str));
        }
        What::Step { step, state } => {
            row.str(STEP, step);
            if let StepState::Done(result) = state {
                row.str(RESULT, result);
            }
        }
        What::Disposition { code } => row.str(CODE, code),
        What::IdleAlert { closes_at } => row.u64(DEADLINE, closes_at.0),
        What::Closed { why } => row.u64(WHY, words::close_code(*why)),
        What::Stopped { why } => row.u64(WHY, words::stop_code(*why)),
        What::Queued { .. }
        | What::Offered { .. }
        | What::OfferEnded { .. }
        | What::Assigned { .. }
        | What::Concluded { .. }
        | What::Transferred(_)
        | What::Settled { .. } => put_line(row, what),
    }
}

/// The kinds of the routable side.
fn put_line(row: &mut Writer<'_>, what: &What) {
    match what {
        What::Queued { queue, priority, since } => {
            row.str(QUEUE, queue);
            row.i64(PRIORITY, (*priority).into());
            row.u64(SINCE, since.0);
        }
        What::Offered { reservation, agent, queue, deadline } => {
            row.u128(RESERVATION, reservation.0);
            row.str(AGENT, &agent.0);
            row.str(QUEUE, queue);
            row.u64(DEADLINE, deadline.0);
        }
        What::OfferEnded { reservation, why } => {
            row.u128(RESERVATION, reservation.0);
            row.u64(WHY, words::offer_code(*why));
        }
        What::Assigned { reservation, agent } => {
            row.u128(RESERVATION, reservation.0);
            row.str(AGENT, &agent.0);
        }
        What::Concluded { reservation, agent, why } => {
            row.u128(RESERVATION, reservation.0);
            row.str(AGENT, &agent.0);
            row.u64(WHY, words::conclude_code(*why));
        }
        What::Transferred(Target::Agent(agent)) => row.str(AGENT, &agent.0),
        What::Transferred(Target::Queue(queue)) => row.str(QUEUE, queue),
        What::Settled { reservation, errand } => {
            row.u128(RESERVATION, reservation.0);
            row.u64(ERRAND, words::errand_code(*errand));
        }
        _ => {}
    }
}

fn put_notice(row: &mut Writer<'_>, notice: &Notice) {
    match notice {
        Notice::Url(url) => {
            row.u64(NOTICE, 1);
            row.str(DATA, url);
        }
        Notice::Custom { name, data } => {
            row.u64(NOTICE, 2);
            row.str(NAME, name);
            row.str(DATA, data);
        }
        Notice::File { file, name, bytes, mime } => {
            row.u64(NOTICE, 3);
            row.str(FILE, file);
            row.str(NAME, name);
            row.u64(BYTES, *bytes);
            row.str(MIME, mime);
        }
        Notice::Nick(nick) => {
            row.u64(NOTICE, 4);
            row.str(NAME, nick);
        }
        Notice::Read(seq) => {
            row.u64(NOTICE, 5);
            row.u64(READ, seq.0);
        }
    }
}

fn get_what(row: &Fields<'_>) -> Result<What, DecodeError> {
    let party = || row.u32(PARTY).map(PartyId);
    Ok(match row.u64(KIND)? {
        1 => What::Created(words::get_birth(&row.nested(BIRTH)?)?),
        2 => What::Joined(words::get_party(&row.nested(PARTY_ROW)?)?),
        3 => {
            let (reason, then) = (row.code(WHY, words::left_of)?, row.code(THEN, words::then_of)?);
            What::Left { party: party()?, reason, then }
        }
        4 => What::Away(party()?),
        5 => What::Back(party()?),
        6 => What::Message { text: row.str(TEXT)? },
        7 => What::Notice(get_notice(row)?),
        8 => What::Data { set: row.texts(SET)?, removed: row.list(REMOVED)? },
        9 => {
            let state = row.opt_str(RESULT)?.map_or(StepState::Begun, StepState::Done);
            What::Step { step: row.str(STEP)?, state }
        }
        16 => What::Disposition { code: row.str(CODE)? },
        17 => What::Note { text: row.str(TEXT)? },
        18 => What::IdleAlert { closes_at: Time(row.u64(DEADLINE)?) },
        19 => What::Closed { why: row.code(WHY, words::close_of)? },
        20 => What::Stopped { why: row.code(WHY, words::stop_of)? },
        line => get_line(row, line)?,
    })
}

fn get_line(row: &Fields<'_>, kind: u64) -> Result<What, DecodeError> {
    let reservation = || row.u128(RESERVATION).map(ReservationId);
    let agent = || row.str(AGENT).map(AgentId);
    Ok(match kind {
        10 => {
            let (priority, since) = (row.i32(PRIORITY)?, Time(row.u64(SINCE)?));
            What::Queued { queue: row.str(QUEUE)?, priority, since }
        }
        11 => {
            let (queue, deadline) = (row.str(QUEUE)?, Time(row.u64(DEADLINE)?));
            What::Offered { reservation: reservation()?, agent: agent()?, queue, deadline }
        }
        12 => What::OfferEnded { reservation: reservation()?, why: row.code(WHY, words::offer_of)? },
        13 => What::Assigned { reservation: reservation()?, agent: agent()? },
        14 => {
            let why = row.code(WHY, words::conclude_of)?;
            What::Concluded { reservation: reservation()?, agent: agent()?, why }
        }
        15 => match row.opt_str(AGENT)? {
            Some(agent) => What::Transferred(Target::Agent(AgentId(agent))),
            None => What::Transferred(Target::Queue(row.str(QUEUE)?)),
        },
        21 => What::Settled { reservation: reservation()?, errand: row.code(ERRAND, words::errand_of)? },
        value => return Err(DecodeError::Unknown { field: KIND, value }),
    })
}

fn get_notice(row: &Fields<'_>) -> Result<Notice, DecodeError> {
    Ok(match row.u64(NOTICE)? {
        1 => Notice::Url(row.str(DATA)?),
        2 => Notice::Custom { name: row.str(NAME)?, data: row.str(DATA)? },
        3 => {
            let (file, name) = (row.str(FILE)?, row.str(NAME)?);
            Notice::File { file, name, bytes: row.u64(BYTES)?, mime: row.str(MIME)? }
        }
        4 => Notice::Nick(row.str(NAME)?),
        5 => Notice::Read(Seq(row.u64(READ)?)),
        value => return Err(DecodeError::Unknown { field: NOTICE, value }),
    })
}
