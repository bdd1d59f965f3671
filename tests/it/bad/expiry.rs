//! Tokens that expire, and passwords that are guessed.

use serde_json::json;

use super::input::refused;
use crate::support::http::ask;
use crate::support::{Customer, Node, Socket};
use holdfast::edge::auth::token::{Claim, Signer};
use holdfast::store::codec::cluster::Cluster;
use holdfast::store::rows::embedded::{self, Options};
use holdfast::store::rows::{Rows as _, Slice, Table};
use holdfast::words::{PartyId, SessionId, Time};

/// Signs as the node does, with the secret of its store. The node must be down.
async fn signer(node: &Node) -> Signer {
    let store = embedded::open(Options::new(node.data())).expect("the store opens");
    let slice = Slice {
        table: Table::Cluster,
        partition: "cluster".into(),
        from: bytes::Bytes::new(),
        to: None,
        limit: 1,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = store.read(slice).await.expect("a page");
    let cluster =
        Cluster::read(&page.rows.first().expect("the cluster's row").value).expect("it can be read");
    store.close();
    Signer::new(&cluster.secret)
}

#[expect(clippy::disallowed_methods, reason = "the node's clock is the machine's")]
fn in_millis(millis: u64) -> Time {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Time(u64::try_from(now.as_millis()).expect("it fits") + millis)
}

#[tokio::test]
async fn a_token_that_expires_ends_its_socket_and_a_renewed_one_goes_on() {
    let mut node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    customer.send("m1", "before").await.good();
    assert!(node.stop().await.success());
    let signer = signer(&node).await;
    node.start_again().await;

    let session = SessionId::parse(&customer.session).expect("a session id");
    let party = PartyId(u32::try_from(customer.party).expect("a small number"));
    let seal = |expires| signer.seal(&Claim::Customer { session, party }, expires);
    let url = format!("{}/v1/sessions/{}", node.public(), customer.session);
    let old = seal(in_millis(0));
    refused(&ask("GET", &url).bearer(&old).send().await, 401, "token_expired");
    assert!(Socket::open(&format!("{url}/ws"), &old).await.is_none());

    let expires = in_millis(3_000);
    let short = seal(expires);
    let mut page = Socket::open(&format!("{url}/ws"), &short).await.expect("a socket");
    let renewed = ask("POST", &format!("{url}/token")).bearer(&short).send().await.good();
    let stream = ask("GET", &format!("{url}/events")).bearer(&short).header("accept", "text/event-stream");
    let (stream, _) = tokio::join!(stream.send(), page.message("before"));
    assert!(stream.text.contains("before") && stream.text.contains("event: refused"), "{}", stream.text);
    assert!(stream.text.contains("token_expired"), "{}", stream.text);
    assert_eq!(page.end().await, 4001);
    assert!(
        in_millis(0) >= expires && in_millis(0) < expires.plus(5_000),
        "when it expired, not when a ping was due"
    );
    refused(&ask("GET", &url).bearer(&short).send().await, 401, "token_expired");
    let renewed = renewed["token"].as_str().expect("a token");
    let mut page = Socket::open(&format!("{url}/ws"), renewed).await.expect("a socket");
    assert!(page.send(&json!({"op": "send", "id": "m2", "text": "after"})).await);
    page.ack("m2").await;
}

#[tokio::test]
async fn one_address_cannot_try_many_names() {
    let node = Node::start().await;
    let url = format!("{}/v1/sign-in", node.staff());
    let tried = (0..70)
        .map(|n| ask("POST", &url).json(&json!({"agent": format!("name{n}"), "password": "guess"})).send());
    let answers = futures_util::future::join_all(tried).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    // A bucket of 60 that gets one more each second.
    assert!((60..=69).contains(&of(401)) && of(401) + of(429) == 70, "{} {}", of(401), of(429));
    assert!(answers.iter().filter(|answer| answer.status == 429).all(|answer| answer.retry.is_some()));
    let audited =
        node.log().lines().filter(|line| line.contains("sign_in") && line.contains("refused")).count();
    assert_eq!(audited, 70, "every try is audited");
}
