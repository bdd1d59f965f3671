//! A look that fails is not clean; a claim that has no certain answer is unknown, and was sent once.

use bytes::Bytes;
use futures_util::future::join_all;
use holdfast::store::rows::{Claim, Incarnation, Look, Rows, Table, WriteError, fences};

use super::ground::{Ground, of_claims, of_reads, promised};
use crate::proxy::{Action, Fault, On};

fn incarnation(ground: &Ground) -> Incarnation {
    let key = ground.key("look");
    let generation = u32::try_from(xxhash_rust::xxh3::xxh3_64(&key) >> 33).expect("31 bits");
    Incarnation { generation, number: 3 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_fails_is_not_clean() {
    let Some(ground) = Ground::new().await else { return };
    let answers =
        of_reads().into_iter().flat_map(|fault| [Action::Answer(fault), Action::AnswerAfter(fault)]);
    let actions = answers.chain([Action::Swallow, Action::DropAnswer]).collect::<Vec<_>>();
    join_all(actions.iter().map(async |action| {
        for fenced in [false, true] {
            let of = incarnation(&ground);
            if fenced {
                ground.truth.fence(of).await.expect("the truth takes a fence");
            }
            let on = On::statement("from fences").carrying(&fences::partition(of));
            let rules = ground.always(&on, action);
            let heard = promised("a look", ground.store.look(of)).await;
            assert!(heard.is_err(), "{action:?}, fenced {fenced}: {heard:?}");
            assert!(rules.count() > 0, "{action:?}: the fault was made");
            rules.end();
            let expected = if fenced { Look::Fenced } else { Look::Clean };
            assert_eq!(promised("a look", ground.store.look(of)).await, Ok(expected), "without the fault");
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_is_repeated_sees_the_fence() {
    let Some(ground) = Ground::new().await else { return };
    let faults = of_reads().into_iter().chain([Fault::Unprepared]).map(Action::Answer).collect::<Vec<_>>();
    join_all(faults.iter().map(async |action| {
        let of = incarnation(&ground);
        ground.truth.fence(of).await.expect("the truth takes a fence");
        let on = On::statement("from fences").carrying(&fences::partition(of));
        let rules = ground.proxies[0].once(on, action.clone());
        let heard = promised("a look", ground.store.look(of)).await;
        assert!(heard.is_err() || heard == Ok(Look::Fenced), "{action:?}: {heard:?}");
        rules.end();
    }))
    .await;
}

/// Both statements of a claim: of a row that is absent, and of one that has a content.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_without_a_certain_answer_is_unknown() {
    let Some(ground) = Ground::new().await else { return };
    let answers = of_claims()
        .into_iter()
        .flat_map(|fault| [(Action::Answer(fault), false), (Action::AnswerAfter(fault), true)]);
    let silences = [(Action::Swallow, false), (Action::DropAnswer, true)];
    for (action, lands) in answers.chain(silences) {
        for before in [None, Some(Bytes::from_static(b"before"))] {
            let key = (ground.key("claim"), Bytes::from_static(b"c"));
            if let Some(before) = before.clone() {
                let won = ground.truth.claim(Table::Config, key.clone(), None, before).await;
                assert_eq!(won, Ok(Claim::Won), "the truth claims");
            }
            let on = On::statement(" config ").carrying(&key.0);
            let rules = ground.always(&on, &action);
            let mine = Bytes::from_static(b"mine");
            let claim = ground.store.claim(Table::Config, key.clone(), before.clone(), mine.clone());
            let heard = promised("a claim", claim).await;
            assert!(matches!(heard, Err(WriteError::Unknown(_))), "{action:?}: {heard:?}");
            assert_eq!(rules.count(), 1, "{action:?}: it is sent once");
            rules.end();
            let there = ground.rows(Table::Config, &key.0).await.into_iter().next().map(|row| row.value);
            let expected = if lands { Some(mine) } else { before };
            assert_eq!(there, expected, "{action:?}: what is there now");
        }
    }
}
