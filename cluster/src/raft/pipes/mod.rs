//! Members over pipes: what is sent, how, and how it is answered. Never knows what a command does.
//!
//! | file | what it is |
//! |---|---|
//! | `wire` | what goes through pipes |
//! | `network`, `stream`, `caller` | the sending side: snapshots, entries and heartbeats, calls |
//! | `serve`, `inbound` | the receiving side |

mod caller;
mod inbound;
mod network;
mod serve;
mod stream;
mod wire;

#[cfg(test)]
mod tests;

pub use caller::CallError;
pub use network::{Factory, Net};
pub use serve::serve;
pub use wire::{Ask, Greeting, Purpose, Request, Response, Told};
