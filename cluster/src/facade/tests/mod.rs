//! The facade over members of one process.

#![expect(clippy::disallowed_methods, reason = "a test runs its tasks on tokio itself")]

mod policy;

use std::sync::Arc;
use std::time::Duration;

use super::{Cluster, Config};
use crate::ownership::{Addresses, Answer, Command, Incarnation, Join, NodeName, Nonce};
use crate::transport::Peer;
use crate::transport::local::Network;

const WAIT: Duration = Duration::from_secs(10);

struct Node {
    cluster: Cluster,
    _dir: tempfile::TempDir,
}

async fn start(network: &Network, name: &str) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::open(dir.path(), Config::new(name, name), network.transport(name)).await.unwrap();
    let serving = cluster.clone();
    network.listen(name, Arc::new(move |pipe, _| drop(tokio::spawn(serving.serve(pipe)))));
    Node { cluster, _dir: dir }
}

fn at(name: &str) -> Peer {
    Peer { name: None, address: name.to_owned() }
}

async fn begin(node: &Node, nonce: u128) -> Incarnation {
    let join = Join {
        node: node.cluster.name().clone(),
        addresses: Addresses::default(),
        zone: String::new(),
        level: 1,
        nonce: Nonce(nonce),
    };
    match node.cluster.propose(Command::Join(join), WAIT).await.unwrap() {
        Answer::Joined(incarnation) => incarnation,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_agree_and_come_to_vote() {
    let network = Network::default();
    let a = start(&network, "a").await;
    a.cluster.bootstrap(7, 8, WAIT).await.unwrap();
    let first = begin(&a, 1).await;
    assert_eq!(a.cluster.map().map.owned_by(first).count(), 8);
    let b = start(&network, "b").await;
    b.cluster.join(&[at("a")], WAIT).await.unwrap();
    let c = start(&network, "c").await;
    c.cluster.join(&[at("b"), at("a")], WAIT).await.unwrap();
    let second = begin(&b, 2).await;
    assert!(b.cluster.map().map.nodes().contains_key(&NodeName::from("b")));
    begin(&c, 3).await;
    let mut changed = a.cluster.changed();
    while a.cluster.status().voters.len() < 3 {
        tokio::time::timeout(WAIT, changed.changed()).await.unwrap().unwrap();
    }
    assert!(second > first);
    for node in [&a, &b, &c] {
        println!("{:?}", node.cluster.status());
        node.cluster.stop().await;
    }
}
