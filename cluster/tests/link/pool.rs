//! The pool: links that come up, are lost, and come up again, and what is said of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast_cluster::link::{
    CallError, ConnectError, DialError, LinkState, Links, NotSent, Peer, PeerId, PipeLane, Unknown, limits,
};
use parking_lot::Mutex;

use super::support::{ECHO, HANG, Node, PATIENCE, WHO, dialer, soon, until};

/// Every change that was told, in order.
type Told = Arc<Mutex<Vec<(PeerId, LinkState)>>>;

fn links() -> (Arc<Links>, Told) {
    let told = Told::default();
    let into = Arc::clone(&told);
    let observer = Arc::new(move |peer: &PeerId, state| into.lock().push((peer.clone(), state)));
    (Links::new(dialer("a"), observer), told)
}

fn peer(node: &Node) -> Peer {
    Peer::new("b", 7, &node.addr.to_string())
}

fn states(told: &Told) -> Vec<LinkState> {
    told.lock().iter().map(|(_, state)| *state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_comes_up_and_carries_calls_and_pipes() {
    let b = Node::start("b").await;
    let (links, told) = links();
    links.set_peers(&[peer(&b), Peer::new("a", 3, "127.0.0.1:1")]);
    assert!(soon(links.connected("b")).await);
    assert_eq!(links.call("b", ECHO, "on".into(), PATIENCE).await, Ok("on".into()));
    assert_eq!(links.call("b", WHO, Bytes::new(), PATIENCE).await, Ok("a#3".into()));
    let mut pipe = links.connect("b", PipeLane::Ask).await.unwrap();
    pipe.send("x".into()).await.unwrap();
    assert_eq!(soon(pipe.recv()).await.unwrap(), "Ask x");
    assert_eq!(states(&told), [LinkState::Connected]);
    assert_eq!(links.states(), [(PeerId::new("b", 7), LinkState::Connected)], "and none to itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_nobody_named_has_no_link() {
    let (links, _told) = links();
    assert_eq!(links.call("b", ECHO, Bytes::new(), PATIENCE).await, Err(NotSent::NoLink.into()));
    assert_eq!(links.open("b", ECHO, Bytes::new()).unwrap_err(), NotSent::NoLink);
    assert!(matches!(links.connect("b", PipeLane::Ask).await, Err(ConnectError::NoPeer)));
    assert!(!links.connected("b").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_dies_is_known_to_be_closed_within_milliseconds_and_found_again() {
    let b = Node::start("b").await;
    let (links, told) = links();
    links.set_peers(&[peer(&b)]);
    assert!(soon(links.connected("b")).await);
    // The link must have lived for a while, or its loss is not answered at once.
    until("it is steady", {
        let began = tokio::time::Instant::now();
        move || began.elapsed() > limits::STEADY
    })
    .await;
    let (hanging, ()) = tokio::join!(links.call("b", HANG, Bytes::new(), PATIENCE), async {
        until("it has begun", || b.work.begun.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
        b.port.stop().await;
    });
    let died = tokio::time::Instant::now();
    assert_eq!(hanging, Err(CallError::Unknown(Unknown::LinkLost)));
    until("the port is known to be closed", || states(&told).contains(&LinkState::Refused)).await;
    println!("known to be closed after {:?}", died.elapsed());
    assert_eq!(states(&told), [LinkState::Connected, LinkState::Resetting, LinkState::Refused]);
    // Another process at the same address.
    let _again = b.again();
    assert!(soon(links.connected("b")).await);
    assert_eq!(links.call("b", ECHO, "on".into(), PATIENCE).await, Ok("on".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nudge_ends_the_wait_for_a_peer_that_is_back() {
    let b = Node::start("b").await;
    b.port.stop().await;
    let (links, told) = links();
    links.set_peers(&[peer(&b)]);
    until("it is closed", || states(&told) == [LinkState::Refused]).await;
    // The attempts are rare by now.
    let began = tokio::time::Instant::now();
    until("they are", || began.elapsed() > limits::RETRY_LAST).await;
    let _again = b.again();
    let back = tokio::time::Instant::now();
    until("it is up", || {
        links.nudge("b");
        states(&told) == [LinkState::Refused, LinkState::Connected]
    })
    .await;
    println!("up {:?} after it was back", back.elapsed());
    assert!(back.elapsed() < limits::RETRY_LAST / 4);
    links.nudge("b");
    links.nudge("nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_hello_is_not_repeated_in_a_hurry() {
    let b = Node::start_with("b", "another secret", true).await;
    let (links, told) = links();
    links.set_peers(&[peer(&b)]);
    until("it is refused", || states(&told) == [LinkState::TurnedAway]).await;
    for _ in 0..100 {
        let connected = links.connect("b", PipeLane::Append).await;
        assert!(matches!(connected, Err(ConnectError::Dial(DialError::HeldBack { .. }))), "{connected:?}");
    }
    assert_eq!(b.figures().refused_secret, 1);
    until("it is tried again", || b.figures().refused_secret == 2).await;
    // Who is met elsewhere is tried at once.
    links.nudge("b");
    until("it is tried again", || b.figures().refused_secret == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_no_longer_named_loses_its_link_and_a_new_life_keeps_it() {
    let b = Node::start("b").await;
    let (links, told) = links();
    links.set_peers(&[peer(&b)]);
    assert!(soon(links.connected("b")).await);
    let next = Peer { incarnation: 8, ..peer(&b) };
    links.set_peers(std::slice::from_ref(&next));
    assert_eq!(links.states(), [(PeerId::new("b", 8), LinkState::Connected)]);
    assert_eq!(
        *told.lock(),
        [(PeerId::new("b", 7), LinkState::Connected), (PeerId::new("b", 8), LinkState::Connected)]
    );
    let calls = links.call("b", HANG, Bytes::new(), PATIENCE);
    let (outcome, ()) = soon(async {
        tokio::join!(calls, async {
            until("it has begun", || b.work.begun.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
            links.set_peers(&[]);
        })
    })
    .await;
    assert_eq!(outcome, Err(Unknown::LinkLost.into()));
    assert_eq!(b.figures().welcomed, 1, "one connection served both lives");
    assert_eq!(links.call("b", ECHO, Bytes::new(), PATIENCE).await, Err(NotSent::NoLink.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_closes_every_link() {
    let b = Node::start("b").await;
    let (links, _told) = links();
    links.set_peers(&[peer(&b)]);
    assert!(soon(links.connected("b")).await);
    soon(links.stop()).await;
    assert!(links.states().is_empty());
    assert!(tokio::time::timeout(Duration::from_secs(5), links.connected("b")).await.is_ok_and(|up| !up));
}
