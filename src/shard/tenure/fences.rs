//! Which fences this node has stored, and which grants wait for which fences (protocol rule 4). Pure.

use std::collections::BTreeSet;

use holdfast_cluster::ownership::{Epoch, Incarnation, Map, Shard};

/// A shard that was granted and may not be served yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    shard: Shard,
    epoch: Epoch,
    /// The fences that are not known to be stored.
    needs: BTreeSet<Incarnation>,
}

/// Fences and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Fences {
    /// Deposed lives whose fence this node is storing.
    storing: BTreeSet<Incarnation>,
    stored: BTreeSet<Incarnation>,
    waiting: Vec<Waiting>,
}

impl Fences {
    /// Notes a grant, by the map in which it was seen; the fences to store for it that are not under way yet. Every life that
    /// this map shows as deposed must be fenced, not only the shard's last owner (trace F1).
    pub(super) fn granted(&mut self, (shard, epoch): (Shard, Epoch), map: &Map) -> Vec<Incarnation> {
        let needs: BTreeSet<Incarnation> =
            map.unfenced().filter(|life| !self.stored.contains(life)).collect();
        let new = needs.difference(&self.storing).copied().collect();
        self.storing.extend(&needs);
        self.waiting.retain(|known| known.shard != shard);
        self.waiting.push(Waiting { shard, epoch, needs });
        new
    }

    /// A fence is stored.
    pub(super) fn stored(&mut self, life: Incarnation) {
        self.storing.remove(&life);
        self.stored.insert(life);
        for waiting in &mut self.waiting {
            waiting.needs.remove(&life);
        }
    }

    /// The grants that wait for nothing any more; each is given once.
    pub(super) fn ready(&mut self) -> Vec<(Shard, Epoch)> {
        let ready: Vec<_> = self.waiting.extract_if(.., |waiting| waiting.needs.is_empty()).collect();
        ready.into_iter().map(|waiting| (waiting.shard, waiting.epoch)).collect()
    }

    /// Whether a grant is noted and waits.
    pub(super) fn awaits(&self, shard: Shard, epoch: Epoch) -> bool {
        self.waiting.iter().any(|waiting| waiting.shard == shard && waiting.epoch == epoch)
    }

    /// Forgets lives that the map has forgotten, or knows to be gone.
    pub(super) fn tidy(&mut self, map: &Map) {
        let unfenced: BTreeSet<Incarnation> = map.unfenced().collect();
        self.stored.retain(|life| unfenced.contains(life));
    }
}
