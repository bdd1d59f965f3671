//! Starts a node of a cluster: a door over all nodes, what serves the others, and a tenure that joins the map and works the
//! shards that it is granted. Never owns a shard before the map says so.

use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::ownership::Join;

use super::{StartError, site};
use crate::limits;
use crate::runtime::{Runtime, mpsc, oneshot};
use crate::shard::config::versions;
use crate::shard::door::StaffDoor;
use crate::shard::door::edge::Teller;
use crate::shard::door::many::{Elsewhere, Ground, ManyDoor, Method, Owner, Peers, Serve};
use crate::shard::looks::Pace;
use crate::shard::place;
use crate::shard::site::Site;
use crate::shard::tenure::{Adrift, Chronicle, Council, Drain, MapOwners, Tenure};
use crate::shard::wire::{Answer, Call};
use crate::store::rows::Rows;

/// The ports of a node to its cluster.
#[derive(Clone)]
pub struct Ports {
    /// The agreement on the map.
    pub council: Arc<dyn Council>,
    /// The way to other nodes.
    pub peers: Arc<dyn Peers>,
    /// Where takeovers are written down.
    pub chronicle: Arc<Chronicle>,
}

/// What a node of a cluster is told.
#[derive(Clone, Debug)]
pub struct Membership {
    /// How many shards the cluster has.
    pub shards: u16,
    /// The cluster's secret, from the store.
    pub secret: [u8; 32],
    /// What edges are given of it: the key of customers' tokens.
    pub customers: [u8; 32],
    /// What the node says of itself when it joins; the nonce is drawn for each life.
    pub me: Join,
    /// How it looks for its own fence.
    pub looks: Pace,
}

/// A running node of a cluster.
pub struct Many {
    /// The way to every session, wherever it is.
    pub door: Arc<dyn StaffDoor>,
    /// What serves the other nodes.
    pub serve: Serve,
    /// What tells edges what they must know.
    pub teller: Teller,
    /// Whether this node has lost its life and does not get another one.
    pub adrift: Adrift,
    orders: mpsc::Sender<Drain>,
    runtime: Arc<dyn Runtime>,
}

/// Starts it. It joins the map in the background, for as long as that takes.
///
/// # Errors
/// When the configuration cannot be read.
pub async fn start_many(
    (runtime, rows): (Arc<dyn Runtime>, Arc<dyn Rows>),
    ports: Ports,
    member: Membership,
) -> Result<Many, StartError> {
    let owners = MapOwners::new(ports.council.clone(), &member.me.node.0);
    let seen: Arc<MapOwners> = owners.clone();
    let away = Elsewhere::new(runtime.clone(), member.shards, (Arc::new(seen), ports.peers.clone()));
    let site = site((runtime.clone(), rows), (member.shards, member.secret), Arc::new(away)).await?;
    let site = Site { chronicle: ports.chronicle, ..site };
    let stands = (runtime.clone(), site.links.clone());
    let ground = Ground::new(stands, Arc::new(owners.clone()), ports.peers.clone());
    let council = ports.council.clone();
    let (tenure, orders) =
        Tenure::new(site.clone(), (ports.council, owners, ports.peers), member.me, member.looks);
    let adrift = tenure.adrift();
    runtime.spawn(Box::pin(tenure.run()));
    runtime.spawn(Box::pin(keep_board(site.clone(), ground.clone())));
    runtime.spawn(Box::pin(keep_center(site.clone())));
    let teller = Teller {
        runtime: runtime.clone(),
        council,
        centers: site.centers.clone(),
        customers: member.customers,
        adrift: adrift.clone(),
    };
    Ok(Many {
        teller,
        door: Arc::new(ManyDoor::on(ground.clone(), site.clone())),
        serve: Serve::new(site, ground),
        adrift,
        orders,
        runtime,
    })
}

impl Many {
    /// Gives every shard away, or ends their workers where nobody else is up; not longer than the deadline.
    pub async fn stop(self, deadline: Duration) {
        let (done, ended) = oneshot::channel();
        let within = Duration::from_millis(limits::HAND_OVER);
        if self.orders.send(Drain { within, done }).await.is_ok() {
            let late = self.runtime.sleep(deadline.min(Duration::from_millis(limits::STOP_MAX)));
            futures_util::future::select(ended, late).await;
        }
    }
}

/// Asks the matchmaker, where it is on another node, what it would tell this one.
async fn keep_board(site: Site, ground: Ground) {
    let desk = place::desk(site.links.count());
    loop {
        site.runtime.sleep(Duration::from_millis(limits::BOARD_EVERY)).await;
        let Owner::There(node, _) = ground.owners.owner(desk) else { continue };
        let within = Duration::from_millis(limits::BOARD_EVERY);
        let answer = ground.peers.call(&node, Method::Call, Call::Queues.encode(), within).await;
        let queues = answer.ok().and_then(|answer| Answer::decode(&answer).ok());
        // What was known before is as good a hint as any.
        if let Some(Ok(queues)) = queues.map(Answer::into_queues) {
            site.board.set(queues);
        }
    }
}

/// Looks for a version of the configuration that was applied on another node.
async fn keep_center(site: Site) {
    loop {
        site.runtime.sleep(Duration::from_millis(limits::CENTER_EVERY)).await;
        if let Err(error) = versions::load(&*site.rows, &site.centers).await {
            tracing::debug!(%error, "the configuration could not be read; what is known stays in force");
        }
    }
}
