//! A group of real members in this process, each with a disk of its own, over channels or over TCP on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::contract::{Agreement, Ground, WAIT, a_moment};
use holdfast_cluster::transport::local::Network;
use holdfast_cluster::transport::tcp::Tcp;
use holdfast_cluster::transport::{BoxFuture, Peer, Transport};
use holdfast_cluster::{Cluster, Config, OpenError};
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How members reach each other.
#[derive(Clone)]
pub enum Wire {
    /// Channels that can be cut.
    Local(Network),
    /// TCP on loopback.
    Tcp,
}

/// The members.
pub struct Members {
    wire: Wire,
    slots: Vec<Slot>,
    configure: fn(Config) -> Config,
}

struct Slot {
    dir: TempDir,
    address: Mutex<String>,
    running: Mutex<Option<Running>>,
}

struct Running {
    cluster: Cluster,
    listening: Option<JoinHandle<()>>,
}

impl Members {
    /// As many members as `size`, none of which runs.
    pub fn new(wire: Wire, size: usize) -> Self {
        let slot = |at| Slot {
            dir: tempfile::tempdir().unwrap(),
            address: Mutex::new(format!("m{at}")),
            running: Mutex::default(),
        };
        let unbound = |slot: Slot| {
            *slot.address.lock() = "127.0.0.1:0".to_owned();
            slot
        };
        let slots = (0..size).map(slot);
        let slots = if matches!(wire, Wire::Tcp) { slots.map(unbound).collect() } else { slots.collect() };
        Self { wire, slots, configure: |config| config }
    }

    /// The same with other settings.
    pub fn configured(self, configure: fn(Config) -> Config) -> Self {
        Self { configure, ..self }
    }

    /// A founded group in which all of them are members, and as many vote as should.
    pub async fn founded(self, shards: u16) -> Self {
        let this = self.founded_by_one(shards).await;
        for at in 1..this.slots.len() {
            this.open(at).await;
            this.cluster(at).join(&[this.peer(0)], WAIT).await.unwrap();
        }
        this
    }

    /// A group that the first member has founded; the others do not run.
    pub async fn founded_by_one(self, shards: u16) -> Self {
        self.open(0).await;
        self.cluster(0).bootstrap(7, shards, WAIT).await.unwrap();
        self
    }

    /// The same with addresses of its own, for a network that others use too.
    pub fn named_from(self, first: usize) -> Self {
        for (at, slot) in self.slots.iter().enumerate() {
            *slot.address.lock() = format!("m{}", first + at);
        }
        self
    }

    /// Gives everybody a vote.
    pub async fn all_vote(self) -> Self {
        for at in 1..self.slots.len() {
            let name = self.cluster(at).name().clone();
            self.cluster(0).promote(&name, WAIT).await.unwrap();
        }
        let all = self.slots.len();
        self.until("all vote", || (0..all).all(|at| self.cluster(at).status().voters.len() == all)).await;
        self
    }

    /// A running member.
    pub fn cluster(&self, at: usize) -> Cluster {
        self.slots[at].running.lock().as_ref().expect("it runs").cluster.clone()
    }

    /// Where a member answers.
    pub fn peer(&self, at: usize) -> Peer {
        Peer { name: None, address: self.slots[at].address.lock().clone() }
    }

    /// The directory of a member.
    pub fn dir(&self, at: usize) -> PathBuf {
        self.slots[at].dir.path().to_owned()
    }

    /// Empties the disk of a member that does not run.
    pub fn wipe(&self, at: usize) {
        for entry in std::fs::read_dir(self.dir(at)).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }

    /// Waits for a condition that nobody tells of.
    pub async fn until(&self, what: &str, condition: impl Fn() -> bool) {
        let waiting = async {
            while !condition() {
                a_moment().await;
            }
        };
        let arrived = tokio::time::timeout(WAIT, waiting).await;
        let states: Vec<_> = (0..self.slots.len()).filter_map(|at| self.status(at)).collect();
        assert!(arrived.is_ok(), "not so in time: {what}: {states:#?}");
    }

    fn status(&self, at: usize) -> Option<holdfast_cluster::Status> {
        self.slots[at].running.lock().as_ref().map(|running| running.cluster.status())
    }

