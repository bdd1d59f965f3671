//! Pipes: frames in order, each lane for itself.

use bytes::Bytes;
use holdfast_cluster::link::{Broken, PipeLane, limits};

use super::support::{Node, pipe_to, soon};

#[tokio::test(flavor = "multi_thread")]
async fn frames_come_back_in_order_on_each_lane() {
    let b = Node::start("b").await;
    for lane in [PipeLane::Append, PipeLane::Heartbeat, PipeLane::Snapshot, PipeLane::Ask] {
        let mut pipe = pipe_to(&b, lane).await.unwrap();
        assert_eq!(pipe.peer().to_string(), "b#7");
        for number in 0..200_u32 {
            pipe.feed(number.to_string().into()).await.unwrap();
        }
        pipe.flush().await.unwrap();
        for number in 0..200_u32 {
            assert_eq!(soon(pipe.recv()).await.unwrap(), format!("{lane:?} {number}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_carries_large_frames_and_refuses_larger_ones_unharmed() {
    let b = Node::start("b").await;
    let mut pipe = pipe_to(&b, PipeLane::Snapshot).await.unwrap();
    let largest = Bytes::from(vec![1; limits::FRAME_BYTES - "Snapshot ".len()]);
    pipe.send(largest.clone()).await.unwrap();
    assert_eq!(soon(pipe.recv()).await.unwrap()["Snapshot ".len()..], largest);
    let larger = Bytes::from(vec![1; limits::FRAME_BYTES + 1]);
    assert!(matches!(pipe.send(larger).await, Err(Broken::TooLarge(_))));
    pipe.send("on".into()).await.unwrap();
    assert_eq!(soon(pipe.recv()).await.unwrap(), "Snapshot on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_says_when_the_other_side_closed_it_or_died() {
    let b = Node::start("b").await;
    let mut pipe = pipe_to(&b, PipeLane::Ask).await.unwrap();
    pipe.send("close".into()).await.unwrap();
    assert!(matches!(soon(pipe.recv()).await, Err(Broken::Closed)));
    let mut pipe = pipe_to(&b, PipeLane::Ask).await.unwrap();
    b.port.stop().await;
    assert!(soon(pipe.recv()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_receive_that_is_dropped_loses_nothing() {
    let b = Node::start("b").await;
    let mut pipe = pipe_to(&b, PipeLane::Append).await.unwrap();
    for number in 0..50_u32 {
        // Polled once and dropped, most likely before the answer is there.
        let early = tokio::select! {
            biased;
            frame = pipe.recv() => Some(frame.unwrap()),
            () = std::future::ready(()) => None,
        };
        assert_eq!(early, None);
        pipe.send(number.to_string().into()).await.unwrap();
        assert_eq!(soon(pipe.recv()).await.unwrap(), format!("Append {number}"));
    }
}
