//! A store of three replicas with quorums, as the protocol assumes it (section 2): what reported success is on two of them,
//! a read asks two, at two moments. A write may land on one replica only, late, or torn; its outcome may stay unknown; a
//! replica may be down. A replica that acknowledged never forgets, unless a mutation says so.
//!
//! | file | what it is |
//! |---|---|
//! | `replica` | rows and tombstones of one replica |
//! | `weather` | how often what goes wrong |
//! | `quorum` | writes and reads, landing by landing |
//! | `port` | the store as one process reaches it |
//! | `witness` | what was met: which of the protocol's traces came up |

pub mod port;
mod quorum;
mod replica;
pub mod weather;
pub mod witness;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast::store::rows::{Mutation, Slice, Table};
use parking_lot::Mutex;

use self::replica::{Part, Replica};
use self::weather::Weather;
use self::witness::Witness;
use crate::breaks::{Break, Breaks};
use crate::met::Met;
use crate::world::{Chance, World};

/// Copies of every row.
pub const REPLICAS: usize = 3;
/// How many of them a success stands for.
pub const QUORUM: usize = 2;

/// The store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    world: World,
    chance: Chance,
    breaks: Breaks,
    state: Mutex<State>,
}

struct State {
    replicas: [Replica; REPLICAS],
    down: [bool; REPLICAS],
    /// What goes to a replica that is down and is handed over when it is back.
    hints: [Vec<Mutation>; REPLICAS],
    weather: Weather,
    witness: Witness,
}

impl Store {
    /// An empty store on which nothing goes wrong yet.
    pub fn new(world: &World, (chance, breaks): (&Chance, Breaks), met: &Met) -> Self {
        let state = State {
            replicas: Default::default(),
            down: [false; REPLICAS],
            hints: Default::default(),
            weather: Weather::CALM,
            witness: Witness::new(met.clone()),
        };
        let (world, chance) = (world.clone(), chance.fork());
        Self(Arc::new(Inner { world, chance, breaks, state: Mutex::new(state) }))
    }

    /// What goes wrong from now on.
    pub fn weather(&self, weather: Weather) {
        self.0.state.lock().weather = weather;
    }

    /// A replica goes down, if no other is, or comes back; whether it did.
    pub fn down(&self, replica: usize, down: bool) -> bool {
        let mut state = self.0.state.lock();
        if down && state.down.contains(&true) {
            return false;
        }
        state.down[replica] = down;
        if !down {
            let hints = std::mem::take(&mut state.hints[replica]);
            hints.into_iter().for_each(|mutation| state.land(replica, mutation));
        } else if self.0.breaks.is(Break::Forgets) {
            state.replicas[replica].forget(&self.0.chance);
        }
        true
    }

    /// Everything is up, and nothing goes wrong any more.
    pub fn heal(&self) {
        for replica in 0..REPLICAS {
            self.down(replica, false);
        }
        self.weather(Weather::CALM);
    }

    /// The fences vanish in a second (trace F1, a TTL).
    fn forget_fences(&self) {
        let store = self.clone();
        self.0.world.after(Duration::from_secs(1), move || {
            store.0.state.lock().replicas.iter_mut().for_each(|replica| replica.vanish(Table::Fences));
        });
    }

    /// What a reader that waited for every replica would see of a partition.
    pub fn all(&self, table: Table, partition: &Bytes) -> Vec<(Bytes, Bytes)> {
        let state = self.0.state.lock();
        let mut part = Part::default();
        for replica in &state.replicas {
            part.merge(replica.partition(table, partition).cloned().unwrap_or_default());
        }
        part.cells.into_iter().filter_map(|(key, cell)| Some((key, cell.value?))).collect()
    }

    /// The living rows of a table, by partition, as on all replicas together.
    pub fn table(&self, table: Table) -> Vec<(Bytes, Bytes)> {
        let state = self.0.state.lock();
        let keys = state.replicas.iter().flat_map(|replica| replica.table(table).map(|(key, _)| key.clone()));
        let keys: std::collections::BTreeSet<Bytes> = keys.collect();
        drop(state);
        keys.into_iter()
            .flat_map(|key| self.all(table, &key).into_iter().map(move |(row, _)| (key.clone(), row)))
            .collect()
    }

    /// Looks at what comes up, by its witness.
    pub fn witness<T>(&self, look: impl FnOnce(&mut Witness) -> T) -> T {
        look(&mut self.0.state.lock().witness)
    }
}

impl State {
    /// A mutation reaches a replica.
    fn land(&mut self, replica: usize, mutation: Mutation) {
        self.witness.lands(&self.replicas[replica], &mutation);
        self.replicas[replica].land(mutation);
    }

    fn read(&self, replica: usize, slice: &Slice) -> Option<Part> {
        (!self.down[replica]).then(|| self.replicas[replica].read(slice))
    }
}
