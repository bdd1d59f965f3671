//! Who this process is to its peers: cluster, name, present incarnation and the keys of what it proves. A node holds the
//! cluster's secret, and that of the edges if there are any; an edge holds that of the edges alone, so that whoever
//! captures one cannot speak as a node. Never gives a secret away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;

use crate::link::limits;
use crate::link::words::{Lane, PeerId};

/// Why an identity cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// A name is empty or too long.
    #[error("the name of a node or a cluster has 1 to {} bytes", limits::NAME_BYTES)]
    Name,
    /// No secret: anybody could prove it.
    #[error("the cluster's secret is empty")]
    Secret,
    /// Edges would hold the secret of nodes.
    #[error("the secret of edges is the cluster's: an edge could speak as a node")]
    Shared,
}

/// Who this process is.
#[derive(Debug)]
pub struct Identity {
    pub(crate) cluster: String,
    pub(crate) name: Arc<str>,
    incarnation: AtomicU64,
    /// Proves every lane between nodes; an edge has none.
    node: Option<hmac::Key>,
    /// Proves the lane of edges; a node that serves no edges has none.
    edge: Option<hmac::Key>,
}

impl Identity {
    /// A node that has no incarnation yet, and serves no edges.
    pub fn new(cluster: &str, name: &str, secret: &[u8]) -> Result<Arc<Self>, IdentityError> {
        Self::with(cluster, name, (Some(secret), None))
    }

    /// A node that has no incarnation yet, and serves edges that prove a secret of their own.
    pub fn with_edges(
        cluster: &str,
        name: &str,
        (secret, edges): (&[u8], &[u8]),
    ) -> Result<Arc<Self>, IdentityError> {
        if secret == edges {
            return Err(IdentityError::Shared);
        }
        Self::with(cluster, name, (Some(secret), Some(edges)))
    }

    /// An edge: it proves the lane of edges and no other.
    pub fn of_edge(cluster: &str, name: &str, secret: &[u8]) -> Result<Arc<Self>, IdentityError> {
        Self::with(cluster, name, (None, Some(secret)))
    }

    fn with(
        cluster: &str,
        name: &str,
        (node, edge): (Option<&[u8]>, Option<&[u8]>),
    ) -> Result<Arc<Self>, IdentityError> {
        let fits = |name: &str| (1..=limits::NAME_BYTES).contains(&name.len());
        if !fits(cluster) || !fits(name) {
            return Err(IdentityError::Name);
        }
        if node.into_iter().chain(edge).any(<[u8]>::is_empty) {
            return Err(IdentityError::Secret);
        }
        let key = |secret| hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Arc::new(Self {
            cluster: cluster.to_owned(),
            name: name.into(),
            incarnation: AtomicU64::new(0),
            node: node.map(key),
            edge: edge.map(key),
        }))
    }

    /// What proves a lane; none for a lane that this process neither opens nor serves.
    pub(crate) fn key(&self, lane: Lane) -> Option<&hmac::Key> {
        if lane == Lane::Edge { self.edge.as_ref() } else { self.node.as_ref() }
    }

    /// The lane of this process's own calls.
    pub(crate) fn calls(&self) -> Lane {
        if self.node.is_some() { Lane::Calls } else { Lane::Edge }
    }

    /// This node joined: later hellos and beats carry this incarnation.
    pub fn set_incarnation(&self, incarnation: u64) {
        self.incarnation.store(incarnation, Ordering::Release);
    }

    /// The present incarnation; 0 = none yet.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.incarnation.load(Ordering::Acquire)
    }

    /// This node as its peers see it.
    #[must_use]
    pub fn id(&self) -> PeerId {
        PeerId { name: Arc::clone(&self.name), incarnation: self.incarnation() }
    }
}
