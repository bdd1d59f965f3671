//! A node under the map: it joins, starts the workers of the shards that it is granted, hands shards over, and when it is
//! deposed it ends everything of that incarnation and joins again. Never decides who owns what, and never serves a shard
//! before the fences of all who were deposed are stored (protocol rules 3, 4 and 13).
//!
//! | file | what it does |
//! |---|---|
//! | `council` | the port to the agreement on the map |
//! | `life` | one incarnation, from its join to its end |
//! | `fences` | which fences are stored, and which grants wait for them |
//! | `owners` | the map as the door sees it |
//! | `reach` | whether the store answers this node, or only others |
//! | `chronicle` | what was seen of takeovers, for operators |

mod chronicle;
mod council;
mod fences;
mod life;
mod owners;
mod reach;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use holdfast_cluster::ownership::{Answer, Command, Incarnation, Join, Nonce, Reason};

pub use chronicle::{Chronicle, Entry, Phases, What};
pub use council::{Council, Unsure, View};
pub use owners::MapOwners;

use self::life::{Life, Over};
use crate::limits;
use crate::runtime::{mpsc, oneshot, watch};
use crate::shard::door::many::Peers;
use crate::shard::looks::Pace;
use crate::shard::site::Site;
use crate::shard::start::birth;
use crate::store::rows;

/// Whether this node has lost its life and does not get another one, because others cannot be reached from here.
pub type Adrift = watch::Receiver<bool>;

/// A node under the map.
pub struct Tenure {
    site: Site,
    council: Arc<dyn Council>,
    owners: Arc<MapOwners>,
    peers: Arc<dyn Peers>,
    me: Join,
    looks: Pace,
    orders: mpsc::Receiver<Drain>,
    /// Whether this node has lost its life and does not get another one.
    adrift: watch::Sender<bool>,
}

/// An order to give everything away and end; answered when that is done.
pub struct Drain {
    /// How long one worker may take to finish what is in flight.
    pub within: Duration,
    /// Told at the end.
    pub done: oneshot::Sender<()>,
}

impl Tenure {
    /// A node that has not joined yet, and where it is told to end.
    #[must_use]
    pub fn new(
        site: Site,
        (council, owners, peers): (Arc<dyn Council>, Arc<MapOwners>, Arc<dyn Peers>),
        me: Join,
        looks: Pace,
    ) -> (Self, mpsc::Sender<Drain>) {
        let (order, orders) = mpsc::channel(1);
        let adrift = watch::channel(false).0;
        (Self { site, council, owners, peers, me, looks, orders, adrift }, order)
    }

    /// Whether this node has lost its life and does not get another one: others cannot be reached from here.
    #[must_use]
    pub fn adrift(&self) -> Adrift {
        self.adrift.subscribe()
    }

    /// Lives one life after the other until it is told to end.
    pub async fn run(mut self) {
        let mut joined = self.join().await;
        while let Some(incarnation) = joined {
            self.owners.is_now(Some(incarnation));
            let life = Life::begin((&self.site, &self.council, &self.peers), incarnation, self.looks);
            let over = life.run(&mut self.orders).await;
            self.owners.is_now(None);
            crate::metrics::shard().lives_ended.with_label_values(&[over.name()]).inc();
            match over {
                Over::Stopped => return,
                Over::Deposed => self.deposed(incarnation),
                Over::Failed => {
                    tracing::error!(%incarnation, "a worker failed: this incarnation is given up, and the node joins again");
                    self.depose(incarnation).await;
                }
                Over::Cut => {
                    tracing::error!(%incarnation, "the store answers other nodes and not this one: they go on with its shards");
                    self.depose(incarnation).await;
                    if !self.store_is_back(incarnation).await {
                        return;
                    }
                }
                Over::Fenced => self.fenced().await,
            }
            joined = self.join_again().await;
        }
    }

