//! A node stops within its deadline, gently, and says by its exit code how it went.

use rustix::process::Signal;
use serde_json::json;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::support::http::ask;
use super::support::node::{Plan, holdfast, run};
use super::support::wait::until;
use super::support::{Agent, Customer, Node};

#[tokio::test]
async fn a_stop_is_gentle_and_nothing_is_lost() {
    let mut node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    customer.send("m1", "before the stop").await.good();
    let mut socket = customer.socket(0).await.expect("a socket");
    socket.message("before the stop").await;

    node.signal(Signal::TERM);
    let told = socket.find(|frame| frame.get("resume").cloned()).await;
    assert!(told["within_ms"].as_u64().is_some_and(|within| within > 0), "{told}");
    assert!(socket.send(&json!({"op": "send", "id": "m2", "text": "on its way"})).await);
    socket.ack("m2").await;
    assert_eq!(socket.end().await, 4000, "who stays is told to come back");
    assert_eq!(node.ended().await.code(), Some(0));
    assert!(!node.data().join("addresses.json").exists());

    node.start_again().await;
    let mut socket = customer.socket(0).await.expect("a socket");
    socket.message("before the stop").await;
}

#[tokio::test]
async fn sockets_and_polls_that_wait_do_not_hold_up_the_stop() {
    let mut node = Plan::new().set("HOLDFAST_STOP__DEADLINE", "15s").start().await;
    let customer = Customer::create(&node, "support").await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.socket().await.expect("a socket");
    let poll = customer.ask("GET", "/events?from=1000&wait=60").maybe();
    let stop = async {
        desk.find(|frame| frame.get("agent").map(|_| ())).await;
        node.stop().await.code()
    };
    let (_, code) = tokio::join!(poll, stop);
    assert_eq!(code, Some(0), "and not 75, the deadline's");
}

#[tokio::test]
async fn a_kept_connection_is_answered_and_told_to_end() {
    let mut node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    // A socket that stays keeps the node from ending at once.
    let mut socket = customer.socket(0).await.expect("a socket");
    let mut kept = Kept::open(&node.public()).await;
    assert!(!kept.ask("/openapi.json").await.contains("connection: close"));
    node.signal(Signal::TERM);
    socket.find(|frame| frame.get("resume").cloned()).await;
    let answer = kept.ask("/openapi.json").await;
    assert!(answer.starts_with("http/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert_eq!(node.ended().await.code(), Some(0));
}

/// A connection that is kept over several requests.
struct Kept(TcpStream);

impl Kept {
    async fn open(base: &str) -> Self {
        Self(TcpStream::connect(base.trim_start_matches("http://")).await.expect("a connection"))
    }

    /// The head of the answer, in lower case.
    async fn ask(&mut self, path: &str) -> String {
        let request = format!("HEAD {path} HTTP/1.1\r\nHost: node\r\n\r\n");
        self.0.write_all(request.as_bytes()).await.expect("it is taken");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("an answer"));
        }
        String::from_utf8_lossy(&head).to_lowercase()
    }
}

#[tokio::test]
async fn probes_say_that_it_drains_before_the_listeners_close() {
    let mut node = Plan::new().set("HOLDFAST_STOP__NOTICE", "20s").start().await;
    assert_eq!(ask("GET", &format!("{}/readyz", node.ops())).send().await.status, 200);
    node.signal(Signal::TERM);
    let url = format!("{}/readyz", node.ops());
    until("readiness to end", || async {
        let answer = ask("GET", &url).send().await;
        (answer.status == 503 && answer.json()["phase"] == "draining").then_some(())
    })
    .await;
    // During the notice everything still works.
    Customer::create(&node, "support").await.send("m1", "still served").await.good();
    assert_eq!(ask("GET", &format!("{}/livez", node.ops())).send().await.status, 200);
    // A second signal means now, and what was acknowledged is safe.
    node.signal(Signal::INT);
    assert_eq!(node.ended().await.code(), Some(130));
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let node = Node::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = holdfast();
    let public = node.public().trim_start_matches("http://").to_owned();
    command.args(["serve", "--data", "data", "--public", &public, "--staff", "127.0.0.1:0"]);
    command.args(["--ops", "127.0.0.1:0", "--peer", "127.0.0.1:0"]).current_dir(directory.path());
    let output = run(command).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("listen.public.address: cannot listen on {public}")), "{said}");
}

#[tokio::test]
async fn a_directory_that_is_in_use_is_left_alone() {
    let node = Node::start().await;
    let mut command = holdfast();
    command.args(["serve", "--public", "127.0.0.1:0", "--staff", "127.0.0.1:0", "--ops", "127.0.0.1:0"]);
    command.args(["--peer", "127.0.0.1:0", "--data"]).arg(node.data()).current_dir(node.scratch());
    let output = run(command).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("in use by process"), "{said}");
    assert!(node.data().join("addresses.json").exists(), "the running node's addresses stay");
    Customer::create(&node, "support").await;
}
