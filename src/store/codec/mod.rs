//! Stored bytes: CBOR maps with integer keys and a version byte in front, read by every later release.

pub mod agent_event;
pub mod agent_state;
pub mod cluster;
pub mod fields;
pub mod head;
pub mod session_event;
pub mod session_state;
mod session_words;
#[cfg(test)]
mod tests;

pub use agent_event::{decode_agent_event, encode_agent_event};
pub use agent_state::{decode_agent, encode_agent};
pub use fields::DecodeError;
pub use head::{decode_head, encode_head};
pub use session_event::{decode_event, encode_event};
pub use session_state::{decode_session, encode_session};
