//! Several nodes in one process, on one store in memory: real workers, doors and tenures; the agreement on the map is a table
//! that they share, and the way between them is a call. A node is killed, cut off, or told to drain. Never sleeps.

#![expect(
    clippy::disallowed_methods,
    reason = "a node that is killed takes its tasks with it, so they are kept here"
)]

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use holdfast_cluster::View;
use holdfast_cluster::ownership::{
    Addresses, Answer, Command, Incarnation, Join, Map, NodeName, Nonce, Reason, State, apply,
};
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use super::strait::Strait;
use crate::runtime::{Real, Runtime, mpsc, watch};
use crate::shard::door::edge::{Heard, Teller};
use crate::shard::door::many::{Lost, Method, Peers, Serve};
use crate::shard::door::{Door, StaffDoor, Wait};
use crate::shard::looks::Pace;
use crate::shard::start::birth;
use crate::shard::start::edge::start_edge;
use crate::shard::start::many::{Many, Membership, Ports, start_many};
use crate::shard::tenure::{Adrift, Chronicle, Council, Unsure};
use crate::store::rows::embedded::Embedded;
use crate::words::{SessionId, Time};

/// Shards of the fleet.
pub const SHARDS: u16 = 16;

/// A runtime whose tasks end when its node is killed.
struct Mortal {
    real: Arc<dyn Runtime>,
    tasks: Mutex<Vec<AbortHandle>>,
    spawned: AtomicUsize,
    dead: AtomicBool,
    gave_up: AtomicBool,
}

impl Mortal {
    fn new() -> Arc<Self> {
        let (tasks, spawned) = (Mutex::default(), AtomicUsize::new(0));
        let (dead, gave_up) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { real: Real::start(), tasks, spawned, dead, gave_up })
    }

    fn kill(&self) {
        self.dead.store(true, SeqCst);
        for task in self.tasks.lock().drain(..) {
            task.abort();
        }
    }
}

impl Runtime for Mortal {
    fn now(&self) -> Time {
        self.real.now()
    }

    fn ticks(&self) -> u64 {
        self.real.ticks()
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) {
        let mut tasks = self.tasks.lock();
        if !self.dead.load(SeqCst) {
            self.spawned.fetch_add(1, SeqCst);
            tasks.retain(|task| !task.is_finished());
            tasks.push(tokio::spawn(task).abort_handle());
        }
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        self.real.sleep(wait)
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send + 'static>) {
        self.real.beside(work);
    }

    fn give_up(&self, _why: &str) {
        self.gave_up.store(true, SeqCst);
    }

    fn random(&self) -> u128 {
        self.real.random()
    }
}

/// The agreement: one map, changed by whoever proposes.
struct Table {
    now: Mutex<Arc<View>>,
    changed: watch::Sender<u64>,
}

impl Table {
    fn propose(&self, command: &Command) -> Result<Answer, Unsure> {
        let (answer, index) = {
            let mut now = self.now.lock();
            let (mut map, index) = (Map::clone(&now.map), now.applied + 1);
            let answer = apply(&mut map, command, index).map_err(|error| Unsure(error.to_string()));
            *now = Arc::new(View { map: Arc::new(map), applied: index });
            (answer, index)
        };
        // Whoever waits looks at the map while it is told.
        self.changed.send_modify(|known| *known = index.max(*known));
        answer
    }
}

/// One node's seat at the table. While it is cut off it sees what it saw, and nobody hears it.
struct Seat {
    table: Arc<Table>,
    cut: Arc<watch::Sender<bool>>,
    seen: Mutex<Arc<View>>,
    changed: watch::Sender<u64>,
}

impl Seat {
    fn new(table: Arc<Table>, cut: Arc<watch::Sender<bool>>) -> Arc<Self> {
        let seen = Mutex::new(table.now.lock().clone());
        Arc::new(Self { table, cut, seen, changed: watch::channel(0).0 })
    }

