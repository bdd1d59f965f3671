//! What a member watches: the map, for whom to keep links and beats; the detector, for whom to depose; the link of the
//! leader, for when to hurry an election. Never deposes by itself: it proposes.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use holdfast_cluster::Cluster;
use holdfast_cluster::detector::{Detector, Reason as Suspected, Verdicts};
use holdfast_cluster::link::{Identity, LinkState, Links, Peer, PeerId};
use holdfast_cluster::ownership::{Command, Incarnation, Map, Reason, State};
use parking_lot::Mutex;

use super::Wires;
use super::levels::Levels;
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard::tenure::Chronicle;

/// What the links tell, once somebody listens.
#[derive(Default)]
pub(super) struct Observed(OnceLock<Arc<Watching>>);

impl Observed {
    pub(super) fn watched_by(&self, watching: Arc<Watching>) {
        // One member watches its links.
        let _ = self.0.set(watching);
    }

    pub(super) fn changed(&self, peer: &PeerId, state: LinkState) {
        if let Some(watching) = self.0.get() {
            watching.link(peer, state);
        }
    }
}

/// A member's eyes.
pub(super) struct Watching {
    runtime: Arc<dyn Runtime>,
    cluster: Cluster,
    identity: Arc<Identity>,
    links: Arc<Links>,
    detector: Arc<Detector>,
    chronicle: Arc<Chronicle>,
    levels: Arc<Levels>,
    /// Lives whose deposition this node is proposing.
    proposing: Mutex<BTreeSet<u64>>,
}

impl Watching {
    pub(super) fn new(
        (runtime, chronicle): (&Arc<dyn Runtime>, &Arc<Chronicle>),
        cluster: Cluster,
        wires: &Wires,
    ) -> Arc<Self> {
        Arc::new(Self {
            runtime: runtime.clone(),
            chronicle: chronicle.clone(),
            levels: Levels::new(runtime.clone(), cluster.clone()),
            cluster,
            identity: wires.identity.clone(),
            links: wires.links.clone(),
            detector: wires.detector.clone(),
            proposing: Mutex::default(),
        })
    }

    pub(super) fn start(self: &Arc<Self>) {
        let (map, verdicts) = (self.clone(), self.clone());
        self.runtime.spawn(Box::pin(async move { map.watch_map().await }));
        self.runtime.spawn(Box::pin(async move { verdicts.watch_verdicts().await }));
    }

