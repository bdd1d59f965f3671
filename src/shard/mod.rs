//! One worker task per shard runs the machines of the journals that this node owns; the [`door`] is the only way to them.
//! Never knows a wire format; reaches the world only through [`crate::runtime`] and [`crate::store::rows`].

mod birth;
pub mod board;
mod centers;
mod desk;
pub mod door;
mod links;
mod local;
pub mod place;
mod reading;
mod records;
mod repeat;
mod start;
#[cfg(test)]
mod tests;
mod versions;
mod worker;

pub use birth::BirthError;
pub use start::{Shards, StartError, start};
