//! Whoever follows a session: a stream of published events, by way of any node, that goes on at another one where it was when
//! its node is gone. Never goes backward.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use holdfast::runtime::mpsc;
use holdfast::session::Phase;
use holdfast::shard::door::{Delivery, DoorError, Mailbox, Who};
use holdfast::words::{Seq, SessionId};

use super::Ground;
use crate::net::Node;

/// Deliveries that a connection has room for.
const PLACES: usize = 1_024;

/// Somebody begins to follow.
pub fn begin(ground: &Ground, who: Who, session: SessionId) {
    let follower = Follower { ground: ground.person(), who, session, last: 0 };
    ground.spawn(follower.live());
}

struct Follower {
    ground: Ground,
    who: Who,
    session: SessionId,
    last: u64,
}

/// How a connection came to its end.
enum End {
    /// Come back and go on.
    Again,
    /// The stream is over for good.
    Over,
}

impl Follower {
    async fn live(mut self) {
        while !self.ground.is_over() {
            let node = self.ground.node().await;
            match self.connect(&node).await {
                End::Again => self.ground.pause((5, 200)).await,
                End::Over => return,
            }
        }
    }

    /// One connection, from its beginning to its end.
    async fn connect(&mut self, node: &Node) -> End {
        let (mailbox, inbox) = Mailbox::open(PLACES);
        let (door, who, session, from) = (node.door.clone(), self.who.clone(), self.session, Seq(self.last));
        let to = mailbox.clone();
        let attached = node.process.within(async move { door.attach(who, session, from, to).await }).await;
        let end = match attached {
            Some(Ok(_)) => self.hear(inbox).await,
            Some(Err(DoorError::Behind)) => self.page(node).await,
            Some(Err(error)) if !super::is_for_now(&error) => End::Over,
            Some(Err(_)) | None => End::Again,
        };
        if !node.process.is_dead() {
            node.door.detach(session, &mailbox);
        }
        end
    }

    async fn hear(&mut self, mut inbox: mpsc::Receiver<Delivery>) -> End {
        // Connections break by themselves, too.
        let breaks = self.ground.chance.between(500, 60_000);
        let mut broken = self.ground.world.sleep(std::time::Duration::from_millis(breaks)).boxed();
        loop {
            let delivery = match select(inbox.recv().boxed(), broken).await {
                Either::Left((Some(delivery), rest)) => {
                    broken = rest;
                    delivery
                }
                Either::Left((None, _)) | Either::Right(_) => return End::Again,
            };
            match delivery {
                Delivery::Event { event, .. } => self.shown(&event),
                Delivery::Ended { resume: true, .. } => return End::Again,
                Delivery::Ended { resume: false, .. } => return End::Over,
                Delivery::Answer { .. }
                | Delivery::Typing { .. }
                | Delivery::Agent(_)
                | Delivery::AgentEnded => {}
            }
        }
    }

    /// Reads up to the present.
    async fn page(&mut self, node: &Node) -> End {
        let (door, who, session, from) = (node.door.clone(), self.who.clone(), self.session, Seq(self.last));
        let page = node.process.within(async move { door.page(who, session, from, 50).await }).await;
        let Some(Ok(page)) = page else { return End::Again };
        for event in &page.events {
            self.shown(event);
        }
        self.last = self.last.max(page.next.0);
        if page.phase == Phase::Stopped && !page.more { End::Over } else { End::Again }
    }

    fn shown(&mut self, event: &Arc<holdfast::session::event::Event>) {
        self.ground.oracle.shown((self.session, &self.who), Seq(self.last), event);
        self.last = self.last.max(event.seq.0);
    }
}
