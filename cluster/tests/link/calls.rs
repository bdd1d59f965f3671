//! Calls: answers in any order, and the honest word on each that has none.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use holdfast_cluster::link::{CallError, NotSent, Refused, Unknown, limits};

use super::support::{ECHO, GATED, HANG, HUGE, Node, PANIC, PATIENCE, REFUSE, WHO, calls_to, soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_by_the_peer_that_was_asked() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    assert_eq!(calls.peer().to_string(), "b#7");
    assert_eq!(calls.call(ECHO, "hello".into(), PATIENCE).await, Ok("hello".into()));
    assert_eq!(calls.call(ECHO, Bytes::new(), PATIENCE).await, Ok(Bytes::new()));
    assert_eq!(calls.call(WHO, Bytes::new(), PATIENCE).await, Ok("a#3".into()));
    let refused = Refused { code: REFUSE, body: "why".into() };
    assert_eq!(calls.call(REFUSE, "why".into(), PATIENCE).await, Err(CallError::Refused(refused)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_body_passes_and_a_larger_one_is_not_sent() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let largest = Bytes::from(vec![5; limits::BODY_BYTES]);
    assert_eq!(calls.call(ECHO, largest.clone(), PATIENCE).await, Ok(largest));
    let larger = Bytes::from(vec![5; limits::BODY_BYTES + 1]);
    assert_eq!(calls.call(ECHO, larger, PATIENCE).await, Err(NotSent::TooLarge.into()));
    assert_eq!(calls.call(HUGE, Bytes::new(), PATIENCE).await, Err(Unknown::Failed.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_call_does_not_delay_those_behind_it() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let gated = calls.call(GATED, "slow".into(), PATIENCE);
    let others = async {
        until("the slow one is at work", || b.work.begun.load(Ordering::SeqCst) == 1).await;
        for number in 0..100_u32 {
            let body = Bytes::copy_from_slice(&number.to_be_bytes());
            assert_eq!(calls.call(ECHO, body.clone(), PATIENCE).await, Ok(body));
        }
        b.work.gate.notify_one();
    };
    let (slow, ()) = soon(async { tokio::join!(gated, others) }).await;
    assert_eq!(slow, Ok("slow".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_passes_leaves_the_outcome_unknown_and_ends_the_handler() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let outcome = calls.call(HANG, Bytes::new(), Duration::from_millis(30)).await;
    assert_eq!(outcome, Err(Unknown::Deadline.into()));
    until("the handler ended", || b.work.ended.load(Ordering::SeqCst) == 1).await;
    assert_eq!(calls.call(ECHO, "on".into(), PATIENCE).await, Ok("on".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_is_cancelled_at_the_peer() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let asked = tokio::time::timeout(PATIENCE, async {
        tokio::select! {
            _never = calls.call(HANG, Bytes::new(), PATIENCE) => panic!("it hangs"),
            () = until("it has begun", || b.work.begun.load(Ordering::SeqCst) == 1) => {}
        }
    });
    asked.await.unwrap();
    until("the handler ended", || b.work.ended.load(Ordering::SeqCst) == 1).await;
    assert_eq!(b.figures().calls_given_up, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_fails_its_own_call_only() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    assert_eq!(calls.call(PANIC, Bytes::new(), PATIENCE).await, Err(Unknown::Failed.into()));
    assert_eq!(calls.call(ECHO, "on".into(), PATIENCE).await, Ok("on".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_dies_leaves_its_calls_unknown_and_later_ones_unsent() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let (hanging, ()) = tokio::join!(calls.call(HANG, Bytes::new(), PATIENCE), async {
        until("it has begun", || b.work.begun.load(Ordering::SeqCst) == 1).await;
        b.port.stop().await;
    });
    assert_eq!(hanging, Err(Unknown::LinkLost.into()));
    assert_eq!(b.work.ended.load(Ordering::SeqCst), 1, "a stop waits for the handlers that it ends");
    soon(calls.closed()).await;
    assert_eq!(calls.call(ECHO, Bytes::new(), PATIENCE).await, Err(NotSent::NoLink.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_handle_closes_the_connection_and_ends_what_it_asked_for() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let other = calls.clone();
    let asked = tokio::select! {
        _never = other.call(HANG, Bytes::new(), PATIENCE) => false,
        () = until("it has begun", || b.work.begun.load(Ordering::SeqCst) == 1) => true,
    };
    assert!(asked);
    drop((calls, other));
    until("the handler ended", || b.work.ended.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_the_bound_are_in_flight_and_the_next_is_told_at_once() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..limits::CALLS_IN_FLIGHT {
        let calls = calls.clone();
        hanging.spawn(async move { calls.call(HANG, Bytes::new(), PATIENCE).await });
    }
    until("all have begun", || b.work.begun.load(Ordering::SeqCst) == limits::CALLS_IN_FLIGHT).await;
    assert_eq!(calls.call(ECHO, Bytes::new(), PATIENCE).await, Err(NotSent::Busy.into()));
    // The places of those that are given up are free again.
    hanging.shutdown().await;
    until("all have ended", || b.work.ended.load(Ordering::SeqCst) == limits::CALLS_IN_FLIGHT).await;
    assert_eq!(calls.call(ECHO, "on".into(), PATIENCE).await, Ok("on".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_handles_as_much_as_it_may_says_so_without_beginning() {
    let b = Node::start("b").await;
    let peers = limits::CALLS_AT_ONCE / limits::CALLS_IN_FLIGHT;
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..peers {
        let calls = calls_to(&b).await;
        for _ in 0..limits::CALLS_IN_FLIGHT {
            let calls = calls.clone();
            hanging.spawn(async move { calls.call(HANG, Bytes::new(), PATIENCE).await });
        }
    }
    until("all have begun", || b.work.begun.load(Ordering::SeqCst) == limits::CALLS_AT_ONCE).await;
    let one_more = calls_to(&b).await;
    assert_eq!(one_more.call(ECHO, Bytes::new(), PATIENCE).await, Err(NotSent::PeerBusy.into()));
    assert_eq!(b.work.begun.load(Ordering::SeqCst), limits::CALLS_AT_ONCE);
    hanging.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_each_get_their_own_answer() {
    let b = Node::start("b").await;
    let calls = calls_to(&b).await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..64_u32 {
        let calls = calls.clone();
        callers.spawn(async move {
            for number in 0..50_u32 {
                let body = Bytes::from([caller.to_be_bytes(), number.to_be_bytes()].concat());
                assert_eq!(calls.call(ECHO, body.clone(), PATIENCE).await, Ok(body));
            }
        });
    }
    soon(callers.join_all()).await;
    assert_eq!(b.figures().calls_handled, 64 * 50);
}
