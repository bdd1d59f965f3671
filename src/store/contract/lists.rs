//! Lists of a shard: late deletes, waking and sleeping, marks, and many ends (rule 20).

use super::owner::{Opened, land};
use super::{Answered as _, Corner, bodies};
use crate::limits;
use crate::store::reading;
use crate::words::{JournalId, Time};

/// A stale owner's delete of its row does not take a session off the list that a later owner works on.
pub async fn late_delete(corner: &Corner) {
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.answered();
    assert_eq!(first.say(&id, &[b"a"]).await, Ok(true));
    // Everything that going dormant needs, but the delete is on its way.
    let (_, wake) = first.drowse(&id, Time(1_000)).await.answered();
    assert!(land(&*corner.rows, wake).await);
    assert_eq!(first.look().await, Ok(true));
    let late = first.unlist(&id);
    let (mut second, _) = corner.after(&first, 2, &id).await;
    assert_eq!(second.list().await, Ok(vec![id.clone()]), "it is listed still");
    assert_eq!(second.say(&id, &[b"b"]).await, Ok(true));
    assert!(land(&*corner.rows, late).await);
    let (mut third, _) = corner.after(&second, 3, &id).await;
    assert_eq!(third.list().await, Ok(vec![id.clone()]), "the second owner's row is its own");
    assert_eq!(third.known(&id), bodies(&["a", "b"]));
}

/// Out of memory and back, several times, within an epoch and across epochs: always on one list or the other.
pub async fn wake_and_sleep(corner: &Corner) {
    let (id, other) = (corner.session(1), corner.session(2));
    let mut owner = corner.owner(1);
    for id in [&id, &other] {
        owner.open(id).await.answered();
        assert_eq!(owner.say(id, &[b"a"]).await, Ok(true));
    }
    for round in 1..=4_u32 {
        let due = Time(u64::from(round) * 1_000);
        assert_eq!(owner.sleep(&id, due).await, Ok(true));
        let mut next = corner.owner(round + 1);
        next.fence(owner.incarnation()).await.answered();
        assert_eq!(next.list().await, Ok(vec![other.clone()]), "it sleeps");
        assert_eq!(next.due(due).await, Ok(vec![(due, id.clone())]), "and will be woken");
        next.open(&id).await.answered();
        assert_eq!(next.say(&id, &[b"more"]).await, Ok(true));
        let woken = next.woken(due, &id);
        assert!(land(&*corner.rows, vec![woken]).await);
        let mut listed = next.list().await.answered();
        listed.sort();
        assert_eq!(listed, [id.clone(), other.clone()], "it is awake");
        assert_eq!(next.due(due).await, Ok(vec![]), "and not to be woken");
        owner = next;
    }
    assert!(matches!(owner.open(&other).await, Ok(Opened::Journal(_))), "whoever was never touched is there");
}

/// The mark of the sleepers hides what was dealt with and never what sleeps, whatever a stale owner's clock says.
pub async fn marks_of_sleepers(corner: &Corner) {
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.answered();
    assert_eq!(first.say(&id, &[b"a"]).await, Ok(true));
    // Its clock is far ahead, and the mark is on its way for long.
    assert_eq!(first.due(Time(9_000)).await, Ok(vec![]));
    let late = first.mark_wakeups(Time(9_000));
    let (mut second, _) = corner.after(&first, 2, &id).await;
    second.take(&id);
    second.store(&id).await;
    assert_eq!(second.sleep(&id, Time(5_000)).await, Ok(true));
    assert!(land(&*corner.rows, vec![late]).await);
    let mut third = corner.owner(3);
    third.fence(second.incarnation()).await.answered();
    assert_eq!(third.due(Time(6_000)).await, Ok(vec![(Time(5_000), id.clone())]), "it wakes all the same");
    third.open(&id).await.answered();
    assert_eq!(third.say(&id, &[b"b"]).await, Ok(true));
    let (woken, mark) = (third.woken(Time(5_000), &id), third.mark_wakeups(Time(6_000)));
    assert!(land(&*corner.rows, vec![woken, mark]).await);
    // Due below the mark by a clock that is behind: moved up to it.
    assert_eq!(third.sleep(&id, Time(100)).await, Ok(true));
    let mut fourth = corner.owner(4);
    fourth.fence(third.incarnation()).await.answered();
    assert_eq!(fourth.due(Time(7_000)).await, Ok(vec![(Time(6_000), id)]));
}

/// After many ends in a shard its list is read from above their graves, and names who lives: those who were there from the
/// beginning, those who came between, and no one twice.
pub async fn many_ends(corner: &Corner, full: bool) {
    let ends: u64 = if full { 100_000 } else { 12_000 };
    let mut owner = corner.owner(1);
    assert_eq!(owner.list().await, Ok(vec![]));
    let old: Vec<_> = (1..=30).map(|number| corner.session(number)).collect();
    for id in &old {
        owner.open(id).await.answered();
        assert_eq!(owner.say(id, &[b"a"]).await, Ok(true));
    }
    let mut marks = 0;
    for chunk in 0..ends / 100 {
        let ids: Vec<JournalId> = (0..100).map(|n| corner.session(1_000 + chunk * 100 + n)).collect();
        owner.pass_through(&ids).await;
        for _ in 0..100 {
            let (anew, rows) = owner.tend();
            assert!(land(&*corner.rows, rows).await);
            assert_eq!(owner.look().await, Ok(true));
            let none = anew.is_empty();
            owner.settle(anew).await;
            if none {
                break;
            }
        }
        if let Some(mark) = owner.mark_active() {
            assert!(land(&*corner.rows, vec![mark]).await);
            marks += 1;
        }
    }
    let graves = u64::try_from(limits::LIST_GRAVES).expect("small");
    assert!(marks >= (ends - graves) / graves / 2, "{marks} marks for {ends} ends");
    let active = reading::active(&*corner.rows, corner.shard).await.answered();
    assert!(active.mark.k > 0, "the reading begins above the graves");
    let mut next = corner.owner(2);
    next.fence(owner.incarnation()).await.answered();
    let mut listed = next.list().await.answered();
    listed.sort();
    let mut expected = old.clone();
    expected.sort();
    assert_eq!(listed, expected, "everybody who lives, once");
}
