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
//!
//! ## Use
//!
//! ```no_run
//! # use std::{path::Path, sync::Arc, time::Duration};
//! # use holdfast_cluster::{Cluster, Config, ownership::{Command, Join}, transport::{Peer, Pipe, Transport}};
//! # async fn start(link: Arc<dyn Transport>, join: Join, seeds: Vec<Peer>, generation: Option<u32>) -> Result<(), Box<dyn std::error::Error>> {
//! # let (wait, next_pipe) = (Duration::from_secs(10), || -> Option<Box<dyn Pipe>> { None });
//! let cluster = Cluster::open(Path::new("raft"), Config::new("n1", "n1.peers:7000"), link).await?;
//! // Pipes that peers make go to `serve`, from the first moment on.
//! while let Some(pipe) = next_pipe() { tokio::spawn(cluster.serve(pipe)); }
//! match generation {
//!     Some(generation) => cluster.bootstrap(generation, 256, wait).await?, // the one node that founds the cluster
//!     None => cluster.join(&seeds, wait).await?,                          // every other one, at every start
//! }
//! let mut changed = cluster.changed();
//! cluster.propose(Command::Join(join), wait).await?; // begins a life: its incarnation owns shards
//! while changed.changed().await.is_ok() {
//!     let view = cluster.map(); // start and end workers by what it says
//! }
//! # Ok(()) }
//! ```

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

pub use contract::Agreement;
pub use facade::{BootstrapError, Cluster, Config, JoinError, MemberError, ProposeError, Status, Timing};
pub use log::OpenError;
pub use raft::View;
