//! Lives that an operator sets aside, and what is written down when owners change.

use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::ownership::{Command, Reason, State};

use super::ground::{Agreed, Node, Slow, node, slow_node, store};
use crate::limits::HANDED_OVER_AT_ONCE;
use crate::shard::place;
use crate::shard::tenure::{Entry, What};
use crate::shard::tests::life::{self, SHARDS, accepted, live, session};
use crate::words::SessionId;

/// Two nodes that have shared the shards between them.
async fn two(council: &Arc<Agreed>) -> (Node, Node) {
    let store = store();
    let one = node("one", council, &store).await;
    let owns = |name: &'static str, count: u16| {
        move |council: &Agreed| council.shards(name).len() == usize::from(count)
    };
    council.until("one has everything", owns("one", SHARDS)).await;
    let two = node("two", council, &store).await;
    council.until("two has its half", owns("two", SHARDS / 2)).await;
    (one, two)
}

/// Creates a session in each shard that a node owns.
async fn create_everywhere(node: &Node, council: &Agreed, name: &str) {
    let there = |shard: &holdfast_cluster::ownership::Shard| -> SessionId {
        let all = (1..10_000).map(session);
        let mut here = all.filter(|id| place::session(*id, SHARDS) == shard.0);
        here.next().expect("there are enough sessions")
    };
    for id in council.shards(name).iter().map(there) {
        let asked = crate::session::input::Ask {
            by: life::customer().by,
            id: crate::words::MessageId("create".into()),
            after: None,
            act: life::birth(),
        };
        accepted(&node.door.ask(life::customer(), id, asked).await);
    }
}

/// Waits for an entry; entries change as the store answers.
async fn until(node: &Node, what: &str, is_so: impl Fn(&Entry) -> bool) -> Entry {
    let runtime = crate::runtime::Real::start();
    let looking = async {
        loop {
            if let Some(entry) = node.chronicle.entries().into_iter().find(&is_so) {
                return entry;
            }
            runtime.sleep(Duration::from_millis(5)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(10), looking).await;
    found.unwrap_or_else(|_| panic!("never came: {what}; {:?}", node.chronicle.entries()))
}

#[test]
fn a_node_that_is_set_aside_gives_everything_away_and_comes_back_in_another_life() {
    live(async {
        let council = Agreed::new();
        let (one, two) = two(&council).await;
        let (aside, _) = council.life("one").expect("it joined");
        council.does(&Command::Drain { incarnation: aside });
        council.until("one has nothing", |council| council.shards("one").is_empty()).await;
        assert_eq!(council.life("one"), Some((aside, State::Draining)), "it lives and is a member");
        create_everywhere(&two, &council, "two").await;
        let entry = until(&two, "the hand-over is acknowledged", |entry| {
            entry.what == What::HandOver && entry.life == aside && entry.phases.acknowledged.is_some()
        });
        let entry = entry.await;
        assert!(entry.gained >= 1 && entry.phases.read.is_some(), "{entry:?}");

        council.does(&Command::Depose { incarnation: aside, reason: Reason::Operator });
        let back = |council: &Agreed| {
            let life = council.life("one");
            life.is_some_and(|(life, state)| life != aside && state == State::Up)
                && council.shards("one").len() == usize::from(SHARDS / 2)
        };
        council.until("one has its half again", back).await;
        drop((one, two));
    });
}

#[test]
fn shards_are_given_away_as_fast_as_the_next_owner_reads_them() {
    live(async {
        let (council, store, slow) = (Agreed::new(), store(), Slow::new());
        let _one = slow_node("one", &council, &store, &slow).await;
        let all =
            |name: &'static str, count: usize| move |council: &Agreed| council.shards(name).len() == count;
        council.until("one has everything", all("one", usize::from(SHARDS))).await;
        let _two = node("two", &council, &store).await;
        council.until("two has the first", all("two", HANDED_OVER_AT_ONCE)).await;
        let (aside, _) = council.life("one").expect("it joined");
        council.does(&Command::Drain { incarnation: aside });
        slow.open();
        council.until("two has everything", all("two", usize::from(SHARDS))).await;
        assert_eq!(slow.waiting.lock().1, HANDED_OVER_AT_ONCE);
    });
}

#[test]
fn a_node_that_is_set_aside_can_still_be_stopped() {
    live(async {
        let council = Agreed::new();
        let (one, _two) = two(&council).await;
        let (aside, _) = council.life("one").expect("it joined");
        council.does(&Command::Drain { incarnation: aside });
        one.many.stop(Duration::from_secs(10)).await;
        let ended = |council: &Agreed| council.life("one") == Some((aside, State::Gone));
        council.until("its life is over, and fenced", ended).await;
        assert_eq!(council.shards("two").len(), usize::from(SHARDS));
    });
}

#[test]
fn a_takeover_is_written_down_from_finding_to_acknowledgement() {
    live(async {
        let council = Agreed::new();
        let (_one, two) = two(&council).await;
        let (lost, _) = council.life("one").expect("it joined");
        *council.closed.lock() = true;
        two.chronicle.found(lost);
        council.does(&Command::Depose { incarnation: lost, reason: Reason::Silent });
        let of = move |entry: &Entry| entry.what == What::Takeover && entry.life == lost;
        until(&two, "everything is read", |entry| of(entry) && entry.phases.read.is_some()).await;
        create_everywhere(&two, &council, "two").await;
        let done = |entry: &Entry| of(entry) && entry.phases.acknowledged.is_some();
        let entry = until(&two, "it is acknowledged", done).await;
        assert_eq!((entry.node.0.as_str(), entry.why), ("one", Some(Reason::Silent)));
        assert!(entry.found_here);
        assert_eq!((entry.shards, entry.gained), (2, 2));
        let phases: Vec<_> = entry.phases.over().map(|(_, since)| since).collect();
        assert!(phases.len() == 4 && phases.is_sorted(), "{entry:?}");
    });
}
