//! What an ask says: a birth, a notice, where a transfer goes; and the parties of a summary. Each is a row of its own.

use super::codes::{role_code, role_of};
use super::who::{get_agent, get_audience, get_by, put_audience, put_by, put_text};
use crate::session::event::{Birth, Notice, Party, Target};
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{AgentId, PartyId, Seq};

/// What a session is born with.
pub fn put_birth(row: &mut Writer<'_>, birth: &Birth) {
    row.str(1, &birth.service);
    row.str(2, &birth.unit);
    row.u64(3, birth.config);
    row.texts(4, &birth.contact);
    put_text(row, 5, birth.identity.as_deref());
    row.texts(6, &birth.data);
    put_by(row, 7, &birth.creator);
}

/// Reads what [`put_birth`] wrote.
pub fn get_birth(row: &Fields<'_>) -> Result<Birth, DecodeError> {
    Ok(Birth {
        service: row.str(1)?,
        unit: row.str(2)?,
        config: row.u64(3)?,
        contact: row.texts(4)?,
        identity: row.opt_str(5)?,
        data: row.texts(6)?,
        creator: get_by(row, 7)?,
    })
}

/// A participant.
pub fn put_party(row: &mut Writer<'_>, party: &Party) {
    row.u64(1, party.id.0.into());
    row.u64(2, role_code(party.role));
    row.str(3, &party.nick);
    put_text(row, 4, party.agent.as_ref().map(|agent| agent.0.as_str()));
    put_audience(row, 5, party.audience);
}

/// Reads what [`put_party`] wrote.
pub fn get_party(row: &Fields<'_>) -> Result<Party, DecodeError> {
    Ok(Party {
        id: PartyId(row.u32(1)?),
        role: row.code(2, role_of)?,
        nick: row.str(3)?,
        agent: row.opt_str(4)?.map(AgentId),
        audience: get_audience(row, 5)?,
    })
}

/// Something that is shown or done: its kind, then up to three texts and a number.
pub fn put_notice(row: &mut Writer<'_>, notice: &Notice) {
    let kind = match notice {
        Notice::Url(_) => 1,
        Notice::Custom { .. } => 2,
        Notice::File { .. } => 3,
        Notice::Nick(_) => 4,
        Notice::Read(_) => 5,
    };
    row.u64(1, kind);
    match notice {
        Notice::Url(url) => row.str(2, url),
        Notice::Custom { name, data } => {
            row.str(3, name);
            row.str(2, data);
        }
        Notice::File { file, name, bytes, mime } => {
            row.str(4, file);
            row.str(3, name);
            row.u64(5, *bytes);
            row.str(6, mime);
        }
        Notice::Nick(nick) => row.str(3, nick),
        Notice::Read(seq) => row.u64(7, seq.0),
    }
}

/// Reads what [`put_notice`] wrote.
pub fn get_notice(row: &Fields<'_>) -> Result<Notice, DecodeError> {
    Ok(match row.u64(1)? {
        1 => Notice::Url(row.str(2)?),
        2 => Notice::Custom { name: row.str(3)?, data: row.str(2)? },
        3 => {
            let (file, name) = (row.str(4)?, row.str(3)?);
            Notice::File { file, name, bytes: row.u64(5)?, mime: row.str(6)? }
        }
        4 => Notice::Nick(row.str(3)?),
        5 => Notice::Read(Seq(row.u64(7)?)),
        value => return Err(DecodeError::Unknown { field: 1, value }),
    })
}

/// Where a transfer goes.
pub fn put_target(row: &mut Writer<'_>, target: &Target) {
    match target {
        Target::Agent(agent) => row.str(1, &agent.0),
        Target::Queue(queue) => row.str(2, queue),
    }
}

/// Reads what [`put_target`] wrote.
pub fn get_target(row: &Fields<'_>) -> Result<Target, DecodeError> {
    match row.opt_str(2)? {
        Some(queue) => Ok(Target::Queue(queue)),
        None => get_agent(row, 1).map(Target::Agent),
    }
}
