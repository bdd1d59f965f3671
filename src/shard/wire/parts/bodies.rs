//! Events as bodies: the `seq`, which the store has in the key, then the stored form. What an event looks like as bytes is
//! said once, in [`crate::store::codec`].

use crate::agent::event::AgentEvent;
use crate::session::event::Event;
use crate::store::codec::{DecodeError, decode_agent_event, decode_event, encode_agent_event, encode_event};
use crate::words::Seq;

/// Writes a session's event at the end of `out`.
pub fn put_event(out: &mut Vec<u8>, event: &Event) {
    out.extend(event.seq.0.to_be_bytes());
    encode_event(event, out);
}

/// Reads what [`put_event`] wrote.
///
/// # Errors
/// Bytes of a later release, or damaged ones.
pub fn get_event(body: &[u8]) -> Result<Event, DecodeError> {
    let (seq, row) = split(body)?;
    decode_event(seq, row)
}

/// Writes an agent's event at the end of `out`.
pub fn put_agent_event(out: &mut Vec<u8>, event: &AgentEvent) {
    out.extend(event.seq.0.to_be_bytes());
    encode_agent_event(event, out);
}

/// Reads what [`put_agent_event`] wrote.
///
/// # Errors
/// Bytes of a later release, or damaged ones.
pub fn get_agent_event(body: &[u8]) -> Result<AgentEvent, DecodeError> {
    let (seq, row) = split(body)?;
    decode_agent_event(seq, row)
}

fn split(body: &[u8]) -> Result<(Seq, &[u8]), DecodeError> {
    let (seq, row) = body.split_first_chunk().ok_or(DecodeError::Row)?;
    Ok((Seq(u64::from_be_bytes(*seq)), row))
}
