//! Sessions that leave memory and come back, in the same life and in the next.

use super::life::{Clock, Node, accepted, auditor, customer, live, session, staff};
use crate::limits;
use crate::session::event::AfterLeave;
use crate::session::input::Act;
use crate::store::rows::embedded::tests::disk::Disk;

/// Until the session's journal has left memory: its active row is gone.
async fn asleep(node: &Node, clock: &Clock) {
    let store: &dyn crate::store::rows::Rows = &*node.store;
    // Long enough to be away, and not so long that an absence ends the stay.
    clock.advance(limits::DORMANT_AFTER + 1_000);
    let asked = clock_now();
    loop {
        assert!(clock_now() < asked + 10_000, "it does not sleep");
        let mut listed = 0;
        for shard in 0..super::life::SHARDS {
            let slice = crate::store::rows::Slice {
                table: crate::store::rows::Table::ActiveSessions,
                partition: crate::store::journal::keys::shard(shard),
                from: bytes::Bytes::new(),
                to: None,
                limit: 10,
                bytes: usize::MAX,
                reverse: false,
            };
            listed += store.read(slice).await.unwrap().rows.len();
        }
        if listed == 0 {
            return;
        }
    }
}

#[test]
fn a_sleeping_session_answers_at_once_in_the_next_life() {
    let (clock, disk, id) = (Clock::new(), Disk::new(), session(1));
    let said = live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        accepted(&node.create(id).await);
        accepted(&node.join("ann", id, "j").await);
        let (said, _) = accepted(&node.say(&customer(), id, ("m1", None, "first")).await);
        let leave = Act::Leave { then: AfterLeave::Keep };
        accepted(&node.ask(&customer(), id, ("l", None, leave)).await);
        asleep(&node, &clock).await;
        // Waking and sleeping again in one life makes no second take.
        assert_eq!(accepted(&node.say(&customer(), id, ("m1", None, "first")).await), (said, true));
        asleep(&node, &clock).await;
        said
    });
    disk.kill();
    live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        let before = clock_now();
        assert_eq!(accepted(&node.say(&customer(), id, ("m1", None, "first")).await), (said, true));
        let waited = clock_now() - before;
        assert!(waited < 1_000, "a session that slept answered after {waited} ms");
        accepted(&node.say(&staff("ann"), id, ("a1", None, "still here")).await);
        let events = node.all(id).await.unwrap();
        let summary = node.door.summary(auditor(), id).await.unwrap();
        assert_eq!(events.last().map(|event| event.seq), Some(summary.seq));
    });
}

fn clock_now() -> u64 {
    crate::runtime::Real::start().now().0
}
