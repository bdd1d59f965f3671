//! Streams: in order, with credit, and honest about their end.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::StreamExt as _;
use holdfast_cluster::link::{NotSent, Pushed, Subscription, limits};

use super::support::{COUNT, ECHO, Node, PATIENCE, QUIET, calls_to, soon, until};

fn ask(items: u32, size: u32) -> Bytes {
    [items.to_be_bytes(), size.to_be_bytes()].concat().into()
}

async fn item(stream: &mut Subscription) -> u32 {
    match soon(stream.recv()).await {
        Pushed::Item(item) => u32::from_be_bytes(item[..4].try_into().unwrap()),
        other => panic!("expected an item, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_arrive_in_order_and_the_end_has_its_code() {
    let b = Node::start("b").await;
    let mut stream = calls_to(&b).await.open(COUNT, ask(5000, 100)).unwrap();
    for number in 0..5000 {
        assert_eq!(item(&mut stream).await, number);
    }
    assert_eq!(soon(stream.recv()).await, Pushed::End(u16::MAX));
    assert_eq!(soon(stream.recv()).await, Pushed::End(u16::MAX), "and so for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_items_pass_one_after_the_other() {
    let b = Node::start("b").await;
    let size = u32::try_from(limits::BODY_BYTES).unwrap();
    let stream = calls_to(&b).await.open(COUNT, ask(20, size)).unwrap();
    let items: Vec<Bytes> = soon(stream.into_stream().collect()).await;
    assert_eq!(items.len(), 20);
    assert!(items.iter().all(|item| item.len() == limits::BODY_BYTES));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_stops_its_feeder_and_nobody_else() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let mut slow = calls.open(COUNT, ask(2000, 100)).unwrap();
    let pushed = || b.work.pushed.load(Ordering::SeqCst);
    until("the credit is used up", || pushed() == limits::STREAM_ITEMS as usize).await;
    let mut large = calls.open(COUNT, ask(2000, 64 * 1024)).unwrap();
    let most = limits::STREAM_ITEMS as usize + limits::STREAM_BYTES as usize / (64 * 1024);
    until("that of the other one too", || pushed() == most).await;
    // The connection itself is free.
    for number in 0..100_u32 {
        let body = Bytes::from(number.to_string());
        assert_eq!(calls.call(ECHO, body.clone(), PATIENCE).await, Ok(body));
    }
    assert_eq!(pushed(), most);
    for number in 0..2000 {
        assert_eq!((item(&mut slow).await, item(&mut large).await), (number, number));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_leaves_ends_its_feeder() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    for method in [QUIET, COUNT] {
        let before = b.work.ended.load(Ordering::SeqCst);
        let stream = calls.open(method, ask(1_000_000, 100)).unwrap();
        until("it has begun", || b.work.begun.load(Ordering::SeqCst) == before + 1).await;
        drop(stream);
        until("it has ended", || b.work.ended.load(Ordering::SeqCst) == before + 1).await;
    }
    assert_eq!(calls.call(ECHO, "on".into(), PATIENCE).await, Ok("on".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_reset_when_its_link_dies() {
    let b = Node::start("b").await;
    let mut stream = calls_to(&b).await.open(QUIET, Bytes::new()).unwrap();
    let (pushed, ()) = soon(async {
        tokio::join!(stream.recv(), async {
            until("it has begun", || b.work.begun.load(Ordering::SeqCst) == 1).await;
            b.port.stop().await;
        })
    })
    .await;
    assert_eq!(pushed, Pushed::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_streams_than_the_bound_are_open() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let mut streams: Vec<Subscription> = Vec::new();
    while streams.len() < limits::STREAMS_PER_PEER {
        match calls.open(QUIET, Bytes::new()) {
            Ok(stream) => streams.push(stream),
            // What waits to be written has a bound of its own.
            Err(error) => assert_eq!(error, NotSent::Busy),
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(calls.open(QUIET, Bytes::new()).unwrap_err(), NotSent::Busy);
    until("all have begun", || b.work.begun.load(Ordering::SeqCst) == limits::STREAMS_PER_PEER).await;
    drop(streams);
    until("all have ended", || b.work.ended.load(Ordering::SeqCst) == limits::STREAMS_PER_PEER).await;
    let mut stream = calls.open(COUNT, ask(1, 4)).unwrap();
    assert_eq!(item(&mut stream).await, 0);
}
