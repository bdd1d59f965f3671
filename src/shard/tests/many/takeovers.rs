//! Owners that die, are cut off, hand over and drain while clients talk.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};

use super::super::life::{accepted, session};
use super::{Acked, even, fleet, node, play, talk, talk_everywhere};

const SESSIONS: u64 = 12;

#[test]
fn every_node_reaches_every_session() {
    play(async {
        let (_fleet, store, ships) = fleet(&["a", "b", "c"]).await;
        for number in 0..SESSIONS {
            let id = session(number);
            let [first, second, third] = [0, 1, 2].map(|ship| node(&ships[ship], &store));
            accepted(&first.create(id).await);
            let said = second.say(&super::life::customer(), id, ("m", None, "hello")).await;
            let again = third.say(&super::life::customer(), id, ("m", None, "hello")).await;
            let ((seq, repeated), (same, known)) = (accepted(&said), accepted(&again));
            assert_eq!((repeated, known, seq), (false, true, same), "once, whichever node is asked");
            assert_eq!(first.all(id).await, third.all(id).await);
        }
    });
}

#[test]
fn an_owner_that_dies_takes_nothing_with_it() {
    play(async {
        let (fleet, store, mut ships) = fleet(&["a", "b", "c", "d"]).await;
        let sessions: Vec<_> = (0..SESSIONS).map(session).collect();
        for id in &sessions {
            accepted(&node(&ships[0], &store).create(*id).await);
        }
        let acked = Acked::default();
        let mut from = 0;
        // Twice an owner dies while everybody talks; clients are on a node that lives.
        for victim in ["d", "c"] {
            let talking = sessions
                .iter()
                .map(|id| talk((ships[0].door.clone(), store.clone()), *id, (from, 40), acked.clone()));
            let dying = async {
                // In the middle of it.
                while acked.0.lock().len() < usize::try_from(from * SESSIONS + 60).expect("few") {
                    tokio::task::yield_now().await;
                }
                ships.iter().find(|ship| ship.name == victim).expect("it lives").kill();
                fleet.depose(victim);
            };
            join(join_all(talking), dying).await;
            ships.retain(|ship| ship.name != victim);
            from += 40;
        }
        acked.holds(&node(&ships[1], &store), &sessions).await;
    });
}

#[test]
fn an_owner_that_is_cut_off_acknowledges_nothing_that_is_lost() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b"]).await;
        let sessions: Vec<_> = (0..SESSIONS).map(session).collect();
        for id in &sessions {
            accepted(&node(&ships[0], &store).create(*id).await);
        }
        let acked = Acked::default();
        // Clients on both sides; the one that is cut off reaches the store all the while.
        let cutting = async {
            acked.grows_by(200).await;
            ships[1].cut(true);
            fleet.depose("b");
            fleet.until(|shares| shares.get("a") == Some(&16)).await;
            acked.grows_by(200).await;
            ships[1].cut(false);
        };
        talk_everywhere((&ships, &store), (&sessions, 60), &acked, cutting).await;
        acked.holds(&node(&ships[0], &store), &sessions).await;
        fleet.until(|shares| shares.len() == 2 && even(shares)).await;
        assert!(!ships[1].gave_up(), "it joins again and goes on");
    });
}

#[test]
fn a_node_comes_and_one_goes_and_nobody_notices() {
    play(async {
        let (fleet, store, mut ships) = fleet(&["a", "b", "c"]).await;
        let sessions: Vec<_> = (0..SESSIONS).map(session).collect();
        for id in &sessions {
            accepted(&node(&ships[0], &store).create(*id).await);
        }
        let acked = Acked::default();
        let owners = || -> BTreeMap<u16, _> {
            (0..super::fleet::SHARDS).map(|shard| (shard, fleet.owner(shard))).collect()
        };
        let talking = sessions
            .iter()
            .map(|id| talk((ships[0].door.clone(), store.clone()), *id, (0, 120), acked.clone()));
        let before = owners();
        let moving = async {
            let fourth = fleet.join("d").await;
            fleet.until(|shares| shares.len() == 4 && even(shares)).await;
            fourth
        };
        let (_, fourth) = join(join_all(talking), moving).await;
        let moved = owners().iter().filter(|(shard, owner)| before.get(*shard) != Some(*owner)).count();
        assert!(moved <= 4, "only what the new node needs has moved: {moved}");
        let mut leaving = ships.remove(1);
        let talking = sessions
            .iter()
            .map(|id| talk((ships[0].door.clone(), store.clone()), *id, (120, 120), acked.clone()));
        join(join_all(talking), leaving.drain()).await;
        fleet.until(|shares| !shares.contains_key("b") && even(shares)).await;
        acked.holds(&node(&fourth, &store), &sessions).await;
    });
}
