//! Rule 20 and the list's own rules: a row goes when something else is sure to remember the session, and a mark passes no row
//! that lists one. The product's own list says where a mark may go.

use holdfast::store::journal::lists::{Listing, Place};
use holdfast::words::{JournalId, SessionId};

use super::super::owner::Owner;
use super::super::stage::Play;
use super::AB;

/// So many rows have died that a mark is worth writing.
const DEAD: u32 = 256;

/// Rule 20: the last delete of the active row is sent when the last event is published, not when it is stored.
pub async fn the_last_delete_is_early(play: &Play<'_>, kept: bool) {
    let mut e0 = listed(play).await;
    let close = e0.append("close");
    play.land(&close, &AB).await;
    if !kept {
        play.land(&e0.unlist(), &AB).await;
    }
    play.fence(e0.incarnation, AB).await;
    e0.look(AB).await;
    assert!(e0.is_ended(), "its close is not published");
    play.history.listed(play.lists(AB).await || e0.finds_record(AB).await);
}

/// A clean look comes before the row is deleted: then the wake-up was there before any later owner read the sleepers.
pub async fn a_row_is_deleted_without_a_look(play: &Play<'_>, kept: bool) {
    let mut e0 = listed(play).await;
    let wakeup = play.wakeup(e0.stamps.draw());
    play.fence(e0.incarnation, AB).await;
    let asleep = play.sleeps(AB).await;
    play.land(&wakeup, &AB).await;
    if !kept || e0.glance(AB).await {
        play.land(&e0.unlist(), &AB).await;
    }
    play.history.listed(play.lists(AB).await || asleep);
}

/// A mark covers no row that is on its way.
pub async fn a_mark_passes_a_row_on_its_way(play: &Play<'_>, kept: bool) {
    let mut e0 = Owner::new(play, 1);
    let m = e0.bear("m");
    let mut listing = Listing::new(e0.epoch);
    listing.found(Place::default(), &[], true);
    others_have_gone(&mut e0, &mut listing);
    let row = e0.list();
    if kept {
        listing.listed(e0.place, &play.id);
    }
    marks(play, &mut e0, &mut listing).await;
    play.land_all(&m, &AB).await;
    play.land(&row, &AB).await;
    e0.look(AB).await;
    play.fence(e0.incarnation, AB).await;
    play.history.listed(play.lists(AB).await);
}

/// A mark covers no row that another has written, and that nothing stands for yet.
pub async fn a_mark_passes_a_row_that_was_found(play: &Play<'_>, kept: bool) {
    let (e0, mut e1) = (listed(play).await, Owner::new(play, 2));
    play.fence(e0.incarnation, AB).await;
    let found = play.places(AB).await.into_iter().map(|place| (place, play.id.clone())).collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "it is listed once");
    let mut listing = Listing::new(e1.epoch);
    listing.found(Place::default(), if kept { &found } else { &[] }, true);
    marked_and_taken_over(play, &mut e1, &mut listing).await;
}

/// A mark is of an owner that has read the list to its end.
pub async fn a_mark_of_an_unread_list(play: &Play<'_>, kept: bool) {
    let (e0, mut e1) = (listed(play).await, Owner::new(play, 2));
    play.fence(e0.incarnation, AB).await;
    let mut listing = Listing::new(e1.epoch);
    listing.found(Place::default(), &[], !kept);
    marked_and_taken_over(play, &mut e1, &mut listing).await;
}

/// E0, with a session that is listed and has a published event.
async fn listed<'p, 's>(play: &'p Play<'s>) -> Owner<'p, 's> {
    let mut e0 = Owner::new(play, 1);
    let (m, row) = (e0.bear("m"), e0.list());
    play.land_all(&m, &AB).await;
    play.land(&row, &AB).await;
    e0.look(AB).await;
    e0
}

/// The rows of others come and go, above those that are known so far.
fn others_have_gone(owner: &mut Owner<'_, '_>, listing: &mut Listing) {
    let other = JournalId::Session(SessionId([7; 16]));
    for _ in 0..DEAD {
        let (place, _) = owner.stamps.place();
        listing.listed(place, &other);
    }
    listing.over(&other);
}

/// The mark lands, if there is one to write.
async fn marks(play: &Play<'_>, owner: &mut Owner<'_, '_>, listing: &mut Listing) {
    if let Some(mark) = listing.advance(owner.stamps.next()) {
        let timestamp = owner.stamps.draw();
        play.land(&play.mark(mark, timestamp), &AB).await;
    }
}

async fn marked_and_taken_over(play: &Play<'_>, owner: &mut Owner<'_, '_>, listing: &mut Listing) {
    others_have_gone(owner, listing);
    marks(play, owner, listing).await;
    play.fence(owner.incarnation, AB).await;
    play.history.listed(play.lists(AB).await);
}
