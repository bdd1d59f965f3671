//! Whoever follows a session or an agent across a change of owner, and what waits in a lane meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join;

use super::super::life::{accepted, customer, session};
use super::fleet::{Fleet, Ship};
use super::{fleet, node, play};
use crate::runtime::mpsc;
use crate::session::event::{By, What};
use crate::session::input::{Act, Ask};
use crate::shard::door::{Delivery, Mailbox};
use crate::shard::place;
use crate::words::{Audience, MessageId, Seq, SessionId};

/// A session whose owner is this node.
fn owned_by(fleet: &Fleet, name: &str) -> SessionId {
    let is = |id: &SessionId| fleet.owner(place::session(*id, super::fleet::SHARDS)).as_deref() == Some(name);
    (0..).map(session).find(is).expect("some session is")
}

/// One connection: it follows again when it is told to, as edges do, and keeps what it was shown.
struct Connection<'f> {
    ship: &'f Ship,
    id: SessionId,
    mailbox: Mailbox,
    inbox: mpsc::Receiver<Delivery>,
    last: u64,
    shown: Vec<String>,
    answered: Vec<(u64, u64)>,
}

impl<'f> Connection<'f> {
    async fn open(ship: &'f Ship, id: SessionId) -> Self {
        let (mailbox, inbox) = Mailbox::open(1024);
        let connection = Self { ship, id, mailbox, inbox, last: 0, shown: Vec::new(), answered: Vec::new() };
        connection.attach().await;
        connection
    }

    async fn attach(&self) {
        loop {
            let attached = self.ship.door.attach(customer(), self.id, Seq(self.last), self.mailbox.clone());
            match attached.await {
                Ok(_) => return,
                Err(error) => eprintln!("attaches again: {error}"),
            }
        }
    }

    fn submit(&self, tag: u64) {
        let act = Act::Send { text: format!("t{tag}"), audience: Audience::All };
        let ask = Ask { by: customer().by, id: MessageId(format!("m{tag}")), after: None, act };
        self.ship.door.submit(customer(), self.id, ask, (self.mailbox.clone(), tag));
    }

    /// Hears until so many are answered and so many messages shown.
    async fn hear(&mut self, answers: usize, shown: usize) {
        while self.answered.len() < answers || self.shown.len() < shown {
            match self.inbox.recv().await.expect("the mailbox is open") {
                Delivery::Event { event, .. } => {
                    assert!(event.seq.0 > self.last, "never backward, never twice");
                    self.last = event.seq.0;
                    // What the flow says besides is not asked for.
                    if let (By::Party(_), What::Message { text }) = (&event.by, &event.what)
                        && event.id.is_some()
                    {
                        self.shown.push(text.clone());
                    }
                }
                Delivery::Answer { tag, result } => {
                    let receipt = result.unwrap_or_else(|error| panic!("{tag}: {error}"));
                    self.answered.push((tag, receipt.seq.0));
                }
                Delivery::Ended { resume, .. } => {
                    assert!(resume, "the session is not over");
                    self.attach().await;
                }
                Delivery::Typing { .. } | Delivery::Agent(_) | Delivery::AgentEnded => {}
            }
        }
    }
}

#[test]
fn what_waits_in_a_lane_goes_to_the_next_owner_in_order() {
    play(async {
        for kill in [true, false] {
            let (fleet, store, mut ships) = fleet(&["a", "b", "c"]).await;
            let id = owned_by(&fleet, "c");
            accepted(&node(&ships[0], &store).create(id).await);
            let (first, rest) = ships.split_at_mut(1);
            let mut connection = Connection::open(&first[0], id).await;
            for tag in 1..=20 {
                connection.submit(tag);
            }
            connection.hear(5, 5).await;
            for tag in 21..=40 {
                connection.submit(tag);
            }
            if kill {
                rest[1].kill();
                fleet.depose("c");
            } else {
                rest[1].drain().await;
            }
            for tag in 41..=60 {
                connection.submit(tag);
            }
            connection.hear(60, 60).await;
            let expected: Vec<_> = (1..=60).map(|tag| format!("t{tag}")).collect();
            assert_eq!(connection.shown, expected, "in the order of their sending, once each; kill: {kill}");
            let mut answered = connection.answered.clone();
            answered.sort_unstable();
            assert!(
                answered.is_sorted_by_key(|(_, seq)| *seq),
                "acknowledged where they are shown: {answered:?}"
            );
            assert_eq!(
                answered.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(),
                (1..=60).collect::<Vec<_>>()
            );
        }
    });
}

