//! Connections that say nothing: a node holds as many as it may, refuses the rest by name, and serves others meanwhile.

use std::net::SocketAddr;
use std::time::Instant;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::http::ask;
use crate::support::node::Plan;
use crate::support::wait::until;
use crate::support::{Agent, Customer, Node};

const IDLE: usize = 10_000;

/// Raises the number of files that this process and its children may open; `false` when the system forbids it.
fn may_open(files: u64) -> bool {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < files) {
        limit.current = Some(limit.maximum.map_or(files, |most| most.min(files)));
        let _ = setrlimit(Resource::Nofile, limit);
    }
    getrlimit(Resource::Nofile).current.is_none_or(|current| current >= files)
}

fn address(node: &Node) -> SocketAddr {
    node.public().trim_start_matches("http://").parse().expect("an address")
}

/// Opens connections that say nothing.
async fn open(at: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(TcpStream::connect(at).await.expect("connected"));
    }
    all
}

/// What a connection past the bound is told.
async fn told(at: SocketAddr) -> String {
    let mut stream = TcpStream::connect(at).await.expect("connected");
    let mut answer = Vec::new();
    let _ = stream.write_all(b"GET /chat HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn held(node: &Node) -> f64 {
    let text = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
    let line = text.lines().find_map(|line| line.strip_prefix("holdfast_connections{listener=\"public\"} "));
    line.and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
}

/// Resident memory of the node, KiB.
async fn memory(node: &Node) -> f64 {
    let text = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
    let line = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    line.and_then(|value| value.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the figures are printed")]
async fn ten_thousand_silent_connections_keep_nobody_from_talking() {
    if !may_open(IDLE as u64 + 1_000) {
        eprintln!("SKIPPED: this system does not let a process open {IDLE} files");
        return;
    }
    let node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.ready().await;
    let (before, began) = (memory(&node).await, Instant::now());
    let idle = open(address(&node), IDLE).await;
    until("all to be held", || async { (held(&node).await >= IDLE as f64).then_some(()) }).await;
    let (opened, began) = (began.elapsed(), Instant::now());

    let customer = Customer::create(&node, "support").await;
    ann.accept(&mut desk, &customer.session).await;
    let mut page = customer.socket(0).await.expect("a socket");
    assert!(page.send(&json!({"op": "send", "id": "m1", "text": "still served"})).await);
    page.ack("m1").await;
    desk.message("still served").await;
    let each = (memory(&node).await - before) / IDLE as f64;
    println!(
        "{IDLE} idle connections in {opened:?}, {each:.1} KiB each; a new conversation in {:?}",
        began.elapsed()
    );
    drop(idle);
    until("all to be let go", || async { (held(&node).await < 100.0).then_some(()) }).await;
}

#[tokio::test]
async fn past_the_bound_a_connection_is_told_so_and_others_go_on() {
    let node = Plan::new().set("HOLDFAST_LISTEN__PUBLIC__CONNECTIONS", "50").start().await;
    let customer = Customer::create(&node, "support").await;
    let mut page = customer.socket(0).await.expect("a socket");
    until("the first requests to be gone", || async { (held(&node).await <= 1.0).then_some(()) }).await;
    let mut idle = open(address(&node), 49).await;
    until("all to be held", || async { (held(&node).await >= 50.0).then_some(()) }).await;
    for _ in 0..5 {
        let answer = told(address(&node)).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    assert!(page.send(&json!({"op": "send", "id": "m1", "text": "inside already"})).await);
    page.ack("m1").await;
    assert_eq!(ask("GET", &format!("{}/readyz", node.ops())).send().await.status, 200, "another listener");
    idle.truncate(10);
    until("room", || async { told(address(&node)).await.starts_with("HTTP/1.1 200 ").then_some(()) }).await;
    customer.send("m2", "room again").await.good();
}
