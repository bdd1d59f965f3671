//! A request for a change of a session, with every act that there is. Field numbers have one meaning for all acts.

use super::codes::{role_code, role_of, then_code, then_of};
use super::content::{get_birth, get_notice, get_target, put_birth, put_notice, put_target};
use super::who::{get_audience, get_by, get_reservation, put_audience, put_by, put_text, put_texts};
use crate::session::input::{Act, Ask};
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{AgentId, MessageId, PartyId, Seq};

/// Four fields.
const BY: u64 = 1;
const ID: u64 = 5;
const AFTER: u64 = 6;
const KIND: u64 = 7;
const TEXT: u64 = 10;
/// Two fields.
const AUDIENCE: u64 = 11;
const BIRTH: u64 = 13;
const CUSTOMER: u64 = 14;
const ROLE: u64 = 15;
const NICK: u64 = 16;
const AGENT: u64 = 17;
const NOTICE: u64 = 18;
const ON: u64 = 19;
const SET: u64 = 20;
const REMOVE: u64 = 21;
const THEN: u64 = 22;
const PARTY: u64 = 23;
const RESERVATION: u64 = 24;
const DISPOSITION: u64 = 25;
const TARGET: u64 = 26;

/// Writes the ask as a row.
pub fn put_ask(row: &mut Writer<'_>, ask: &Ask) {
    put_by(row, BY, &ask.by);
    row.str(ID, &ask.id.0);
    if let Some(after) = ask.after {
        row.u64(AFTER, after.0);
    }
    row.u64(KIND, kind(&ask.act));
    put_act(row, &ask.act);
}

/// Reads what [`put_ask`] wrote.
///
/// # Errors
/// An act of a later release, or a damaged row.
pub fn get_ask(row: &Fields<'_>) -> Result<Ask, DecodeError> {
    Ok(Ask {
        by: get_by(row, BY)?,
        id: MessageId(row.str(ID)?),
        after: row.opt_u64(AFTER)?.map(Seq),
        act: get_act(row)?,
    })
}

const fn kind(act: &Act) -> u64 {
    match act {
        Act::Create { .. } => 1,
        Act::Join { .. } => 2,
        Act::Send { .. } => 3,
        Act::Notice { .. } => 4,
        Act::Typing { .. } => 5,
        Act::Data { .. } => 6,
        Act::Leave { .. } => 7,
        Act::Remove { .. } => 8,
        Act::Close => 9,
        Act::Accept { .. } => 10,
        Act::Decline { .. } => 11,
        Act::Conclude { .. } => 12,
        Act::Transfer { .. } => 13,
        Act::Note { .. } => 14,
        Act::Disposition { .. } => 15,
    }
}

fn put_act(row: &mut Writer<'_>, act: &Act) {
    match act {
        Act::Create { birth, customer, text } => {
            row.nested(BIRTH, |row| put_birth(row, birth));
            put_text(row, CUSTOMER, customer.as_deref());
            put_text(row, TEXT, text.as_deref());
        }
        Act::Join { role, nick, agent, audience } => {
            row.u64(ROLE, role_code(*role));
            row.str(NICK, nick);
            put_text(row, AGENT, agent.as_ref().map(|agent| agent.0.as_str()));
            put_audience(row, AUDIENCE, *audience);
        }
        Act::Send { text, audience } => {
            row.str(TEXT, text);
            put_audience(row, AUDIENCE, *audience);
        }
        Act::Notice { notice, audience } => {
            row.nested(NOTICE, |row| put_notice(row, notice));
            put_audience(row, AUDIENCE, *audience);
        }
        Act::Typing { on, preview } => {
            row.flag(ON, *on);
            put_text(row, TEXT, preview.as_deref());
        }
        Act::Data { set, remove } => {
            row.texts(SET, set);
            put_texts(row, REMOVE, remove);
        }
        Act::Leave { then } => row.u64(THEN, then_code(*then)),
        Act::Remove { party } => row.u64(PARTY, party.0.into()),
        Act::Close => {}
        Act::Accept { reservation } | Act::Decline { reservation } => row.u128(RESERVATION, reservation.0),
        Act::Conclude { disposition, note } => {
            put_text(row, DISPOSITION, disposition.as_deref());
            put_text(row, TEXT, note.as_deref());
        }
        Act::Transfer { target } => row.nested(TARGET, |row| put_target(row, target)),
        Act::Note { text } => row.str(TEXT, text),
        Act::Disposition { code } => row.str(DISPOSITION, code),
    }
}

fn get_act(row: &Fields<'_>) -> Result<Act, DecodeError> {
    let audience = || get_audience(row, AUDIENCE);
    let reservation = || get_reservation(row, RESERVATION);
    Ok(match row.u64(KIND)? {
        1 => {
            let birth = Box::new(get_birth(&row.nested(BIRTH)?)?);
            Act::Create { birth, customer: row.opt_str(CUSTOMER)?, text: row.opt_str(TEXT)? }
        }
        2 => Act::Join {
            role: row.code(ROLE, role_of)?,
            nick: row.str(NICK)?,
            agent: row.opt_str(AGENT)?.map(AgentId),
            audience: audience()?,
        },
        3 => Act::Send { text: row.str(TEXT)?, audience: audience()? },
        4 => Act::Notice { notice: get_notice(&row.nested(NOTICE)?)?, audience: audience()? },
        5 => Act::Typing { on: row.flag(ON)?, preview: row.opt_str(TEXT)? },
        6 => Act::Data { set: row.texts(SET)?, remove: row.list(REMOVE)? },
        7 => Act::Leave { then: row.code(THEN, then_of)? },
        8 => Act::Remove { party: PartyId(row.u32(PARTY)?) },
        9 => Act::Close,
        10 => Act::Accept { reservation: reservation()? },
        11 => Act::Decline { reservation: reservation()? },
        12 => Act::Conclude { disposition: row.opt_str(DISPOSITION)?, note: row.opt_str(TEXT)? },
        13 => Act::Transfer { target: get_target(&row.nested(TARGET)?)? },
        14 => Act::Note { text: row.str(TEXT)? },
        15 => Act::Disposition { code: row.str(DISPOSITION)? },
        value => return Err(DecodeError::Unknown { field: KIND, value }),
    })
}
