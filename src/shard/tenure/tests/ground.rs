//! A map in one process, and nodes on it. Links lead nowhere: who owns a shard answers for it, the others wait.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use holdfast_cluster::ownership::{
    Addresses, Answer, Command, Incarnation, Join, Map, Nonce, Shard, State, apply,
};
use parking_lot::Mutex;

use crate::runtime::{Real, Runtime, watch};
use crate::shard::door::many::{Lost, Method, Peers};
use crate::shard::door::{StaffDoor, Wait};
use crate::shard::looks::Pace;
use crate::shard::tenure::{Chronicle, Council, Unsure, View};
use crate::shard::tests::life::{SHARDS, center};
use crate::shard::wire::{Answer as Read, Call};
use crate::shard::{Many, Membership, Ports, start_many};
use crate::store::rows::embedded::tests::disk::Disk;
use crate::store::rows::embedded::{Embedded, Options, open_at};

/// The agreement, without anybody to agree with.
pub struct Agreed {
    view: Mutex<Arc<View>>,
    changed: watch::Sender<u64>,
    /// Joins have no outcome while this is set.
    pub closed: Mutex<bool>,
}

impl Agreed {
    pub fn new() -> Arc<Self> {
        let view = Mutex::new(Arc::new(View { map: Arc::new(Map::default()), applied: 0 }));
        let agreed = Arc::new(Self { view, changed: watch::channel(0).0, closed: Mutex::new(false) });
        agreed.does(&Command::Found { generation: 1, shards: SHARDS });
        agreed
    }

    /// Applies a command; what the map refuses changes nothing.
    pub fn does(&self, command: &Command) -> Answer {
        let mut view = self.view.lock();
        let (mut map, applied) = ((*view.map).clone(), view.applied + 1);
        let answer = apply(&mut map, command, applied).unwrap_or(Answer::Unchanged);
        *view = Arc::new(View { map: Arc::new(map), applied });
        drop(view);
        self.changed.send_replace(applied);
        answer
    }

    pub fn map(&self) -> Arc<Map> {
        self.view.lock().map.clone()
    }

    /// The newest life of a node and its state.
    pub fn life(&self, name: &str) -> Option<(Incarnation, State)> {
        let map = self.map();
        let life = map.nodes().get(&name.into())?.incarnation;
        Some((life, map.state(life)?))
    }

    /// The shards of a node's newest life.
    pub fn shards(&self, name: &str) -> Vec<Shard> {
        let map = self.map();
        let life = self.life(name).map(|(life, _)| life);
        life.map(|life| map.owned_by(life).map(|(shard, _)| shard).collect()).unwrap_or_default()
    }

    /// Waits until the map is as it should be.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        let waiting = async {
            while !is_so(self) {
                changed.changed().await.expect("the map lives");
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), waiting).await;
        assert!(waited.is_ok(), "never came: {what}; {:?}", self.map());
    }
}

impl Council for Agreed {
    fn view(&self) -> Arc<View> {
        self.view.lock().clone()
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn propose(&self, command: Command) -> Wait<Result<Answer, Unsure>> {
        let answer = match command {
            Command::Join(_) if *self.closed.lock() => Err(Unsure("closed".into())),
            command => Ok(self.does(&command)),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Nobody is reached.
struct Nobody;

impl Peers for Nobody {
    fn call(&self, _: &str, _: Method, _: Bytes, _: Duration) -> Wait<Result<Bytes, Lost>> {
        Box::pin(std::future::ready(Err(Lost)))
    }

    fn open(&self, _: &str, _: Bytes) -> Result<BoxStream<'static, Bytes>, Lost> {
        Err(Lost)
    }
}

/// Says that journals have been read when it is let to, and counts who waits for that.
pub struct Slow {
    /// Questions that have no answer yet, and the most there were at once.
    pub waiting: Mutex<(usize, usize)>,
    gate: watch::Sender<bool>,
}

impl Slow {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), gate: watch::channel(false).0 })
    }

    /// All is read, from now on at once.
    pub fn open(&self) {
        self.gate.send_replace(true);
    }
}

/// The same, as a node reaches others.
struct Slowly(Arc<Slow>);

impl Peers for Slowly {
    fn call(&self, _: &str, _: Method, body: Bytes, _: Duration) -> Wait<Result<Bytes, Lost>> {
        let Ok(Call::Recovered { .. }) = Call::decode(&body) else {
            return Box::pin(std::future::ready(Err(Lost)));
        };
        let slow = Arc::clone(&self.0);
        let mut waiting = slow.waiting.lock();
        waiting.0 += 1;
        waiting.1 = waiting.1.max(waiting.0);
        drop(waiting);
        Box::pin(async move {
            slow.gate.subscribe().wait_for(|open| *open).await.map_err(|_| Lost)?;
            slow.waiting.lock().0 -= 1;
            Ok(Read::Yes.encode())
        })
    }

    fn open(&self, _: &str, _: Bytes) -> Result<BoxStream<'static, Bytes>, Lost> {
        Err(Lost)
    }
}

/// A store that all nodes of a test share.
pub fn store() -> Arc<Embedded> {
    let options =
        Options { reserve_bytes: 0, cache_bytes: 1 << 20, die: Arc::new(|_| ()), ..Options::new("unused") };
    open_at(Box::new(Disk::new()), options).expect("it opens")
}

/// One node, and what it wrote down.
pub struct Node {
    pub many: Many,
    pub chronicle: Arc<Chronicle>,
    pub door: Arc<dyn StaffDoor>,
}

/// Starts a node; it joins in the background.
pub async fn node(name: &str, council: &Arc<Agreed>, store: &Arc<Embedded>) -> Node {
    node_by(name, council, store, Arc::new(Nobody)).await
}

/// Starts one whose next owners take their time.
pub async fn slow_node(name: &str, council: &Arc<Agreed>, store: &Arc<Embedded>, slow: &Arc<Slow>) -> Node {
    node_by(name, council, store, Arc::new(Slowly(slow.clone()))).await
}

async fn node_by(name: &str, council: &Arc<Agreed>, store: &Arc<Embedded>, peers: Arc<dyn Peers>) -> Node {
    let runtime: Arc<dyn Runtime> = Real::start();
    let chronicle = Chronicle::new(runtime.clone());
    let council: Arc<dyn Council> = council.clone();
    let ports = Ports { council, peers, chronicle: chronicle.clone() };
    let addresses = Addresses::default();
    let me = Join { node: name.into(), addresses, zone: String::new(), level: 1, nonce: Nonce(0) };
    let member =
        Membership { shards: SHARDS, secret: [7; 32], customers: [9; 32], me, looks: Pace::default() };
    let many = start_many((runtime, store.clone()), ports, member).await.expect("it starts");
    let door = many.door.clone();
    if door.center().version == 0 {
        door.apply_center(0, center()).await.expect("it is applied");
    }
    Node { many, chronicle, door }
}
