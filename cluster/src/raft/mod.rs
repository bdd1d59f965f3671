//! openraft, and all that touches its types: none of them leaves this room. Never decides who owns what.
//!
//! | file | what it is |
//! |---|---|
//! | `types` | the type configuration and its names |
//! | `storage` | the log, as openraft wants it, over [`crate::log`] |
//! | `machine` | the map as a state machine, with its snapshot on disk |
//! | `wire` | what goes through pipes |
//! | `stream`, `caller`, `network` | the sending side: entries and heartbeats, calls, snapshots |
//! | `serve`, `inbound` | the receiving side |
//! | `core`, `watching` | the member: all of it together |

mod caller;
mod core;
mod inbound;
mod machine;
mod network;
mod serve;
mod storage;
mod stream;
mod types;
mod watching;
mod wire;

#[cfg(test)]
mod tests;

pub use self::core::{Core, Member, Tried};
pub use machine::View;
pub use serve::serve;
pub use wire::{Ask, Told};
