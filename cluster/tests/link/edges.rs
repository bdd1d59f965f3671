//! Edges at the peer port: let in by a secret of their own, served by their own hands, and nothing else.

use std::sync::Arc;

use bytes::Bytes;
use holdfast_cluster::link::{
    Addressee, DialError, Dialer, Handler, HelloError, HelloRefusal, Identity, Lane, LinkCounters,
    LinkFigures, Links, Peer, Port, Services,
};
use tokio::net::TcpListener;

use super::support::{PATIENCE, WHO, Work, dialer, soon, to, until};

/// A node that serves nodes and edges with different hands.
struct Node {
    port: Arc<Port>,
    addr: String,
    nodes: Arc<Work>,
    edges: Arc<Work>,
    counters: Arc<LinkCounters>,
}

impl Node {
    async fn start(serves_edges: bool) -> Self {
        let identity = Identity::with_edges("blue", "b", (b"secret", b"of edges")).unwrap();
        let (nodes, edges) = (Arc::<Work>::default(), Arc::<Work>::default());
        let services = Services {
            calls: Some(nodes.clone() as Arc<dyn Handler>),
            edges: serves_edges.then(|| edges.clone() as Arc<dyn Handler>),
            ..Services::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, counters) = (listener.local_addr().unwrap().to_string(), Arc::<LinkCounters>::default());
        let port = Port::new(identity, services, None, counters.clone());
        port.serve(listener);
        Self { port, addr, nodes, edges, counters }
    }

    fn figures(&self) -> LinkFigures {
        self.counters.figures()
    }
}

fn edge(secret: &str) -> Dialer {
    Dialer::new(Identity::of_edge("blue", "dmz", secret.as_bytes()).unwrap(), None, Arc::default())
}

async fn failed(node: &Node, dialer: &Dialer, lane: Lane) -> HelloError {
    match dialer.dial(&node.addr, Addressee::Any, lane).await {
        Err(DialError::Hello(error)) => error,
        other => panic!("expected a failed hello, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_keeps_a_link_and_is_served_by_the_hands_for_edges() {
    let node = Node::start(true).await;
    let links = Links::new(edge("of edges"), Arc::new(|_, _| {}));
    links.set_peers(&[Peer::new("b", 0, &node.addr)]);
    assert!(soon(links.connected("b")).await);
    assert_eq!(links.call("b", WHO, Bytes::new(), PATIENCE).await, Ok("dmz#0".into()));
    let begun = |work: &Work| work.begun.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!((begun(&node.edges), begun(&node.nodes)), (1, 0));
    let again = edge("of edges").dial(&node.addr, to("b"), Lane::Edge).await.unwrap();
    until("both are welcomed", || node.figures().welcomed == 2).await;
    assert_eq!(node.port.edges(), 1, "one edge, however many connections it has");
    links.stop().await;
    drop(again);
    until("it is counted as gone", || node.port.edges() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_can_prove_no_lane_of_nodes_and_a_node_none_of_edges() {
    let node = Node::start(true).await;
    for lane in [Lane::Calls, Lane::Beats] {
        assert!(matches!(failed(&node, &edge("of edges"), lane).await, HelloError::Keyless));
    }
    // A thief who has the secret of edges alone, and tries it as a node's.
    let thief = Dialer::new(Identity::new("blue", "dmz", b"of edges").unwrap(), None, Arc::default());
    assert!(matches!(failed(&node, &thief, Lane::Calls).await, HelloError::Secret));
    assert!(matches!(failed(&node, &edge("guess"), Lane::Edge).await, HelloError::Secret));
    assert!(matches!(failed(&node, &dialer("a"), Lane::Edge).await, HelloError::Keyless));
    until("all are counted", || node.figures().refused_secret == 2).await;
    assert_eq!(node.figures().welcomed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_serves_no_edges_says_so() {
    let node = Node::start(false).await;
    let error = failed(&node, &edge("of edges"), Lane::Edge).await;
    assert!(matches!(error, HelloError::Refused(HelloRefusal::Lane)), "{error:?}");
    assert!(dialer("a").dial(&node.addr, to("b"), Lane::Calls).await.is_ok());
}
