//! What either side does when the other breaks the protocol: frames that no honest peer sends, on a wire after a true
//! hello.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::client::Calls;
use super::frames::{Head, Message, MessageEncoder, decode};
use super::outbox::{Outbox, Unsent};
use super::pending::Pending;
use super::*;
use crate::link::counters::LinkCounters;
use crate::link::hello::{Identity, receive};
use crate::link::limits;
use crate::link::wire::{Connection, Socket, strange};
use crate::link::{Addressee, Dialer, Lane, Port, Services};

const PATIENCE: Duration = Duration::from_secs(20);

/// Calls never end, and streams never begin.
struct Never;

impl Handler for Never {
    fn call(&self, _from: PeerId, _method: u16, _body: Bytes) -> BoxFuture<'_, Result<Bytes, Refused>> {
        Box::pin(std::future::pending())
    }

    fn stream(&self, _from: PeerId, _method: u16, _body: Bytes, _push: Push) -> BoxFuture<'_, u16> {
        Box::pin(std::future::pending())
    }
}

fn identity(name: &str) -> Arc<Identity> {
    Identity::new("blue", name, b"secret").unwrap()
}

fn dialer() -> Dialer {
    Dialer::new(identity("a"), None, Arc::default())
}

fn frame(head: Head, body: &'static [u8]) -> Bytes {
    let mut bytes = bytes::BytesMut::new();
    let message = Message { head, body: Bytes::from_static(body), _counted: None };
    tokio_util::codec::Encoder::encode(&mut MessageEncoder, message, &mut bytes).unwrap();
    bytes.freeze().slice(4..)
}

/// A true port, and a wire to it on which anything can be said.
async fn raw_dialer() -> (Arc<Port>, Arc<LinkCounters>, Connection) {
    let counters = Arc::<LinkCounters>::default();
    let services = Services { calls: Some(Arc::new(Never)), ..Services::default() };
    let port = Port::new(identity("b"), services, None, Arc::clone(&counters));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    port.serve(listener);
    let connection = dialer().dial(&addr, Addressee::Any, Lane::Calls).await.unwrap();
    (port, counters, connection)
}

/// True calls, and the other end of their wire.
async fn raw_acceptor() -> (Calls, Arc<LinkCounters>, Connection) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let accept = async {
        let (stream, _): (TcpStream, _) = listener.accept().await.unwrap();
        let io = tokio_util::either::Either::Left(Socket::new(stream).unwrap());
        receive(strange(io), &identity("b"), |_| true).await.unwrap()
    };
    let dialer = dialer();
    let (dialed, accepted) = tokio::join!(dialer.dial(&addr, Addressee::Any, Lane::Calls), accept);
    let calls = Calls::start(dialed.unwrap(), dialer.counters()).unwrap();
    (calls, Arc::clone(dialer.counters()), accepted)
}

