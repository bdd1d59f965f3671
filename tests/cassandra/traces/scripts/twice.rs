//! Rule 9 and trace F7: one key has one content, and a message that is sent again is found.

use holdfast::store::journal::ids::{self, Ids, Known};
use holdfast::store::journal::row::Stored;
use holdfast::store::journal::window;
use holdfast::store::reading;
use holdfast::store::rows::Rows;
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
    for number in 1..=ids::WINDOW {
        flights.push(e0.append(&format!("message {number}")));
        if flights.len() >= window::EVENTS || number == ids::WINDOW {
            play.land_together(&flights, &AB).await;
            flights.clear();
            e0.look(AB).await;
        }
    }
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let all = e1.all();
    assert_eq!(all.len(), ids::WINDOW + 1, "everything is adopted");
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

/// Rule 9: `after` is what the sender knew when it sent the message first, in every repeat. E1 remembers one event.
pub async fn after_is_renewed(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    play.land_all(&e0.bear("m"), &AB).await;
    let n = e0.append("n");
    play.land(&n, &AB).await;
    e0.look(AB).await;
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    e1.look(AB).await;
    let window = Ids::open(&[ids::hash("customer", "n")], Seq(2));
    let again = match window.look_up(ids::hash("customer", "m"), Some(Seq(if kept { 0 } else { 2 }))) {
        Known::New => Some(e1.append("m")),
        // It reads what is before the window.
        Known::Before(_) | Known::Perhaps(_) => e1.send("m"),
    };
    if let Some(again) = again {
        play.land(&again, &AB).await;
    }
    e1.look(AB).await;
}

/// Rule 9: an owner with fewer events than `after` does not accept. The client says that it knew an event; nobody has made one.
pub async fn a_stale_owner_accepts(play: &Play<'_>, kept: bool) {
    let mut e0 = Owner::new(play, 1);
    for (message, after) in [("m", 1), ("n", 0), ("m", 1)] {
        let all = e0.all();
        if kept && all.len() < after {
            continue;
        }
        // It remembers one event.
        let last = all.last().map(|last| ids::hash("customer", last));
        let window = Ids::open(last.as_slice(), Seq(all.len() as u64));
        if window.look_up(ids::hash("customer", message), Some(Seq(after as u64))) == Known::New {
            let event = e0.append(message);
            play.land_all(&[e0.cut(), event], &AB).await;
            e0.look(AB).await;
        }
    }
}

/// Rule 9: whoever pages for an old id reads along the chain: a row that no chain names is not the journal.
pub async fn rows_off_the_chain_are_found(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1, mut e2) = (Owner::new(play, 1), Owner::new(play, 2), Owner::new(play, 3));
    play.land_all(&e0.bear("l"), &AB).await;
    e0.look(AB).await;
    let ghost = e0.append("m");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let own = ["n", "o"].map(|message| e1.append(message));
    play.land_all(&own, &AB).await;
    e1.look(AB).await;
    play.land(&ghost, &AB).await;
    let along = (e1.chain().clone(), (Seq(1), Seq(3)));
    let is_m = |stored: &Stored| stored.body == "m";
    let found = if kept {
        let rows = async |rows: &dyn Rows| reading::rows(rows, &play.id, &along.0, along.1, 10).await;
        play.ask(AB, rows).await.iter().any(|(_, stored)| is_m(stored))
    } else {
        let rows = e1.read_journal(AB).await.into_iter();
        rows.map(|row| Stored::read(row.value).expect("a row")).any(|stored| is_m(&stored))
    };
    if !found {
        let m = e1.append("m");
        play.land(&m, &AB).await;
        e1.look(AB).await;
    }
    play.history.told("m", true);
    play.fence(e1.incarnation, AB).await;
    e2.open(AB).await;
}
