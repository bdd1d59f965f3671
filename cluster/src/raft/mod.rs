//! openraft, and all that touches its types: none of them leaves this room. Never decides who owns what.
//!
//! | file | what it is |
//! |---|---|
//! | `types` | the type configuration and its names |
//! | `storage` | the log, as openraft wants it, over [`crate::log`] |
//! | `machine` | the map as a state machine, with its snapshot on disk |
//! | `pipes` | how members reach each other |
//! | `core`, `leading`, `watching` | the member: all of it together |

mod core;
mod leading;
mod machine;
mod pipes;
mod storage;
mod types;
mod watching;

#[cfg(test)]
mod tests;

pub use self::core::{Core, Member, Tried};
pub use machine::View;
pub use pipes::{Ask, Told, serve};
