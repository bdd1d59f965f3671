//! Stored bytes: CBOR maps with integer keys and a version byte in front, read by every later release.

pub mod agent_event;
pub mod agent_state;
#[cfg(test)]
mod agent_tests;
pub mod fields;
pub mod head;
pub mod session_event;
pub mod session_state;
#[cfg(test)]
mod session_tests;
mod session_words;

pub use fields::DecodeError;
pub use head::{decode_head, encode_head};
pub use session_event::{decode_event, encode_event};
pub use session_state::{decode_session, encode_session};

// Until the agent's codec is merged.
/// shim
pub fn encode_agent_event(_: &crate::agent::event::AgentEvent, _: &mut Vec<u8>) {}
/// shim
pub fn decode_agent_event(_: crate::words::Seq, _: &[u8]) -> Result<crate::agent::event::AgentEvent, DecodeError> { Err(DecodeError::Row) }
/// shim
pub fn encode_agent_day(_: &crate::agent::AgentDay, _: &mut Vec<u8>) {}
/// shim
pub fn decode_agent_day(_: &[u8]) -> Result<crate::agent::AgentDay, DecodeError> { Err(DecodeError::Row) }
