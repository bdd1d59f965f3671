//! A node as a member of its cluster: the peer port, the links to the other nodes, the agreement on the map, the failure
//! detector, and the shards under all of it. Founds a cluster or joins one. Never decides who owns what.

mod council;
pub(super) mod figures;
mod founding;
mod levels;
pub(super) mod peers;
mod steward;
#[cfg(test)]
mod tls_tests;
mod transport;
mod watching;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use holdfast_cluster::Cluster;
use holdfast_cluster::detector::Detector;
use holdfast_cluster::link::{Dialer, Handler, Identity, LinkCounters, Links, Port, Services};
use holdfast_cluster::ownership::{Addresses, Join, NodeName, Nonce};
use secrecy::ExposeSecret as _;

use self::council::Agreement;
use self::peers::{LinkedPeers, Served};
use self::steward::Keeper;
use self::transport::{Linked, Pipes};
use self::watching::Watching;
use super::super::assembly::Peering;
use super::super::config::Settings;
use super::super::lifecycle::Life;
use super::super::listeners::Mutual;
use super::super::ops;
use super::Stop;
use crate::edge::auth::token::customers_key;
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard::door::StaffDoor;
use crate::shard::looks::Pace;
use crate::shard::tenure::Chronicle;
use crate::shard::{Adrift, Many, Membership, Ports, start_many};
use crate::store::rows::Rows;

/// What a member is built from.
pub(super) struct Ground<'a> {
    pub settings: &'a Settings,
    pub runtime: &'a Arc<dyn Runtime>,
    pub rows: Arc<dyn Rows>,
    pub life: &'a Life,
    /// The open peer port.
    pub peer: Peering,
    pub looks: Pace,
}

/// A running member.
pub(super) struct Member {
    pub door: Arc<dyn StaffDoor>,
    /// For operators.
    pub steward: Arc<dyn ops::Steward>,
    pub stop: Stop,
    /// Whether others cannot be reached from here.
    pub adrift: Adrift,
}

/// Everything of the link.
struct Wires {
    identity: Arc<Identity>,
    dialer: Dialer,
    links: Arc<Links>,
    port: Arc<Port>,
    served: Arc<Served>,
    served_edges: Arc<Served>,
    pipes: Arc<Pipes>,
    detector: Arc<Detector>,
    observed: Arc<watching::Observed>,
}

/// Founds or joins the cluster, and starts the shards.
pub(super) async fn start(ground: Ground<'_>) -> anyhow::Result<Member> {
    let settings = ground.settings;
    let stored = founding::secret(&ground).await?;
    let Peering { socket, tls } = ground.peer;
    let socket = socket.context("a node has a peer port")?;
    let here = socket.local_addr().context("the peer port")?;
    let address = settings.cluster.advertise.clone().unwrap_or_else(|| here.to_string());
    let wires = wires(settings, &stored.secret, tls.as_deref())?;
    wires.port.serve(socket);
    let directory: PathBuf = settings.store.directory.join("raft");
    let mut config = holdfast_cluster::Config::new(&settings.node.name, &address);
    config.voters = settings.cluster.voters;
    let transport = Arc::new(Linked::new(wires.dialer.clone(), ground.runtime.clone()));
    let cluster = Cluster::open(&directory, config, transport).await.context("the agreement on the map")?;
    wires.pipes.serves(cluster.clone());
    founding::enter((settings, ground.life, ground.runtime), &ground.rows, (&cluster, &stored)).await?;
    ground.life.wait_for(None);

    let chronicle = Chronicle::new(ground.runtime.clone());
    let watching = Watching::new((ground.runtime, &chronicle), cluster.clone(), &wires);
    wires.observed.watched_by(watching.clone());
    watching.start();
    let (counted, detector, links) = (cluster.clone(), wires.detector.clone(), wires.links.clone());
    let (counters, port) = (wires.dialer.counters().clone(), wires.port.clone());
    metrics::before_scrape(move || {
        figures::copy(&counted, (&detector, &links), &counters);
        figures::edges(&port);
    });
    let council = Arc::new(Agreement::new(cluster.clone()));
    let peers = Arc::new(LinkedPeers::new(wires.links.clone()));
    let member = Membership {
        shards: limits::SHARDS,
        secret: stored.secret,
        customers: customers_key(&stored.secret),
        me: me(settings, address),
        looks: ground.looks,
    };
    let steward = Arc::new(Keeper {
        cluster: cluster.clone(),
        links: wires.links.clone(),
        port: wires.port.clone(),
        chronicle: chronicle.clone(),
        rows: ground.rows.clone(),
        runtime: ground.runtime.clone(),
    });
    let ports = Ports { council, peers, chronicle };
    let many = start_many((ground.runtime.clone(), ground.rows), ports, member).await?;
    wires.served.serves(many.serve.clone(), None);
    wires.served_edges.serves(many.serve.for_edges(), Some(many.teller.clone()));
    let (door, adrift) = (many.door.clone(), many.adrift.clone());
    Ok(Member {
        door,
        adrift,
        steward,
        stop: Box::new(move |deadline| Box::pin(stop(many, wires, cluster, deadline))),
    })
}

