//! Starts and stops the shards of a node: takes a generation, reads the configuration, grants itself every shard, recovers.
//! Never serves a client.

pub mod birth;
pub mod crew;
pub mod edge;
pub mod many;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use self::birth::BirthError;
use self::crew::Crew;
use crate::limits;
use crate::runtime::Runtime;
use crate::shard::config::centers::Centers;
use crate::shard::config::versions;
use crate::shard::door::StaffDoor;
use crate::shard::door::local::LocalDoor;
use crate::shard::links::{Away, Links, Nowhere};
use crate::shard::looks::{Looks, Pace};
use crate::shard::site::Site;
use crate::shard::tenure::Chronicle;
use crate::shard::worker::End;
use crate::store::journal::Epoch;
use crate::store::rows::{Incarnation, ReadError, Rows};

/// The one incarnation of a node that is a generation of its own.
const INCARNATION: u64 = 1;

/// The running shards of a node.
pub struct Shards {
    /// The way to them.
    pub door: Arc<dyn StaffDoor>,
    /// How many this cluster has.
    pub count: u16,
    /// The generation that this start took.
    pub generation: u32,
    crew: Arc<Crew>,
}

/// Why shards do not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No generation could be taken.
    #[error(transparent)]
    Birth(#[from] BirthError),
    /// The configuration could not be read.
    #[error("the configuration in the store cannot be read: {0}")]
    Config(ReadError),
}

/// How shards are run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many the cluster has; fixed for its life.
    pub shards: u16,
    /// How the node looks for its own fence.
    pub looks: Pace,
}

/// Starts all shards as a generation of its own, with looks paced as usual.
///
/// # Errors
/// When the store gives no certain answer or belongs to a differently configured cluster.
pub async fn start(
    runtime: Arc<dyn Runtime>,
    rows: Arc<dyn Rows>,
    shards: u16,
) -> Result<Shards, StartError> {
    start_with(runtime, rows, Options { shards, looks: Pace::default() }).await
}

/// Starts all shards as a generation of its own.
///
/// # Errors
/// When the store gives no certain answer or belongs to a differently configured cluster.
pub async fn start_with(
    runtime: Arc<dyn Runtime>,
    rows: Arc<dyn Rows>,
    options: Options,
) -> Result<Shards, StartError> {
    let shards = options.shards;
    let secret = [runtime.random().to_be_bytes(), runtime.random().to_be_bytes()].concat();
    let secret: [u8; 32] = secret.try_into().expect("twice 16 bytes are 32");
    let cluster = birth::generation(&*rows, shards, secret).await?;
    let site = site((runtime.clone(), rows.clone()), (shards, cluster.secret), Arc::new(Nowhere)).await?;
    let incarnation = Incarnation { generation: cluster.generation, number: INCARNATION };
    let looks = Looks::start(&runtime, rows, incarnation, options.looks);
    let (crew, mut ends) = Crew::new(&site, looks);
    let epoch = Epoch::new(cluster.generation, 1);
    for shard in 0..shards {
        crew.employ(shard, epoch);
    }
    let node = runtime.clone();
    runtime.spawn(Box::pin(async move {
        while let Some(ended) = ends.recv().await {
            match ended.how {
                Some(End::Stopped) => {}
                Some(End::UsedUp) => node.give_up("the list counter of a shard is used up"),
                Some(End::Deposed) => node.give_up("it is deposed"),
                None => node.give_up("the worker of a shard failed"),
            }
        }
    }));
    tracing::info!(generation = cluster.generation, shards, "the shards start");
    let door = Arc::new(LocalDoor::new(site));
    Ok(Shards { door, count: shards, generation: cluster.generation, crew })
}

/// What a node has before it owns anything; reads the configuration.
///
/// # Errors
/// When the configuration cannot be read.
pub async fn site(
    (runtime, rows): (Arc<dyn Runtime>, Arc<dyn Rows>),
    (shards, secret): (u16, [u8; 32]),
    away: Arc<dyn Away>,
) -> Result<Site, StartError> {
    let centers = Arc::new(Centers::empty());
    versions::load(&*rows, &centers).await.map_err(StartError::Config)?;
    let links = Links::open(shards, away);
    let chronicle = Chronicle::new(runtime.clone());
    let recovery = Arc::new(tokio::sync::Semaphore::new(limits::RECOVERIES));
    Ok(Site { runtime, rows, links, centers, board: Arc::default(), chronicle, recovery, secret })
}

impl Shards {
    /// Ends the workers once nothing of theirs is in flight, or when the deadline has passed.
    pub async fn stop(self, deadline: Duration) {
        let within = deadline.min(Duration::from_millis(limits::STOP_MAX));
        join_all((0..self.count).map(|shard| self.crew.dismiss(shard, within))).await;
    }
}