    async fn watch_map(self: Arc<Self>) {
        let mut changed = self.cluster.changed();
        loop {
            changed.mark_unchanged();
            self.heed(&self.cluster.map().map);
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Keeps links and beats to everybody who is up.
    fn heed(&self, map: &Map) {
        self.levels.heed(map);
        let owns = |life: &Incarnation| map.state(*life).is_some_and(State::owns);
        let own = map.nodes().iter().find(|(name, _)| name.0 == *self.identity.id().name);
        if let Some((_, own)) = own.filter(|(_, own)| owns(&own.incarnation)) {
            self.identity.set_incarnation(own.incarnation.0);
        }
        let others = map.nodes().iter().filter(|(name, _)| name.0 != *self.identity.id().name);
        let up = others.filter(|(_, node)| owns(&node.incarnation));
        let peers: Vec<Peer> =
            up.map(|(name, node)| Peer::new(&name.0, node.incarnation.0, &node.addresses.peer)).collect();
        self.links.set_peers(&peers);
        // Nobody beats to a node that is not up, so it can say of nobody that they are silent.
        self.detector.set_peers(if self.is_up(map) { &peers } else { &[] });
        // A verdict may be older than the map that names its life.
        self.judge(&self.detector.verdicts().borrow().clone());
    }

    fn link(self: &Arc<Self>, peer: &PeerId, state: LinkState) {
        self.detector.link(peer, state);
        if state == LinkState::Connected {
            return;
        }
        let leads = self.cluster.status().leader.is_some_and(|leader| leader.0 == *peer.name);
        if leads {
            let cluster = self.cluster.clone();
            self.runtime.spawn(Box::pin(async move { cluster.hurry_election().await }));
        }
    }

    async fn watch_verdicts(self: Arc<Self>) {
        let mut verdicts = self.detector.verdicts();
        while verdicts.changed().await.is_ok() {
            let found = verdicts.borrow_and_update().clone();
            self.judge(&found);
        }
    }

    /// Whether this node is up itself, in the life that it introduces itself by.
    fn is_up(&self, map: &Map) -> bool {
        has_a_say(map, &self.identity.id())
    }

    /// Proposes to depose everybody who is named and still up. A node that was deposed itself has no say: a node that stood
    /// still hears nobody when it wakes, and would take everybody with it.
    fn judge(&self, verdicts: &Verdicts) {
        let map = self.cluster.map().map.clone();
        if !self.is_up(&map) {
            return;
        }
        for (life, (peer, why)) in verdicts.iter() {
            let up = map.state(Incarnation(*life)).is_some_and(State::owns);
            if up && self.proposing.lock().insert(*life) {
                self.chronicle.found(Incarnation(*life));
                tracing::warn!(peer = %peer.name, incarnation = *life, why = why.word(), "a node is to be deposed");
                metrics::cluster().depositions.with_label_values(&[why.word()]).inc();
                self.depose(Incarnation(*life), *why);
            }
        }
        self.proposing.lock().retain(|life| {
            let suspected = verdicts.contains_key(life);
            // One that the map has deposed meanwhile was suspected rightly.
            if !suspected && map.state(Incarnation(*life)).is_some_and(State::owns) {
                self.chronicle.withdrawn(Incarnation(*life));
            }
            suspected
        });
    }

    fn depose(&self, incarnation: Incarnation, why: Suspected) {
        let reason = match why {
            Suspected::PortClosed => Reason::PortRefuses,
            Suspected::Unreachable => Reason::Unreachable,
            Suspected::Silent | Suspected::NeverHeard => Reason::Silent,
        };
        let (cluster, runtime) = (self.cluster.clone(), self.runtime.clone());
        let mut verdicts = self.detector.verdicts();
        self.runtime.spawn(Box::pin(async move {
            let depose = Command::Depose { incarnation, reason };
            let within = Duration::from_millis(limits::PROPOSE_WITHIN);
            // Again for as long as it is suspected: without a leader nobody else can say it either.
            while verdicts.borrow_and_update().contains_key(&incarnation.0)
                && cluster.map().map.state(incarnation).is_some_and(State::owns)
            {
                if let Err(error) = cluster.propose(depose.clone(), within).await {
                    tracing::warn!(incarnation = incarnation.0, %error, "a node could not be deposed yet");
                    runtime.sleep(Duration::from_millis(limits::JOIN_AGAIN)).await;
                }
            }
        }));
    }
}

/// Whether a life is the newest of its node, and not over.
fn has_a_say(map: &Map, me: &PeerId) -> bool {
    let own = map.nodes().iter().find(|(name, _)| name.0 == *me.name);
    own.is_some_and(|(_, own)| own.incarnation.0 == me.incarnation)
        && map.state(Incarnation(me.incarnation)).is_some_and(State::owns)
}

/// A leader that stops names the next one first, so that nobody waits for an election.
pub(super) async fn hand_on_the_lead(cluster: &Cluster) {
    let status = cluster.status();
    let next = status.voters.iter().find(|voter| *voter != cluster.name());
    if let (true, Some(next)) = (status.leads, next)
        && let Err(error) = cluster.transfer_leader(next, Duration::from_millis(limits::FAREWELL)).await
    {
        tracing::warn!(%error, "the lead could not be handed on; the others elect somebody");
    }
}

#[cfg(test)]
mod tests {
    use holdfast_cluster::ownership::{Addresses, Join, NodeName, Nonce, apply};

    use super::*;

    #[test]
    fn a_life_that_is_over_deposes_nobody() {
        let mut map = Map::default();
        let mut index = 0;
        let mut tell = |map: &mut Map, command: Command| {
            index += 1;
            apply(map, &command, index).expect("the map takes it");
            index
        };
        let join = |nonce| {
            let (node, addresses, zone) = (NodeName::from("a"), Addresses::default(), String::new());
            Command::Join(Join { node, addresses, zone, level: 1, nonce: Nonce(nonce) })
        };
        tell(&mut map, Command::Found { generation: 1, shards: 4 });
        let first = PeerId::new("a", tell(&mut map, join(1)));
        assert!(has_a_say(&map, &first));
        assert!(!has_a_say(&map, &PeerId::new("a", 0)), "it has not joined");
        let incarnation = Incarnation(first.incarnation);
        tell(&mut map, Command::Drain { incarnation });
        assert!(has_a_say(&map, &first), "it gives its shards away, and is heard");
        tell(&mut map, Command::Depose { incarnation, reason: Reason::Silent });
        assert!(!has_a_say(&map, &first), "nobody beats to it, so it hears nobody");
        let second = PeerId::new("a", tell(&mut map, join(2)));
        assert!(has_a_say(&map, &second) && !has_a_say(&map, &first));
    }
}