#[test]
fn who_follows_a_worker_that_has_ended_waits_for_the_next_one() {
    play(async {
        let (fleet, store, mut ships) = fleet(&["a", "b"]).await;
        // The one that it gives away first.
        let last = (0..super::fleet::SHARDS).rev().find(|shard| fleet.owner(*shard).as_deref() == Some("b"));
        let is_there = |id: &SessionId| Some(place::session(*id, super::fleet::SHARDS)) == last;
        let id = (0..).map(session).find(is_there).expect("some session is");
        accepted(&node(&ships[0], &store).create(id).await);
        let mut owner = ships.remove(1);
        let connection = Connection::open(&owner, id).await;
        let Connection { mut inbox, mailbox, .. } = connection;
        // Its workers end and nobody hears that it gives its shards away: the map says what it said.
        owner.cut(true);
        let door = owner.door.clone();
        let leaving = owner.drain();
        let following = async {
            while !matches!(inbox.recv().await, Some(Delivery::Ended { resume: true, .. })) {}
            door.attach(customer(), id, Seq(0), mailbox).await
        };
        let nobody = tokio::time::timeout(Duration::from_millis(500), join(leaving, following)).await;
        assert!(nobody.is_err(), "nobody is there to answer");
        assert!(owner.spawned() < 1_000, "it was asked for {} times", owner.spawned());
    });
}

#[test]
fn a_follower_goes_on_wherever_it_is() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b", "c"]).await;
        let id = owned_by(&fleet, "c");
        accepted(&node(&ships[0], &store).create(id).await);
        let mut following = [Connection::open(&ships[0], id).await, Connection::open(&ships[1], id).await];
        for number in 0..20 {
            let text = format!("m{number}");
            if number == 10 {
                ships[2].kill();
                fleet.depose("c");
            }
            let said = node(&ships[number % 2], &store).say(&customer(), id, (&text, None, &text)).await;
            accepted(&said);
            for connection in &mut following {
                connection.hear(0, number + 1).await;
                assert_eq!(connection.shown.last(), Some(&text));
            }
        }
    });
}

#[test]
fn nothing_is_kept_of_a_connection_that_is_gone() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b"]).await;
        for owner in ["a", "b"] {
            let id = owned_by(&fleet, owner);
            accepted(&node(&ships[0], &store).create(id).await);
            let mut connection = Connection::open(&ships[0], id).await;
            for tag in 1..=3 {
                connection.submit(tag);
            }
            connection.hear(3, 3).await;
            ships[0].door.detach(id, &connection.mailbox);
            let Connection { mailbox, mut inbox, .. } = connection;
            drop(mailbox);
            // It ends when nobody holds a way into it any more.
            let gone = async { while inbox.recv().await.is_some() {} };
            tokio::time::timeout(Duration::from_secs(10), gone).await.expect("nobody keeps the mailbox");
        }
    });
}

#[test]
fn an_offer_outlives_the_owners_of_everything() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b", "c"]).await;
        let id = session(1);
        let here = node(&ships[0], &store);
        accepted(&here.create(id).await);
        here.serve("ann", id).await;
        // Whoever owns the agent, the session or the matchmaker: two nodes of three go.
        for (ship, name) in [(&ships[1], "b"), (&ships[2], "c")] {
            ship.kill();
            fleet.depose(name);
            let held = here.agent("ann").await.held;
            assert_eq!(
                held.values().map(|held| held.session).collect::<Vec<_>>(),
                vec![id],
                "she keeps her chat"
            );
        }
        let second = session(2);
        accepted(&here.create(second).await);
        let offered = async {
            while !here.agent("ann").await.held.values().any(|held| held.session == second) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), offered).await.expect("the next one is offered");
        let agents: BTreeMap<_, _> = here.agent("ann").await.held;
        assert_eq!(agents.len(), 2, "as many as she may have");
    });
}
