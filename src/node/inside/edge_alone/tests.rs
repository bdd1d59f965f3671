//! Real nodes and edges in one process, over real links and the routes of customers; the store alone is in memory. Each of
//! them has threads of its own and is killed with them.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use holdfast_cluster::link::{Addressee, DialError, HelloError, Lane};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::super::super::cli::demo;
use super::super::{Running, begin_with, built, cluster};
use super::*;
use crate::node::ops::Steward;
use crate::runtime::Real;
use crate::shard::looks::Pace;
use crate::shard::place;
use crate::store::rows::embedded::tests::disk::Disk;
use crate::store::rows::embedded::{Options, open_at};
use crate::store::rows::{Pending, Rows};
use crate::words::SessionId;

const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "a secret of edges with enough letters";

/// Somebody with threads of its own.
struct Process<T> {
    threads: Option<tokio::runtime::Runtime>,
    what: T,
}

impl<T: Send + 'static> Process<T> {
    async fn start(starting: impl Future<Output = T> + Send + 'static) -> Self {
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let threads = threads.expect("threads");
        let started = tokio::time::timeout(PATIENCE, threads.spawn(starting)).await;
        let what = started.expect("it starts in time").expect("it starts");
        Self { threads: Some(threads), what }
    }
}

impl<T> Process<T> {
    /// Everything of it ends, in the middle of whatever it does.
    fn kill(&mut self) {
        self.threads.take().into_iter().for_each(tokio::runtime::Runtime::shutdown_background);
    }
}

