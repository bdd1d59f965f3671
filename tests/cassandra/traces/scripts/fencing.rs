//! Rules 1 to 4 and 13: whoever may still acknowledge is fenced before a journal is read (traces F1, F5, F8).

use holdfast::store::rows::{Incarnation, fences};

use super::super::flight::Flight;
use super::super::owner::Owner;
use super::super::stage::Play;
use super::AB;

/// Rule 4.
pub async fn nobody_is_fenced(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    if kept {
        play.fence(e0.incarnation, AB).await;
    }
    e1.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Trace F1: E1 gets the shard and dies before it has fenced E0.
pub async fn only_the_last_is_fenced(play: &Play<'_>, kept: bool) {
    let (mut e0, e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let m = e0.bear("m");
    play.fence(e1.incarnation, AB).await;
    if kept {
        play.fence(e0.incarnation, AB).await;
    }
    e2.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Trace F1: E1 hands over a shard that it has not recovered; it was released, so that nobody need fence E1.
pub async fn a_shard_is_handed_on_unrecovered(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let m = e0.bear("m");
    e1.end();
    if kept {
        play.fence(e0.incarnation, AB).await;
    }
    e2.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Trace F5: the shard is moved from an owner that is neither deposed nor released it.
pub async fn a_shard_is_moved_live(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    if kept {
        // The only other way to another owner: it is deposed, and so fenced.
        play.fence(e0.incarnation, AB).await;
    }
    e1.open(AB).await;
    e1.bear("n");
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Rule 13: the worker has ended before the release is proposed.
pub async fn released_and_goes_on(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    if kept {
        e0.end();
    }
    // After a clean release there is nobody to fence.
    e1.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Section 2: fences have no TTL, and nobody deletes them.
pub async fn fences_vanish(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    if !kept {
        play.lose_fence(e0.incarnation).await;
    }
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Trace F8: the second generation took its number and died; the third fences all from `fenced_below` on.
pub async fn only_the_last_generation_is_fenced(play: &Play<'_>, kept: bool) {
    let (first, third) = (play.generation, play.generation + 2);
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::of_generation(play, third, 1));
    let m = e0.bear("m");
    for generation in if kept { first..third } else { third - 1..third } {
        play.fence(Incarnation { generation, number: 0 }, AB).await;
    }
    e1.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Trace F8: a generation is fenced in every bucket, for a look reads only its own.
pub async fn only_one_bucket_is_fenced(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 17), Owner::of_generation(play, play.generation + 1, 1));
    let m = e0.bear("m");
    let mut rows = fences::mutations(Incarnation { generation: play.generation, number: 0 });
    if !kept {
        rows.truncate(1);
    }
    play.land(&Flight::new(rows), &AB).await;
    e1.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}