    /// Begins another life. A node that does not get one for a while is adrift until it does.
    async fn join_again(&mut self) -> Option<Incarnation> {
        let adrift = self.adrift.clone();
        let late = self.site.runtime.sleep(Duration::from_millis(limits::ADRIFT_AFTER));
        let joining = match select(Box::pin(self.join()), late).await {
            Either::Left((joined, _)) => return joined,
            Either::Right(((), joining)) => joining,
        };
        tracing::warn!("this node lost its life and cannot join again: its clients are sent to other nodes");
        adrift.send_replace(true);
        let joined = joining.await;
        adrift.send_replace(false);
        joined
    }

    /// Begins a life; `None` when the node is told to end before.
    async fn join(&mut self) -> Option<Incarnation> {
        let nonce = Nonce(self.site.runtime.random());
        let join = Command::Join(Join { nonce, ..self.me.clone() });
        // What ends by the join itself is seen, too.
        self.site.chronicle.saw(&self.council.view().map, None);
        loop {
            match self.council.propose(join.clone()).await {
                Ok(Answer::Joined(incarnation)) => {
                    tracing::info!(%incarnation, "this node has joined");
                    return Some(incarnation);
                }
                Ok(_) => tracing::error!("the map answered a join with something else"),
                Err(error) => tracing::warn!(%error, "the node cannot join yet; it tries again"),
            }
            self.site.runtime.sleep(Duration::from_millis(limits::JOIN_AGAIN)).await;
            if let Ok(order) = self.orders.try_recv() {
                let _ = order.done.send(());
                return None;
            }
        }
    }

    fn deposed(&self, incarnation: Incarnation) {
        let map = &self.council.view().map;
        match map.lives().get(&incarnation).and_then(|life| life.ended) {
            Some(Reason::Operator) => {
                tracing::info!(%incarnation, "an operator has ended this life of the node: it begins another one");
            }
            why => tracing::warn!(
                %incarnation,
                why = why.map(reason),
                "this node was deposed: its clients stay, and it joins again"
            ),
        }
    }

    /// Waits until the store answers; `false` when the node is told to end before.
    async fn store_is_back(&mut self, incarnation: Incarnation) -> bool {
        let generation = self.council.view().map.generation();
        let of = rows::Incarnation { generation, number: incarnation.0 };
        loop {
            let looked = self.site.rows.look(of);
            let late = self.site.runtime.sleep(Duration::from_millis(limits::STORE_SILENT));
            if matches!(select(looked, late).await, Either::Left((Ok(_), _))) {
                return true;
            }
            if let Ok(order) = self.orders.try_recv() {
                let _ = order.done.send(());
                return false;
            }
            self.site.runtime.sleep(Duration::from_millis(limits::JOIN_AGAIN)).await;
        }
    }

    /// The whole incarnation is given up (trace F7).
    async fn depose(&self, incarnation: Incarnation) {
        let depose = Command::Depose { incarnation, reason: Reason::GaveUp };
        while let Err(error) = self.council.propose(depose.clone()).await {
            tracing::warn!(%error, "the incarnation could not be given up yet");
            self.site.runtime.sleep(Duration::from_millis(limits::JOIN_AGAIN)).await;
        }
    }

    /// The fence of this incarnation, or of its whole generation, is stored. A generation that is fenced has no way back: the
    /// process ends, and its successor asks for the cluster anew.
    async fn fenced(&self) {
        let generation = self.council.view().map.generation();
        match birth::stored(&*self.site.rows).await {
            Ok(Some(stored)) if stored.generation > generation => {
                self.site.runtime.give_up("a later generation of the cluster has fenced this one");
            }
            Ok(_) | Err(_) => tracing::warn!("this node was deposed; it joins again"),
        }
        self.site.runtime.sleep(Duration::from_millis(limits::JOIN_AGAIN)).await;
    }
}

/// The word for why a life ended, as logs and pages have it.
#[must_use]
pub const fn reason(why: Reason) -> &'static str {
    match why {
        Reason::PortRefuses => "port_refuses",
        Reason::Unreachable => "unreachable",
        Reason::Silent => "silent",
        Reason::Rejoined => "rejoined",
        Reason::GaveUp => "gave_up",
        Reason::Stopped => "stopped",
        Reason::Operator => "operator",
    }
}
