//! Shards on the Cassandra adapter, through their real workers and their door: lives of a node that end without a word and begin
//! as new generations, and one that is deposed while it lives.

pub mod life;

use std::time::{Duration, Instant};

use holdfast::session::Phase;
use holdfast::session::input::Act;
use holdfast::shard::door::DoorError;
use holdfast::shard::looks::Pace;
use holdfast::store::reading;
use holdfast::store::rows::Rows as _;
use holdfast::words::{JournalId, Seq, SessionId};

use self::life::{Life, Node, auditor, customer};
use crate::contact_points;

/// Sessions of a run, more than shards.
const SESSIONS: u64 = 12;

/// Create, say, and in the next generation: everything is there, a repeat is a repeat, an end leaves a record and nothing else.
#[test]
fn what_was_acknowledged_outlives_its_node() {
    let Some(points) = contact_points() else { return };
    let run = life::Run::new(points);
    let all: Vec<_> = (1..=SESSIONS).map(|number| run.session(number)).collect();
    let before = run.live(async |node| {
        for id in &all {
            accepted(&node.create(*id).await);
            accepted(&node.say(*id, "m1", "hello").await);
        }
        let (last, _) = accepted(&node.say(all[0], "m2", "is anybody there?").await);
        (node.generation, last)
    });
    run.live(async |node| {
        assert!(node.generation > before.0, "each life is a generation of its own");
        for id in &all {
            let (_, repeated) = accepted(&node.say(*id, "m1", "hello").await);
            assert!(repeated, "the same message again is the same message");
        }
        assert_eq!(accepted(&node.say(all[0], "m2", "is anybody there?").await), (before.1, true));
        assert_eq!(node.texts(all[0]).await, ["hello", "is anybody there?"]);
        accepted(&node.say(all[1], "m3", "and now").await);
        for id in &all {
            accepted(&node.ask(customer(), *id, "bye", Act::Close).await);
        }
    });
    // Whatever the last life had not finished, the next one does.
    run.live(async |node| {
        for id in &all {
            let (proof, removed) = (recorded(&node, *id).await, gone(&node, *id).await);
            assert!(proof > Seq(0) && removed, "a record and nothing else");
            let page = node.door.page(auditor(), *id, Seq(0), 500).await.expect("the record is read");
            assert_eq!(page.phase, Phase::Stopped);
        }
        assert_eq!(node.texts(all[1]).await, ["hello", "and now"]);
        let (_, repeated) = accepted(&node.say(all[1], "m3", "and now").await);
        assert!(repeated, "the record knows it, too");
    });
}

/// A later generation takes over while the former node lives: that one acknowledges nothing more, and tells nobody that
/// anything failed.
#[test]
fn a_deposed_node_acknowledges_nothing() {
    let Some(points) = contact_points() else { return };
    let run = life::Run::new(points);
    let id = run.session(1);
    run.live(async |old| {
        accepted(&old.create(id).await);
        accepted(&old.say(id, "m1", "before").await);
        let new = run.node().await;
        let stale = old.say(id, "m2", "between").await;
        assert_eq!(stale, Err(DoorError::Unknown), "not acknowledged, and not said to have failed");
        while !old.gave_up() {
            // It has found its fence; those who waited heard of it first.
            old.pause(Duration::from_millis(5)).await;
        }
        let (seq, _) = accepted(&new.say(id, "m2", "between").await);
        assert_eq!(new.texts(id).await, ["before", "between"], "once, whoever stored it");
        assert_eq!(accepted(&new.say(id, "m2", "between").await), (seq, true));
        accepted(&new.ask(customer(), id, "bye", Act::Close).await);
        recorded(&new, id).await;
    });
}

/// What looks in flight are worth: sends of many customers at once, each waiting for its acknowledgement. Prints, and demands only
/// that everything is acknowledged.
#[test]
#[ignore = "a minute of sending; `cargo xtask test` runs it alone, on one server"]
fn what_looks_in_flight_are_worth() {
    let Some(points) = contact_points() else { return };
    for (round, in_flight) in [(0, 1), (0, 2), (0, 4), (1, 1), (1, 2), (1, 4)] {
        for customers in [1, 100] {
            let run = life::Run::new(points.clone());
            let pace = Pace { in_flight, ..Pace::default() };
            let (rate, p50, looks) = life::runtime().block_on(async {
                let node = run.node_with(pace).await;
                let before = holdfast::metrics::shard().looks.get();
                let sends =
                    (1..=customers).map(|number| sends(&node, run.session(number), Duration::from_secs(4)));
                let mut took: Vec<_> =
                    futures_util::future::join_all(sends).await.into_iter().flatten().collect();
                took.sort_unstable();
                let looks = holdfast::metrics::shard().looks.get() - before;
                (took.len() / 4, took[took.len() / 2], looks / 4)
            });
            eprintln!(
                "round {round}, {in_flight} in flight, {customers} customers: {rate} sends/s, p50 {p50:?}, {looks} looks/s"
            );
        }
    }
}

/// One customer who sends for a while; how long each acknowledgement took.
#[expect(clippy::disallowed_methods, reason = "a stop watch")]
async fn sends(node: &Node, id: SessionId, time: Duration) -> Vec<Duration> {
    accepted(&node.create(id).await);
    let (began, mut took) = (Instant::now(), Vec::new());
    while began.elapsed() < time {
        let sent = Instant::now();
        accepted(
            &node
                .say(id, &format!("m{}", took.len()), "a message of ordinary length, as people write them")
                .await,
        );
        took.push(sent.elapsed());
    }
    took
}

/// The seq and whether it is a repeat.
#[track_caller]
pub fn accepted(answer: &life::Answer) -> (Seq, bool) {
    let receipt = answer.as_ref().unwrap_or_else(|error| panic!("refused: {error}"));
    (receipt.seq, receipt.repeated)
}

/// Waits for the record; its last seq.
pub async fn recorded(node: &Node, id: SessionId) -> Seq {
    let id = JournalId::Session(id);
    loop {
        if let Some(proof) = reading::proof(&*node.rows, &id).await.expect("answered") {
            return proof.last;
        }
        node.pause(Duration::from_millis(20)).await;
    }
}

/// Waits until nothing of the journal is left and no list names it.
pub async fn gone(node: &Node, id: SessionId) -> bool {
    let (journal, shard) = (JournalId::Session(id), holdfast::shard::place::session(id, Life::SHARDS));
    for _ in 0..500 {
        let (read, _) = reading::open(&*node.rows, &journal).await.expect("answered");
        let listed = reading::active(&*node.rows, shard).await.expect("answered");
        let listed = listed.rows.iter().any(|(_, listed)| *listed == journal);
        if read.cuts.is_empty() && read.rows.is_empty() && !listed {
            return node.rows.admits().is_none();
        }
        node.pause(Duration::from_millis(20)).await;
    }
    false
}