    /// Opens a member and lets it be reached.
    pub async fn open(&self, at: usize) {
        let listener = self.bind(at).await;
        let address = self.slots[at].address.lock().clone();
        let config = (self.configure)(Config::new(&format!("n{at}"), &address));
        let transport: Arc<dyn Transport> = match &self.wire {
            Wire::Local(network) => network.transport(&address),
            Wire::Tcp => Tcp::transport(),
        };
        let cluster = opened(&self.dir(at), &config, &transport).await;
        let listening = listener.map(|listener| tokio::spawn(listen(listener, cluster.clone())));
        if let Wire::Local(network) = &self.wire {
            let serving = cluster.clone();
            network.listen(&address, Arc::new(move |pipe, _| drop(tokio::spawn(serving.serve(pipe)))));
        }
        *self.slots[at].running.lock() = Some(Running { cluster, listening });
    }

    /// A port that stays the member's.
    async fn bind(&self, at: usize) -> Option<TcpListener> {
        if !matches!(self.wire, Wire::Tcp) {
            return None;
        }
        let wanted: SocketAddr = self.slots[at].address.lock().parse().unwrap();
        let listener = TcpListener::bind(wanted).await.unwrap();
        *self.slots[at].address.lock() = listener.local_addr().unwrap().to_string();
        Some(listener)
    }

    /// Ends a member.
    pub async fn close(&self, at: usize) {
        let address = self.slots[at].address.lock().clone();
        let Some(running) = self.slots[at].running.lock().take() else { return };
        if let Wire::Local(network) = &self.wire {
            network.kill(&address);
        }
        if let Some(listening) = running.listening {
            listening.abort();
            let _ = listening.await;
        }
        running.cluster.stop().await;
    }

    /// A member no longer hears the others; they hear it on pipes that are there.
    pub fn deafen(&self, at: usize) {
        let Wire::Local(network) = &self.wire else { panic!("this ground cannot cut") };
        let address = |at: usize| self.slots[at].address.lock().clone();
        for other in (0..self.slots.len()).filter(|other| *other != at) {
            network.deafen(&address(at), &address(other));
        }
    }

    /// Ends all.
    pub async fn end(&self) {
        for at in 0..self.slots.len() {
            self.close(at).await;
        }
    }
}

async fn listen(listener: TcpListener, cluster: Cluster) {
    loop {
        let pipe = Tcp::accept(&listener).await.unwrap();
        tokio::spawn(cluster.serve(pipe));
    }
}

/// Opens a directory, once its former process is gone.
async fn opened(dir: &std::path::Path, config: &Config, transport: &Arc<dyn Transport>) -> Cluster {
    let began = tokio::time::Instant::now();
    loop {
        match Cluster::open(dir, config.clone(), transport.clone()).await {
            Ok(cluster) => return cluster,
            Err(OpenError::InUse(_)) if began.elapsed() < WAIT => a_moment().await,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Ground for Members {
    fn size(&self) -> usize {
        self.slots.len()
    }

    fn member(&self, at: usize) -> Option<Arc<dyn Agreement>> {
        let running = self.slots[at].running.lock();
        running.as_ref().map(|running| Arc::new(running.cluster.clone()) as Arc<dyn Agreement>)
    }

    /// The leader of the highest term: an old one may not know yet that it is old.
    fn leader(&self) -> Option<usize> {
        let known = (0..self.slots.len()).filter_map(|at| Some((self.status(at)?, at)));
        known.filter(|(status, _)| status.leads).max_by_key(|(status, _)| status.term).map(|(_, at)| at)
    }

    fn kill(&self, at: usize) -> BoxFuture<'_, ()> {
        Box::pin(self.close(at))
    }

    fn start(&self, at: usize) -> BoxFuture<'_, ()> {
        Box::pin(self.open(at))
    }

    fn can_cut(&self) -> bool {
        matches!(self.wire, Wire::Local(_))
    }

    fn cut_off(&self, at: usize) {
        let Wire::Local(network) = &self.wire else { panic!("this ground cannot cut") };
        let all: Vec<String> = self.slots.iter().map(|slot| slot.address.lock().clone()).collect();
        let others: Vec<&str> = all.iter().map(String::as_str).collect();
        network.isolate(&all[at], &others);
    }

    fn heal(&self) {
        if let Wire::Local(network) = &self.wire {
            network.heal();
        }
    }
}

/// Times that a test prints.
pub fn shown(times: &[Duration]) -> String {
    let mut millis: Vec<u128> = times.iter().map(Duration::as_millis).collect();
    millis.sort_unstable();
    format!("{millis:?} ms, median {}", millis[millis.len() / 2])
}
