//! Nodes that take over from each other: what was acknowledged by one is there at the next, once, in order; whoever waits is
//! answered by the next owner; whoever follows goes on.

mod cuts;
mod edges;
mod fleet;
mod followers;
mod strait;
mod takeovers;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use self::fleet::{Fleet, Ship};
use super::life::{self, Node, center};
use crate::session::event::Event;
use crate::shard::door::{DoorError, StaffDoor};
use crate::store::rows::embedded::tests::disk::Disk;
use crate::store::rows::embedded::{Embedded, Options, open_at};
use crate::words::{MessageId, SessionId};

/// A store in memory.
fn store() -> Arc<Embedded> {
    let options =
        Options { reserve_bytes: 0, cache_bytes: 1 << 20, die: Arc::new(|_| ()), ..Options::new("unused") };
    open_at(Box::new(Disk::new()), options).expect("an empty disk opens")
}

/// A fleet with nodes of these names, and a contact center.
async fn fleet(names: &[&str]) -> (Fleet, Arc<Embedded>, Vec<Ship>) {
    let store = store();
    let fleet = Fleet::found(store.clone()).await;
    let mut ships = Vec::new();
    for name in names {
        ships.push(fleet.join(name).await);
    }
    let nodes = names.len();
    fleet.until(|shares| shares.len() == nodes && even(shares)).await;
    ships[0].door.apply_center(0, center()).await.expect("applied");
    for ship in &ships {
        while ship.door.center().version == 0 {
            tokio::task::yield_now().await;
        }
    }
    (fleet, store, ships)
}

/// Whether nobody has more than one shard more than another.
fn even(shares: &BTreeMap<String, usize>) -> bool {
    let (most, least) = (shares.values().max(), shares.values().min());
    most.zip(least).is_some_and(|(most, least)| most - least <= 1)
}

/// A node as the helpers of other tests take it.
fn node(ship: &Ship, store: &Arc<Embedded>) -> Node {
    Node { door: ship.door.clone(), store: store.clone() }
}

/// What was acknowledged: of which session, under which id, at which seq.
#[derive(Clone, Default)]
struct Acked(Arc<Mutex<Vec<(SessionId, String, u64)>>>);

impl Acked {
    /// Waits until so many more are acknowledged.
    async fn grows_by(&self, count: usize) {
        let before = self.0.lock().len();
        while self.0.lock().len() < before + count {
            tokio::task::yield_now().await;
        }
    }

    fn note(&self, session: SessionId, id: &str, seq: u64) {
        self.0.lock().push((session, id.to_owned(), seq));
    }

    /// Everything is there, once, where it was said to be, and nothing is missing between.
    async fn holds(&self, node: &Node, sessions: &[SessionId]) {
        for session in sessions {
            let events = node.all(*session).await.expect("it can be read");
            let seqs: Vec<u64> = events.iter().map(|event| event.seq.0).collect();
            assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "no gap, no repeat");
            let at = |id: &str| -> Vec<u64> {
                let is = |event: &&Arc<Event>| event.id == Some(MessageId(id.to_owned()));
                events.iter().filter(is).map(|event| event.seq.0).collect()
            };
            for (_, id, seq) in self.0.lock().iter().filter(|(of, ..)| of == session) {
                assert_eq!(at(id), vec![*seq], "{id} of {session}: once, where it was acknowledged");
            }
        }
    }
}

/// Everybody says so many things by way of each of these nodes, while something is done to them.
async fn talk_everywhere(
    (ships, store): (&[Ship], &Arc<Embedded>),
    (sessions, count): (&[SessionId], u64),
    acked: &Acked,
    meanwhile: impl Future<Output = ()>,
) {
    let all = ships.iter().zip((0_u64..).step_by(1_000)).flat_map(|(ship, from)| {
        sessions
            .iter()
            .map(move |id| talk((ship.door.clone(), store.clone()), *id, (from, count), acked.clone()))
    });
    futures_util::future::join(futures_util::future::join_all(all), meanwhile).await;
}

/// Says so many things one after the other, each until it is answered, and notes what was acknowledged.
async fn talk(
    (door, store): (Arc<dyn StaffDoor>, Arc<Embedded>),
    session: SessionId,
    (from, count): (u64, u64),
    acked: Acked,
) {
    let node = Node { door, store };
    for number in from..from + count {
        let id = format!("m{number}");
        loop {
            match node.say(&life::customer(), session, (&id, None, &id)).await {
                Ok(receipt) => {
                    acked.note(session, &id, receipt.seq.0);
                    break;
                }
                Err(DoorError::Unknown | DoorError::Busy { .. }) => {}
                Err(error) => panic!("{id}: {error}"),
            }
        }
    }
}

/// Runs a test on two threads, with a time limit.
fn play(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let limit = std::time::Duration::from_secs(120);
    runtime.block_on(async { tokio::time::timeout(limit, test).await.expect("it comes to an end") });
}
