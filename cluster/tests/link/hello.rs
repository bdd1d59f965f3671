//! Who is let in, who is not, and what either learns.

use std::time::Duration;

use holdfast_cluster::link::{Addressee, DialError, HelloError, HelloRefusal, Lane, PipeLane, limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::support::{Node, dialer, dialer_of, soon, to, until};

async fn refusal(
    node: &Node,
    dialer: &holdfast_cluster::link::Dialer,
    to: Addressee,
    lane: Lane,
) -> HelloError {
    match dialer.dial(&node.addr.to_string(), to, lane).await {
        Err(DialError::Hello(error)) => error,
        other => panic!("expected a failed hello, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_with_one_secret_know_each_other_afterwards() {
    let b = Node::start("b").await;
    let connection = dialer("a").dial(&b.addr.to_string(), to("b"), Lane::Calls).await.unwrap();
    assert_eq!(connection.peer().to_string(), "b#7");
    let any = dialer("new").dial(&b.addr.to_string(), Addressee::Any, Lane::Calls).await.unwrap();
    assert_eq!(any.peer().to_string(), "b#7");
    until("both are counted", || b.figures().welcomed == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_secret_is_refused_and_learns_no_name() {
    let b = Node::start("b").await;
    let stranger = dialer_of("blue", "a", "guess");
    let error = refusal(&b, &stranger, to("b"), Lane::Calls).await;
    assert!(matches!(error, HelloError::Secret) && error.is_refusal(), "{error:?}");
    until("it is counted", || b.figures().refused_secret == 1).await;
    assert_eq!(b.figures().welcomed, 0);
    assert_eq!(stranger.counters().figures().hellos_refused, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_cluster_node_or_lane_is_refused_by_name() {
    let b = Node::start_with("b", "secret", false).await;
    let of = |error| match error {
        HelloError::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    let green = dialer_of("green", "a", "secret");
    assert_eq!(of(refusal(&b, &green, to("b"), Lane::Calls).await), HelloRefusal::Cluster);
    let a = dialer("a");
    assert_eq!(of(refusal(&b, &a, to("c"), Lane::Calls).await), HelloRefusal::Addressee);
    assert_eq!(of(refusal(&b, &a, to("b"), Lane::Pipe(PipeLane::Ask)).await), HelloRefusal::Lane);
    assert_eq!(of(refusal(&b, &a, to("b"), Lane::Beats).await), HelloRefusal::Lane);
    assert_eq!(of(refusal(&b, &dialer("b"), Addressee::Any, Lane::Calls).await), HelloRefusal::Itself);
    until("all are counted", || b.figures().refused_named == 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_secret_is_not_believed() {
    // It plays the part of the true node towards the dialer, and so passes on all that it can: everything but the proof.
    let b = Node::start_with("b", "another secret", true).await;
    let error = refusal(&b, &dialer("a"), to("b"), Lane::Calls).await;
    assert!(matches!(error, HelloError::Secret));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let impostor = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut challenge = vec![0, 0, 0, 38];
        challenge.extend_from_slice(b"HFP2\x01\x01");
        challenge.extend_from_slice(&[9; 32]);
        socket.write_all(&challenge).await.unwrap();
        let length = socket.read_u32().await.unwrap();
        socket.read_exact(&mut vec![0; length as usize]).await.unwrap();
        // A verdict of `b`, incarnation 7, no refusal, and a proof out of thin air.
        let mut answer = vec![0, 0, 0, 37, 1, 1, b'b', 7, 0];
        answer.extend_from_slice(&[1; 32]);
        socket.write_all(&answer).await.unwrap();
    };
    let a = dialer("a");
    let (dialed, ()) = tokio::join!(a.dial(&addr, to("b"), Lane::Calls), impostor);
    assert!(matches!(dialed, Err(DialError::Hello(HelloError::Impostor))), "{dialed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_port_says_cannot_be_sent_back_to_it() {
    let b = Node::start("b").await;
    // A dialer that lets the port answer its own challenge: it hands over another connection's challenge as its own words.
    let mut one = TcpStream::connect(b.addr).await.unwrap();
    let mut two = TcpStream::connect(b.addr).await.unwrap();
    let mut challenge = vec![0; 42];
    one.read_exact(&mut challenge).await.unwrap();
    two.write_all(&challenge).await.unwrap();
    let mut rest = Vec::new();
    soon(two.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(rest.len(), 42, "nothing but its own challenge");
    until("it is counted", || b.figures().broken_hellos == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_silence_are_closed_and_counted() {
    let b = Node::start("b").await;
    let mut web = TcpStream::connect(b.addr).await.unwrap();
    web.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = soon(web.read_to_end(&mut answer)).await;
    assert!(answer.len() <= 42);
    let began = tokio::time::Instant::now();
    let mut silent = TcpStream::connect(b.addr).await.unwrap();
    soon(silent.read_to_end(&mut answer)).await.unwrap();
    assert!(began.elapsed() >= limits::HELLO_WITHIN - Duration::from_millis(100));
    until("both are counted", || b.figures().broken_hellos == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_have_few_places_and_leave_them() {
    let b = Node::start("b").await;
    let mut strangers = Vec::new();
    for _ in 0..limits::STRANGERS + 5 {
        strangers.push(TcpStream::connect(b.addr).await.unwrap());
    }
    until("five are crowded out", || b.figures().crowded_out == 5).await;
    drop(strangers);
    until("the others are gone", || b.figures().broken_hellos == limits::STRANGERS as u64).await;
    dialer("a").dial(&b.addr.to_string(), to("b"), Lane::Calls).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_port_and_a_foreign_server_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let foreign = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"SSH-2.0-something\r\n").await.unwrap();
        socket
    };
    let a = dialer("a");
    let (dialed, _socket) = tokio::join!(a.dial(&addr, to("b"), Lane::Calls), foreign);
    assert!(matches!(dialed, Err(DialError::Hello(HelloError::Foreign))), "{dialed:?}");
    drop(listener);
    let dialed = dialer("a").dial(&addr, to("b"), Lane::Calls).await;
    assert!(matches!(dialed, Err(DialError::PortClosed)), "{dialed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let dialed = soon(dialer("a").dial(&addr, to("b"), Lane::Calls)).await;
    assert!(matches!(dialed, Err(DialError::Hello(HelloError::Late))), "{dialed:?}");
}
