//! Rule 9 and trace F7: one key has one content, and a message that is sent again is found.

use holdfast::store::journal::ids::{self, Ids, Known};
use holdfast::words::Seq;

use super::super::owner::Owner;
use super::super::stage::Play;
use super::AB;

/// Trace F7: a worker that lost its memory gives up its incarnation.
pub async fn goes_on_without_memory(play: &Play<'_>, kept: bool) {
    let mut first_life = Owner::new(play, 1);
    // Its bytes are the larger ones: at equal timestamps they win.
    let z = first_life.bear("z");
    let mut second_life = Owner::new(play, if kept { 2 } else { 1 });
    if kept {
        play.fence(first_life.incarnation, AB).await;
        second_life.open(AB).await;
    }
    play.land_all(&second_life.bear("a"), &AB).await;
    second_life.look(AB).await;
    play.land_all(&z, &AB).await;
    let mut next = Owner::new(play, 3);
    play.fence(second_life.incarnation, AB).await;
    next.open(AB).await;
}

/// Rule 9: a message is looked for in what was adopted.
pub async fn ids_are_not_looked_up(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    play.land_all(&e0.bear("m"), &AB).await;
    e0.look(AB).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let again = if kept { e1.send("m") } else { Some(e1.append("m")) };
    if let Some(again) = again {
        play.land(&again, &AB).await;
    }
    e1.look(AB).await;
}

/// Rule 9: an id that is older than the window is paged for.
pub async fn old_ids_are_not_paged_for(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    let mut flights = e0.bear("message 0").to_vec();
    flights.extend((1..=ids::WINDOW).map(|number| e0.append(&format!("message {number}"))));
    for some in flights.chunks(256) {
        let together = some.iter().flat_map(|flight| flight.mutations().to_vec()).collect();
        play.land(&super::super::flight::Flight::new(together), &AB).await;
        some.iter().for_each(|flight| flight.landed(&AB));
    }
    e0.look(AB).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let all = e1.all();
    assert_eq!(all.len(), flights.len() - 1, "everything is adopted");
    let hash = |message: &str| ids::hash("customer", message);
    let hashes = all[all.len() - ids::WINDOW..].iter().map(|message| hash(message)).collect::<Vec<_>>();
    let window = Ids::open(&hashes, Seq(all.len() as u64));
    let found = window.look_up(hash("message 0"), Some(Seq(0)));
    assert_eq!(found, Known::Before(Seq(0)), "the window does not reach so far");
    let paged = if kept { e1.send("message 0") } else { Some(e1.append("message 0")) };
    if let Some(again) = paged {
        play.land(&again, &AB).await;
    }
    e1.look(AB).await;
}