impl<T> Drop for Process<T> {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Node {
    address: String,
    public: Router,
    steward: Arc<dyn Steward>,
    _folder: TempDir,
}

fn settings(name: &str, join: &[String]) -> Settings {
    let mut settings = Settings::default();
    settings.node.name = name.to_owned();
    settings.cluster.join.0 = join.to_vec();
    settings.edge_secret = Some(SECRET.to_owned().into());
    settings
}

fn store() -> Arc<dyn Rows> {
    let options =
        Options { reserve_bytes: 0, cache_bytes: 1 << 20, die: Arc::new(|_| ()), ..Options::new("unused") };
    open_at(Box::new(Disk::new()), options).expect("an empty disk opens")
}

async fn node(rows: Arc<dyn Rows>, name: &'static str, join: Vec<String>) -> Process<Node> {
    node_at(rows, name, join, "127.0.0.1:0".to_owned()).await
}

/// The port may still be that of a process which is being taken apart.
async fn port(address: &str) -> tokio::net::TcpListener {
    loop {
        match tokio::net::TcpListener::bind(address).await {
            Ok(socket) => return socket,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn node_at(rows: Arc<dyn Rows>, name: &'static str, join: Vec<String>, at: String) -> Process<Node> {
    Process::start(async move {
        let folder = TempDir::new().expect("a directory");
        let mut settings = settings(name, &join);
        settings.store.directory = folder.path().to_owned();
        let socket = port(&at).await;
        let address = socket.local_addr().expect("an address").to_string();
        let (runtime, life) = (Real::start(), Life::default());
        let peer = Peering { socket: Some(socket), tls: None };
        let looks = Pace { in_flight: 2, apart: Duration::ZERO };
        let (settings, at) = (&settings, &runtime);
        let ground = cluster::Ground { settings, runtime: at, rows, life: &life, peer, looks };
        let member = cluster::start(ground).await.expect("a member");
        begin_with(member.door.as_ref(), join.is_empty().then(|| demo::CENTER.to_owned()))
            .await
            .expect("applied");
        let steward = member.steward.clone();
        let running = Running {
            door: member.door,
            cluster: Some(member.steward),
            adrift: Some(member.adrift),
            stop: member.stop,
            close: Box::new(|| -> Pending<()> { Box::pin(std::future::ready(())) }),
        };
        let public = built(settings, runtime.clone(), running).public;
        Node { address, public, steward, _folder: folder }
    })
    .await
}

async fn edge(name: &'static str, join: Vec<String>) -> Process<Built> {
    Process::start(async move {
        let (settings, life) = (settings(name, &join), Life::default());
        start(&settings, Real::start(), (&life, None)).await.expect("it serves")
    })
    .await
}

/// Three nodes that each own something.
async fn three(rows: &Arc<dyn Rows>) -> Vec<Process<Node>> {
    let first = node(rows.clone(), "a", Vec::new()).await;
    let via = vec![first.what.address.clone()];
    let mut nodes = vec![first];
    for name in ["b", "c"] {
        nodes.push(node(rows.clone(), name, via.clone()).await);
    }
    until("each owns a share", || {
        nodes[0].what.steward.report().nodes.iter().filter(|node| node.shards > 60).count() == 3
    })
    .await;
    nodes
}

#[expect(clippy::disallowed_methods, reason = "a test waits for a condition")]
async fn until(what: &str, condition: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "never so: {what}");
}

async fn ask(
    router: &Router,
    (method, path): (&str, &str),
    token: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    let request =
        request.header("content-type", "application/json").header("idempotency-key", "k".repeat(32));
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let answer = router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// A customer in a session.
struct Customer {
    session: String,
    token: String,
}

impl Customer {
    async fn create(router: &Router) -> Self {
        let (status, made) =
            ask(router, ("POST", "/v1/sessions"), "", Some(json!({"service": "support"}))).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self { session: text("session"), token: text("token") }
    }

    /// Says something, again until it is answered well.
    async fn say(&self, router: &Router, id: &str) {
        let path = format!("/v1/sessions/{}/messages", self.session);
        let body = json!({"id": id, "text": id});
        let (mut status, mut answer) = ask(router, ("POST", &path), &self.token, Some(body.clone())).await;
        while status == StatusCode::SERVICE_UNAVAILABLE {
            (status, answer) = ask(router, ("POST", &path), &self.token, Some(body.clone())).await;
        }
        assert_eq!(status, StatusCode::OK, "{id}: {answer}");
    }

    /// Texts of what was said above a seq, and the last seq; waits for some if there are none.
    async fn hear(&self, router: &Router, from: u64) -> (Vec<String>, u64) {
        let path = format!("/v1/sessions/{}/events?from={from}&wait=20", self.session);
        let (status, page) = ask(router, ("GET", &path), &self.token, None).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let events = page["events"].as_array().expect("events").clone();
        let said = events.iter().filter(|event| event["id"].as_str().is_some_and(|id| id.starts_with('m')));
        let texts = said.filter_map(|event| event["text"].as_str().map(ToOwned::to_owned)).collect();
        (texts, page["next"].as_u64().expect("a seq"))
    }

    /// The place of the node that owns the session.
    fn owner(&self, nodes: &[Process<Node>], asked: usize) -> usize {
        let id = SessionId::parse(&self.session).expect("an id");
        let shard = usize::from(place::session(id, crate::limits::SHARDS));
        let owner = nodes[asked].what.steward.report().shards[shard].owner.clone().expect("somebody owns it");
        ["a", "b", "c"].iter().position(|name| *name == owner).expect("one of three")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_go_on_through_edges_whichever_node_or_edge_dies() {
    let rows = store();
    let mut nodes = three(&rows).await;
    let seeds: Vec<String> = nodes.iter().map(|node| node.what.address.clone()).collect();
    let mut first = edge("dmz-1", seeds.clone()).await;
    let second = edge("dmz-2", vec![seeds[2].clone()]).await;
    let cleo = Customer::create(&first.what.public).await;
    for number in 0..5 {
        cleo.say(&first.what.public, &format!("m{number}")).await;
    }
    let (heard, last) = cleo.hear(&first.what.public, 0).await;
    assert_eq!(heard, ["m0", "m1", "m2", "m3", "m4"]);

    // Whoever waits for news is told them, although the owner has died meanwhile.
    let owner = cleo.owner(&nodes, 0);
    let router = first.what.public.clone();
    let (waited, ()) = tokio::join!(cleo.hear(&router, last), async {
        nodes[owner].kill();
        cleo.say(&router, "m5").await;
    });
    assert_eq!(waited.0, ["m5"]);
    assert!((first.what.check)().is_ok(), "two nodes are heard");

    // The edge dies: the client resumes at another one from its last seq, and at a node, by the same token.
    first.kill();
    cleo.say(&second.what.public, "m6").await;
    assert_eq!(cleo.hear(&second.what.public, waited.1).await.0, ["m6"]);
    let left = (owner + 1) % 3;
    cleo.say(&nodes[left].what.public, "m7").await;
    let (all, _) = cleo.hear(&second.what.public, 0).await;
    assert_eq!(all, ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"], "each once, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_without_nodes_says_so_at_once_and_serves_again_when_one_is_back() {
    let rows = store();
    let mut only = node(rows.clone(), "a", Vec::new()).await;
    let edge = edge("dmz", vec![only.what.address.clone()]).await;
    let cleo = Customer::create(&edge.what.public).await;
    cleo.say(&edge.what.public, "m0").await;
    until("the node counts it", || only.what.steward.report().edges == 1).await;
    only.kill();
    until("the edge is not ready", || (edge.what.check)().is_err()).await;
    let path = format!("/v1/sessions/{}", cleo.session);
    let asked = ask(&edge.what.public, ("GET", &path), &cleo.token, None);
    let answered = tokio::time::timeout(Duration::from_secs(5), asked).await;
    let (status, problem) = answered.expect("nobody waits for what will not come");
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("cut_off")),
        "{problem}"
    );

    // A later life of the cluster, on the same store and at the same address: it is believed, and knows what was said.
    let address = only.what.address.clone();
    let _next = node_at(rows, "a", Vec::new(), address).await;
    until("the edge is ready", || (edge.what.check)().is_ok()).await;
    cleo.say(&edge.what.public, "m1").await;
    assert_eq!(cleo.hear(&edge.what.public, 0).await.0, ["m0", "m1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_has_no_routes_but_customers() {
    let rows = store();
    let node = node(rows, "a", Vec::new()).await;
    let edge = edge("dmz", vec![node.what.address.clone()]).await;
    assert!(edge.what.within.is_none(), "nothing for staff, nothing for admins");
    for route in [
        ("POST", "/v1/sign-in"),
        ("GET", "/v1/agents/me"),
        ("GET", "/v1/records"),
        ("POST", "/v1/offers/x/accept"),
        ("GET", "/v1/config"),
        ("GET", "/cluster.json"),
        ("POST", "/cluster/drain"),
        ("GET", "/metrics"),
    ] {
        let (status, problem) = ask(&edge.what.public, route, "", Some(json!({}))).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{route:?}: {problem}");
    }
    let cleo = Customer::create(&edge.what.public).await;
    let again = Customer::create(&node.what.public).await;
    assert_eq!(cleo.session, again.session, "a repeated create finds the first, wherever it comes in");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_with_another_secret_gets_nothing_and_says_why() {
    let rows = store();
    let node = node(rows, "a", Vec::new()).await;
    let life = Life::default();
    let mut settings = settings("dmz", std::slice::from_ref(&node.what.address));
    settings.edge_secret = Some("another secret with enough letters".to_owned().into());
    let runtime = Real::start();
    let starting = start(&settings, runtime, (&life, None));
    tokio::select! {
        _ = starting => panic!("it must not serve"),
        () = until("it says why", || {
            life.waits_for().is_some_and(|why| why.contains("the other node has another secret"))
        }) => {}
    }
    // Nor does the right one make a node of anybody.
    let identity = Identity::new("holdfast", "thief", SECRET.as_bytes()).expect("an identity");
    let thief = Dialer::new(identity, None, Arc::default());
    let dialed = thief.dial(&node.what.address, Addressee::Any, Lane::Calls).await;
    assert!(matches!(dialed, Err(DialError::Hello(HelloError::Secret))), "{dialed:?}");
}
