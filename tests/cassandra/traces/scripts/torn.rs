//! Decisions of several events are published and adopted whole or not at all.

use holdfast::store::journal::Epoch;
use holdfast::store::journal::adopt::Read;
use holdfast::store::journal::row::Stored;
use holdfast::words::Seq;

use super::super::owner::Owner;
use super::super::stage::Play;
use super::AB;

/// Half a decision is stored, looked for and shown; the next owner drops it.
pub async fn half_a_decision_is_published(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let parts = e0.decide(&["m, half", "m, whole"]);
    e0.publishes_halves = !kept;
    play.land_all(&[e0.cut(), parts[0].clone()], &AB).await;
    e0.look(AB).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
}

/// The next owner finds half a decision, and goes on from it.
pub async fn a_torn_decision_is_adopted(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let parts = e0.decide(&["m, half", "m, whole"]);
    play.land_all(&[e0.cut(), parts[0].clone()], &AB).await;
    play.fence(e0.incarnation, AB).await;
    if !kept {
        e1.twist = whole_as_it_is;
    }
    e1.open(AB).await;
}

/// What is known to be published stays, even half a decision that should not have been.
pub async fn a_torn_tail_is_dropped_though_published(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    play.land_all(&e0.bear("l"), &AB).await;
    let half = e0.append_part("m, half", 1);
    let _nowhere = e0.append("m, whole");
    e0.publishes_halves = true;
    play.land(&half, &AB).await;
    e0.look(AB).await;
    let n = e0.append("n");
    play.land(&n, &AB).await;
    play.fence(e0.incarnation, AB).await;
    if !kept {
        e1.twist = nothing_is_final;
    }
    e1.open(AB).await;
}

/// Every row ends a decision.
fn whole_as_it_is(read: &mut Read, _: Epoch) {
    for stored in read.rows.values_mut() {
        *stored = Stored::new(stored.last_final, 0, &stored.body);
    }
}

/// Nobody says what was published.
fn nothing_is_final(read: &mut Read, _: Epoch) {
    for stored in read.rows.values_mut() {
        *stored = Stored::new(Seq(0), stored.more, &stored.body);
    }
    read.cuts.values_mut().for_each(|cut| cut.watermark = Seq(0));
}
