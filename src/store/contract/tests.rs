//! The suite on the embedded adapter, and that it can fail: with a rule removed, a promise is broken.

use std::sync::Arc;

use super::owner::{Opened, What};
use super::{Corner, Ground, all, bodies};
use crate::store::rows::embedded::tests::disk::Disk;
use crate::store::rows::embedded::{Options, open_at};
use crate::words::{Seq, Time};

async fn ground() -> Ground {
    let options =
        Options { reserve_bytes: 0, cache_bytes: 16 << 20, die: Arc::new(|_| ()), ..Options::new("unused") };
    let store = open_at(Box::new(Disk::new()), options).unwrap();
    Ground::on(store, false).await
}

#[tokio::test]
async fn the_embedded_store_keeps_the_rules() {
    all(&ground().await).await;
}

#[tokio::test]
async fn a_second_run_on_one_store_is_apart_from_the_first() {
    let first = ground().await;
    let second = Ground::on(first.rows.clone(), false).await;
    assert_eq!((first.run, second.run), (1, 2));
    for ground in [first, second] {
        super::lists::late_delete(&ground.corner(9)).await;
        super::takeovers::birth(&ground.corner(0)).await;
    }
}

async fn corner() -> Corner {
    ground().await.corner(20)
}

#[tokio::test]
async fn without_fences_an_acknowledged_event_is_lost() {
    let corner = corner().await;
    for (rule, numbers) in [(true, [1, 2, 3]), (false, [11, 12, 13])] {
        let id = corner.session(u64::from(rule));
        let [mut first, mut second, mut third] =
            numbers.map(|number| corner.owner(number).with(|rules| rules.fence_first = rule));
        first.open(&id).await.unwrap();
        assert_eq!(first.say(&id, &[b"a"]).await, Ok(true));
        first.append(&id, &[b"b"]);
        second.fence(first.incarnation()).await.unwrap();
        second.open(&id).await.unwrap();
        assert_eq!(second.say(&id, &[b"c"]).await, Ok(true));
        first.store(&id).await;
        assert_eq!(first.look().await, Ok(!rule));
        third.open(&id).await.unwrap();
        assert_eq!(
            third.known(&id).starts_with(&first.published(&id)),
            rule,
            "what was shown is there, by the rule"
        );
    }
}

#[tokio::test]
async fn without_a_look_an_acknowledged_event_is_lost() {
    let corner = corner().await;
    let id = corner.session(1);
    let mut first = corner.owner(1).with(|rules| rules.look_before_ack = false);
    first.open(&id).await.unwrap();
    first.say(&id, &[b"a"]).await.unwrap();
    let (mut second, _) = corner.after(&first, 2, &id).await;
    second.say(&id, &[b"c"]).await.unwrap();
    first.say(&id, &[b"b"]).await.unwrap();
    let (third, _) = corner.after(&second, 3, &id).await;
    assert_eq!(first.published(&id), bodies(&["a", "b"]));
    assert_eq!(third.known(&id), bodies(&["a", "c"]), "b was shown and is not there");
}

#[tokio::test]
async fn without_waiting_for_the_take_an_acknowledged_event_is_lost() {
    let corner = corner().await;
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.unwrap();
    first.say(&id, &[b"a"]).await.unwrap();
    // The second owner reads before b lands; its cut is on its way for long.
    first.append(&id, &[b"b"]);
    let (mut second, _) = corner.after(&first, 2, &id).await;
    second.take(&id);
    first.store(&id).await;
    let mut third = corner.owner(3).with(|rules| rules.take_before_ack = false);
    third.fence(second.incarnation()).await.unwrap();
    third.open(&id).await.unwrap();
    assert_eq!(third.published(&id), bodies(&["a", "b"]), "shown without a take");
    second.send(&id, |what| matches!(what, What::Cut)).await;
    let (fourth, opened) = corner.after(&third, 4, &id).await;
    assert_eq!(
        (opened, fourth.known(&id)),
        (Opened::Journal(Seq(1)), bodies(&["a"])),
        "b was shown and is not there"
    );
}

#[tokio::test]
async fn without_waiting_for_the_active_row_an_acknowledged_session_is_not_listed() {
    let corner = corner().await;
    let id = corner.session(1);
    let mut first = corner.owner(1).with(|rules| rules.active_row_before_ack = false);
    first.open(&id).await.unwrap();
    first.append(&id, &[b"a"]);
    first.send(&id, |what| !matches!(what, What::Active(_))).await;
    assert_eq!(first.look().await, Ok(true));
    assert_eq!(first.published(&id), bodies(&["a"]));
    let (mut second, _) = corner.after(&first, 2, &id).await;
    assert_eq!(second.list().await, Ok(vec![]));
}

#[tokio::test]
async fn without_looking_for_the_record_last_an_ended_session_begins_anew() {
    let corner = corner().await;
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.unwrap();
    first.say(&id, &[b"a"]).await.unwrap();
    let mut second = corner.owner(2).with(|rules| rules.record_last = false);
    second.fence(first.incarnation()).await.unwrap();
    let early = second.read_record(&id).await.unwrap();
    let proof = first.record(&id).await.unwrap();
    first.strike(&id).await;
    first.bury(&id, proof.last).await;
    let mut read = second.read_heads(&id).await.unwrap();
    second.read_segments(&id, &mut read).await.unwrap();
    let late = second.read_record(&id).await.unwrap();
    assert_eq!(second.adopt(&id, read.clone(), early), Opened::Empty, "an id that was used is taken for new");
    assert_eq!(second.adopt(&id, read, late), Opened::Over(proof));
}

#[tokio::test]
async fn without_a_look_before_the_delete_a_sleeping_session_is_missed() {
    let corner = corner().await;
    for rule in [true, false] {
        let id = corner.session(u64::from(rule));
        let mut first = corner.owner(1 + u32::from(rule)).with(|rules| rules.delete_after_look = rule);
        first.open(&id).await.unwrap();
        first.say(&id, &[b"a"]).await.unwrap();
        let mut second = corner.owner(10 + u32::from(rule));
        second.fence(first.incarnation()).await.unwrap();
        // The sleepers are read first; then the stale owner lets the session sleep; then the list is read.
        let due = second.due(Time(u64::MAX)).await.unwrap();
        assert_eq!(first.sleep(&id, Time(1_000)).await, Ok(!rule));
        let listed = second.list().await.unwrap();
        let found = due.iter().any(|(_, due)| *due == id) || listed.contains(&id);
        assert_eq!(found, rule);
    }
}
