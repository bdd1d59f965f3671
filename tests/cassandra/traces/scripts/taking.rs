//! Rules 6, 7, 8 and 19: what an owner goes on from is the same for every later owner (traces F3, F4, F11, F15).

use super::super::owner::Owner;
use super::super::stage::Play;
use super::{A, AB, AC, B, BC, C};

/// Rule 6: without cuts the highest epoch's row of each seq counts, and a message that was sent again is there twice.
pub async fn no_cut(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let m = e0.bear("m");
    let n = e0.append("n");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.bear("n"), &AB).await;
    e1.look(AB).await;
    play.land_all(&m, &AB).await;
    play.land(&n, &AB).await;
    play.fence(e1.incarnation, AB).await;
    e2.follows_cuts = kept;
    e2.open(AB).await;
}

/// Trace F3: the first thing that an epoch shows waits for that epoch's own cut, even if nothing is appended.
pub async fn a_lazy_cut(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let (mut e2, mut e3) = (Owner::new(play, 3), Owner::new(play, 4));
    let m = e0.bear("m");
    play.fence(e0.incarnation, BC).await;
    e1.open(BC).await;
    let [late, _never] = e1.bear("m");
    play.land_all(&m, &[A]).await;
    play.fence(e1.incarnation, AC).await;
    e2.open(AC).await;
    assert!(e2.send("m").is_none(), "it is there already");
    play.land(&e2.repeats(), &BC).await;
    e2.waits_for_heads = kept;
    if kept {
        play.land(&e2.cut(), &BC).await;
    }
    e2.look(BC).await;
    play.land(&late, &[A]).await;
    play.fence(e2.incarnation, AB).await;
    e3.open(AB).await;
}

/// Trace F4: what is adopted is at a quorum before it is shown.
pub async fn adopted_rows_are_not_repeated(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let m = e0.bear("m");
    play.land_all(&m, &[C]).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AC).await;
    play.land(&e1.cut(), &BC).await;
    e1.waits_for_repeats = kept;
    if kept {
        play.land(&e1.repeats(), &BC).await;
    }
    e1.look(BC).await;
    play.fence(e1.incarnation, AB).await;
    e2.open(AB).await;
}

/// Rule 8: both parts of a take.
pub async fn the_cut_is_not_awaited(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    play.land_all(&e0.bear("m"), &AB).await;
    e0.look(AB).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land(&e1.repeats(), &AB).await;
    let n = e1.append("n");
    play.land(&n, &AB).await;
    e1.waits_for_heads = kept;
    e1.look(AB).await;
    play.fence(e1.incarnation, AB).await;
    e2.open(AB).await;
}

/// Trace F15: a checkpoint is of what is published, else it outlives the cut that excludes it.
pub async fn a_checkpoint_is_not_published(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    play.land_all(&e0.bear("m"), &AB).await;
    e0.look(AB).await;
    let n = e0.append("n");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let o = e1.append("o");
    play.land(&o, &AB).await;
    e1.look(AB).await;
    play.land(&n, &AB).await;
    e0.look(AB).await;
    let point = if kept { e0.checkpoint() } else { Some(e0.checkpoint_at(2)) };
    if let Some(point) = point {
        play.land(&point, &AB).await;
    }
    play.fence(e1.incarnation, AB).await;
    e2.open(AB).await;
}

/// Trace F11: a replica that acknowledged has the row. Here A says so and does not.
pub async fn a_replica_forgets(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    if kept {
        play.land_all(&m, &AB).await;
    } else {
        play.land_all(&m, &[B]).await;
        m.iter().for_each(|part| part.landed(&[A]));
    }
    e0.look(AB).await;
    play.fence(e0.incarnation, AC).await;
    e1.open(AC).await;
}
