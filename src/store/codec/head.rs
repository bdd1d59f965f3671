//! The record head as bytes: the projection that lists and searches read. Never holds the conversation.

use super::fields::{DecodeError, Fields, Writer};
use crate::session::{Head, RecordState};
use crate::words::{AgentId, Seq, SessionId, Time};

const VERSION: u8 = 1;

/// The head's stored form; the session's id is the key and not inside.
#[must_use]
pub fn encode_head(head: &Head) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    Writer::row(VERSION, &mut out, |row| {
        row.u64(0, head.seq.0);
        row.u64(1, state_code(head.state));
        row.str(2, &head.service);
        row.str(3, &head.unit);
        row.u64(4, head.config);
        row.texts(5, &head.contact);
        head.identity.iter().for_each(|identity| row.str(6, identity));
        row.list(7, head.agents.iter().map(|agent| agent.0.as_str()));
        row.u64(8, head.started.0);
        head.ended.iter().for_each(|ended| row.u64(9, ended.0));
        row.u64(10, head.last_at.0);
        head.disposition.iter().for_each(|code| row.str(11, code));
        row.u64(12, head.messages);
    });
    out
}

/// Reads what [`encode_head`] wrote.
///
/// # Errors
/// When the bytes are of a later release or damaged.
pub fn decode_head(id: SessionId, bytes: &[u8]) -> Result<Head, DecodeError> {
    let row = Fields::read(VERSION, bytes)?;
    Ok(Head {
        id,
        seq: Seq(row.u64(0)?),
        state: row.code(1, state_of)?,
        service: row.str(2)?,
        unit: row.str(3)?,
        config: row.u64(4)?,
        contact: row.texts(5)?,
        identity: row.opt_str(6)?,
        agents: row.list(7)?.into_iter().map(AgentId).collect(),
        started: Time(row.u64(8)?),
        ended: row.opt_u64(9)?.map(Time),
        last_at: Time(row.u64(10)?),
        disposition: row.opt_str(11)?,
        messages: row.u64(12)?,
    })
}

const fn state_code(state: RecordState) -> u64 {
    match state {
        RecordState::New => 0,
        RecordState::Open => 1,
        RecordState::Offline => 2,
        RecordState::Closed => 3,
    }
}

const fn state_of(code: u64) -> Option<RecordState> {
    match code {
        0 => Some(RecordState::New),
        1 => Some(RecordState::Open),
        2 => Some(RecordState::Offline),
        3 => Some(RecordState::Closed),
        _ => None,
    }
}
