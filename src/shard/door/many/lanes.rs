//! All lanes of a node: one for each connection and what it reaches. A lane goes when nothing of it is unanswered and nobody
//! follows by it. Never sends anything itself.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::ground::Ground;
use super::lane::{Lane, Of};
use crate::shard::door::{Mailbox, Who};
use crate::words::AgentId;

/// All lanes.
pub(super) struct Lanes {
    ground: Ground,
    lanes: Mutex<HashMap<(u64, Of), Arc<Lane>>>,
}

impl Lanes {
    pub(super) fn new(ground: Ground) -> Arc<Self> {
        Arc::new(Self { ground, lanes: Mutex::default() })
    }

    /// The lane of a connection; a new one if it has none.
    pub(super) fn get(self: &Arc<Self>, who: &Who, of: Of, to: &Mailbox) -> Arc<Lane> {
        let mut lanes = self.lanes.lock();
        let lane = lanes.entry((to.number(), of.clone())).or_insert_with(|| {
            Lane::new(self.ground.clone(), Arc::downgrade(self), (who.clone(), of), to.clone())
        });
        Arc::clone(lane)
    }

    /// The lane of a connection, if it has one.
    pub(super) fn find(&self, of: &Of, to: &Mailbox) -> Option<Arc<Lane>> {
        self.lanes.lock().get(&(to.number(), of.clone())).cloned()
    }

    /// A device follows its agent no more.
    pub(super) fn detach_agent(&self, agent: &AgentId, to: &Mailbox) {
        let is_it = |(number, of): &(u64, Of)| {
            *number == to.number() && matches!(of, Of::Agent(known, _) if known == agent)
        };
        let lanes = self.lanes.lock();
        let lane = lanes.iter().find(|(key, _)| is_it(key)).map(|(_, lane)| lane.clone());
        drop(lanes);
        lane.into_iter().for_each(|lane| lane.detach());
    }

    /// Forgets a lane that has nothing left to do.
    pub(super) fn forget(&self, of: &Of, to: &Mailbox) {
        let mut lanes = self.lanes.lock();
        let key = (to.number(), of.clone());
        if lanes.get(&key).is_some_and(|lane| lane.is_done()) {
            lanes.remove(&key);
        }
    }
}
