//! Nodes that are cut off: from the store while others reach it, and from the others while they go on.

use super::super::life::{accepted, session};
use super::{Acked, even, fleet, node, play, talk_everywhere};

const SESSIONS: u64 = 12;

#[test]
fn an_owner_that_the_store_does_not_answer_leaves_its_sessions_to_others() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b"]).await;
        let sessions: Vec<_> = (0..SESSIONS).map(session).collect();
        for id in &sessions {
            accepted(&node(&ships[0], &store).create(*id).await);
        }
        let acked = Acked::default();
        let cutting = async {
            acked.grows_by(200).await;
            ships[1].strait().cut(true);
            fleet.until(|shares| shares.get("a") == Some(&16)).await;
            acked.grows_by(200).await;
            assert!(!*ships[1].adrift().borrow(), "others are reached: its clients stay");
            ships[1].strait().cut(false);
        };
        talk_everywhere((&ships, &store), (&sessions, 60), &acked, cutting).await;
        acked.holds(&node(&ships[0], &store), &sessions).await;
        fleet.until(|shares| shares.len() == 2 && even(shares)).await;
    });
}

#[test]
fn nobody_gives_up_when_the_store_answers_nobody() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b"]).await;
        accepted(&node(&ships[0], &store).create(session(1)).await);
        ships.iter().for_each(|ship| ship.strait().cut(true));
        // Longer than it takes a node to ask the others.
        let silent = crate::limits::STORE_SILENT + crate::limits::STORE_ASKED + crate::limits::IDLE_LOOK_MS;
        ships[0].pass(2 * silent).await;
        assert_eq!(fleet.shares().len(), 2, "both keep what they have");
        assert_eq!(fleet.lives(), 2, "and nobody began another life");
        ships.iter().for_each(|ship| ship.strait().cut(false));
        accepted(&node(&ships[1], &store).create(session(2)).await);
    });
}

#[test]
fn who_lost_everything_to_nodes_out_of_reach_sends_clients_away_until_it_is_back() {
    play(async {
        let (fleet, _store, ships) = fleet(&["a", "b"]).await;
        let mut adrift = ships[1].adrift();
        ships[1].cut(true);
        fleet.depose("b");
        adrift.wait_for(|adrift| *adrift).await.expect("it says so");
        ships[1].cut(false);
        adrift.wait_for(|adrift| !adrift).await.expect("it is back");
        fleet.until(|shares| shares.len() == 2 && even(shares)).await;
        assert!(!*ships[0].adrift().borrow());
    });
}
