//! Rules 5, 15 and 16: the record is the end, and nothing comes after it (trace F9).

use super::super::flight::Flight;
use super::super::owner::{Opened, Owner};
use super::super::stage::Play;
use super::{A, AB, BC};

/// Rule 16: the record is stored when the last event is published, not when it is stored.
pub async fn the_record_is_early(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    play.land_all(&e0.bear("m"), &AB).await;
    e0.look(AB).await;
    let close = e0.append("close");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let n = e1.append("n");
    play.land(&n, &AB).await;
    e1.look(AB).await;
    play.land(&close, &AB).await;
    if kept {
        e0.look(AB).await;
    }
    if !e0.is_ended() {
        play.land(&e0.record(), &AB).await;
        play.history.shown(e0.all());
    }
}

/// Rule 5: the record's read begins after all the others have ended.
pub async fn the_record_is_read_first(play: &Play<'_>, kept: bool) {
    let (e0, mut e1) = (closed(play).await, Owner::new(play, 2));
    play.fence(e0.incarnation, AB).await;
    let early = !kept && e1.finds_record(AB).await;
    assert!(!early, "it is not stored yet");
    play.land(&e0.record(), &AB).await;
    play.land(&e0.delete(), &AB).await;
    let (heads, journal) = (e1.read_heads(AB).await, e1.read_journal(AB).await);
    if !(kept && e1.finds_record(AB).await) {
        e1.adopt(&heads, journal);
    }
}

/// Rule 5: the record is read at all.
pub async fn the_record_is_not_read(play: &Play<'_>, kept: bool) {
    let (e0, mut e1) = (closed(play).await, Owner::new(play, 2));
    play.land(&e0.record(), &AB).await;
    play.land(&e0.delete(), &AB).await;
    play.fence(e0.incarnation, AB).await;
    let (heads, journal) = (e1.read_heads(AB).await, e1.read_journal(AB).await);
    if !(kept && e1.finds_record(AB).await) {
        e1.adopt(&heads, journal);
    }
}

/// Rule 16: the journal goes when the record is stored.
pub async fn the_journal_is_deleted_early(play: &Play<'_>, kept: bool) {
    let (e0, mut e1) = (closed(play).await, Owner::new(play, 2));
    let record: Flight = e0.record();
    if record.is_stored() || !kept {
        play.land(&e0.delete(), &AB).await;
    }
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
}

/// Rule 15: a session that a client names is read before it is created, whether it is listed or not.
pub async fn created_unread(play: &Play<'_>, kept: bool) {
    let (e0, mut e1) = (closed(play).await, Owner::new(play, 2));
    play.land(&e0.record(), &AB).await;
    play.fence(e0.incarnation, AB).await;
    assert!(!play.lists(AB).await, "it is over and not listed");
    if kept && e1.open(AB).await == Opened::Over {
        return;
    }
    play.land_all(&e1.bear("n"), &AB).await;
    e1.look(AB).await;
}

/// Rule 16: whoever finds a record stores it again before the journal goes: its writer may have died when one server had it.
pub async fn a_found_record_is_trusted(play: &Play<'_>, kept: bool) {
    let (e0, mut e1, mut e2) = (closed(play).await, Owner::new(play, 2), Owner::new(play, 3));
    finishes(play, (&e0, &mut e1), kept).await;
    e2.open(BC).await;
}

/// As above: and before it goes off the list.
pub async fn a_found_record_is_trusted_and_unlisted(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (closed(play).await, Owner::new(play, 2));
    play.land(&e0.list(), &AB).await;
    finishes(play, (&e0, &mut e1), kept).await;
    let timestamp = e1.stamps.draw();
    play.land(&play.unlisting(e0.place, timestamp), &BC).await;
    play.history.listed(play.lists(BC).await || e1.finds_record(BC).await);
}

/// E0's record is on one server; E1 finds it there and finishes what it began.
async fn finishes(play: &Play<'_>, (e0, e1): (&Owner<'_, '_>, &mut Owner<'_, '_>), kept: bool) {
    let record = e0.record();
    play.land(&record, &[A]).await;
    play.fence(e0.incarnation, BC).await;
    assert_eq!(e1.open(AB).await, Opened::Over, "the record is found");
    if kept {
        play.land(&record, &BC).await;
    }
    play.land(&e0.delete(), &BC).await;
    play.fence(e1.incarnation, BC).await;
}

/// E0, with a session whose last event is published.
async fn closed<'p, 's>(play: &'p Play<'s>) -> Owner<'p, 's> {
    let mut e0 = Owner::new(play, 1);
    play.land_all(&e0.bear("m"), &AB).await;
    let close = e0.append("close");
    play.land(&close, &AB).await;
    e0.look(AB).await;
    e0
}
