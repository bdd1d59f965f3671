//! # Which node owns which shard, since which epoch
//!
//! The crate speaks of shards, nodes and epochs, never of chat, and no type of its Raft library leaves it.
//!
//! | room | what it is | what it never does |
//! |---|---|---|
//! | `ownership` | the map and its one transition, `apply(map, command)` | IO, clock, randomness |
//! | `detector` | who is silent and since when: heartbeats, adaptive suspicion, limits | depose: it only says whom |
//! | `link` | the peer port: hello with the cluster's secret, TLS, frames, calls | know what a frame means |
//! | `log` | the Raft log and vote on disk, with group commit | know what an entry means |
//! | `raft` | openraft glue: its types stay here | decide who owns what |
//! | `transport` | the pipes that `raft` needs, for the link to plug into | know what a frame means |
//! | `contract` | what whoever agrees on the map must keep, as checks | know which one it checks |
//! | `facade` | the one door: [`Cluster`] | let a type of openraft through |

pub mod contract;
pub mod detector;
mod facade;
#[cfg(test)]
mod golden;
pub mod limits;
pub mod link;
mod log;
pub mod ownership;
mod raft;
pub mod transport;

pub use facade::{BootstrapError, Cluster, Config, JoinError, MemberError, ProposeError, Status, Timing};
pub use log::OpenError;
pub use raft::View;
