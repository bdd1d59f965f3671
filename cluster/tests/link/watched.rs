//! A whole node as the detector sees it: port, links and beats, in this process or in one of its own that can be killed
//! and stopped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use holdfast_cluster::detector::{Detector, Reason};
use holdfast_cluster::link::{
    Dialer, DialerTls, Handler, Identity, LinkCounters, Links, Peer, PeerId, Port, Services,
};
use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::net::TcpListener;

use super::support::{Work, until};

/// A node that beats and judges.
pub struct Watched {
    pub identity: Arc<Identity>,
    pub port: Arc<Port>,
    pub links: Arc<Links>,
    pub detector: Arc<Detector>,
    pub addr: SocketAddr,
}

impl Watched {
    pub async fn start(name: &str, incarnation: u64) -> Self {
        Self::start_with(name, incarnation, None).await
    }

    /// Over TLS, if there are both configurations.
    pub async fn start_with(
        name: &str,
        incarnation: u64,
        tls: Option<(Arc<ServerConfig>, Arc<DialerTls>)>,
    ) -> Self {
        let (inward, outward) = tls.unzip();
        let identity = Identity::new("blue", name, b"secret").unwrap();
        identity.set_incarnation(incarnation);
        let counters = Arc::<LinkCounters>::default();
        let dialer = Dialer::new(Arc::clone(&identity), outward, Arc::clone(&counters));
        let detector = Arc::new(Detector::start(dialer.clone()).unwrap());
        let told = Arc::clone(&detector);
        let links = Links::new(dialer, Arc::new(move |peer: &PeerId, state| told.link(peer, state)));
        let nudged = Arc::clone(&links);
        let services = Services {
            edges: None,
            calls: Some(Arc::<Work>::default() as Arc<dyn Handler>),
            pipes: None,
            met: Some(Arc::new(move |peer: &PeerId| nudged.nudge(&peer.name))),
            beats: Some(detector.beats()),
        };
        let port = Port::new(Arc::clone(&identity), services, inward, counters);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        port.serve(listener);
        Self { identity, port, links, detector, addr }
    }

    pub fn peer(&self) -> Peer {
        let id = self.identity.id();
        Peer::new(&id.name, id.incarnation, &self.addr.to_string())
    }

    pub fn know(&self, peers: &[Peer]) {
        self.detector.set_peers(peers);
        self.links.set_peers(peers);
    }

    /// Why this node would depose that life, if it would.
    pub fn suspects(&self, incarnation: u64) -> Option<Reason> {
        self.detector.verdicts().borrow().get(&incarnation).map(|(_, reason)| *reason)
    }

    pub fn suspects_nobody(&self) -> bool {
        self.detector.verdicts().borrow().is_empty()
    }

    /// Waits until so many more beats are heard.
    pub async fn hear(&self, more: u64) {
        let before = self.detector.figures().beats_heard;
        until("beats are heard", || self.detector.figures().beats_heard >= before + more).await;
    }

    /// Goes away at once, as a killed process does.
    pub async fn die(&self) {
        self.port.stop().await;
        self.links.stop().await;
        self.detector.stop();
    }
}

/// A node in a process of its own. It dies with this value.
pub struct Process {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    pub peer: Peer,
}

impl Process {
    /// Starts `name`, which knows `peer`.
    pub fn start(name: &str, incarnation: u64, peer: &Peer) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["watched::process", "--exact", "--ignored", "--nocapture"])
            .env(
                "LINK_TEST_NODE",
                format!("{name} {incarnation} {} {} {}", peer.name, peer.incarnation, peer.addr),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = |line: String| Some(line.split_once("listening on ")?.1.to_owned());
        let addr = lines.find_map(address).expect("it says where it listens");
        let said = Arc::<Mutex<Vec<String>>>::default();
        let into = Arc::clone(&said);
        let reader = std::thread::Builder::new();
        reader.spawn(move || lines.for_each(|line| into.lock().push(line))).unwrap();
        Self { child, said, peer: Peer::new(name, incarnation, &addr) }
    }

    /// Whom it suspected, in its own words.
    pub fn suspicions(&self) -> Vec<String> {
        self.said.lock().clone()
    }

    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other process of [`Process`]; ends when its parent does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by other tests"]
async fn process() {
    let Ok(setting) = std::env::var("LINK_TEST_NODE") else { return };
    let words: Vec<&str> = setting.split(' ').collect();
    let node = Watched::start(words[0], words[1].parse().unwrap()).await;
    node.know(&[Peer::new(words[2], words[3].parse().unwrap(), words[4])]);
    println!("listening on {}", node.addr);
    let mut verdicts = node.detector.verdicts();
    let mut telling = tokio::task::JoinSet::new();
    telling.spawn(async move {
        while verdicts.changed().await.is_ok() {
            println!("suspects {:?}", verdicts.borrow_and_update().values().collect::<Vec<_>>());
        }
    });
    let parent = std::thread::Builder::new();
    let parent = parent.spawn(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).unwrap();
    until_ended(parent).await;
}

async fn until_ended(thread: std::thread::JoinHandle<std::io::Result<u64>>) {
    while !thread.is_finished() {
        let _ =
            tokio::time::timeout(std::time::Duration::from_millis(50), std::future::pending::<()>()).await;
    }
}
