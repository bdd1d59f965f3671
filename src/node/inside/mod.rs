//! The inside of a process: of a node store, shards, door and edges, put together; of an edge what it has heard and a
//! customer's door. Never serves and never listens: the assembly does.

pub mod cassandra;
mod cluster;
mod edge_alone;
mod embedded;
mod figures;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use super::assembly::{Build, Built, Peering, Within};
use super::config::{Role, Settings, StoreKind};
use super::lifecycle::Life;
use super::logs;
use super::ops::{self, Admit, Person, Steward};
use crate::center::StaffRole;
use crate::edge::{self, AuditLine, auth};
use crate::runtime::Runtime;
use crate::shard::Adrift;
use crate::shard::door::{StaffDoor, Wait};
use crate::store::rows::Pending;
use anyhow::Context as _;

/// Builds a node on the store of its settings.
struct Inside {
    /// The contact center to begin with, if the store has none.
    initial: Option<String>,
}

/// The builder of this release; `initial` is the contact center to begin with, if the store of a node has none.
#[must_use]
pub fn build(role: Role, initial: Option<String>) -> Box<dyn Build> {
    match role {
        Role::Node => Box::new(Inside { initial }),
        Role::Edge => Box::new(edge_alone::Outside),
    }
}

/// Shards that run on an open store, how they end, and how that store is closed.
struct Running {
    door: Arc<dyn StaffDoor>,
    cluster: Option<Arc<dyn Steward>>,
    /// Whether others cannot be reached from here, where there are others.
    adrift: Option<Adrift>,
    stop: Stop,
    close: Box<dyn FnOnce() -> Wait<()> + Send>,
}

/// Ends the shards within a deadline.
type Stop = Box<dyn FnOnce(Duration) -> Wait<()> + Send>;

impl Build for Inside {
    fn build(
        self: Box<Self>,
        settings: &Settings,
        runtime: Arc<dyn Runtime>,
        (life, peer): (Life, Peering),
    ) -> Wait<anyhow::Result<Built>> {
        let settings = settings.clone();
        Box::pin(async move {
            let running = match settings.store.kind {
                // A store of one process has no peers; the port is closed.
                StoreKind::Embedded => embedded::start(&settings, &runtime).await?,
                StoreKind::Cassandra => cassandra::start(&settings, &runtime, (&life, peer)).await?,
            };
            begin_with(running.door.as_ref(), self.initial).await?;
            Ok(built(&settings, runtime, running))
        })
    }
}

fn built(settings: &Settings, runtime: Arc<dyn Runtime>, running: Running) -> Built {
    let deadline = settings.stop.deadline.duration();
    let bounds = bounds(settings);
    let Running { door, cluster, adrift, stop, close } = running;
    let signer = auth::token::Signer::new(&door.secret());
    let shared = edge::Shared::new((door.clone(), signer), runtime, Arc::new(audit), bounds);
    if let Some(adrift) = adrift.clone() {
        shared.heed_drift(adrift);
    }
    Built {
        public: edge::public(shared.clone()),
        within: Some(Within {
            staff: edge::staff(shared.clone(), door.clone()),
            ops: ops::Inside { door, admit: Arc::new(Admins { shared: shared.clone() }), cluster },
        }),
        check: Arc::new(move || ready(adrift.as_ref())),
        drain: Box::new(move || drain(shared, stop, deadline)),
        close,
    }
}

const fn bounds(settings: &Settings) -> auth::creations::Bounds {
    auth::creations::Bounds { per_address: settings.create.per_address, per_node: settings.create.per_node }
}

async fn begin_with(door: &dyn StaffDoor, initial: Option<String>) -> anyhow::Result<()> {
    if let (0, Some(text)) = (door.center().version, initial) {
        door.apply_center(0, text).await.context("the contact center to begin with")?;
    }
    Ok(())
}

/// Clients are told to come back before the workers end, so that what they asked is still answered.
fn drain(edges: Arc<edge::Shared>, stop: Stop, deadline: Duration) -> Pending<()> {
    Box::pin(async move {
        edges.close().await;
        stop(deadline).await;
    })
}

/// Ready means: this node can take input, which it can as long as it is up. A store that is full or lost refuses sends and
/// leaves everything else to be answered, so the node stays ready: no other one could do better. Where it lost its shards to
/// nodes that it cannot reach, another one does.
fn ready(adrift: Option<&Adrift>) -> Result<(), String> {
    if adrift.is_some_and(|adrift| *adrift.borrow()) {
        return Err(
            "cut off from the other nodes, which have its shards: it joins again when they can be reached"
                .into(),
        );
    }
    Ok(())
}

fn audit(line: AuditLine) {
    let outcome = if line.allowed { "done" } else { "refused" };
    logs::audit(&line.who, line.what, &line.whom, outcome);
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
