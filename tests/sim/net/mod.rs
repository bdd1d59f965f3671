//! The way between nodes: calls and streams that are delayed, lost, cut off, or cut off in one direction. Never repeats
//! anything and never reorders a stream.

mod nodes;
mod ways;

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast::runtime::watch;
use parking_lot::Mutex;

pub use self::nodes::{Node, Nodes};
pub use self::ways::Ways;
use crate::world::{Chance, World};

/// The network. Clones are the same one.
#[derive(Clone)]
pub struct Net(Arc<Inner>);

struct Inner {
    world: World,
    chance: Chance,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// Directions in which nothing comes through.
    cuts: BTreeSet<(String, String)>,
    /// Of a thousand: calls that are lost.
    lost: u64,
    /// The longest usual way, microseconds.
    way: u64,
}

impl Net {
    pub fn new(world: &World, chance: &Chance) -> Self {
        let state = Mutex::new(State { way: 1_000, ..State::default() });
        let changed = watch::channel(0).0;
        Self(Arc::new(Inner { world: world.clone(), chance: chance.fork(), state, changed }))
    }

    /// How many of a thousand calls are lost, and the longest usual way in microseconds.
    pub fn weather(&self, (lost, way): (u64, u64)) {
        let mut state = self.0.state.lock();
        (state.lost, state.way) = (lost, way);
    }

    /// Nothing comes through from one node to another, or it does again.
    pub fn cut(&self, from: &str, to: &str, off: bool) {
        let way = (from.to_owned(), to.to_owned());
        let mut state = self.0.state.lock();
        if off {
            state.cuts.insert(way);
        } else {
            state.cuts.remove(&way);
        }
        drop(state);
        self.0.changed.send_modify(|changes| *changes += 1);
    }

    /// Everything comes through again.
    pub fn heal(&self) {
        let mut state = self.0.state.lock();
        state.cuts.clear();
        (state.lost, state.way) = (0, 1_000);
        drop(state);
        self.0.changed.send_modify(|changes| *changes += 1);
    }

    fn is_cut(&self, from: &str, to: &str) -> bool {
        self.0.state.lock().cuts.contains(&(from.to_owned(), to.to_owned()))
    }

    /// Whether what is sent now gets lost, and how long it is on its way, microseconds.
    fn fate(&self) -> (bool, u64) {
        let state = self.0.state.lock();
        let (lost, way) = (state.lost, state.way);
        drop(state);
        (self.0.chance.happens(lost), self.0.chance.below(way))
    }

    async fn until_cut(&self, from: &str, to: &str) {
        let mut changed = self.0.changed.subscribe();
        while !self.is_cut(from, to) && !self.is_cut(to, from) {
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