/// Waits until the other side closes the wire.
async fn closed(mut connection: Connection) {
    let all = async { while let Some(Ok(_)) = connection.wire.next().await {} };
    timeout(PATIENCE, all).await.expect("the other side closes the connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptor_closes_on_what_no_dialer_says() {
    let call = frame(Head::Call { id: 1, method: 1, left_ms: 60_000 }, b"");
    let open = frame(Head::Open { id: 1, method: 1, items: 1, bytes: 1 }, b"");
    for frames in [
        vec![frame(Head::Reply { id: 1 }, b"")],
        vec![frame(Head::End { id: 1, code: 1 }, b"")],
        vec![call.clone(), call],
        vec![open.clone(), open],
        vec![Bytes::from_static(&[250, 250])],
        vec![Bytes::new()],
    ] {
        let (_port, counters, mut connection) = raw_dialer().await;
        for frame in &frames {
            connection.wire.send(frame.clone()).await.unwrap();
        }
        closed(connection).await;
        assert_eq!(counters.figures().protocol_errors, 1, "{frames:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_too_long_closes_the_connection_before_it_is_read() {
    let (_port, counters, mut connection) = raw_dialer().await;
    let codec = connection.wire.codec_mut();
    codec.set_max_frame_length(limits::FRAME_BYTES + 1);
    // Part of it is still under way when the other side closes.
    let _ = connection.wire.send(Bytes::from(vec![0; limits::FRAME_BYTES + 1])).await;
    closed(connection).await;
    assert_eq!(counters.figures().protocol_errors, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptor_keeps_the_deadline_itself() {
    let (_port, counters, mut connection) = raw_dialer().await;
    connection.wire.send(frame(Head::Call { id: 1, method: 1, left_ms: 20 }, b"")).await.unwrap();
    let given_up = async {
        while counters.figures().calls_given_up == 0 {
            let _ = timeout(Duration::from_millis(1), std::future::pending::<()>()).await;
        }
    };
    timeout(PATIENCE, given_up).await.expect("nobody cancels it, and it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_and_credit_for_what_is_not_there_are_passed_over() {
    let (_port, counters, mut connection) = raw_dialer().await;
    for head in [Head::Cancel { id: 9 }, Head::Credit { id: 9, items: u32::MAX, bytes: u32::MAX }] {
        connection.wire.send(frame(head, b"")).await.unwrap();
    }
    connection.wire.send(frame(Head::Open { id: 1, method: 1, items: 1, bytes: 1 }, b"")).await.unwrap();
    for _ in 0..3 {
        let most = Head::Credit { id: 1, items: u32::MAX, bytes: u32::MAX };
        connection.wire.send(frame(most, b"")).await.unwrap();
    }
    connection.wire.send(frame(Head::Reply { id: 1 }, b"")).await.unwrap();
    closed(connection).await;
    assert_eq!(counters.figures().protocol_errors, 1, "only the last one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialer_closes_on_what_no_acceptor_says() {
    let (calls, counters, mut connection) = raw_acceptor().await;
    let said = async {
        let asked = connection.wire.next().await.unwrap().unwrap();
        assert!(matches!(decode(asked), Some((Head::Call { id: 1, .. }, _))));
        connection.wire.send(frame(Head::Cancel { id: 1 }, b"")).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(calls.call(1, Bytes::new(), PATIENCE), said);
    assert_eq!(outcome, Err(Unknown::LinkLost.into()));
    assert_eq!(counters.figures().protocol_errors, 1);
    closed(connection).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialer_does_not_hold_items_that_it_gave_no_credit_for() {
    let (calls, counters, mut connection) = raw_acceptor().await;
    let mut stream = calls.open(1, Bytes::new()).unwrap();
    for _ in 0..=limits::STREAM_ITEMS {
        connection.wire.send(frame(Head::Item { id: 1 }, b"x")).await.unwrap();
    }
    closed(connection).await;
    assert_eq!(counters.figures().protocol_errors, 1);
    for _ in 0..limits::STREAM_ITEMS {
        assert_eq!(stream.recv().await, Pushed::Item("x".into()), "what had credit is still given");
    }
    assert_eq!(stream.recv().await, Pushed::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_waits_for_are_passed_over() {
    let (calls, counters, mut connection) = raw_acceptor().await;
    for head in [
        Head::Reply { id: 7 },
        Head::Refused { id: 7, code: 1 },
        Head::Busy { id: 7 },
        Head::Failed { id: 7 },
        Head::Item { id: 7 },
        Head::End { id: 7, code: 1 },
    ] {
        connection.wire.send(frame(head, b"")).await.unwrap();
    }
    let answer = async {
        let _asked = connection.wire.next().await;
        connection.wire.send(frame(Head::Reply { id: 1 }, b"on")).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(calls.call(1, Bytes::new(), PATIENCE), answer);
    assert_eq!(outcome, Ok("on".into()));
    assert_eq!(counters.figures().protocol_errors, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_given_up_is_cancelled_once_and_one_that_was_answered_never() {
    let (calls, _counters, mut connection) = raw_acceptor().await;
    let answer = async {
        let _asked = connection.wire.next().await;
        connection.wire.send(frame(Head::Reply { id: 1 }, b"")).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(calls.call(1, Bytes::new(), PATIENCE), answer);
    assert_eq!(outcome, Ok(Bytes::new()));
    let outcome = calls.call(1, Bytes::new(), Duration::from_millis(1)).await;
    assert_eq!(outcome, Err(Unknown::Deadline.into()));
    let mut next = async || connection.wire.next().await.and_then(Result::ok).and_then(decode);
    assert!(matches!(next().await, Some((Head::Call { id: 2, .. }, _))));
    assert!(matches!(next().await, Some((Head::Cancel { id: 2 }, _))));
    drop(calls);
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn an_outbox_is_bounded_in_frames_and_in_bytes() {
    let (outbox, mut waiting) = Outbox::new();
    let head = Head::Reply { id: 1 };
    let frames = (0..).take_while(|_| outbox.try_send(head, Bytes::new()) == Ok(())).count();
    assert_eq!(frames, limits::OUTBOX_FRAMES);
    while waiting.try_recv().is_ok() {}
    let body = Bytes::from(vec![0; limits::BODY_BYTES]);
    let bodies = (0..).take_while(|_| outbox.try_send(head, body.clone()) == Ok(())).count();
    assert_eq!(bodies, limits::OUTBOX_BYTES / limits::BODY_BYTES);
    assert_eq!(outbox.try_send(head, body.clone()), Err(Unsent::Full));
    assert_eq!(outbox.try_send(head, Bytes::new()), Ok(()), "what has no body still fits");
    drop(waiting);
    assert_eq!(outbox.try_send(head, Bytes::new()), Err(Unsent::Gone));
}

#[test]
fn cancels_that_found_the_outbox_full_are_given_once() {
    let pending = Pending::default();
    pending.cancel_later(3);
    pending.cancel_later(4);
    assert_eq!(pending.cancels(), [Head::Cancel { id: 3 }, Head::Cancel { id: 4 }]);
    assert_eq!(pending.cancels(), []);
}
