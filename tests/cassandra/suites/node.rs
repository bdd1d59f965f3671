//! The real binary on a real cluster: what it says while the cluster is away or not made, and who ends when a second node
//! comes.

#![expect(clippy::disallowed_methods, reason = "a test of real processes waits in real time")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::fresh::Fresh;

/// Tries of [`until`], each after a twentieth of a second.
const TRIES: usize = 1_200;

/// Waits until something is so.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..TRIES {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited too long for {what}");
}

/// An address of this host that nobody listens on; `None` when the host is not this machine.
fn free(host: &str) -> Option<SocketAddr> {
    TcpListener::bind((host, 0)).and_then(|listener| listener.local_addr()).ok()
}

struct Node {
    child: Child,
    ops: SocketAddr,
    directory: tempfile::TempDir,
}

impl Node {
    /// Starts one on the keyspace of a test, by way of these contact points.
    fn start(fresh: &Fresh, points: &str) -> Self {
        let (directory, ops) =
            (tempfile::tempdir().expect("a directory"), free("127.0.0.1").expect("a free port"));
        let log = std::fs::File::create(directory.path().join("log")).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.args(["serve", "--demo", "--store", "cassandra", "--contact-points", points]);
        command.args(["--public", "127.0.0.1:0", "--staff", "127.0.0.1:0", "--peer", "127.0.0.1:0"]);
        command.arg("--ops").arg(ops.to_string()).arg("--data").arg(directory.path().join("data"));
        command.env("HOLDFAST_STORE__CASSANDRA__DATACENTER", &fresh.options.datacenter);
        command.env("HOLDFAST_STORE__CASSANDRA__KEYSPACE", &fresh.options.keyspace);
        command.current_dir(directory.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Self { child: command.spawn().expect("the binary starts"), ops, directory }
    }

    /// Status and body of a probe; `None` while nobody answers.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.ops, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes())
            .ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let status = text.split(' ').nth(1)?.parse().ok()?;
        Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
    }

    async fn ready(&self) {
        until("a node to be ready", || self.get("/readyz").filter(|(status, _)| *status == 200)).await;
    }

    async fn metric(&self, line: &str) {
        until(line, || self.get("/metrics").filter(|(_, text)| text.lines().any(|found| found == line)))
            .await;
    }

    async fn ended(&mut self) -> ExitStatus {
        until("a node to end", || self.child.try_wait().expect("it can be asked")).await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the node's log\n{}", self.log());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_its_tables_says_what_to_run() {
    let Some(fresh) = Fresh::of("tables").await else { return };
    let mut node = Node::start(&fresh, &fresh.options.contact_points.join(","));
    assert_eq!(node.ended().await.code(), Some(1));
    assert!(node.log().contains("run holdfast schema apply"), "{}", node.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_node_ends_the_first_even_when_it_is_idle() {
    let Some(fresh) = Fresh::of("second").await else { return };
    fresh.apply(fresh.wish()).await.expect("applied");
    let points = fresh.options.contact_points.join(",");
    let mut first = Node::start(&fresh, &points);
    first.ready().await;
    first.metric("holdfast_store_assumption{code=\"redundancy\"} 1").await;
    let mut second = Node::start(&fresh, &points);
    second.ready().await;
    assert_eq!(first.ended().await.code(), Some(holdfast::runtime::EXIT_GAVE_UP));
    let pid = rustix::process::Pid::from_child(&second.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("signalled");
    assert!(second.ended().await.success());
}

/// Passes bytes on to a server for as long as it lives.
async fn passage(from: SocketAddr, to: String) {
    let listener = tokio::net::TcpListener::bind(from).await.expect("the port is free again");
    let mut ways = tokio::task::JoinSet::new();
    while let Ok((mut here, _)) = listener.accept().await {
        let to = to.clone();
        ways.spawn(async move {
            if let Ok(mut there) = tokio::net::TcpStream::connect(to).await {
                // Either side may end it.
                let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_waits_for_a_cluster_that_is_away_and_outlives_its_loss() {
    let Some(fresh) = Fresh::of("away").await else { return };
    let server = fresh.options.contact_points.first().expect("one").clone();
    // The driver goes to the server's own address, by the port of the contact point: so that is where the way begins.
    let host = server.rsplit_once(':').map_or(server.as_str(), |(host, _)| host);
    let one = fresh.session.get_cluster_state().get_nodes_info().len() == 1;
    let Some(door) = free(host).filter(|_| one) else {
        eprintln!("\n!!! SKIPPED: this takes a cluster of one server, on this machine\n");
        return;
    };
    fresh.apply(fresh.wish()).await.expect("applied");
    let node = Node::start(&fresh, &door.to_string());
    let starting = || node.get("/readyz").filter(|(_, body)| body.contains("waits for Cassandra"));
    let (status, body) = until("the node to say what it waits for", starting).await;
    assert!(status == 503 && body.contains("\"phase\":\"starting\""), "{status} {body}");
    assert_eq!(node.get("/livez").map(|(status, _)| status), Some(200));

    let way = tokio::spawn(passage(door, server.clone()));
    node.ready().await;
    node.metric("holdfast_cassandra_connected 1").await;
    way.abort();
    assert!(way.await.expect_err("it was ended").is_cancelled());
    node.metric("holdfast_cassandra_circuit_open 1").await;
    assert_eq!(node.get("/readyz").map(|(status, _)| status), Some(200), "no other node could do better");

    let _way = tokio::spawn(passage(door, server));
    node.metric("holdfast_cassandra_circuit_open 0").await;
    node.metric("holdfast_cassandra_connected 1").await;
}
