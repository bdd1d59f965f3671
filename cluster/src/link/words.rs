//! The link's words: who a peer is, where it is, and what a connection is for. Knows no socket.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One life of a node, as it named itself in its hello.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId {
    /// The node's name.
    pub name: Arc<str>,
    /// Its incarnation when it said hello; 0 = it had none yet.
    pub incarnation: u64,
}

impl PeerId {
    /// A peer by name and incarnation.
    #[must_use]
    pub fn new(name: &str, incarnation: u64) -> Self {
        Self { name: name.into(), incarnation }
    }
}

impl std::fmt::Display for PeerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.name, self.incarnation)
    }
}

/// A peer that this node wants a link to, as the map names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name.
    pub name: Arc<str>,
    /// Its incarnation in the map.
    pub incarnation: u64,
    /// `host:port` of its peer port; the name is resolved at each attempt.
    pub addr: String,
}

impl Peer {
    /// A peer by name, incarnation and address.
    #[must_use]
    pub fn new(name: &str, incarnation: u64, addr: &str) -> Self {
        Self { name: name.into(), incarnation, addr: addr.to_owned() }
    }

    /// Which life of it.
    #[must_use]
    pub fn id(&self) -> PeerId {
        PeerId { name: Arc::clone(&self.name), incarnation: self.incarnation }
    }
}

/// Whom a connection is meant for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Addressee {
    /// Any member of the cluster: a new node that asks to join.
    Any,
    /// This node and no other, whoever has its address now.
    Node(String),
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// Calls and streams, many at once.
    Calls,
    /// Beats of the failure detector.
    Beats,
    /// A pipe of frames in order.
    Pipe(PipeLane),
    /// Calls and streams of an edge, which is no node: proved with a secret of its own, and served by other hands.
    Edge,
}

/// What a pipe is for, so that one use never waits behind another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PipeLane {
    /// Replication of the log.
    Append,
    /// Heartbeats of the leader.
    Heartbeat,
    /// Snapshots.
    Snapshot,
    /// Votes, proposals and everything else that is asked.
    Ask,
}
