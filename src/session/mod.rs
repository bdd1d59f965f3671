//! The conversation, pure: `decide` says what an input makes happen, `apply` makes it so. Replay uses `apply` only.
//! No IO, no clock, no randomness, no async, ordered maps only.

pub mod event;
pub mod input;
pub mod refusal;

/// How far the session's life got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing happened yet.
    Unborn,
    /// The chat is open.
    Online,
    /// The chat is closed; staff, flow and system go on.
    Offline,
    /// The interaction is over.
    Stopped,
}

/// The record's head: a projection from birth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How far the session's life got.
    pub phase: Phase,
    /// The named entry point.
    pub service: String,
    /// The part of the company.
    pub unit: String,
    /// The person's attributes.
    pub contact: std::collections::BTreeMap<String, String>,
    /// The verified subject of a signed identity.
    pub identity: Option<String>,
    /// Agents so far.
    pub agents: Vec<crate::words::AgentId>,
    /// When it was created.
    pub started: crate::words::Time,
    /// When the chat closed.
    pub ended: Option<crate::words::Time>,
    /// Time of the last event.
    pub last_activity: crate::words::Time,
    /// How it was filed.
    pub disposition: Option<String>,
    /// Messages so far.
    pub messages: u64,
}
