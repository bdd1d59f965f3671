//! What the ownership needs of a network: ordered pipes to peers. Never knows what a frame means, and never repeats one.
//!
//! The server plugs its peer port in here. [`local`] connects members of one process, with switches for what can go wrong;
//! [`tcp`] is a bare loopback for tests: it asks nobody who they are.

pub mod local;
pub mod tcp;

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::ownership::NodeName;

/// A future in a box, as the traits below need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who is to be reached, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer {
    /// Its name; none where whoever answers at the address is meant, as before a first join.
    pub name: Option<NodeName>,
    /// Where its peer port is.
    pub address: String,
}

/// What a pipe is for, so that one purpose never waits behind another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// Entries of the log.
    Append,
    /// Heartbeats and votes.
    Heartbeat,
    /// Snapshots.
    Snapshot,
    /// Proposals and changes of membership.
    Ask,
}

/// Makes pipes.
pub trait Transport: Send + Sync + 'static {
    /// A pipe to a peer. Its other end goes to the peer's [`crate::Cluster::serve`].
    fn connect<'a>(&'a self, to: &'a Peer, lane: Lane) -> BoxFuture<'a, Result<Box<dyn Pipe>, Unreachable>>;
}

/// A pipe to one peer: frames arrive whole and in order, or the pipe is broken for ever. Frames are at most
/// [`crate::limits::FRAME_BYTES_MAX`] long.
pub trait Pipe: Send {
    /// Hands a frame over. Who drops the future before it ends must drop the pipe too.
    fn send(&mut self, frame: Bytes) -> BoxFuture<'_, Result<(), Broken>>;

    /// The next frame. Dropping the future before it ends loses nothing: the frame is given to the next call.
    fn recv(&mut self) -> BoxFuture<'_, Result<Bytes, Broken>>;
}

/// No pipe was made, and nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{to} cannot be reached: {why}")]
pub struct Unreachable {
    /// The address.
    pub to: String,
    /// What the transport says.
    pub why: String,
}

/// The pipe is gone. What was sent may have arrived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pipe is broken: {0}")]
pub struct Broken(pub String);
