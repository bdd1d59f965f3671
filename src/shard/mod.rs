//! One worker task per shard runs the machines of the journals that this node owns; the [`door`] is the only way to them.
//! Never knows a client's wire format (what nodes say to each other is `wire`); reaches the world only through [`crate::runtime`] and [`crate::store::rows`].

mod config;
pub mod desk;
pub mod door;
mod history;
pub mod looks;
mod site;
mod start;
pub mod tenure;
#[cfg(test)]
mod tests;
mod wire;
mod worker;

use site::links;
pub use site::place;
pub use start::birth::{self, BirthError};
pub use start::edge::start_edge;
pub use start::many::{Many, Membership, Ports, start_many};
pub use start::{Options, Shards, StartError, start, start_with};
pub use tenure::Adrift;
