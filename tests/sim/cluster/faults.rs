//! What happens to a cluster while people talk: nodes die, are deposed though they live, drain, are cut off; the store has bad
//! weather; the log loses its leader. Drawn from the seed. Never does anything to people.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use holdfast_cluster::ownership::{Command, Reason, Shard};

use crate::breaks::{Break, Breaks};
use crate::cluster::Cluster;
use crate::net::Node;
use crate::store::weather::Weather;
use crate::world::{Chance, World};

/// Whoever breaks things.
#[derive(Clone)]
pub struct Faults {
    pub world: World,
    pub chance: Chance,
    pub cluster: Cluster,
    pub breaks: Breaks,
    pub names: Vec<String>,
    /// Whether a read repairs replicas, in this run.
    pub repairs: bool,
    pub over: Arc<AtomicBool>,
}

impl Faults {
    /// One fault after the other.
    pub async fn rage(self) {
        self.weather(Weather::ROUGH);
        self.cluster.log().weather((30, 60));
        self.cluster.net().weather((5, 3_000));
        loop {
            self.pause((500, 6_000)).await;
            if self.is_over() {
                return;
            }
            match self.chance.below(12) {
                0..=2 => self.kill(),
                3 => self.depose(),
                4 => self.drain(),
                5 => self.cut_off(),
                6 => self.cut_store(),
                7 => self.replica(),
                8 => self.storm(),
                9 => self.leader(),
                10 => self.quick_takeovers(),
                _ => self.one_way(),
            }
        }
    }

    /// Whoever has fallen comes back, until nobody is missing any more.
    pub async fn raise(self) {
        loop {
            self.pause((200, 400)).await;
            for name in self.cluster.fallen() {
                self.comes_back(name, (200, 2_000));
            }
        }
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    async fn pause(&self, (from, to): (u64, u64)) {
        self.world.sleep(Duration::from_millis(self.chance.between(from, to))).await;
    }

    fn weather(&self, weather: Weather) {
        self.cluster.store().weather(Weather { repairs: self.repairs, ..weather });
    }

    fn victim(&self) -> Option<Node> {
        self.chance.pick(&self.cluster.nodes().living()).cloned()
    }

    /// Lets something happen while other faults go on.
    fn beside<F: Future<Output = ()> + Send + 'static>(&self, what: impl FnOnce(Self) -> F) {
        let mine = Self { chance: self.chance.fork(), ..self.clone() };
        self.cluster.spawn(what(mine));
    }

    fn comes_back(&self, name: String, (from, to): (u64, u64)) {
        self.beside(|faults| async move {
            faults.pause((from, to)).await;
            faults.cluster.start(&name).await;
        });
    }

    /// A process dies; others notice after a while, or it is back before.
    fn kill(&self) {
        let Some(node) = self.victim() else { return };
        self.cluster.kill(&node.name);
        if self.chance.happens(800) {
            self.noticed(node.name.clone(), (10, 1_500));
        }
        self.comes_back(node.name, (100, 9_000));
    }

    fn noticed(&self, name: String, (from, to): (u64, u64)) {
        let life = self.cluster.log().life(&name);
        self.beside(|faults| async move {
            faults.pause((from, to)).await;
            if faults.cluster.log().life(&name) == life {
                faults.cluster.depose(&name, Reason::Silent);
            }
        });
    }

    fn depose(&self) {
        let Some(node) = self.victim() else { return };
        if self.breaks.is(Break::MovedAlive) {
            return self.move_alive(&node.name);
        }
        self.cluster.depose(&node.name, Reason::Silent);
    }

    /// What nobody may do: a shard is taken from an owner that lives and has not released it (trace F5).
    fn move_alive(&self, name: &str) {
        let Some(by) = self.cluster.log().life(name) else { return };
        let owned: Vec<_> = self.cluster.log().map().owned_by(by).collect();
        for (shard, epoch) in owned {
            let _ =
                self.cluster.log().apply(&Command::Release { shard: Shard(shard.0), epoch, by, to: None });
        }
    }

    fn drain(&self) {
        let Some(node) = self.victim() else { return };
        self.beside(|faults| async move {
            faults.cluster.drain(&node.name).await;
            faults.comes_back(node.name, (100, 2_000));
        });
    }

    /// A node hears nobody and is heard by nobody, but reaches the store.
    fn cut_off(&self) {
        let Some(node) = self.victim() else { return };
        self.world.note(&format!("{} is cut off", node.name));
        self.ways(&node.name, true);
        node.seat.cut(true);
        self.noticed(node.name.clone(), (200, 1_500));
        self.beside(|faults| async move {
            faults.pause((500, 8_000)).await;
            node.seat.cut(false);
            faults.ways(&node.name, false);
        });
    }

    fn ways(&self, name: &str, off: bool) {
        for other in self.names.iter().filter(|other| *other != name) {
            self.cluster.net().cut(name, other, off);
            self.cluster.net().cut(other, name, off);
        }
    }

    /// One direction between two nodes is cut.
    fn one_way(&self) {
        let (Some(from), Some(to)) = (self.chance.pick(&self.names), self.chance.pick(&self.names)) else {
            return;
        };
        let (from, to) = (from.clone(), to.clone());
        self.cluster.net().cut(&from, &to, true);
        self.beside(|faults| async move {
            faults.pause((500, 6_000)).await;
            faults.cluster.net().cut(&from, &to, false);
        });
    }

    /// A node does not hear the store, and may be deposed for it.
    fn cut_store(&self) {
        let Some(node) = self.victim() else { return };
        self.world.note(&format!("{} does not hear the store", node.name));
        node.port.cut(true);
        if self.chance.happens(500) {
            self.noticed(node.name.clone(), (100, 1_500));
        }
        self.beside(|faults| async move {
            faults.pause((200, 6_000)).await;
            node.port.cut(false);
        });
    }

    fn replica(&self) {
        let at = self.chance.index(crate::store::REPLICAS);
        if !self.cluster.store().down(at, true) {
            return;
        }
        self.beside(|faults| async move {
            faults.pause((300, 8_000)).await;
            faults.cluster.store().down(at, false);
        });
    }

    fn storm(&self) {
        self.weather(Weather::STORM);
        self.beside(|faults| async move {
            faults.pause((300, 4_000)).await;
            if !faults.is_over() {
                faults.weather(Weather::ROUGH);
            }
        });
    }

    fn leader(&self) {
        self.cluster.log().lose_leader(Duration::from_millis(self.chance.between(200, 4_000)));
    }

    /// Somebody loses everything; now and then they are dead, too.
    fn depose_somebody(&self) {
        let Some(node) = self.victim() else { return };
        if self.chance.happens(300) && self.cluster.nodes().living().len() > 1 {
            self.cluster.kill(&node.name);
            self.comes_back(node.name.clone(), (500, 4_000));
        }
        self.cluster.depose(&node.name, Reason::Silent);
    }

    /// Owner after owner, each before it has settled.
    fn quick_takeovers(&self) {
        self.weather(Weather::STORM);
        self.beside(|faults| async move {
            for _ in 0..faults.chance.between(2, 5) {
                if faults.is_over() {
                    return;
                }
                faults.depose_somebody();
                faults.pause((5, 700)).await;
            }
            if !faults.is_over() {
                faults.weather(Weather::ROUGH);
            }
        });
    }
}
