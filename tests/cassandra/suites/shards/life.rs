//! Lives of a node without edges on a corner of the cluster under test: its partitions and generations are its run's own. A
//! life ends with its runtime, without a word to anybody.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use holdfast::center::StaffRole;
use holdfast::runtime::{Real, Runtime};
use holdfast::session::event::{Birth, By, What};
use holdfast::session::input::{Act, Ask};
use holdfast::shard::door::{ApplyError, DoorError, Receipt, StaffDoor, Who};
use holdfast::shard::looks::Pace;
use holdfast::store::codec::cluster::{Cluster, KEY};
use holdfast::store::rows::cassandra::options::Options;
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::{Rows, Table};
use holdfast::words::{Audience, MessageId, PartyId, Seq, SessionId, Time};

use crate::corner::Corner;
use crate::keyspace;

/// What a change came to.
pub type Answer = Result<Receipt, DoorError>;

/// What all lives have in common.
pub struct Life;

impl Life {
    /// Few, so that each has several sessions.
    pub const SHARDS: u16 = 4;
}

/// A contact center in which nobody types too fast.
const CENTER: &str = r#"
[unit.demo]
title = "Demo"
[queue.support]
unit = "demo"
[service.support]
unit = "demo"
queue = "support"
limits = { events_per_second = 1000000, burst = 1000000 }
"#;

/// One corner of the cluster, for several lives.
#[derive(Clone)]
pub struct Run {
    options: Options,
    salt: u128,
}

impl Run {
    /// A corner that nobody has used.
    pub fn new(points: Vec<String>) -> Self {
        let (options, salt) =
            runtime().block_on(async { (keyspace::prepared(points).await, Real::start().random()) });
        Self::on(options, salt)
    }

    /// The corner of a salt.
    pub fn on(options: Options, salt: u128) -> Self {
        Self { options, salt }
    }

    /// A session by number.
    pub fn session(&self, number: u64) -> SessionId {
        SessionId((self.salt ^ u128::from(number)).to_be_bytes())
    }

    /// Runs one life to its end; every task of it ends with it.
    pub fn live<T>(&self, life: impl AsyncFnOnce(Node) -> T) -> T {
        runtime().block_on(async { life(self.node().await).await })
    }

    /// A node that serves.
    pub async fn node(&self) -> Node {
        self.node_with(Pace::default()).await
    }

    /// A node that looks at this pace.
    pub async fn node_with(&self, looks: Pace) -> Node {
        self.node_over(looks, |rows| rows).await
    }

    /// A node that sees its store through something.
    pub async fn node_over(&self, looks: Pace, over: impl FnOnce(Arc<dyn Rows>) -> Arc<dyn Rows>) -> Node {
        let store = Cassandra::open(Real::start(), self.options.clone(), unchecked());
        store.reachable().await;
        let rows = Arc::new(Corner { store, salt: self.salt });
        self.found(&*rows).await;
        let how = holdfast::shard::Options { shards: Life::SHARDS, looks };
        let told = Arc::new(Told { real: Real::start(), gave_up: AtomicBool::new(false) });
        let shards = holdfast::shard::start_with(told.clone(), over(rows.clone()), how);
        let shards = shards.await.expect("it starts");
        let (door, generation) = (shards.door, shards.generation);
        // An outcome that nobody knows is found by asking again, unless another was quicker.
        while door.center().version == 0 {
            let applied = door.apply_center(0, CENTER.into()).await;
            assert!(!matches!(applied, Err(ApplyError::Invalid(_))), "it is a configuration: {applied:?}");
        }
        Node { door, generation, rows, told }
    }

    /// Lets the corner begin at a generation of its own, for fences lie where all generations' do.
    async fn found(&self, rows: &dyn Rows) {
        let generation = 1 + (u32::try_from(self.salt >> 100).expect("28 bits") & 0x7_ffff);
        let (shards, secret, replication) = (Life::SHARDS, [7; 32], None);
        let cluster = Cluster { generation, fenced_below: generation, shards, secret, replication };
        let key = (Bytes::from_static(KEY.0), Bytes::from_static(KEY.1));
        // Whoever did not hear asks again: then the row is there, or it is made now.
        while rows.claim(Table::Cluster, key.clone(), None, cluster.bytes()).await.is_err() {}
    }
}

/// A node that serves.
pub struct Node {
    /// Its door.
    pub door: Arc<dyn StaffDoor>,
    /// The generation that it took.
    pub generation: u32,
    /// Its store.
    pub rows: Arc<Corner>,
    told: Arc<Told>,
}

impl Node {
    /// Asks under an id.
    pub async fn ask(&self, who: Who, session: SessionId, id: &str, act: Act) -> Answer {
        let ask = Ask { by: who.by.clone(), id: MessageId(id.into()), after: None, act };
        self.door.ask(who, session, ask).await
    }

    /// Creates a session with a customer in it.
    pub async fn create(&self, session: SessionId) -> Answer {
        let birth = Birth {
            service: "support".into(),
            unit: "demo".into(),
            config: 1,
            contact: BTreeMap::new(),
            identity: None,
            creator: By::Party(PartyId(1)),
            data: BTreeMap::new(),
        };
        let act = Act::Create { birth: Box::new(birth), customer: Some("Cleo".into()), text: None };
        self.ask(customer(), session, "create", act).await
    }

    /// A message of the customer.
    pub async fn say(&self, session: SessionId, id: &str, text: &str) -> Answer {
        let act = Act::Send { text: text.into(), audience: Audience::All };
        self.ask(customer(), session, id, act).await
    }

    /// What the customer said, in order.
    pub async fn texts(&self, session: SessionId) -> Vec<String> {
        let page = self.door.page(auditor(), session, Seq(0), 500).await.expect("the session is read");
        let said = page.events.iter().filter(|event| event.id.is_some());
        let said = said.filter_map(|event| match &event.what {
            What::Message { text } => Some(text.clone()),
            _ => None,
        });
        said.collect()
    }

    /// Whether it has given up.
    pub fn gave_up(&self) -> bool {
        self.told.gave_up.load(Ordering::SeqCst)
    }

    /// Waits a moment.
    pub async fn pause(&self, time: Duration) {
        self.told.sleep(time).await;
    }
}

/// The customer who created a session.
pub fn customer() -> Who {
    Who { by: By::Party(PartyId(1)), roles: Vec::new(), units: Vec::new() }
}

/// Somebody who may see everything.
pub fn auditor() -> Who {
    let by = By::Integration("auditor".into());
    Who { by, roles: vec![StaffRole::Supervisor, StaffRole::Admin], units: vec!["demo".into()] }
}

/// A runtime for one life.
pub fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("a runtime")
}

/// The real runtime, but a node that gives up only says so.
struct Told {
    real: Arc<dyn Runtime>,
    gave_up: AtomicBool,
}

impl Runtime for Told {
    fn now(&self) -> Time {
        self.real.now()
    }

    fn ticks(&self) -> u64 {
        self.real.ticks()
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) {
        self.real.spawn(task);
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        self.real.sleep(wait)
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send + 'static>) {
        self.real.beside(work);
    }

    fn give_up(&self, _: &str) {
        self.gave_up.store(true, Ordering::SeqCst);
    }

    fn random(&self) -> u128 {
        self.real.random()
    }
}
