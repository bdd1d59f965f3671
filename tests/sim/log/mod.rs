//! The agreement on the map, simulated: one linearizable log whose transition is the product's own `apply`. It may lose its
//! leader, be slow, leave an outcome unknown and leave nodes with an old map; it never goes back and never forks.

mod seat;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use holdfast::runtime::watch;
use holdfast_cluster::View;
use holdfast_cluster::ownership::{
    Answer, Command, Incarnation, Map, NodeName, Refusal, Shard, State as Life, apply,
};
use parking_lot::Mutex;

pub use self::seat::Seat;
use crate::world::{Chance, World};

/// The log. Clones are the same one.
#[derive(Clone)]
pub struct Log(Arc<Inner>);

struct Inner {
    world: World,
    chance: Chance,
    state: Mutex<State>,
}

struct State {
    view: Arc<View>,
    seats: BTreeMap<u64, Arc<Seen>>,
    seated: u64,
    /// Nobody leads before this moment.
    leaderless_until: u64,
    /// Of a thousand: how many proposals have no certain outcome, and how many copies of the map come late.
    unsure: u64,
    stale: u64,
    changes: u64,
}

/// What one seat sees.
struct Seen {
    view: Mutex<Arc<View>>,
    changed: watch::Sender<u64>,
    cut: watch::Sender<bool>,
}

impl Log {
    /// A log that was founded in a generation.
    pub fn found(world: &World, chance: &Chance, (generation, shards): (u32, u16)) -> Self {
        let mut map = Map::default();
        let founded = apply(&mut map, &Command::Found { generation, shards }, 1);
        assert_eq!(founded, Ok(Answer::Done), "a new map is founded");
        let state = State {
            view: Arc::new(View { map: Arc::new(map), applied: 1 }),
            seats: BTreeMap::new(),
            seated: 0,
            leaderless_until: 0,
            unsure: 0,
            stale: 0,
            changes: 0,
        };
        Self(Arc::new(Inner { world: world.clone(), chance: chance.fork(), state: Mutex::new(state) }))
    }

    /// The leader is lost for a while.
    pub fn lose_leader(&self, pause: Duration) {
        let until = self.0.world.now() + u64::try_from(pause.as_nanos()).unwrap_or(0);
        let mut state = self.0.state.lock();
        state.leaderless_until = state.leaderless_until.max(until);
    }

    /// How many of a thousand proposals stay unsure, and how many copies of the map are late.
    pub fn weather(&self, (unsure, stale): (u64, u64)) {
        let mut state = self.0.state.lock();
        (state.unsure, state.stale) = (unsure, stale);
    }

    /// How often a shard has changed its owner.
    pub fn changes(&self) -> u64 {
        self.0.state.lock().changes
    }

    /// The map as it is.
    pub fn map(&self) -> Arc<Map> {
        self.0.state.lock().view.map.clone()
    }

    /// The newest life of a node, while it may own shards.
    pub fn life(&self, node: &str) -> Option<Incarnation> {
        let map = self.map();
        let life = map.nodes().get(&NodeName::from(node))?.incarnation;
        map.state(life).is_some_and(Life::owns).then_some(life)
    }

    /// The epoch of a shard.
    pub fn epoch(&self, shard: u16) -> u64 {
        self.map().holding(Shard(shard)).map_or(0, |holding| holding.epoch.0)
    }

    /// A command is applied now; the others hear of it in a moment.
    pub fn apply(&self, command: &Command) -> Result<Answer, Refusal> {
        let mut state = self.0.state.lock();
        let index = state.view.applied + 1;
        let mut map = Map::clone(&state.view.map);
        let answer = apply(&mut map, command, index);
        let moved = map.shards().zip(state.view.map.shards()).filter(|(now, before)| now != before).count();
        state.changes += moved as u64;
        let view = Arc::new(View { map: Arc::new(map), applied: index });
        state.view = view.clone();
        let (seats, stale) = (state.seats.clone(), state.stale);
        drop(state);
        self.0.world.note(&format!("log {index}: {command}: {answer:?}"));
        for seen in seats.into_values() {
            let late = self.0.chance.happens(stale);
            let wait =
                if late { self.0.chance.between(50_000, 3_000_000) } else { self.0.chance.below(3_000) };
            self.tell(seen, (view.clone(), wait));
        }
        answer
    }

    fn tell(&self, seen: Arc<Seen>, (view, micros): (Arc<View>, u64)) {
        let log = self.clone();
        self.0.world.after(Duration::from_micros(micros), move || {
            if *seen.cut.borrow() {
                // It looks again once it is heard of.
                log.tell(seen.clone(), (view, 100_000));
                return;
            }
            seen.see(&view);
        });
    }
}

impl Seen {
    fn see(&self, view: &Arc<View>) {
        let mut now = self.view.lock();
        if view.applied <= now.applied {
            return;
        }
        *now = view.clone();
        drop(now);
        self.changed.send_replace(view.applied);
    }
}
