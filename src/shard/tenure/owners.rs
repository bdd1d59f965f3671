//! The map as the door sees it: who owns a shard, here or on which node. Never waits for a newer map than there is.

use std::sync::Arc;

use holdfast_cluster::ownership::{Incarnation, Shard, State};
use parking_lot::RwLock;

use super::council::Council;
use crate::shard::door::Wait;
use crate::shard::door::many::{Owner, Owners};

/// The owners that the map names.
pub struct MapOwners {
    council: Arc<dyn Council>,
    name: String,
    now: RwLock<Option<Incarnation>>,
}

impl MapOwners {
    /// For the node of this name, which has not joined.
    #[must_use]
    pub fn new(council: Arc<dyn Council>, name: &str) -> Arc<Self> {
        Arc::new(Self { council, name: name.to_owned(), now: RwLock::new(None) })
    }

    /// The life that this node lives now.
    pub fn is_now(&self, life: Option<Incarnation>) {
        *self.now.write() = life;
    }

    /// The life that this node lives now.
    #[must_use]
    pub fn now(&self) -> Option<Incarnation> {
        *self.now.read()
    }
}

impl Owners for Arc<MapOwners> {
    fn owner(&self, shard: u16) -> Owner {
        let map = &self.council.view().map;
        let Some(holding) = map.holding(Shard(shard)) else { return Owner::Nobody };
        let Some(owner) = holding.owner else { return Owner::Nobody };
        if *self.now.read() == Some(owner) {
            return Owner::Here(holding.epoch.0);
        }
        match map.lives().get(&owner) {
            // A life of this node that it does not live: it is about to be deposed.
            Some(life) if life.node.0 == self.name => Owner::Nobody,
            Some(life) => Owner::There(life.node.0.as_str().into(), holding.epoch.0),
            None => Owner::Nobody,
        }
    }

    fn changed(&self, shard: u16, from: Owner) -> Wait<()> {
        let (owners, mut changed) = (self.clone(), self.council.changed());
        Box::pin(async move {
            while owners.owner(shard) == from {
                if changed.changed().await.is_err() {
                    // Nothing will change any more; whoever waits has a deadline.
                    std::future::pending::<()>().await;
                }
            }
        })
    }

    fn others(&self) -> Vec<Arc<str>> {
        let map = &self.council.view().map;
        let up = map.in_state(State::Up).chain(map.in_state(State::Draining));
        let names = up.filter_map(|life| map.lives().get(&life)).map(|life| life.node.0.as_str());
        names.filter(|name| *name != self.name).map(Into::into).collect()
    }
}
