//! Rules 14 and 20: a living session is listed, whatever late deletes land (traces F9, F15).

use holdfast::store::journal::lists::Stamps;

use super::super::flight::Flight;
use super::super::owner::Owner;
use super::super::stage::Play;
use super::AB;

/// Rule 14: the first ack waits for the active row.
pub async fn the_active_row_is_not_awaited(play: &Play<'_>, kept: bool) {
    let mut e0 = Owner::new(play, 1);
    let (m, _nowhere) = (e0.bear("m"), e0.list());
    e0.waits_for_list = kept;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
    taken_over(play, &e0).await;
}

/// Rule 20: a take is complete when the active row is written in its own epoch, even if the session is listed.
pub async fn relies_on_the_former_row(play: &Play<'_>, kept: bool) {
    let mut e0 = listed(play).await;
    let asleep = e0.unlist();
    let mut e1 = next(play, &e0).await;
    if kept {
        play.land(&e1.list(), &AB).await;
    }
    goes_on(play, &mut e1).await;
    play.land(&asleep, &AB).await;
    taken_over(play, &e1).await;
}

/// Rule 20: timestamps of the lists come from epochs. E0's clock is fast, E1's is slow, and both write one key, as wake-ups do.
pub async fn timestamps_from_clocks(play: &Play<'_>, kept: bool) {
    let mut e0 = listed(play).await;
    // Above every timestamp that an epoch makes.
    let far = i64::MAX - 4_000;
    let asleep = if kept { e0.unlist() } else { play.unlisting(e0.place, far + 2_000) };
    let mut e1 = next(play, &e0).await;
    let stamp = if kept { e1.stamps.draw() } else { far + 1_000 };
    let own = e1.list_at(e0.place, stamp);
    play.land(&own, &AB).await;
    goes_on(play, &mut e1).await;
    play.land(&asleep, &AB).await;
    taken_over(play, &e1).await;
}

/// Rule 20: k belongs to the worker, not to a session that is unloaded.
pub async fn k_begins_again(play: &Play<'_>, kept: bool) {
    let mut e0 = listed(play).await;
    play.land(&e0.unlist(), &AB).await;
    if !kept {
        e0.stamps = Stamps::new(e0.epoch);
    }
    play.land(&e0.list(), &AB).await;
    goes_on(play, &mut e0).await;
    taken_over(play, &e0).await;
}

/// Rule 20: waking, the active row is stored before the first ack.
pub async fn wakes_unlisted(play: &Play<'_>, kept: bool) {
    let mut e0 = listed(play).await;
    play.land(&e0.unlist(), &AB).await;
    let _nowhere: Flight = e0.list();
    e0.waits_for_list = kept;
    let before = e0.published();
    goes_on(play, &mut e0).await;
    if e0.published() == before {
        // Nothing was shown; it sleeps on, and its wake-up finds it.
        return;
    }
    taken_over(play, &e0).await;
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

/// The owner after E0, which finds the session in the list and takes it.
async fn next<'p, 's>(play: &'p Play<'s>, e0: &Owner<'p, 's>) -> Owner<'p, 's> {
    let mut e1 = Owner::new(play, 2);
    play.fence(e0.incarnation, AB).await;
    assert!(play.lists(AB).await, "it is listed so far");
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    e1
}

async fn goes_on(play: &Play<'_>, owner: &mut Owner<'_, '_>) {
    let n = owner.append("n");
    play.land(&n, &AB).await;
    owner.look(AB).await;
}

/// The shard goes to an owner that opens what it finds in the list.
async fn taken_over(play: &Play<'_>, from: &Owner<'_, '_>) {
    play.fence(from.incarnation, AB).await;
    play.history.listed(play.lists(AB).await);
}
