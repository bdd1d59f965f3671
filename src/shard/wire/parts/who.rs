//! Who asks, who may see and which session, as fields. What a later release knows and this one does not is an error and
//! never a default: it could be taken for more rights than were given.

use super::codes::{staff_code, staff_of};
use crate::session::event::By;
use crate::shard::door::Who;
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{AgentId, Audience, PartyId, ReservationId, SessionId};

/// A session's id.
pub fn put_session(row: &mut Writer<'_>, key: u64, session: SessionId) {
    row.u128(key, u128::from_be_bytes(session.0));
}

/// Reads what [`put_session`] wrote.
pub fn get_session(row: &Fields<'_>, key: u64) -> Result<SessionId, DecodeError> {
    Ok(SessionId(row.u128(key)?.to_be_bytes()))
}

/// A reservation's id.
pub fn get_reservation(row: &Fields<'_>, key: u64) -> Result<ReservationId, DecodeError> {
    row.u128(key).map(ReservationId)
}

/// An agent's id.
pub fn get_agent(row: &Fields<'_>, key: u64) -> Result<AgentId, DecodeError> {
    row.str(key).map(AgentId)
}

/// Names of agents; an empty list is left out.
pub fn put_agents(row: &mut Writer<'_>, key: u64, agents: &[AgentId]) {
    row.list(key, agents.iter().map(|agent| agent.0.as_str()));
}

/// A text that may be absent; an empty one is there.
pub fn put_text(row: &mut Writer<'_>, key: u64, text: Option<&str>) {
    if let Some(text) = text {
        row.str(key, text);
    }
}

/// A list of texts; an empty one is left out.
pub fn put_texts(row: &mut Writer<'_>, key: u64, texts: &[String]) {
    row.list(key, texts.iter().map(String::as_str));
}

/// A number that counts things in memory.
pub fn get_size(row: &Fields<'_>, key: u64) -> Result<usize, DecodeError> {
    usize::try_from(row.u64(key)?).map_err(|_| DecodeError::Malformed(key))
}

/// Four fields from `key`: a party, a member of staff, an integration, the system.
pub fn put_by(row: &mut Writer<'_>, key: u64, by: &By) {
    match by {
        By::Party(party) => row.u64(key, party.0.into()),
        By::Staff(agent) => row.str(key + 1, &agent.0),
        By::Integration(name) => row.str(key + 2, name),
        By::System => row.flag(key + 3, true),
    }
}

/// Reads what [`put_by`] wrote. The system is said and not meant by silence, so that a damaged row is never the system's.
pub fn get_by(row: &Fields<'_>, key: u64) -> Result<By, DecodeError> {
    if row.opt_u64(key)?.is_some() {
        return row.u32(key).map(PartyId).map(By::Party);
    }
    if let Some(agent) = row.opt_str(key + 1)? {
        return Ok(By::Staff(AgentId(agent)));
    }
    if let Some(name) = row.opt_str(key + 2)? {
        return Ok(By::Integration(name));
    }
    if row.flag(key + 3)? { Ok(By::System) } else { Err(DecodeError::Missing(key)) }
}

/// Two fields from `key`: the kind, and the party of a direct message.
pub fn put_audience(row: &mut Writer<'_>, key: u64, audience: Audience) {
    let kind = match audience {
        Audience::All => 0,
        Audience::Staff => 1,
        Audience::Supervisors => 2,
        Audience::Only(party) => {
            row.u64(key + 1, party.0.into());
            3
        }
        Audience::Nobody => 4,
    };
    row.u64(key, kind);
}

/// Reads what [`put_audience`] wrote. Silence is an error and never "everyone".
pub fn get_audience(row: &Fields<'_>, key: u64) -> Result<Audience, DecodeError> {
    Ok(match row.u64(key)? {
        0 => Audience::All,
        1 => Audience::Staff,
        2 => Audience::Supervisors,
        3 => Audience::Only(PartyId(row.u32(key + 1)?)),
        4 => Audience::Nobody,
        value => return Err(DecodeError::Unknown { field: key, value }),
    })
}

/// Who reads or asks: a row of its own.
pub fn put_who(row: &mut Writer<'_>, who: &Who) {
    put_by(row, 1, &who.by);
    row.rows(5, who.roles.iter(), |row, role| row.u64(1, staff_code(*role)));
    put_texts(row, 6, &who.units);
}

/// Reads what [`put_who`] wrote.
pub fn get_who(row: &Fields<'_>) -> Result<Who, DecodeError> {
    let roles = row.rows(5)?;
    let roles = roles.iter().map(|row| row.code(1, staff_of)).collect::<Result<_, _>>()?;
    Ok(Who { by: get_by(row, 1)?, roles, units: row.list(6)? })
}
