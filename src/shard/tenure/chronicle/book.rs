//! How entries of the chronicle come about: what the map shows, and what the workers of gained shards report, each with the
//! time of whoever calls. Pure. Never grows past its bounds, and never holds anybody up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::ownership::{Epoch, Holding, Incarnation, Map, Shard, State};

use super::entry::{Entry, Phases, What};
use crate::limits;
use crate::words::Time;

/// A moment: as the clock on the wall says, and since some fixed beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub time: Time,
    pub ticks: Duration,
}

/// An entry that may still change.
#[derive(Debug)]
struct Open {
    entry: Entry,
    began: Duration,
    /// When the last shard came.
    grew: Duration,
    /// Gained shards; they leave it when they leave this node.
    gained: BTreeMap<Shard, (Epoch, Stage)>,
    /// Whether it was given out as settled.
    told: bool,
}

/// How far a gained shard has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Granted,
    Fenced,
    Read,
}

/// All entries, and what is needed to make the next.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: VecDeque<Open>,
    /// Lives that this node has found to be gone and that the map still shows as owners.
    found: BTreeMap<Incarnation, Now>,
    before: Option<Arc<Map>>,
}

impl Book {
    /// This node found that a life is gone.
    pub(super) fn found(&mut self, life: Incarnation, now: Now) {
        if self.found.len() < limits::CHRONICLE {
            self.found.entry(life).or_insert(now);
        }
    }

    /// It was wrong, or nobody needs to depose it any more.
    pub(super) fn withdrawn(&mut self, life: Incarnation) {
        self.found.remove(&life);
    }

    /// The map as this node, in its life `me`, sees it now.
    pub(super) fn saw(&mut self, map: &Arc<Map>, me: Option<Incarnation>, now: Now) {
        let Some(before) = self.before.replace(map.clone()) else { return };
        if Arc::ptr_eq(&before, map) {
            return;
        }
        for (life, _) in before.lives().iter().filter(|(_, life)| life.state.owns()) {
            if !map.state(*life).is_some_and(State::owns) {
                self.takeover(*life, (&before, map), now);
            }
        }
        self.found.retain(|life, _| map.state(*life).is_some_and(State::owns));
        for (shard, holding) in map.shards() {
            let former = before.holding(shard).unwrap_or_default();
            if former != holding {
                self.moved(shard, (former, holding), (&before, me), now);
            }
        }
    }

    fn takeover(&mut self, life: Incarnation, (before, map): (&Map, &Map), now: Now) {
        let began = self.found.remove(&life);
        let (found_here, began) = (began.is_some(), began.unwrap_or(now));
        let mut entry = entry(What::Takeover, (before, life), began.time);
        entry.found_here = found_here;
        entry.why = map.lives().get(&life).and_then(|life| life.ended);
        entry.phases.deposed = Some(now.ticks.saturating_sub(began.ticks));
        self.begin(entry, began.ticks, now.ticks);
    }

    /// One shard has another owner, or another epoch.
    fn moved(
        &mut self,
        shard: Shard,
        (former, holding): (Holding, Holding),
        (before, me): (&Map, Option<Incarnation>),
        now: Now,
    ) {
        for open in &mut self.entries {
            open.gained.remove(&shard);
        }
        let Some(loser) = former.owner.filter(|owner| Some(*owner) != holding.owner) else { return };
        let comes = me.is_some() && holding.owner == me;
        let lost = |open: &Open| open.entry.life == loser && open.entry.what == What::Takeover;
        let at = match self.entries.iter().rposition(lost) {
            Some(at) => at,
            None if comes => self.hand_over((before, loser), now),
            None => return,
        };
        let Some(open) = self.entries.get_mut(at) else { return };
        open.entry.shards += 1;
        if comes {
            open.gain(shard, holding.epoch, now.ticks);
        }
    }

    /// The hand-over that goes on, or a new one.
    fn hand_over(&mut self, (before, giver): (&Map, Incarnation), now: Now) -> usize {
        let goes_on = |open: &Open| {
            let same = open.entry.life == giver && open.entry.what == What::HandOver;
            same && !open.told && !open.is_quiet(now.ticks)
        };
        if let Some(at) = self.entries.iter().rposition(goes_on) {
            return at;
        }
        let entry = entry(What::HandOver, (before, giver), now.time);
        self.begin(entry, now.ticks, now.ticks);
        self.entries.len() - 1
    }

