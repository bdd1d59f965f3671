//! One worker task per shard runs the machines of the journals that this node owns; the [`door`] is the only way to them.
//! Never knows a wire format; reaches the world only through [`crate::runtime`] and [`crate::store::rows`].

mod config;
pub mod desk;
pub mod door;
mod history;
mod links;
mod local;
pub mod looks;
pub mod place;
mod start;
#[cfg(test)]
mod tests;
mod wire;
mod worker;

pub use start::birth::{self, BirthError};
pub use start::{INCARNATION, Options, Shards, StartError, start, start_with};
