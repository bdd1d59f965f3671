//! Rules 5, 8, 10 and 11: reads begin after the fences, looks after the stores, and nothing is shown before (traces F2, F6).

use super::super::owner::Owner;
use super::super::stage::Play;
use super::{A, AB, AC, BC, C};

/// Rule 11: stored is not enough.
pub async fn without_a_look(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&m, &AB).await;
    if kept {
        e0.look(AB).await;
    } else {
        e0.publish(e0.publishable());
    }
}

/// Rule 11: a look serves what was known stored before it was sent.
pub async fn the_look_begins_early(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    let before = e0.publishable();
    let clean = e0.glance(AB).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&m, &AB).await;
    let upto = if kept { before } else { e0.publishable() };
    e0.publish(upto.filter(|_| clean));
}

/// Rule 5: the journal's read begins after the last fence is stored.
pub async fn the_journal_is_read_early(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    let early = e1.read_journal(BC).await;
    play.land_all(&m, &AC).await;
    e0.look(AC).await;
    play.fence(e0.incarnation, AB).await;
    let heads = e1.read_heads(AB).await;
    let journal = if kept { e1.read_journal(AB).await } else { early };
    e1.adopt(&heads, journal);
}

/// Rule 5: so does the read of the heads.
pub async fn the_heads_are_read_early(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    let early = e1.read_heads(BC).await;
    play.land_all(&m, &AC).await;
    e0.look(AC).await;
    play.fence(e0.incarnation, AB).await;
    let heads = if kept { e1.read_heads(AB).await } else { early };
    let journal = e1.read_journal(AB).await;
    e1.adopt(&heads, journal);
}

/// Trace F2: E1 is fenced and does not know; it adopts a row that E2 did not see.
pub async fn what_was_adopted_is_not_looked_for(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let m = e0.bear("m");
    play.fence(e0.incarnation, AB).await;
    play.fence(e1.incarnation, AB).await;
    e2.open(BC).await;
    play.land_all(&m, &[A]).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    if kept {
        e1.look(AB).await;
    } else {
        e1.publish(e1.publishable());
    }
}

/// Trace F6: whoever reads the store without owning the shard shows what is final, and no more.
pub async fn a_reader_shows_the_store(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&m, &[C]).await;
    let mut reader = Owner::reader(play);
    reader.open(AC).await;
    play.history.shown(if kept { reader.published() } else { reader.all() });
    play.land_all(&e1.bear("n"), &AB).await;
    e1.look(AB).await;
}

/// Trace F6: whoever reads the store for what is final reads the journal first: the heads are then as new as what a row says of
/// its owner.
pub async fn a_reader_reads_the_heads_first(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let [cut, late] = e0.bear("m");
    play.land(&cut, &[A]).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    let mut reader = Owner::reader(play);
    let early = reader.read_heads(AB).await;
    let n = e1.append("n");
    play.land_all(&[e1.cut(), n], &AB).await;
    e1.look(AB).await;
    let m = e1.append("m");
    play.land_all(&[m, late], &[A]).await;
    let journal = reader.read_journal(AB).await;
    let heads = if kept { reader.read_heads(AB).await } else { early };
    reader.adopt(&heads, journal);
    play.history.shown(reader.published());
}

/// Rule 3: whoever was deposed ends its workers before it joins again, for a look serves the incarnation that looked.
pub async fn another_incarnation_looks(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let m = e0.bear("m");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    if !kept {
        e0.incarnation = Owner::new(play, 3).incarnation;
    }
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// Trace F13: whoever has not taken the session and looked does not know that a message is not there. E1 is fenced and does not
/// know.
pub async fn not_found_without_a_look(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    let m = e0.bear("m");
    play.fence(e0.incarnation, AB).await;
    play.fence(e1.incarnation, AB).await;
    e1.open(BC).await;
    play.land_all(&m, &[A]).await;
    e2.open(AB).await;
    play.land_all(&e2.take(), &AB).await;
    e2.look(AB).await;
    play.land_all(&e1.take(), &BC).await;
    if !kept || e1.glance(AB).await {
        play.history.told("m", e1.all().iter().any(|message| message == "m"));
    }
}
