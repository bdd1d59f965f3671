//! The conversation, pure: `decide` says what an input makes happen, `apply` makes it so. Replay uses `apply` only.
//! No IO, no clock, no randomness, no async, ordered maps only.

pub mod event;
pub mod input;
pub mod refusal;
