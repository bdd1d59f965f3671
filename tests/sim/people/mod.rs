//! People: they ask by way of any node that lives, and ask again under the same id until they are answered. They do what
//! customers, agents and their browsers do, and never know which node owns what.

pub mod agent;
pub mod customer;
pub mod follower;
pub mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use holdfast::session::input::Ask;
use holdfast::session::refusal::Refusal;
use holdfast::shard::door::{DoorError, Receipt, Wait, Who};
use holdfast::shard::{door::StaffDoor, place};
use holdfast::words::SessionId;

use crate::log::Log;
use crate::met::Met;
use crate::net::{Node, Nodes};
use crate::oracle::Oracle;
use crate::world::{Chance, FOREVER, World};

/// What people stand on. Clones are the same ground with a chance of their own.
#[derive(Clone)]
pub struct Ground {
    pub world: World,
    pub chance: Chance,
    pub nodes: Nodes,
    pub log: Log,
    pub oracle: Oracle,
    pub met: Met,
    pub seed: u64,
    pub shards: u16,
    pub inputs: Arc<AtomicU64>,
    /// Whether everybody goes home.
    pub over: Arc<AtomicBool>,
}

impl Ground {
    /// The ground for one more person.
    pub fn person(&self) -> Self {
        Self { chance: self.chance.fork(), ..self.clone() }
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Lets somebody live.
    pub fn spawn(&self, life: impl Future<Output = ()> + Send + 'static) {
        self.world.spawn(FOREVER, life);
    }

    /// Some milliseconds pass.
    pub async fn pause(&self, (from, to): (u64, u64)) {
        self.world.sleep(Duration::from_millis(self.chance.between(from, to))).await;
    }

    /// A node that lives, whichever the balancer gives.
    pub async fn node(&self) -> Node {
        loop {
            if let Some(node) = self.chance.pick(&self.nodes.living()) {
                return node.clone();
            }
            self.pause((50, 100)).await;
        }
    }

    /// Asks a node's door; `None` when the node dies or whoever asks has lost patience.
    pub async fn call<T: Send + 'static>(
        &self,
        patience: u64,
        call: impl FnOnce(&dyn StaffDoor) -> Wait<T> + Send + 'static,
    ) -> Option<T> {
        let node = self.node().await;
        let door = node.door.clone();
        let late = self.world.sleep(Duration::from_millis(patience));
        let asked = node.process.within(async move { call(&*door).await });
        match select(asked.boxed(), late).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => None,
        }
    }

    /// How long somebody waits for an answer, milliseconds: some repeat while the first try is still under way.
    fn patience(&self) -> u64 {
        if self.chance.happens(150) {
            self.chance.between(5, 400)
        } else {
            self.chance.between(4_000, 15_000)
        }
    }

    /// Asks for a change until it is answered for good; `None` when everybody goes home before.
    pub async fn insist(
        &self,
        (who, session): (&Who, SessionId),
        ask: &Ask,
    ) -> Option<Result<Receipt, DoorError>> {
        let epoch = self.log.epoch(place::session(session, self.shards));
        let mut tries = 0_u32;
        self.oracle.asks(session, who, ask);
        while !self.is_over() {
            self.inputs.fetch_add(1, Ordering::Relaxed);
            tries += 1;
            let (by, again) = (who.clone(), ask.clone());
            let answer = self.call(self.patience(), move |door| door.ask(by, session, again)).await;
            match answer {
                Some(Ok(receipt)) => {
                    self.oracle.acknowledged((session, who), ask, &receipt);
                    let now = self.log.epoch(place::session(session, self.shards));
                    if receipt.repeated && tries > 1 && now != epoch {
                        self.met.see("a repeat was answered across a takeover");
                    }
                    return Some(Ok(receipt));
                }
                Some(Err(error)) if !is_for_now(&error) => {
                    self.oracle.refused((session, who), ask, &error);
                    return Some(Err(error));
                }
                Some(Err(_)) | None => self.pause((5, 300)).await,
            }
        }
        None
    }
}

/// Whether it is worth asking again.
pub fn is_for_now(error: &DoorError) -> bool {
    matches!(
        error,
        DoorError::Unknown
            | DoorError::Busy { .. }
            | DoorError::Full
            | DoorError::Closing
            | DoorError::Refused(Refusal::Stale { .. } | Refusal::TooFast { .. })
    )
}
