//! The one door of the crate: a [`Cluster`] says who owns which shard and takes proposals to change it. It speaks of shards,
//! nodes and epochs only. Never lets a type of the Raft library through, and never says that a proposal failed when it does
//! not know.

pub mod config;
mod members;
mod policy;
mod propose;
mod status;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

pub use config::{Config, Timing};
pub use members::{JoinError, MemberError};
pub use propose::ProposeError;
pub use status::Status;

use crate::limits;
use crate::log::OpenError;
use crate::ownership::{Command, NodeName};
use crate::raft::{Core, View, serve};
use crate::transport::{Peer, Pipe, Transport};

/// This node as a member of the group that agrees on the map. Clones are the same member; it runs until
/// [`Cluster::stop`], also when all of them are dropped.
#[derive(Clone, Debug)]
pub struct Cluster {
    core: Arc<Core>,
    config: Arc<Config>,
    places: Arc<Places>,
    counters: Arc<status::Counters>,
}

/// Who may wait.
#[derive(Debug)]
struct Places {
    proposals: Semaphore,
    pipes: Arc<Semaphore>,
}

/// Why a cluster was not founded.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The disk or its contents.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The directory holds a log of a cluster that is founded already.
    #[error("this node belongs to a cluster already")]
    Member,
    /// The first command.
    #[error(transparent)]
    Propose(#[from] ProposeError),
}

impl Cluster {
    /// Opens the member whose log is in `dir`, or a new one in an empty directory. A member that belonged to a cluster goes
    /// on at once; a new one does nothing until it founds a cluster or joins one.
    ///
    /// # Errors
    /// The directory is in use, or its log is damaged.
    pub async fn open(dir: &Path, config: Config, transport: Arc<dyn Transport>) -> Result<Self, OpenError> {
        let peer = Peer { name: Some(config.name.clone()), address: config.address.clone() };
        let core = Core::open(dir.to_owned(), peer, &config.timing, transport).await?;
        let proposals = Semaphore::new(limits::PROPOSALS);
        let places = Arc::new(Places { proposals, pipes: Arc::new(Semaphore::new(limits::PIPES)) });
        let cluster = Self { core, config: Arc::new(config), places, counters: Arc::default() };
        cluster.run_policy();
        Ok(cluster)
    }

    /// Founds a cluster with this node as its only member. A founding that was cut short is completed, with this
    /// generation.
    ///
    /// # Errors
    /// The node belongs to a founded cluster, or the first command was not known to be applied in time.
    pub async fn bootstrap(
        &self,
        generation: u32,
        shards: u16,
        wait: Duration,
    ) -> Result<(), BootstrapError> {
        if !self.core.initialize().await? && (self.core.members().len() > 1 || self.map().map.is_founded()) {
            return Err(BootstrapError::Member);
        }
        self.propose(Command::Found { generation, shards }, wait).await?;
        Ok(())
    }

    /// The map, as new as this member knows it.
    #[must_use]
    pub fn map(&self) -> Arc<View> {
        self.core.shown().view()
    }

    /// Sees the index of the newest applied entry whenever it grows.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.core.shown().applied()
    }

    /// This node's name.
    #[must_use]
    pub fn name(&self) -> &NodeName {
        &self.config.name
    }

    /// Serves a pipe that a peer has made: the future runs until the pipe breaks or the member stops. Past a bound of pipes
    /// it ends at once, and the pipe with it.
    pub fn serve(&self, pipe: Box<dyn Pipe>) -> impl Future<Output = ()> + Send + use<> {
        let place = self.places.pipes.clone().try_acquire_owned();
        let core = self.core.clone();
        self.core.net().tasks.track_future(async move {
            match place {
                Ok(_place) => serve(core, pipe).await,
                Err(_) => tracing::warn!("a pipe of a peer was refused: there are too many"),
            }
        })
    }

    /// Ends the member: no vote, no pipe, no task of it remains. The disk keeps everything.
    pub async fn stop(&self) {
        self.core.stop().await;
    }
}
