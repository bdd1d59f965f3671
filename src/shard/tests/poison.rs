//! A machine that panics on replay: `apply` is total and no bytes make it panic, so the tests' build has one place that does,
//! for a text that only these tests write.

use super::life::{Clock, Node, accepted, customer, live, session};
use crate::session::event::{Event, What};
use crate::shard::door::DoorError;
use crate::store::rows::embedded::tests::disk::Disk;

/// Whoever replays this text panics.
const POISON: &str = "replay this and panic";

/// The failpoint: called for each event that is replayed.
pub(in crate::shard) fn panic_on(event: &Event) {
    if let What::Message { text } = &event.what {
        assert_ne!(text, POISON, "poisoned");
    }
}

/// Through three lives: the poisoned session takes nothing and shows its past, its neighbours of the same shard go on.
#[test]
fn a_journal_that_panics_on_replay_harms_no_other_session() {
    let (clock, disk) = (Clock::new(), Disk::new());
    // Far more sessions than shards, so that every shard has neighbours of the poisoned one.
    let all: Vec<_> = (1..=40).map(session).collect();
    let poisoned = all[0];
    live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        for id in &all {
            accepted(&node.create(*id).await);
            accepted(&node.say(&customer(), *id, ("m1", None, "hello")).await);
        }
        accepted(&node.say(&customer(), poisoned, ("m2", None, POISON)).await);
        accepted(&node.say(&customer(), poisoned, ("m3", None, "after it")).await);
    });
    for life in 0..3 {
        disk.kill();
        live(async {
            let node = Node::start(&disk, &clock).await.unwrap();
            let refused = node.say(&customer(), poisoned, (&format!("p{life}"), None, "more")).await;
            assert_eq!(refused, Err(DoorError::Quarantined), "life {life}");
            for id in &all[1..] {
                accepted(&node.say(&customer(), *id, (&format!("n{life}"), None, "go on")).await);
                let seen = node.all(*id).await.unwrap();
                let said = |event: &Event| matches!(event.what, What::Message { .. });
                let customer_said = seen.iter().filter(|event| said(event) && event.id.is_some()).count();
                assert_eq!(customer_said, 2 + life, "each message once, in life {life}");
            }
        });
    }
}
