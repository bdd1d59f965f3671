//! The inside of a node: store, shards, door and edges, put together. Never serves and never listens: the assembly does.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::assembly::{Build, Built};
use super::config::Settings;
use super::logs;
use super::ops::{Admit, Person};
use crate::center::StaffRole;
use crate::edge::{self, AuditLine, auth};
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard;
use crate::shard::door::{Door, Wait};
use crate::store::rows::embedded::{self, Embedded, Options, Stats};
use crate::store::rows::{Pending, Rows};

/// Builds a node on the embedded store.
struct Inside {
    /// The contact center to begin with, if the store has none.
    initial: Option<String>,
}

/// The builder of this release; `initial` is the contact center to begin with, if the store has none.
#[must_use]
pub fn build(initial: Option<String>) -> Box<dyn Build> {
    Box::new(Inside { initial })
}

impl Build for Inside {
    fn build(self: Box<Self>, settings: &Settings, runtime: Arc<dyn Runtime>) -> Wait<anyhow::Result<Built>> {
        let mut options = Options::new(&settings.store.directory);
        options.reserve_bytes = settings.store.reserve.0;
        let deadline = settings.stop.deadline.duration();
        let bounds = auth::creations::Bounds {
            per_address: settings.create.per_address,
            per_node: settings.create.per_node,
        };
        Box::pin(async move {
            let store = open(&runtime, options).await?;
            let rows: Arc<dyn Rows> = store.clone();
            let shards = shard::start(runtime.clone(), rows, limits::SHARDS)
                .await
                .context("the shards do not start")?;
            let door = shards.door.clone();
            begin_with(door.as_ref(), self.initial).await?;
            let shared = edge::Shared::new(door.clone(), runtime.clone(), Arc::new(audit), bounds);
            Ok(Built {
                public: edge::public(shared.clone()),
                staff: edge::staff(shared.clone()),
                admit: Arc::new(Admins { shared: shared.clone() }),
                check: Arc::new(ready),
                drain: Box::new(move || drain(shared, shards, deadline)),
                close: Box::new(move || close(runtime, store)),
                door,
            })
        })
    }
}

/// Opens the store beside the runtime's own threads: after a kill it may have to read a while.
async fn open(runtime: &Arc<dyn Runtime>, options: Options) -> anyhow::Result<Arc<Embedded>> {
    let opened = beside(runtime, move || embedded::open(options)).await?;
    let store = opened?;
    let stats = store.stats();
    metrics::before_scrape(move || copy(&stats));
    Ok(store)
}

async fn beside<T: Send + 'static>(
    runtime: &Arc<dyn Runtime>,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let (done, result) = crate::runtime::oneshot::channel();
    runtime.beside(Box::new(move || {
        // Whoever asked may be gone by now.
        let _ = done.send(work());
    }));
    result.await.context("the work was given up")
}

async fn begin_with(door: &dyn Door, initial: Option<String>) -> anyhow::Result<()> {
    if let (0, Some(text)) = (door.center().version, initial) {
        door.apply_center(0, text).await.context("the contact center to begin with")?;
    }
    Ok(())
}

/// Clients are told to come back before the workers end, so that what they asked is still answered.
fn drain(edges: Arc<edge::Shared>, shards: shard::Shards, deadline: Duration) -> Pending<()> {
    Box::pin(async move {
        edges.close().await;
        shards.stop(deadline).await;
    })
}

fn close(runtime: Arc<dyn Runtime>, store: Arc<Embedded>) -> Pending<()> {
    Box::pin(async move {
        if let Err(error) = beside(&runtime, move || store.close()).await {
            tracing::error!(error = %error, "the store was not closed in order; the next start repairs it");
        }
    })
}

/// Ready means: this node can take input, which it can as long as it is up. A full store refuses sends and answers everything
/// else, so it stays ready: no other node could take its place.
fn ready() -> Result<(), String> {
    Ok(())
}

fn audit(line: AuditLine) {
    let outcome = if line.allowed { "done" } else { "refused" };
    logs::audit(&line.who, line.what, &line.whom, outcome);
}

/// Copies the store's own figures before a scrape.
fn copy(stats: &Stats) {
    use std::sync::atomic::Ordering::Relaxed;
    let store = metrics::store();
    for (counter, total) in [
        (&store.commits, &stats.commits),
        (&store.rows, &stats.rows),
        (&store.bytes, &stats.bytes),
        (&store.checkpoints, &stats.checkpoints),
        (&store.refused_full, &stats.refused_full),
        (&store.refused_busy, &stats.refused_busy),
        (&store.reopened, &stats.reopened),
    ] {
        metrics::Store::catch_up(counter, total.load(Relaxed));
    }
    metrics::Store::catch_up_micros(&store.commit_seconds, stats.commit_micros.load(Relaxed));
    metrics::Store::catch_up_micros(&store.checkpoint_seconds, stats.checkpoint_micros.load(Relaxed));
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    store.queue_depth.set(signed(stats.queue_depth.load(Relaxed)));
    store.free_bytes.set(signed(stats.free_bytes.load(Relaxed)));
    store.full.set(i64::from(stats.full.load(Relaxed)));
}

/// Admins, by the tokens and keys that the edges verify.
struct Admins {
    shared: Arc<edge::Shared>,
}

impl Admit for Admins {
    fn admit(&self, bearer: &str) -> Option<Person> {
        let staff = auth::callers::by_token(bearer, &self.shared).ok()?;
        Some(Person { name: staff.name(), admin: staff.is(StaffRole::Admin) })
    }
}
