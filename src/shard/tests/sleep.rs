//! Sessions that leave memory and come back, in the same life and in the next.

use super::life::{Clock, Node, SHARDS, accepted, auditor, customer, live, session, staff};
use crate::limits;
use crate::shard::place;
use crate::store::reading;
use crate::store::rows::Rows;
use crate::store::rows::embedded::tests::disk::Disk;
use crate::words::{JournalId, SessionId};

/// Until the session has left memory: its active row is gone.
async fn asleep(node: &Node, clock: &Clock, id: SessionId) {
    let store: &dyn Rows = &*node.store;
    // Long enough to be away, and not so long that an absence ends the stay.
    clock.advance(limits::DORMANT_AFTER + 1_000);
    let asked = clock_now();
    let shard = place::session(id, SHARDS);
    loop {
        assert!(clock_now() < asked + 10_000, "it does not sleep");
        let active = reading::active(store, shard).await.unwrap();
        if active.rows.iter().all(|(_, listed)| *listed != JournalId::Session(id)) {
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
        node.serve("ann", id).await;
        let (said, _) = accepted(&node.say(&customer(), id, ("m1", None, "first")).await);
        asleep(&node, &clock, id).await;
        // Waking and sleeping again in one life makes no second take.
        assert_eq!(accepted(&node.say(&customer(), id, ("m1", None, "first")).await), (said, true));
        asleep(&node, &clock, id).await;
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
