//! Live delivery: one follower per SSE stream or long poll, one task per WebSocket. Order is the door's order: what comes
//! out of a mailbox is written as it comes. Keeps nothing but where each reader is.

pub mod agent_side;
pub mod connection;
pub mod deliver;
pub mod follow;
pub mod frames;
pub mod jobs;
pub mod render;
pub mod socket;
pub mod watches;

#[cfg(test)]
mod tests;
