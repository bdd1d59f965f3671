//! Rules 6, 7, 8 and 19: what an owner goes on from is the same for every later owner (traces F3, F4, F11, F15).

use holdfast::store::journal::adopt::{self, Read};
use holdfast::store::journal::cut::Cut;
use holdfast::store::journal::window::{self, Window};
use holdfast::store::journal::{Epoch, keys};
use holdfast::store::rows::Table;
use holdfast::words::Seq;

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
    if !kept {
        e2.twist = without_cuts;
    }
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

/// Rules 8 and 14: a birth is a take, too. Its owner's successor reads the journal first and the heads then.
pub async fn the_cut_of_a_birth_is_not_awaited(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let [_nowhere, m] = e0.bear("m");
    e0.waits_for_heads = kept;
    play.land(&m, &AB).await;
    e0.look(AB).await;
    play.fence(e0.incarnation, AB).await;
    let journal = e1.read_journal(AB).await;
    let heads = e1.read_heads(AB).await;
    e1.adopt(&heads, journal);
}

/// Rule 8, the other part: E1's cut is stored, the row that it adopted is where E1 found it. Here all read the journal first.
pub async fn the_repeats_are_not_awaited(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let [cut, m] = e0.bear("m");
    play.fence(e0.incarnation, AB).await;
    play.land(&m, &[A]).await;
    let journal = e1.read_journal(AB).await;
    play.land(&cut, &[A]).await;
    let heads = e1.read_heads(AB).await;
    e1.adopt(&heads, journal);
    let [cut, repeats] = e1.take();
    play.land(&cut, &[A, B, C]).await;
    e1.waits_for_repeats = kept;
    e1.look(BC).await;
    play.fence(e1.incarnation, BC).await;
    let journal = e2.read_journal(BC).await;
    play.land(&repeats, &BC).await;
    let heads = e2.read_heads(BC).await;
    e2.adopt(&heads, journal);
}

/// Rule 19: E1's read of the heads takes long: A answers before E2 is there, C when E2's checkpoint has landed there and its cut
/// has not. The checkpoint's writer tells E1 that it is deposed.
pub async fn a_newer_owners_checkpoint_is_used(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let [cut, _nowhere] = e0.bear("l");
    play.land(&cut, &[A]).await;
    play.fence(e0.incarnation, AB).await;
    let heads = |server| play.read_one(Table::Heads, keys::journal(&play.id).into(), server);
    let mut found = heads(A).await;
    play.fence(e1.incarnation, AB).await;
    e2.open(AB).await;
    let m = e2.append("m");
    play.land_all(&[e2.cut(), m], &AB).await;
    e2.look(AB).await;
    play.land(&e2.checkpoint().expect("it has published"), &[C]).await;
    found.extend(heads(C).await);
    if !kept {
        e1.twist = |read, mine| read.checkpoint.iter_mut().for_each(|point| point.writer = mine);
    }
    let journal = e1.read_journal(AB).await;
    e1.adopt(&found, journal);
}

/// Rule 9: adopted rows count in the window, else each takeover adds a window to what the next one repeats.
pub async fn adopted_rows_do_not_count(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let mut flights = e0.bear("message 0").to_vec();
    flights.extend((1..window::EVENTS).map(|number| e0.append(&format!("message {number}"))));
    play.land_together(&flights, &AB).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let last = Seq(e1.all().len() as u64);
    let mut inputs = Window::open(if kept { Seq(0) } else { last }, last, false);
    let mut flights = Vec::new();
    while inputs.has_room() {
        let seq = inputs.push(16, true);
        flights.push(e1.append(&format!("message {seq}")));
    }
    play.land_together(&flights, &AB).await;
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

/// Of each seq the highest epoch's row counts, up to the first hole.
fn without_cuts(read: &mut Read, _: Epoch) {
    let mut chain = Vec::new();
    for seq in (1..).map(Seq) {
        let Some((epoch, _)) = read.rows.keys().rev().find(|(_, at)| *at == seq) else { break };
        adopt::extend(&mut chain, *epoch, seq);
    }
    let highest = chain.iter().map(|(epoch, _)| *epoch).max();
    if let Some(highest) = highest {
        let cut = Cut { chain, watermark: Seq(0) };
        read.cuts = std::iter::once((highest, cut)).collect();
    }
}