    fn begin(&mut self, entry: Entry, began: Duration, grew: Duration) {
        if self.entries.len() == limits::CHRONICLE {
            self.entries.pop_front();
        }
        self.entries.push_back(Open { entry, began, grew, gained: BTreeMap::new(), told: false });
    }

    /// The fences that a gained shard waited for are stored, and its worker begins.
    pub(super) fn fenced(&mut self, shard: Shard, epoch: Epoch, now: Now) {
        if let Some(open) = self.of(shard, epoch) {
            open.reach(shard, Stage::Fenced, now.ticks);
        }
    }

    /// The active list of a gained shard was read.
    pub(super) fn read(&mut self, (shard, epoch): (Shard, Epoch), sessions: usize, now: Now) {
        if let Some(open) = self.of(shard, epoch) {
            open.entry.sessions += sessions;
            open.reach(shard, Stage::Read, now.ticks);
        }
    }

    /// A change in a gained shard was acknowledged, the first of its epoch.
    pub(super) fn acknowledged(&mut self, shard: Shard, epoch: Epoch, now: Now) {
        if let Some(open) = self.of(shard, epoch) {
            let since = now.ticks.saturating_sub(open.began);
            open.entry.phases.acknowledged.get_or_insert(since);
        }
    }

    fn of(&mut self, shard: Shard, epoch: Epoch) -> Option<&mut Open> {
        let has = |open: &&mut Open| open.gained.get(&shard).is_some_and(|(found, _)| *found == epoch);
        self.entries.iter_mut().rev().find(has)
    }

    /// Entries of which nothing more is to be expected soon; each is given once.
    pub(super) fn settled(&mut self, now: Now) -> Vec<Entry> {
        let due = self.entries.iter_mut().filter(|open| !open.told && open.is_settled(now.ticks));
        due.map(|open| {
            open.told = true;
            open.entry.clone()
        })
        .collect()
    }

    /// All entries, oldest first.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().map(|open| open.entry.clone()).collect()
    }
}

impl Open {
    fn gain(&mut self, shard: Shard, epoch: Epoch, now: Duration) {
        self.gained.insert(shard, (epoch, Stage::Granted));
        self.entry.gained += 1;
        self.grew = now;
        // What was reached by all shards is not reached by this one.
        let Phases { fenced, read, .. } = &mut self.entry.phases;
        (*fenced, *read) = (None, None);
    }

    fn reach(&mut self, shard: Shard, stage: Stage, now: Duration) {
        self.gained.entry(shard).and_modify(|(_, reached)| *reached = stage);
        let all = self.gained.values().map(|(_, stage)| *stage).min();
        let since = now.saturating_sub(self.began);
        // A hand-over waits for no fence.
        if all >= Some(Stage::Fenced) && self.entry.what == What::Takeover {
            self.entry.phases.fenced.get_or_insert(since);
        }
        if all >= Some(Stage::Read) {
            self.entry.phases.read.get_or_insert(since);
        }
    }

    /// Whether no shard came for a while.
    fn is_quiet(&self, now: Duration) -> bool {
        now.saturating_sub(self.grew) >= Duration::from_millis(limits::CHRONICLE_QUIET)
    }

    fn is_settled(&self, now: Duration) -> bool {
        let phases = &self.entry.phases;
        let waits = Duration::from_millis(limits::CHRONICLE_WAIT);
        if now.saturating_sub(self.grew) >= waits {
            return true;
        }
        match self.entry.what {
            What::Takeover => {
                self.entry.gained == 0 || (phases.read.is_some() && phases.acknowledged.is_some())
            }
            What::HandOver => self.is_quiet(now) && phases.acknowledged.is_some(),
        }
    }
}

fn entry(what: What, (before, life): (&Map, Incarnation), at: Time) -> Entry {
    let node = before.lives().get(&life).map(|life| life.node.clone());
    Entry {
        what,
        node: node.unwrap_or_else(|| "".into()),
        life,
        why: None,
        found_here: false,
        at,
        shards: 0,
        gained: 0,
        sessions: 0,
        phases: Phases::default(),
    }
}
