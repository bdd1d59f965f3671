//! Who this node is to its peers: cluster, name, present incarnation and the key of the cluster's secret. Never gives
//! the secret away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;

use crate::link::limits;
use crate::link::words::PeerId;

/// Why an identity cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// A name is empty or too long.
    #[error("the name of a node or a cluster has 1 to {} bytes", limits::NAME_BYTES)]
    Name,
    /// No secret: anybody could prove it.
    #[error("the cluster's secret is empty")]
    Secret,
}

/// Who this node is.
#[derive(Debug)]
pub struct Identity {
    pub(crate) cluster: String,
    pub(crate) name: Arc<str>,
    incarnation: AtomicU64,
    pub(crate) key: hmac::Key,
}

impl Identity {
    /// A node that has no incarnation yet.
    pub fn new(cluster: &str, name: &str, secret: &[u8]) -> Result<Arc<Self>, IdentityError> {
        let fits = |name: &str| (1..=limits::NAME_BYTES).contains(&name.len());
        if !fits(cluster) || !fits(name) {
            return Err(IdentityError::Name);
        }
        if secret.is_empty() {
            return Err(IdentityError::Secret);
        }
        Ok(Arc::new(Self {
            cluster: cluster.to_owned(),
            name: name.into(),
            incarnation: AtomicU64::new(0),
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
        }))
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
