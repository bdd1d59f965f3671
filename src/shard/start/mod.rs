//! Starts and stops the shards of a node: takes a generation, reads the configuration, grants itself every shard, recovers.
//! Never serves a client.

pub mod birth;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{join_all, select};

use self::birth::BirthError;
use crate::limits;
use crate::runtime::{Runtime, oneshot};
use crate::shard::config::centers::Centers;
use crate::shard::config::versions;
use crate::shard::desk::Desk;
use crate::shard::desk::board::Board;
use crate::shard::door::Door;
use crate::shard::links::Links;
use crate::shard::local::LocalDoor;
use crate::shard::looks::{Looks, Pace};
use crate::shard::worker::msg::Msg;
use crate::shard::worker::{End, Shared, Worker};
use crate::store::journal::Epoch;
use crate::store::rows::{Incarnation, ReadError, Rows};

/// The one incarnation of a node that is a generation of its own.
pub const INCARNATION: u64 = 1;

/// The running shards of a node.
pub struct Shards {
    /// The way to them.
    pub door: Arc<dyn Door>,
    /// How many this cluster has.
    pub count: u16,
    /// The generation that this start took.
    pub generation: u32,
    links: Links,
    runtime: Arc<dyn Runtime>,
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
    let centers = Arc::new(Centers::empty());
    versions::load(&*rows, &centers).await.map_err(StartError::Config)?;
    let (links, (inboxes, desk_end)) = Links::open(shards);
    let incarnation = Incarnation { generation: cluster.generation, number: INCARNATION };
    let shared = Shared {
        runtime: runtime.clone(),
        looks: Looks::start(&runtime, rows.clone(), incarnation, options.looks),
        rows,
        links: links.clone(),
        centers: centers.clone(),
        board: Arc::default(),
    };
    let board: Arc<Board> = shared.board.clone();
    let desk = Desk::new(runtime.clone(), links.clone(), (centers, board), desk_end);
    runtime.spawn(Box::pin(desk.run()));
    let epoch = Epoch::new(cluster.generation, 1);
    for (shard, inbox) in (0..).zip(inboxes) {
        let worker = AssertUnwindSafe(Worker::new(shared.clone(), shard, epoch, inbox).run());
        let node = runtime.clone();
        runtime.spawn(Box::pin(async move {
            // A worker that lost its memory never goes on in the same epoch.
            match worker.catch_unwind().await {
                Ok(End::Stopped) => {}
                Ok(End::UsedUp) => node.give_up("the list counter of a shard is used up"),
                Ok(End::Deposed) => node.give_up("it is deposed"),
                Err(_) => node.give_up("the worker of a shard failed"),
            }
        }));
    }
    tracing::info!(generation = cluster.generation, shards, "the shards start");
    let door = Arc::new(LocalDoor::new(shared, cluster.secret));
    Ok(Shards { door, count: shards, generation: cluster.generation, links, runtime })
}

impl Shards {
    /// Ends the workers once nothing of theirs is in flight, or when the deadline has passed.
    pub async fn stop(self, deadline: Duration) {
        let mut ends = Vec::new();
        for shard in self.links.all() {
            let (done, ended) = oneshot::channel();
            // A full queue is waited for: stopping is never urgent enough to lose the order.
            if shard.send(Msg::Stop(done)).await.is_ok() {
                ends.push(ended);
            }
        }
        let deadline = self.runtime.sleep(deadline.min(Duration::from_millis(limits::STOP_MAX)));
        select(Box::pin(join_all(ends)), deadline).await;
    }
}
