//! The nodes of a simulated cluster: they are started, killed, drained and cut off. Each life of a process has its own group,
//! clock, seat at the log and way to the store. Never decides when.

pub mod faults;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use holdfast::runtime::Runtime;
use holdfast::shard::looks::Pace;
use holdfast::shard::tenure::Chronicle;
use holdfast::shard::{Many, Membership, Ports, birth, start_many};
use holdfast_cluster::ownership::{Addresses, Command, Join, NodeName, Nonce, Reason};
use parking_lot::Mutex;

use crate::breaks::Breaks;
use crate::log::{Log, Seat};
use crate::met::Met;
use crate::net::{Net, Node, Nodes, Ways};
use crate::store::Store;
use crate::store::port::Port;
use crate::world::process::Process;
use crate::world::{Chance, FOREVER, Group, World};

/// Shards of every simulated cluster.
pub const SHARDS: u16 = 8;

/// A cluster. Clones are the same one.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    world: World,
    chance: Chance,
    store: Store,
    log: Log,
    net: Net,
    nodes: Nodes,
    met: Met,
    secret: [u8; 32],
    groups: AtomicU64,
    running: Mutex<BTreeMap<String, Many>>,
}

impl Cluster {
    /// A founded cluster without nodes.
    pub async fn found(world: &World, (chance, breaks): (&Chance, Breaks), met: &Met) -> Self {
        let store = Store::new(world, (chance, breaks), met);
        let born = birth::generation(&*Port::new(&store), SHARDS, [7; 32]).await.expect("a generation");
        let log = Log::found(world, chance, (born.generation, SHARDS));
        let inner = Inner {
            world: world.clone(),
            chance: chance.fork(),
            store,
            log,
            net: Net::new(world, chance),
            nodes: Nodes::default(),
            met: met.clone(),
            secret: born.secret,
            groups: AtomicU64::new(1),
            running: Mutex::default(),
        };
        Self(Arc::new(inner))
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub fn log(&self) -> &Log {
        &self.0.log
    }

    pub fn net(&self) -> &Net {
        &self.0.net
    }

    pub fn nodes(&self) -> &Nodes {
        &self.0.nodes
    }

    /// A process begins; it is found by others once it serves.
    pub async fn start(&self, name: &str) {
        let inner = &self.0;
        let group = Group(inner.groups.fetch_add(1, Ordering::Relaxed));
        let process = Process::new(&inner.world, group, (inner.chance.below(3_000), inner.chance.fork()));
        let (seat, port) = (Seat::take(&inner.log), Port::new(&inner.store));
        inner.world.note(&format!("{name} starts"));
        loop {
            let (membership, ports) = (self.membership(name), self.ports(name, (&process, &seat)));
            let (runtime, rows): (Arc<dyn Runtime>, _) = (process.clone(), port.clone());
            let started = process.within(start_many((runtime, rows), ports, membership)).await;
            match started {
                Some(Ok(many)) => {
                    let (serve, door, name) = (many.serve.clone(), many.door.clone(), name.to_owned());
                    inner.running.lock().insert(name.clone(), many);
                    inner.nodes.put(Node { name, process, serve, door, seat, port });
                    return;
                }
                Some(Err(_)) => inner.world.sleep(Duration::from_millis(250)).await,
                None => return seat.leave(),
            }
        }
    }

    fn membership(&self, name: &str) -> Membership {
        let me = Join {
            node: NodeName::from(name),
            addresses: Addresses::default(),
            zone: String::new(),
            level: 1,
            nonce: Nonce(0),
        };
        Membership {
            shards: SHARDS,
            secret: self.0.secret,
            // No edge is here that would be given it.
            customers: [0; 32],
            me,
            looks: Pace { in_flight: 2, apart: Duration::ZERO },
        }
    }

    fn ports(&self, name: &str, (process, seat): (&Arc<Process>, &Arc<Seat>)) -> Ports {
        let peers = Ways::new(&self.0.net, &self.0.nodes, name);
        Ports { council: seat.clone(), peers, chronicle: Chronicle::new(process.clone()) }
    }

    /// A process ends in the middle of whatever it does.
    pub fn kill(&self, name: &str) {
        if let Some(node) = self.0.nodes.remove(name) {
            self.0.world.note(&format!("{name} is killed"));
            self.0.met.see("an owner was killed");
            self.bury(&node);
        }
    }

    fn bury(&self, node: &Node) {
        node.process.kill();
        node.seat.leave();
        let many = self.0.running.lock().remove(&node.name);
        drop(many);
    }

    /// Processes that gave up are gone; their names.
    pub fn fallen(&self) -> Vec<String> {
        let nodes = &self.0.nodes;
        let fallen: Vec<Node> = nodes.all().into_iter().filter(|node| node.process.is_dead()).collect();
        fallen.iter().for_each(|node| {
            nodes.remove(&node.name);
            self.bury(node);
        });
        fallen.into_iter().map(|node| node.name).collect()
    }

    /// The map says that the life of a node is over.
    pub fn depose(&self, name: &str, reason: Reason) {
        if let Some(incarnation) = self.0.log.life(name) {
            if self.0.nodes.get(name).is_some_and(|node| !node.process.is_dead()) {
                self.0.met.see("a living owner was deposed");
            }
            // It may have ended just now.
            let _ = self.0.log.apply(&Command::Depose { incarnation, reason });
        }
    }

    /// A node gives everything away and ends.
    pub async fn drain(&self, name: &str) {
        let Some(node) = self.0.nodes.get(name) else { return };
        let Some(many) = self.0.running.lock().remove(name) else { return };
        self.0.world.note(&format!("{name} drains"));
        self.0.met.see("a node was drained");
        node.process.within(many.stop(Duration::from_secs(20))).await;
        // It may have been killed, and another life of it begun.
        let same = self.0.nodes.get(name).is_some_and(|now| Arc::ptr_eq(&now.process, &node.process));
        if same {
            self.0.nodes.remove(name);
        }
        self.bury(&node);
    }

    /// Nothing goes wrong any more.
    pub fn calm(&self) {
        self.0.store.heal();
        self.0.log.weather((0, 0));
        self.0.net.heal();
        for node in self.0.nodes.all() {
            node.seat.cut(false);
            node.port.cut(false);
        }
    }

    /// Lets something go on beside everything else.
    pub fn spawn(&self, what: impl Future<Output = ()> + Send + 'static) {
        self.0.world.spawn(FOREVER, what);
    }
}
