//! The detector with real threads, sockets, processes and signals.

use std::time::Duration;

use holdfast_cluster::detector::{Reason, limits};
use holdfast_cluster::link::Peer;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::support::until;
use super::watched::{Process, Watched};

async fn three() -> [Watched; 3] {
    let nodes = [Watched::start("a", 1).await, Watched::start("b", 2).await, Watched::start("c", 3).await];
    let peers: Vec<_> = nodes.iter().map(Watched::peer).collect();
    for node in &nodes {
        let own = node.identity.incarnation();
        let others: Vec<Peer> = peers.iter().filter(|peer| peer.incarnation != own).cloned().collect();
        node.know(&others);
    }
    nodes
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_beat_suspect_nobody() {
    let nodes = three().await;
    for node in &nodes {
        node.hear(40).await;
        assert!(node.suspects_nobody());
        let figures = node.detector.figures();
        assert!(figures.beats_sent >= 20 && figures.suspect_after < limits::SUSPECT_AT_MOST, "{figures:?}");
    }
    nodes.iter().for_each(|node| node.detector.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_falls_silent_is_suspected_and_one_that_comes_back_is_not() {
    let [a, b, c] = three().await;
    a.hear(40).await;
    // Its process stands: the port is open, the link is up, and no beat comes.
    b.identity.set_incarnation(0);
    let silent = Instant::now();
    until("it is suspected", || a.suspects(2) == Some(Reason::Silent)).await;
    let waited = silent.elapsed();
    println!("suspected after {waited:?} of silence");
    assert!(waited >= limits::SUSPECT_AFTER - limits::BEAT_EVERY, "{waited:?}");
    assert_eq!(a.suspects(3), None);
    b.identity.set_incarnation(2);
    until("it is heard again", || a.suspects_nobody()).await;
    assert_eq!(a.detector.figures().withdrawn, 1);
    assert!(a.detector.figures().suspect_after >= limits::SUSPECT_AFTER * 2);
    drop(c);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_life_is_not_the_old_one() {
    let [a, b, _c] = three().await;
    a.hear(20).await;
    b.identity.set_incarnation(9);
    until("the old life is silent", || a.suspects(2) == Some(Reason::Silent)).await;
    a.know(&[b.peer()]);
    assert!(a.suspects_nobody());
    a.hear(20).await;
    assert!(a.suspects_nobody());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beats_go_on_while_every_worker_is_busy() {
    let [a, b, _c] = three().await;
    a.hear(20).await;
    b.hear(20).await;
    let _ = a.detector.figures();
    let mut busy = JoinSet::new();
    for _ in 0..2 {
        busy.spawn(async {
            let end = Instant::now() + Duration::from_millis(1_500);
            while Instant::now() < end {
                std::hint::spin_loop();
            }
        });
    }
    busy.join_all().await;
    let figures = a.detector.figures();
    println!("longest gap {:?}, longest stall {:?}", figures.longest_gap, figures.longest_stall);
    assert!(a.suspects_nobody() && b.suspects_nobody());
    assert!(figures.longest_gap < limits::SUSPECT_AFTER, "{figures:?}");
    assert_eq!(figures.silent + figures.withdrawn, 0);
}

/// A node of this process and one in another, which know each other.
async fn pair() -> (Watched, Process) {
    let a = Watched::start("a", 1).await;
    let b = Process::start("b", 2, &a.peer());
    a.know(std::slice::from_ref(&b.peer));
    a.hear(20).await;
    assert!(a.links.connected("b").await);
    (a, b)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_suspected_within_milliseconds() {
    let (a, b) = pair().await;
    b.signal("-KILL");
    let killed = Instant::now();
    until("it is suspected", || a.suspects(2).is_some()).await;
    println!("suspected {:?} after the kill", killed.elapsed());
    assert_eq!(a.suspects(2), Some(Reason::PortClosed), "long before its silence says so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_process_is_suspected_after_its_silence_and_heard_when_it_goes_on() {
    let (a, b) = pair().await;
    b.signal("-STOP");
    let stopped = Instant::now();
    until("it is suspected", || a.suspects(2).is_some()).await;
    println!("suspected {:?} after the stop", stopped.elapsed());
    assert_eq!(a.suspects(2), Some(Reason::Silent));
    b.signal("-CONT");
    until("it is heard again", || a.suspects_nobody()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_stopped_itself_suspects_nobody_when_it_goes_on() {
    let (a, b) = pair().await;
    b.signal("-STOP");
    // Long enough that its own silence is known elsewhere; what it missed waits in its sockets.
    until("it is suspected", || a.suspects(2).is_some()).await;
    b.signal("-CONT");
    until("it is heard again", || a.suspects_nobody()).await;
    a.hear(20).await;
    assert!(b.suspicions().is_empty(), "{:?}", b.suspicions());
    // It would have said so.
    a.die().await;
    until("it suspects the dead", || b.suspicions().len() == 1).await;
    assert!(b.suspicions()[0].contains("PortClosed"), "{:?}", b.suspicions());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_never_suspects_itself() {
    let a = Watched::start("a", 1).await;
    a.know(&[a.peer()]);
    // Longer than a peer has for its first beat.
    let began = Instant::now();
    until("time has passed", || began.elapsed() > limits::FIRST_BEAT + limits::SUSPECT_AFTER).await;
    assert!(a.suspects_nobody());
    assert_eq!(a.detector.figures().beats_sent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_is_suspected_by_both_others() {
    let [a, b, c] = three().await;
    a.hear(20).await;
    c.hear(20).await;
    assert!(a.links.connected("b").await && c.links.connected("b").await);
    b.die().await;
    until("both suspect it", || a.suspects(2).is_some() && c.suspects(2).is_some()).await;
    assert_eq!((a.suspects(3), c.suspects(1)), (None, None));
}
