//! Three members that agree over mutual TLS: pipes of the agreement, links and beats, each node with a certificate of its own
//! in files, as an operator has them. Their certificates are replaced, and whoever has none is told so.

use std::net::SocketAddr;
use std::path::Path;

use holdfast_cluster::link::{DialError, HelloError, Lane, LinkState, Peer, TlsFault};
use holdfast_cluster::ownership::{Command, Nonce};
use holdfast_cluster::transport;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::*;
use crate::node::config::PeerTls;
use crate::node::listeners::Renew as _;
use crate::runtime::Real;

const PATIENCE: Duration = Duration::from_secs(20);

/// An authority of the test.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let text = params.self_signed(&key).expect("a certificate").pem();
        Self(Issuer::new(params, key), text)
    }

    /// Writes what a node shows, and whom it believes.
    fn issue(&self, folder: &Path, believed: &[&Self]) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
        let certificate = params.signed_by(&key, &self.0).expect("it signs");
        let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("written");
        write("key.pem", key.serialize_pem());
        write("node.pem", certificate.pem());
        write("ca.pem", believed.iter().map(|authority| authority.1.clone()).collect());
    }
}

/// A member without a store and shards.
struct Half {
    wires: Wires,
    cluster: Cluster,
    mutual: Option<Arc<Mutual>>,
    address: SocketAddr,
    folder: TempDir,
}

fn settings(name: &str) -> Settings {
    let mut settings = Settings::default();
    settings.node.name = name.to_owned();
    settings
}

impl Half {
    async fn start(name: &str, authority: Option<&Authority>) -> Self {
        let folder = TempDir::new().expect("a directory");
        let mutual = authority.map(|authority| {
            authority.issue(folder.path(), &[authority]);
            let file = |name: &str| folder.path().join(name);
            let files = PeerTls {
                certificate: file("node.pem"),
                key: file("key.pem"),
                ca: file("ca.pem"),
                name: None,
            };
            Arc::new(Mutual::open(files).expect("good files"))
        });
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let wires = wires(&settings(name), &[7; 32], mutual.as_deref()).expect("wires");
        wires.port.serve(socket);
        let config = holdfast_cluster::Config::new(name, &address.to_string());
        let linked = Arc::new(Linked::new(wires.dialer.clone(), Real::start()));
        let cluster = Cluster::open(&folder.path().join("raft"), config, linked).await.expect("it opens");
        wires.pipes.serves(cluster.clone());
        Self { wires, cluster, mutual, address, folder }
    }

    async fn join(&self, other: &Self) -> Result<(), holdfast_cluster::JoinError> {
        let via = [transport::Peer { name: None, address: other.address.to_string() }];
        self.cluster.join(&via, Duration::from_secs(10)).await
    }

    fn knows(&self, others: &[&Self]) {
        let peers = others.iter().map(|other| {
            let id = other.wires.identity.id();
            Peer::new(&id.name, id.incarnation, &other.address.to_string())
        });
        self.wires.links.set_peers(&peers.collect::<Vec<_>>());
    }

    fn is_linked(&self) -> bool {
        let states = self.wires.links.states();
        !states.is_empty() && states.iter().all(|(_, state)| *state == LinkState::Connected)
    }

    /// A change of the map, agreed on by all.
    async fn agrees(&self, nonce: u128) {
        let me = me(&settings(&self.cluster.name().0), self.address.to_string());
        let command = Command::Join(Join { nonce: Nonce(nonce), ..me });
        self.cluster.propose(command, PATIENCE).await.expect("a majority answers");
    }

    async fn stop(self) {
        self.wires.detector.stop();
        self.wires.links.stop().await;
        self.wires.port.stop().await;
        self.cluster.stop().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a test waits for a condition")]
async fn until(what: &str, condition: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "never so: {what}");
}

async fn three(authority: &Authority) -> [Half; 3] {
    let [a, b, c] = ["a", "b", "c"].map(|name| Half::start(name, Some(authority)));
    let (a, b, c) = (a.await, b.await, c.await);
    a.cluster.bootstrap(1, 8, PATIENCE).await.expect("founded");
    for joins in [&b, &c] {
        joins.join(&a).await.expect("it joins");
    }
    a.knows(&[&b, &c]);
    b.knows(&[&a, &c]);
    c.knows(&[&a, &b]);
    [a, b, c]
}

#[tokio::test(flavor = "multi_thread")]
async fn members_agree_over_tls_and_their_certificates_are_replaced_meanwhile() {
    let (old, new) = (Authority::new(), Authority::new());
    let nodes = three(&old).await;
    for node in &nodes {
        until("all links are up", || node.is_linked()).await;
    }
    nodes[0].agrees(1).await;
    // As an operator does it: first all believe both authorities, then each shows what the new one signed, then the old goes.
    for (issuer, believed) in [(&old, vec![&old, &new]), (&new, vec![&old, &new]), (&new, vec![&new])] {
        for node in &nodes {
            issuer.issue(node.folder.path(), &believed);
            assert!(node.mutual.as_ref().expect("TLS").reload().expect("good files"));
        }
        for (number, node) in nodes.iter().enumerate() {
            node.agrees(number as u128 + 10).await;
        }
    }
    // Links that are made now are made by the new authority; nothing old is left that they could lean on.
    for node in &nodes {
        node.knows(&[]);
    }
    let [a, b, c] = &nodes;
    a.knows(&[b, c]);
    b.knows(&[a, c]);
    c.knows(&[a, b]);
    for node in &nodes {
        until("all links are up again", || node.is_linked()).await;
        assert_eq!(node.wires.dialer.counters().figures().refused_tls, 0);
    }
    nodes[1].agrees(99).await;
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_tls_or_of_another_authority_does_not_join_and_is_told_why() {
    let authority = Authority::new();
    let founder = Half::start("a", Some(&authority)).await;
    founder.cluster.bootstrap(1, 8, PATIENCE).await.expect("founded");
    let (plain, foreign) = (Half::start("b", None).await, Half::start("c", Some(&Authority::new())).await);
    let why = plain.join(&founder).await.expect_err("it speaks no TLS").to_string();
    assert!(why.contains("the other node speaks TLS and this one does not"), "{why}");
    let why = foreign.join(&founder).await.expect_err("nobody believes it").to_string();
    assert!(why.contains("no authority in this node's tls_ca"), "{why}");
    until("the founder counts both", || founder.wires.dialer.counters().figures().refused_tls >= 2).await;
    // The reverse: a node with TLS that dials one without.
    let addr = plain.address.to_string();
    let dialed = founder.wires.dialer.dial(&addr, holdfast_cluster::link::Addressee::Any, Lane::Calls).await;
    assert!(matches!(dialed, Err(DialError::Hello(HelloError::Tls(TlsFault::Plain)))), "{dialed:?}");
    assert_eq!(founder.cluster.status().voters.len(), 1);
    for node in [founder, plain, foreign] {
        node.stop().await;
    }
}
