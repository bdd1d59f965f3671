//! Births, takeovers, what lands late, what is torn, looks and checkpoints (rules 4 to 14, 19).

use super::owner::{Opened, What, land};
use super::{Corner, bodies};
use crate::store::rows::Incarnation;
use crate::words::Seq;

/// Nothing of a birth is shown before cut, active row and event are stored and looked at.
pub async fn birth(corner: &Corner) {
    let id = corner.session(1);
    let mut owner = corner.owner(1);
    assert_eq!(owner.open(&id).await, Ok(Opened::Empty));
    owner.append(&id, &[b"a"]);
    let parts: [fn(&What) -> bool; 3] = [
        |what| matches!(what, What::Events(..)),
        |what| matches!(what, What::Active(_)),
        |what| matches!(what, What::Cut),
    ];
    for part in parts {
        assert_eq!(owner.look().await, Ok(true));
        assert_eq!(owner.published(&id), bodies(&[]), "a part of the birth is not stored yet");
        assert!(owner.send(&id, part).await);
    }
    assert_eq!(owner.published(&id), bodies(&[]), "stored, but not looked at");
    assert_eq!(owner.look().await, Ok(true));
    assert_eq!(owner.published(&id), bodies(&["a"]));
    assert_eq!(owner.list().await, Ok(vec![id]), "and listed");
}

/// What was acknowledged is adopted; it is shown after the take is stored and looked at.
pub async fn adopts(corner: &Corner) {
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.expect("answered");
    for text in ["a", "b", "c"] {
        assert_eq!(first.say(&id, &[text.as_bytes()]).await, Ok(true));
    }
    let (mut second, opened) = corner.after(&first, 2, &id).await;
    assert_eq!(opened, Opened::Journal(Seq(3)));
    assert_eq!(second.known(&id), bodies(&["a", "b", "c"]));
    assert_eq!(
        second.published(&id),
        bodies(&["a", "b"]),
        "what the last row calls final may be shown at once"
    );
    second.take(&id);
    second.store(&id).await;
    assert_eq!(second.look().await, Ok(true));
    assert_eq!(second.published(&id), bodies(&["a", "b", "c"]));
    assert_eq!(first.say(&id, &[b"late"]).await, Ok(false), "the first owner looks and ends");
    assert!(first.is_fenced());
    assert_eq!(first.published(&id), bodies(&["a", "b", "c"]));
    assert_eq!(second.say(&id, &[b"d"]).await, Ok(true));
    let (third, _) = corner.after(&second, 3, &id).await;
    assert_eq!(third.known(&id), bodies(&["a", "b", "c", "d"]), "the late row is off the chain");
}

/// A row that lands behind a cut is a ghost for ever.
pub async fn ghost(corner: &Corner) {
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.expect("answered");
    assert_eq!(first.say(&id, &[b"a"]).await, Ok(true));
    first.append(&id, &[b"ghost"]);
    let (mut second, _) = corner.after(&first, 2, &id).await;
    assert_eq!(second.say(&id, &[b"b"]).await, Ok(true));
    first.store(&id).await;
    assert_eq!(first.look().await, Ok(false));
    for number in 3..6 {
        let (mut next, opened) = corner.after(&second, number, &id).await;
        assert_eq!(opened, Opened::Journal(Seq(2)), "owner {number}");
        assert_eq!(next.known(&id), bodies(&["a", "b"]), "owner {number}");
        next.take(&id);
        next.store(&id).await;
        assert_eq!(next.look().await, Ok(true));
        second = next;
    }
}

/// Of a take only one part lands, or none: nothing was shown, and the next owner goes on from what is there.
pub async fn torn_take(corner: &Corner) {
    let only: [fn(&What) -> bool; 3] =
        [|what| matches!(what, What::Cut), |what| matches!(what, What::Tail(_)), |_| false];
    for (number, part) in (0_u32..).zip(only) {
        let id = corner.session(u64::from(number));
        let base = number * 4;
        let mut first = corner.owner(base + 1);
        first.open(&id).await.expect("answered");
        assert_eq!(first.say(&id, &[b"a"]).await, Ok(true));
        // Stored and never acknowledged: above what any row calls final.
        first.append(&id, &[b"b"]);
        first.store(&id).await;
        let (mut torn, opened) = corner.after(&first, base + 2, &id).await;
        assert_eq!(opened, Opened::Journal(Seq(2)));
        torn.append(&id, &[b"c"]);
        torn.send(&id, part).await;
        torn.send(&id, |what| matches!(what, What::Active(_) | What::Events(..))).await;
        assert_eq!(torn.look().await, Ok(true));
        assert_eq!(torn.published(&id), bodies(&["a"]), "half a take shows nothing that it adopted");
        let (mut next, _) = corner.after(&torn, base + 3, &id).await;
        let known = next.known(&id);
        let cut = if number == 0 { bodies(&["a", "b", "c"]) } else { bodies(&["a", "b"]) };
        assert_eq!(known, cut, "without its cut an epoch's rows are not the journal");
        assert_eq!(next.say(&id, &[b"d"]).await, Ok(true));
        torn.store(&id).await;
        assert_eq!(torn.look().await, Ok(false));
        let (last, _) = corner.after(&next, base + 4, &id).await;
        let expected: Vec<_> = known.into_iter().chain(bodies(&["d"])).collect();
        assert_eq!(last.known(&id), expected, "and the other half, come late, changes nothing");
    }
}

