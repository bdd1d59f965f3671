//! Stored bytes: CBOR maps with integer keys and a version byte in front, read by every later release.

pub mod agent_event;
pub mod agent_state;
#[cfg(test)]
mod agent_tests;
pub mod fields;
pub mod session_event;
pub mod session_state;
#[cfg(test)]
mod session_tests;
mod session_words;
