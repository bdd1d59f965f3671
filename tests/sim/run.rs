//! One seed, from the founding of the cluster to the audit: people talk while things break; then all is healed, everybody is
//! answered, goes home, and every session must come to its end by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::breaks::Breaks;
use crate::cluster::faults::Faults;
use crate::cluster::{Cluster, SHARDS};
use crate::met::Met;
use crate::oracle::Oracle;
use crate::people::customer::Manner;
use crate::people::words::{self, AGENTS};
use crate::people::{Ground, agent, customer};
use crate::world::{Chance, FOREVER, World};

/// Sessions of people who are quick, and of those who let them sleep.
const SESSIONS: (u64, u64) = (16, 8);
/// How many things each of them says.
const SAYINGS: (u64, u64) = (110, 50);
/// How long a cluster may take to begin.
const BEGINS: Duration = Duration::from_secs(60);
/// How long things break at most.
const BREAKS: Duration = Duration::from_secs(280);
/// How long everybody may wait for an answer when nothing breaks any more.
const ANSWERS: Duration = Duration::from_secs(240);
/// How long sessions may take to end by themselves, seconds.
const ENDS: u64 = 1_500;

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    pub hash: (u64, u64),
    pub failures: Vec<String>,
    pub met: BTreeMap<&'static str, u64>,
    pub inputs: u64,
    pub changes: u64,
    pub notes: Vec<String>,
    /// Of the world's time.
    pub seconds: u64,
}

struct Stage {
    world: World,
    oracle: Oracle,
    cluster: Cluster,
    ground: Ground,
    /// Customers who have not said everything.
    talking: Arc<AtomicU64>,
    broken: Arc<AtomicBool>,
}

/// Plays a seed.
pub fn play(seed: u64, breaks: Breaks) -> Outcome {
    let chance = Chance::new(seed);
    let (world, met) = (World::new(&chance), Met::default());
    let oracle = Oracle::new(&world);
    let names: Vec<String> = ["a", "b", "c", "d", "e"].map(String::from).into();
    let names = names[..3 + chance.index(3)].to_vec();
    let begun = begin(&world, (&chance, breaks), (&names, &met));
    let cluster = begun.expect("a cluster begins on a store where nothing goes wrong");
    let ground = Ground {
        world: world.clone(),
        chance: chance.fork(),
        nodes: cluster.nodes().clone(),
        log: cluster.log().clone(),
        oracle: oracle.clone(),
        met: met.clone(),
        seed,
        shards: SHARDS,
        inputs: Arc::default(),
        over: Arc::default(),
    };
    let (talking, broken) = (Arc::new(AtomicU64::new(SESSIONS.0 + SESSIONS.1)), Arc::default());
    let stage = Stage { world, oracle, cluster, ground, talking, broken };
    stage.talk();
    stage.rage((&chance, breaks), names);
    stage.heal();
    stage.outcome(seed, &met)
}

/// The cluster is founded, its nodes join, and somebody configures the contact center.
fn begin(
    world: &World,
    (chance, breaks): (&Chance, Breaks),
    (names, met): (&[String], &Met),
) -> Option<Cluster> {
    let slot: Arc<Mutex<Option<Cluster>>> = Arc::default();
    let (done, names, met) = (slot.clone(), names.to_vec(), met.clone());
    let (its_world, chance) = (world.clone(), chance.clone());
    world.spawn(FOREVER, async move {
        let cluster = Cluster::found(&its_world, (&chance, breaks), &met).await;
        for name in &names {
            cluster.start(name).await;
        }
        let nodes = cluster.nodes().living();
        let door = nodes[0].door.clone();
        nodes[0].process.within(async move { door.apply_center(0, words::center()).await }).await;
        while nodes.iter().any(|node| node.door.center().version == 0) {
            its_world.sleep(Duration::from_millis(50)).await;
        }
        *done.lock() = Some(cluster);
    });
    world.run_until(BEGINS, || slot.lock().is_some());
    slot.lock().take()
}

impl Stage {
    /// Everybody comes.
    fn talk(&self) {
        for number in 0..SESSIONS.0 + SESSIONS.1 {
            let slow = number >= SESSIONS.0;
            let manner = Manner { number, sayings: if slow { SAYINGS.1 } else { SAYINGS.0 }, slow };
            let (person, talking) = (self.ground.person(), self.talking.clone());
            self.ground.spawn(async move {
                customer::live(person, manner).await;
                talking.fetch_sub(1, Ordering::Relaxed);
            });
        }
        for who in AGENTS {
            self.ground.spawn(agent::live(self.ground.person(), who));
        }
    }

    fn is_silent(&self) -> bool {
        self.talking.load(Ordering::Relaxed) == 0
    }

    /// Things break until everybody has said everything.
    fn rage(&self, (chance, breaks): (&Chance, Breaks), names: Vec<String>) {
        let faults = Faults {
            world: self.world.clone(),
            chance: chance.fork(),
            cluster: self.cluster.clone(),
            breaks,
            names,
            repairs: chance.happens(300),
            over: self.broken.clone(),
        };
        self.cluster.spawn(faults.clone().rage());
        self.cluster.spawn(faults.raise());
        self.world.run_until(BREAKS, || !self.oracle.is_content() || self.is_silent());
    }

    /// Nothing breaks any more: everybody is answered; then nobody asks, and every session ends by its own timers.
    fn heal(&self) {
        self.broken.store(true, Ordering::Relaxed);
        self.world.note(&format!("nothing breaks any more, after {} turns", self.world.hash().1));
        self.cluster.calm();
        self.world.run_until(ANSWERS, || !self.oracle.is_content() || self.is_silent());
        if self.oracle.is_content() && !self.is_silent() && !self.world.is_spinning() {
            let waiting = self.talking.load(Ordering::Relaxed);
            self.oracle
                .hangs(vec![format!("P6: {waiting} customers wait for an answer, though all is well")]);
        }
        self.ground.over.store(true, Ordering::Relaxed);
        self.world.note(&format!("everybody goes home, after {} turns", self.world.hash().1));
        let mut open = Vec::new();
        for _ in 0..ENDS {
            if !self.oracle.is_content() || self.world.is_spinning() {
                return;
            }
            self.world.run_until(Duration::from_secs(1), || !self.oracle.is_content());
            open = self.oracle.waits_for(self.cluster.store());
            if open.is_empty() {
                return self.oracle.audit(self.cluster.store());
            }
        }
        self.oracle.hangs(open);
    }

    fn outcome(&self, seed: u64, met: &Met) -> Outcome {
        if self.world.is_spinning() {
            self.oracle.hangs(vec!["P11: somebody does the same again and again, without a pause".into()]);
        }
        Outcome {
            seed,
            hash: self.world.hash(),
            failures: self.oracle.failures(),
            met: met.counts(),
            inputs: self.ground.inputs.load(Ordering::Relaxed),
            changes: self.cluster.log().changes(),
            notes: self.world.notes(),
            seconds: self.world.now() / 1_000_000_000,
        }
    }
}