/// A decision of which only the beginning landed is given up whole.
pub async fn torn_decision(corner: &Corner) {
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.expect("answered");
    assert_eq!(first.say(&id, &[b"a"]).await, Ok(true));
    first.append(&id, &[b"b", b"c", b"d"]);
    let decided = first.writes(&id).last().expect("it was decided").mutations.clone();
    assert!(land(&*corner.rows, decided[..2].to_vec()).await);
    let (mut second, opened) = corner.after(&first, 2, &id).await;
    assert_eq!(opened, Opened::Journal(Seq(1)));
    assert_eq!(second.say(&id, &[b"e"]).await, Ok(true));
    assert!(land(&*corner.rows, decided).await);
    let (third, _) = corner.after(&second, 3, &id).await;
    assert_eq!(third.known(&id), bodies(&["a", "e"]));
}

/// A journal that is opened again in one epoch goes on under the cut that it has.
pub async fn one_take_per_epoch(corner: &Corner) {
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.expect("answered");
    assert_eq!(first.say(&id, &[b"a"]).await, Ok(true));
    let (mut second, _) = corner.after(&first, 2, &id).await;
    assert_eq!(second.say(&id, &[b"b"]).await, Ok(true));
    assert_eq!(second.open(&id).await, Ok(Opened::Journal(Seq(2))));
    assert_eq!(second.published(&id), bodies(&["a", "b"]), "it is this epoch's own word already");
    assert_eq!(second.say(&id, &[b"c"]).await, Ok(true));
    assert!(
        second.writes(&id).iter().all(|write| !matches!(write.what, What::Cut | What::Tail(_))),
        "no second take"
    );
    let (third, _) = corner.after(&second, 3, &id).await;
    assert_eq!(third.known(&id), bodies(&["a", "b", "c"]));
}

/// A look serves what was known to be stored before it began, and nothing else.
pub async fn looks(corner: &Corner) {
    let id = corner.session(1);
    let mut owner = corner.owner(1);
    owner.open(&id).await.expect("answered");
    owner.append(&id, &[b"a"]);
    owner.store(&id).await;
    let before = owner.covers();
    owner.append(&id, &[b"b"]);
    owner.store(&id).await;
    assert_eq!(owner.look_for(before).await, Ok(true));
    assert_eq!(owner.published(&id), bodies(&["a"]));
    assert_eq!(owner.look().await, Ok(true));
    assert_eq!(owner.published(&id), bodies(&["a", "b"]));
}

/// A new generation fences all numbers of those before it, and no other.
pub async fn generations(corner: &Corner) {
    let id = corner.session(1);
    let mut old = corner.owner_in(0, 40);
    old.open(&id).await.expect("answered");
    assert_eq!(old.say(&id, &[b"a"]).await, Ok(true));
    let mut new = corner.owner_in(2, 1);
    for generation in 0..2 {
        let whole = Incarnation { generation: corner.generation + generation, number: 0 };
        new.fence(whole).await.expect("a fence is stored");
    }
    assert_eq!(new.open(&id).await, Ok(Opened::Journal(Seq(1))));
    assert_eq!(old.say(&id, &[b"late"]).await, Ok(false), "deposed with its generation");
    assert_eq!(new.say(&id, &[b"b"]).await, Ok(true), "a larger generation with a smaller number");
    assert_eq!(old.open(&id).await, Ok(Opened::Deposed), "it finds a later epoch");
    let mut between = corner.owner_in(1, 7);
    between.open(&id).await.expect("answered");
    assert_eq!(between.look().await, Ok(false), "a skipped generation is fenced, too");
}

/// The newest published state is the checkpoint, whoever writes it and whenever it lands; a later writer's deposes.
pub async fn checkpoints(corner: &Corner) {
    let id = corner.session(1);
    let mut first = corner.owner(1);
    first.open(&id).await.expect("answered");
    for text in ["a", "b", "c", "d"] {
        assert_eq!(first.say(&id, &[text.as_bytes()]).await, Ok(true));
    }
    let early = first.checkpoint(&id);
    let (mut second, _) = corner.after(&first, 2, &id).await;
    for text in ["e", "f"] {
        assert_eq!(second.say(&id, &[text.as_bytes()]).await, Ok(true));
    }
    assert!(land(&*corner.rows, vec![second.checkpoint(&id)]).await);
    assert!(land(&*corner.rows, vec![early]).await, "a zombie's checkpoint lands late");
    assert_eq!(second.say(&id, &[b"g"]).await, Ok(true));
    let (third, opened) = corner.after(&second, 3, &id).await;
    assert_eq!(opened, Opened::Journal(Seq(7)));
    assert_eq!(third.opened_from(&id), Some(Seq(6)), "the newest one wins");
    assert_eq!((third.rows_read(&id), third.known(&id)), (1, bodies(&["g"])), "and nothing below it is read");
    assert_eq!(first.open(&id).await, Ok(Opened::Deposed), "its writer's epoch is above the first owner's");
}
