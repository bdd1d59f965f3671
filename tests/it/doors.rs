//! Four listeners, each with its own routes and nothing of the others'.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::Node;
use super::support::http::ask;
use super::support::node::KEY;

/// Routes that answer something other than 404 on their own listener.
const PUBLIC: [(&str, &str); 3] =
    [("GET", "/chat"), ("GET", "/chat.js"), ("POST", "/v1/sessions/x/messages")];
const STAFF: [(&str, &str); 4] = [
    ("POST", "/v1/sign-in"),
    ("GET", "/v1/agents/me"),
    ("GET", "/v1/records"),
    ("POST", "/v1/offers/x/accept"),
];
const OPS: [(&str, &str); 7] = [
    ("GET", "/metrics"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/v1/config"),
    ("GET", "/cluster"),
    ("GET", "/cluster.json"),
    ("POST", "/cluster/drain"),
];

async fn answered(base: &str, routes: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (method, path) in routes {
        let answer = ask(method, &format!("{base}{path}")).bearer(KEY).send().await;
        // Some paths exist on two listeners with different methods; no method, no answer.
        let problem = answer.kind.starts_with("application/problem+json");
        let nothing =
            problem && (answer.status == 405 || answer.status == 404 && answer.code() == "not_found");
        if !nothing {
            found.push(format!("{method} {path}: {}", answer.status));
        }
    }
    found
}

#[tokio::test]
async fn no_route_of_one_listener_answers_on_another() {
    let node = Node::start().await;
    let none: [String; 0] = [];
    for (base, others) in [
        (node.public(), [STAFF.as_slice(), OPS.as_slice()].concat()),
        (node.staff(), [&PUBLIC[..2], OPS.as_slice()].concat()),
        (node.ops(), [PUBLIC.as_slice(), STAFF.as_slice()].concat()),
    ] {
        assert_eq!(answered(&base, &others).await, none, "{base}");
    }
}

#[tokio::test]
async fn every_listener_answers_its_own() {
    let node = Node::start().await;
    assert_eq!(answered(&node.public(), &PUBLIC[..2]).await.len(), 2);
    assert_eq!(answered(&node.staff(), &STAFF[..3]).await.len(), 3);
    assert_eq!(answered(&node.ops(), &OPS).await.len(), OPS.len());
}

#[tokio::test]
async fn the_peer_listener_speaks_no_http() {
    let node = Node::start().await;
    for (method, path) in PUBLIC.iter().chain(&STAFF).chain(&OPS) {
        // A node on the embedded store has no peers: nobody listens. In a cluster no HTTP is spoken there either.
        let Ok(mut peer) = tokio::net::TcpStream::connect(&node.addresses().peer).await else { continue };
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nx-padding: {}\r\n\r\n", "-".repeat(64));
        let _ = peer.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = peer.read_to_end(&mut answer).await;
        assert!(answer.len() <= 36 && !answer.starts_with(b"HTTP"), "{method} {path}");
    }
}