fn wires(settings: &Settings, stored: &[u8; 32], tls: Option<&Mutual>) -> anyhow::Result<Wires> {
    // A configured secret, or one that only nodes of the same store can make.
    let secret = match &settings.secret {
        Some(secret) => secret.expose_secret().as_bytes().to_vec(),
        None => [b"holdfast peer".as_slice(), stored].concat(),
    };
    let (cluster, name) = (&settings.cluster.name, &settings.node.name);
    let edges = settings.edge_secret.as_ref().map(|secret| secret.expose_secret().as_bytes());
    let identity = match edges {
        Some(edges) => Identity::with_edges(cluster, name, (&secret, edges))?,
        None => Identity::new(cluster, name, &secret)?,
    };
    let counters = Arc::<LinkCounters>::default();
    let dialer = Dialer::new(identity.clone(), tls.map(Mutual::outward), counters.clone());
    let detector = Arc::new(Detector::start(dialer.clone()).context("the failure detector's thread")?);
    let (served, served_edges) = (Arc::<Served>::default(), Arc::<Served>::default());
    let pipes = Arc::<Pipes>::default();
    let observed = Arc::<watching::Observed>::default();
    let tell = observed.clone();
    let links = Links::new(dialer.clone(), Arc::new(move |peer, state| tell.changed(peer, state)));
    let met = links.clone();
    let services = Services {
        calls: Some(served.clone()),
        edges: edges.is_some().then(|| served_edges.clone() as Arc<dyn Handler>),
        pipes: Some(pipes.clone()),
        met: Some(Arc::new(move |peer| met.nudge(&peer.name))),
        beats: Some(detector.beats()),
    };
    let port = Port::new(identity.clone(), services, tls.map(Mutual::inward), counters);
    if let Some(tls) = tls {
        tls.serves(port.clone());
    }
    Ok(Wires { identity, dialer, links, port, served, served_edges, pipes, detector, observed })
}

/// What this node says of itself.
fn me(settings: &Settings, peer: String) -> Join {
    let doors = [("public", &settings.listen.public), ("staff", &settings.listen.staff)];
    let doors = doors.map(|(name, door)| (name.to_owned(), door.address.to_string()));
    Join {
        node: NodeName::from(settings.node.name.as_str()),
        addresses: Addresses { peer, doors: doors.into() },
        zone: settings.node.zone.clone(),
        level: limits::LEVEL,
        nonce: Nonce(0),
    }
}

/// Gives everything away, then leaves the wires.
async fn stop(many: Many, wires: Wires, cluster: Cluster, deadline: Duration) {
    many.stop(deadline).await;
    watching::hand_on_the_lead(&cluster).await;
    wires.detector.stop();
    wires.links.stop().await;
    wires.port.stop().await;
    cluster.stop().await;
}