    /// Sees what there is to see, again and again.
    async fn look(self: Arc<Self>) {
        let (mut table, mut cut) = (self.table.changed.subscribe(), self.cut.subscribe());
        loop {
            if cut.wait_for(|cut| !cut).await.is_err() {
                return;
            }
            let now = self.table.now.lock().clone();
            *self.seen.lock() = now.clone();
            self.changed.send_replace(now.applied);
            if table.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Council for Seat {
    fn view(&self) -> Arc<View> {
        self.seen.lock().clone()
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn propose(&self, command: Command) -> Wait<Result<Answer, Unsure>> {
        let (table, mut cut, mut seen) = (self.table.clone(), self.cut.subscribe(), self.changed.subscribe());
        Box::pin(async move {
            let _ = cut.wait_for(|cut| !cut).await;
            let answer = table.propose(&command)?;
            let index = table.now.lock().applied;
            let _ = seen.wait_for(|seen| *seen >= index).await;
            Ok(answer)
        })
    }
}

/// A node that others can reach.
#[derive(Clone)]
struct Reached {
    runtime: Arc<Mortal>,
    serve: Serve,
    for_edges: Serve,
    teller: Teller,
    cut: Arc<watch::Sender<bool>>,
    held: Arc<watch::Sender<bool>>,
}

impl Reached {
    /// Ends when it takes what comes.
    async fn takes(&self) {
        let _ = self.held.subscribe().wait_for(|held| !held).await;
    }
}

/// The way to the nodes, as one of them or an edge goes it.
pub struct Ways {
    name: String,
    is_edge: bool,
    nodes: Arc<Mutex<BTreeMap<String, Reached>>>,
    own: Arc<watch::Sender<bool>>,
}

impl Ways {
    fn serve(&self, reached: &Reached) -> Serve {
        if self.is_edge { reached.for_edges.clone() } else { reached.serve.clone() }
    }

    fn to(&self, node: &str) -> Result<Reached, Lost> {
        let reached = self.nodes.lock().get(node).cloned().ok_or(Lost)?;
        let cut = *self.own.borrow() || *reached.cut.borrow() || reached.runtime.dead.load(SeqCst);
        if cut { Err(Lost) } else { Ok(reached) }
    }
}

impl Peers for Ways {
    fn call(&self, node: &str, method: Method, body: Bytes, within: Duration) -> Wait<Result<Bytes, Lost>> {
        let (reached, from) = (self.to(node), self.name.clone());
        let reached = reached.map(|reached| (self.serve(&reached), reached));
        Box::pin(async move {
            let (serve, reached) = reached?;
            let mut cut = reached.cut.subscribe();
            tokio::select! {
                answer = tokio::time::timeout(within, async {
                    reached.takes().await;
                    serve.call(&from, method, body).await
                }) => answer.map_err(|_| Lost)?,
                _ = cut.wait_for(|cut| *cut) => Err(Lost),
            }
        })
    }

    fn open(&self, node: &str, open: Bytes) -> Result<BoxStream<'static, Bytes>, Lost> {
        let reached = self.to(node)?;
        let (down, downs) = mpsc::channel(64);
        let (serve, mut cut) = (self.serve(&reached), reached.cut.subscribe());
        let (from, held) = (self.name.clone(), reached.clone());
        reached.runtime.spawn(Box::pin(async move {
            tokio::select! {
                () = async {
                    held.takes().await;
                    serve.lane(&from, open, down).await;
                } => {}
                _ = cut.wait_for(|cut| *cut) => {}
            }
        }));
        Ok(stream::unfold(downs, |mut downs| async move { Some((downs.recv().await?, downs)) }).boxed())
    }
}

/// A node of the fleet.
pub struct Ship {
    /// Its name.
    pub name: String,
    /// The door of its edges.
    pub door: Arc<dyn StaffDoor>,
    many: Option<Many>,
    runtime: Arc<Mortal>,
    cut: Arc<watch::Sender<bool>>,
    held: Arc<watch::Sender<bool>>,
    strait: Arc<Strait>,
    adrift: Adrift,
}

/// An edge in front of the fleet.
pub struct Edge {
    /// The door of its customers.
    pub door: Arc<dyn Door>,
    /// What it knows.
    pub heard: Arc<Heard>,
    /// Its way to the nodes, as a thief would go it.
    pub ways: Arc<Ways>,
    cut: Arc<watch::Sender<bool>>,
    _runtime: Arc<Mortal>,
}

/// Nodes on one store.
pub struct Fleet {
    store: Arc<Embedded>,
    table: Arc<Table>,
    nodes: Arc<Mutex<BTreeMap<String, Reached>>>,
    secret: [u8; 32],
}

impl Fleet {
    /// A founded cluster without nodes.
    pub async fn found(store: Arc<Embedded>) -> Self {
        let born = birth::generation(&*store, SHARDS, [7; 32]).await.expect("a generation");
        let view = Arc::new(View { map: Arc::default(), applied: 0 });
        let table = Arc::new(Table { now: Mutex::new(view), changed: watch::channel(0).0 });
        let found = Command::Found { generation: born.generation, shards: SHARDS };
        table.propose(&found).expect("founded");
        Self { store, table, nodes: Arc::default(), secret: born.secret }
    }

    /// A node joins.
    pub async fn join(&self, name: &str) -> Ship {
        let (runtime, cut) = (Mortal::new(), Arc::new(watch::channel(false).0));
        let held = Arc::new(watch::channel(false).0);
        let seat = Seat::new(self.table.clone(), cut.clone());
        runtime.spawn(Box::pin(seat.clone().look()));
        let me = Join {
            node: NodeName::from(name),
            addresses: Addresses::default(),
            zone: String::new(),
            level: 1,
            nonce: Nonce(0),
        };
        let peers = Arc::new(Ways {
            name: name.to_owned(),
            is_edge: false,
            nodes: self.nodes.clone(),
            own: cut.clone(),
        });
        let looks = Pace { in_flight: 2, apart: Duration::ZERO };
        let member = Membership { shards: SHARDS, secret: self.secret, customers: [9; 32], me, looks };
        let chronicle = Chronicle::new(runtime.clone());
        let ports = Ports { council: seat, peers, chronicle };
        let strait = Strait::new(self.store.clone());
        let many = start_many((runtime.clone(), strait.clone()), ports, member).await;
        let many = many.expect("the node starts");
        let reached = Reached {
            runtime: runtime.clone(),
            serve: many.serve.clone(),
            for_edges: many.serve.for_edges(),
            teller: many.teller.clone(),
            cut: cut.clone(),
            held: held.clone(),
        };
        self.nodes.lock().insert(name.to_owned(), reached);
        let (name, door, adrift) = (name.to_owned(), many.door.clone(), many.adrift.clone());
        Ship { name, door, many: Some(many), runtime, cut, held, strait, adrift }
    }

    /// An edge begins to listen to all nodes there are, and serves as soon as it has heard enough.
    pub async fn edge(&self, name: &str) -> Edge {
        let runtime = Mortal::new();
        let heard = Heard::nothing(runtime.clone());
        let own = Arc::new(watch::channel(false).0);
        let ways = Arc::new(Ways {
            name: name.to_owned(),
            is_edge: true,
            nodes: self.nodes.clone(),
            own: own.clone(),
        });
        for (node, reached) in &*self.nodes.lock() {
            let listening = listen(heard.clone(), (node.clone(), reached.clone()), own.clone());
            runtime.spawn(Box::pin(listening));
        }
        let shards = heard.enough().await;
        let door = start_edge(runtime.clone(), shards, (&heard, ways.clone()));
        Edge { door, heard, ways, cut: own, _runtime: runtime }
    }

    /// The map says that a node's life is over.
    pub fn depose(&self, name: &str) {
        let life = self.life(name).expect("it has joined");
        let depose = Command::Depose { incarnation: life, reason: Reason::Silent };
        self.table.propose(&depose).expect("deposed");
    }

    fn life(&self, name: &str) -> Option<Incarnation> {
        let map = self.table.now.lock().map.clone();
        map.nodes().get(&NodeName::from(name)).map(|node| node.incarnation)
    }

    /// Whether a node owns a session's shard now.
    pub fn has(&self, name: &str, session: SessionId) -> bool {
        self.owner(crate::shard::place::session(session, SHARDS)).as_deref() == Some(name)
    }

    /// How many lives there were.
    pub fn lives(&self) -> usize {
        self.table.now.lock().map.lives().len()
    }

    /// How many shards each node that is up owns.
    pub fn shares(&self) -> BTreeMap<String, usize> {
        let map = self.table.now.lock().map.clone();
        let up = map.nodes().iter().filter(|(_, node)| map.state(node.incarnation).is_some_and(State::owns));
        up.map(|(name, node)| (name.0.clone(), map.owned_by(node.incarnation).count())).collect()
    }

    /// Waits until the shares are as they should be.
    pub async fn until(&self, so: impl Fn(&BTreeMap<String, usize>) -> bool) {
        let mut changed = self.table.changed.subscribe();
        let within = tokio::time::timeout(Duration::from_secs(30), changed.wait_for(|_| so(&self.shares())));
        within
            .await
            .unwrap_or_else(|_| panic!("the shares stay {:?}", self.shares()))
            .expect("the table stands");
    }

    /// The node that owns a shard now.
    pub fn owner(&self, shard: u16) -> Option<String> {
        let map = self.table.now.lock().map.clone();
        let owner = map.holding(holdfast_cluster::ownership::Shard(shard))?.owner?;
        map.lives().get(&owner).map(|life| life.node.0.clone())
    }
}

/// Listens to a node again and again, for as long as there is a way to it.
async fn listen(heard: Arc<Heard>, (node, reached): (String, Reached), own: Arc<watch::Sender<bool>>) {
    loop {
        let (mut off, mut own) = (reached.cut.subscribe(), own.subscribe());
        let _ = off.wait_for(|off| !off).await;
        let _ = own.wait_for(|off| !off).await;
        let (down, downs) = mpsc::channel(64);
        let teller = reached.teller.clone();
        reached.runtime.spawn(Box::pin(async move { teller.tell(down).await }));
        let told = stream::unfold(downs, |mut downs| async move { Some((downs.recv().await?, downs)) });
        tokio::select! {
            () = heard.listen(&node, told.boxed()) => {}
            _ = off.wait_for(|off| *off) => {}
            _ = own.wait_for(|off| *off) => {}
        }
        tokio::task::yield_now().await;
    }
}

impl Edge {
    /// Cut off from all nodes.
    pub fn cut(&self, off: bool) {
        self.cut.send_replace(off);
    }
}

impl Ship {
    /// Everything of it ends, in the middle of whatever it does.
    pub fn kill(&self) {
        self.runtime.kill();
    }

    /// Cut off from the map and from the other nodes, not from the store.
    pub fn cut(&self, off: bool) {
        self.cut.send_replace(off);
    }

    /// It takes nothing that comes any more, and says nothing to it: a process that stands still.
    pub fn stands_still(&self) {
        self.held.send_replace(true);
    }

    /// Its way to the store.
    pub fn strait(&self) -> Arc<Strait> {
        self.strait.clone()
    }

    /// Whether it sends its clients away.
    pub fn adrift(&self) -> Adrift {
        self.adrift.clone()
    }

    /// So many milliseconds pass.
    pub async fn pass(&self, milliseconds: u64) {
        self.runtime.sleep(Duration::from_millis(milliseconds)).await;
    }

    /// How many tasks it has begun.
    pub fn spawned(&self) -> usize {
        self.runtime.spawned.load(SeqCst)
    }

    /// Gives everything away and ends.
    pub async fn drain(&mut self) {
        if let Some(many) = self.many.take() {
            many.stop(Duration::from_secs(30)).await;
        }
    }

    /// Whether it has found that it must not go on.
    pub fn gave_up(&self) -> bool {
        self.runtime.gave_up.load(SeqCst)
    }
}
