//! A shard's active list under real workers: it is read from above the graves, and names who lives.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::life::{Clock, Node, SHARDS, accepted, customer, live, session};
use crate::session::input::Act;
use crate::shard::place;
use crate::store::reading;
use crate::store::rows::embedded::tests::disk::Disk;
use crate::words::{JournalId, SessionId};

/// Who is listed in shard 0.
async fn listed(node: &Node) -> (reading::Active, BTreeSet<SessionId>) {
    let active = reading::active(&*node.store, 0).await.unwrap();
    let ids = active.rows.iter().map(|(_, id)| match id {
        JournalId::Session(id) => *id,
        JournalId::Agent(..) => panic!("no agent is signed in"),
    });
    let ids = ids.collect();
    (active, ids)
}

/// Sessions that are created and closed.
async fn pass_through(node: &Node, many: &[SessionId]) {
    join_all(many.iter().map(async |id| accepted(&node.create(*id).await))).await;
    let close = async |id| accepted(&node.ask(&customer(), id, ("bye", None, Act::Close)).await);
    join_all(many.iter().map(|id| close(*id))).await;
}

/// Waits until the list is so, for ten seconds.
async fn until(node: &Node, is: impl Fn(&reading::Active, &BTreeSet<SessionId>) -> bool) {
    let now = || crate::runtime::Real::start().now().0;
    let deadline = now() + 10_000;
    loop {
        let (active, ids) = listed(node).await;
        if is(&active, &ids) {
            return;
        }
        assert!(now() < deadline, "the list stays {active:?}");
        tokio::task::yield_now().await;
    }
}

#[test]
fn after_many_ends_the_list_begins_above_them_and_names_who_lives() {
    let (clock, disk) = (Clock::new(), Disk::new());
    let mut ids = (1..).map(session).filter(|id| place::session(*id, SHARDS) == 0);
    let mut some = |count| ids.by_ref().take(count).collect::<Vec<_>>();
    let (many, living) = ([some(300), some(300), some(100), some(100)], some(5));
    let alive: BTreeSet<_> = living.iter().copied().collect();
    live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        for many in &many {
            pass_through(&node, many).await;
        }
        until(&node, |active, ids| ids.is_empty() && active.mark.k > 500).await;
        for id in &living {
            accepted(&node.create(*id).await);
        }
    });
    disk.kill();
    // Whoever an earlier owner listed is listed anew as others end, so that its graves can be left behind.
    live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        until(&node, |active, ids| *ids == alive && active.mark.epoch.generation() == 1).await;
        pass_through(&node, &some(20)).await;
        let anew =
            |active: &reading::Active| active.rows.iter().all(|(place, _)| place.epoch.generation() == 2);
        until(&node, |active, ids| *ids == alive && anew(active)).await;
    });
    disk.kill();
    live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        for id in &living {
            accepted(&node.say(&customer(), *id, ("m", None, "still here")).await);
        }
        assert_eq!(listed(&node).await.1, alive);
    });
}
