//! Power cuts under a whole node: every event that was acknowledged or shown is there afterwards, at its seq, with its
//! content, and whatever the next life shows begins with it (promises P1, P4).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use super::life::{Clock, Node, auditor, customer, live, session};
use crate::session::event::Event;
use crate::shard::door::{Delivery, Mailbox};
use crate::store::rows::embedded::tests::disk::{Dice, Disk};
use crate::words::{Seq, SessionId};

const SESSIONS: u64 = 6;
/// Lives of one disk.
const CUTS: u64 = 10;
const SEEDS: u64 = 22;

/// What clients know, over all lives of one disk.
#[derive(Default)]
struct Known {
    /// Events that were shown, by page or live.
    shown: BTreeMap<(SessionId, Seq), Arc<Event>>,
    /// Messages that were acknowledged.
    acked: BTreeMap<(SessionId, Seq), String>,
    /// Draws message ids.
    next: u64,
}

impl Known {
    fn show(&mut self, id: SessionId, event: Arc<Event>) -> Result<(), String> {
        let before = self.shown.insert((id, event.seq), event.clone());
        match before {
            Some(before) if before != event => Err(format!("{before:?} was shown, and now {event:?}")),
            _ => Ok(()),
        }
    }
}

/// One client: sends, reads and follows until nothing answers any more.
async fn client(node: &Node, known: &RefCell<Known>, id: SessionId) -> Result<(), String> {
    let (mailbox, mut inbox) = Mailbox::open(256);
    if node.create(id).await.is_err() {
        return Ok(());
    }
    let _ = node.door.attach(auditor(), id, Seq(0), mailbox).await;
    loop {
        let text = {
            let mut known = known.borrow_mut();
            known.next += 1;
            format!("m{}", known.next)
        };
        let answer = node.say(&customer(), id, (&text, None, &text)).await;
        while let Ok(delivery) = inbox.try_recv() {
            if let Delivery::Event { event, .. } = delivery {
                known.borrow_mut().show(id, event)?;
            }
        }
        let Ok(receipt) = answer else { return Ok(()) };
        known.borrow_mut().acked.insert((id, receipt.seq), text);
        if receipt.seq.0 % 5 == 0 {
            let Ok(page) = node.door.page(auditor(), id, Seq(receipt.seq.0 - 3), 10).await else {
                return Ok(());
            };
            page.events.into_iter().try_for_each(|event| known.borrow_mut().show(id, event))?;
        }
    }
}

/// A node from its start to the instant when its power goes.
async fn until_the_cut(
    disk: &Disk,
    clock: &Arc<Clock>,
    known: &RefCell<Known>,
    accesses: u64,
) -> Result<(), String> {
    let death = Arc::new(tokio::sync::Notify::new());
    disk.on_death(death.clone());
    disk.die_in(accesses);
    let life = async {
        let Ok(node) = Node::start(disk, clock).await else { return Ok(()) };
        let clients = (0..SESSIONS).map(|number| client(&node, known, session(number)));
        join_all(clients).await.into_iter().collect()
    };
    tokio::select! {
        result = life => result,
        () = death.notified() => Ok(()),
    }
}

/// Everything that clients know is there, as they know it.
async fn look(disk: &Disk, clock: &Arc<Clock>, known: &RefCell<Known>) -> Result<(), String> {
    let node = Node::start(disk, clock).await?;
    for number in 0..SESSIONS {
        let id = session(number);
        let found = node.all(id).await.unwrap_or_default();
        for event in &found {
            known.borrow_mut().show(id, event.clone())?;
        }
        let known = known.borrow();
        let at = |seq: Seq| found.get(usize::try_from(seq.0 - 1).unwrap()).filter(|event| event.seq == seq);
        for ((_, seq), event) in known.shown.range((id, Seq(0))..=(id, Seq(u64::MAX))) {
            if at(*seq) != Some(event) {
                return Err(format!("{event:?} was shown and is gone; there are {} events", found.len()));
            }
        }
        for ((_, seq), text) in known.acked.range((id, Seq(0))..=(id, Seq(u64::MAX))) {
            let same = at(*seq).and_then(|event| event.id.as_ref()).is_some_and(|id| id.0 == *text);
            if !same {
                return Err(format!(
                    "{text} was acknowledged as {seq:?} and is gone; there are {}",
                    found.len()
                ));
            }
        }
    }
    node.store.close();
    Ok(())
}

fn run(seed: u64, cuts: u64, break_it: impl Fn(&Disk)) -> Result<usize, String> {
    let (mut dice, disk, clock) = (Dice::new(seed), Disk::new(), Clock::new());
    let known = RefCell::new(Known::default());
    live(async { Node::start(&disk, &clock).await.map(|node| node.store.close()) })?;
    disk.kill();
    break_it(&disk);
    for cut in 0..cuts {
        let accesses = 40 + dice.below(400);
        let at = |e| format!("seed {seed}, cut {cut}: {e}");
        live(until_the_cut(&disk, &clock, &known, accesses)).map_err(at)?;
        disk.cut(&mut dice);
        live(look(&disk, &clock, &known)).map_err(at)?;
        disk.kill();
    }
    let acked = known.borrow().acked.len();
    Ok(acked)
}

#[test]
fn two_hundred_cuts_lose_nothing_acknowledged_or_shown() {
    let acked: usize = (0..SEEDS).map(|seed| run(seed, CUTS, |_| ()).unwrap_or_else(|e| panic!("{e}"))).sum();
    println!("{} cuts, seeds 0 to {}, {acked} messages acknowledged", SEEDS * CUTS, SEEDS - 1);
    assert!(acked > 2_000, "only {acked} messages were acknowledged");
}

#[test]
fn a_disk_that_lies_about_a_sync_is_found_out() {
    let found = (0..SEEDS).find_map(|seed| run(seed, CUTS, |disk| disk.lie(true)).err());
    println!("found out: {}", found.expect("a lying disk loses something"));
}
