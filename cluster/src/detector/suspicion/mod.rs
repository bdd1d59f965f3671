//! Who is suspected, and why: a pure function of beats, link changes and ticks. No clock, no IO, no chance. Never deposes:
//! it names incarnations, and takes a name back when it hears from it.
//!
//! *At once*: a link to this life was up, was lost, and the port now refuses or the host is unreachable.
//! *After a silence*: [`limits::SUSPECT_AFTER`], or [`limits::GAPS`] times the p99 of the gaps seen lately; doubled for each
//! time that the node was suspected wrongly. Only so many silent peers are named in a minute: a load that silences all
//! of them is no reason to move all their work to the rest. Time in which this node itself stood still does not count.

mod gaps;
mod subject;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::limits;
use crate::link::{LinkState, PeerId};

use subject::Subject;
use tokens::Tokens;

/// A point in time, as the duration since the detector began.
pub type Moment = Duration;

/// Why an incarnation should be deposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Its link was lost and its port refuses.
    PortClosed,
    /// Its link was lost and its host is unreachable.
    Unreachable,
    /// No beat for longer than is normal.
    Silent,
    /// No beat at all since this node learned of it.
    NeverHeard,
}

impl Reason {
    /// The word for logs and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PortClosed => "port_closed",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::NeverHeard => "never_heard",
        }
    }
}

/// What the detector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// This life should be deposed.
    Depose {
        /// Which.
        peer: PeerId,
        /// Why.
        reason: Reason,
    },
    /// It is alive after all: if it is not deposed yet, it need not be.
    Withdraw {
        /// Which.
        peer: PeerId,
    },
}

/// How often a node was suspected wrongly, and when last.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    times: u32,
    last: Moment,
}

/// The detector's whole memory.
#[derive(Debug, Default)]
pub struct Suspicion {
    subjects: BTreeMap<u64, Subject>,
    /// Lives that were named and are no longer watched: a beat of one shows that it was named wrongly.
    named: BTreeMap<u64, Arc<str>>,
    /// Lives that are not watched yet and whose link is up already.
    early: BTreeSet<u64>,
    wrongs: BTreeMap<Arc<str>, Wrong>,
    tokens: Tokens,
    last_look: Moment,
    /// Time in which this node stood still itself, in all.
    stood_still: Duration,
    longest_gap: Duration,
    longest_stall: Duration,
}

impl Suspicion {
    /// A detector that watches nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These lives are up in the map and are watched from now on; all others no longer. A life with the number 0 is none.
    pub fn watch(&mut self, peers: &[PeerId], now: Moment) {
        let wanted = |incarnation: &u64| peers.iter().any(|peer| peer.incarnation == *incarnation);
        let gone: Vec<u64> = self.subjects.keys().filter(|key| !wanted(key)).copied().collect();
        for subject in gone.iter().filter_map(|key| self.subjects.remove(key)) {
            if subject.named.is_some() {
                self.named.insert(subject.peer.incarnation, subject.peer.name);
            }
        }
        while self.named.len() > limits::REMEMBERED {
            self.named.pop_first();
        }
        let since = self.own(now);
        for peer in peers.iter().filter(|peer| peer.incarnation != 0).take(limits::SUBJECTS) {
            let was_up = self.early.remove(&peer.incarnation);
            let fresh = || Subject::new(peer.clone(), since, was_up);
            self.subjects.entry(peer.incarnation).or_insert_with(fresh);
        }
    }

    /// A beat of `peer` was read.
    pub fn beat(&mut self, peer: &PeerId, now: Moment) -> Option<Finding> {
        self.look(now);
        let now = self.own(now);
        let Some(subject) = self.subjects.get_mut(&peer.incarnation) else {
            // Named wrongly, deposed, and alive.
            let name = self.named.remove(&peer.incarnation)?;
            self.wrong(name, now);
            return None;
        };
        self.longest_gap = self.longest_gap.max(subject.hear(now));
        subject.named.take()?;
        let peer = subject.peer.clone();
        self.wrong(Arc::clone(&peer.name), now);
        Some(Finding::Withdraw { peer })
    }

    /// The link to `peer` changed.
    pub fn link(&mut self, peer: &PeerId, state: LinkState) -> Option<Finding> {
        let Some(subject) = self.subjects.get_mut(&peer.incarnation) else {
            self.link_of_an_unwatched(peer.incarnation, state);
            return None;
        };
        let reason = subject.link(state)?;
        subject.named.is_none().then(|| subject.name(reason))
    }

    fn link_of_an_unwatched(&mut self, incarnation: u64, state: LinkState) {
        if state != LinkState::Connected {
            self.early.remove(&incarnation);
        } else if self.early.len() < limits::REMEMBERED {
            self.early.insert(incarnation);
        }
    }

    /// Looks at all peers; call every [`limits::TICK`].
    pub fn tick(&mut self, now: Moment) -> Vec<Finding> {
        self.look(now);
        let now = self.own(now);
        self.wrongs.retain(|_, wrong| now.saturating_sub(wrong.last) < limits::WRONG_FOR);
        self.tokens.refill(self.subjects.len(), now);
        let mut findings = Vec::new();
        for subject in self.subjects.values_mut().filter(|subject| subject.named.is_none()) {
            let wrongs = self.wrongs.get(&subject.peer.name).map_or(0, |wrong| wrong.times);
            self.longest_gap = self.longest_gap.max(subject.silence(now));
            let Some(reason) = subject.suspicious(now, wrongs) else { continue };
            if self.tokens.take() {
                findings.push(subject.name(reason));
            }
        }
        findings
    }

    /// Every life that is named now, and why.
    #[must_use]
    pub fn verdicts(&self) -> BTreeMap<u64, (PeerId, Reason)> {
        let named = |subject: &Subject| Some((subject.peer.clone(), subject.named?));
        self.subjects.iter().filter_map(|(key, subject)| Some((*key, named(subject)?))).collect()
    }

    /// The longest time without a beat of some peer, and the longest in which this node stood still, since the last ask.
    pub fn longest(&mut self) -> (Duration, Duration) {
        (std::mem::take(&mut self.longest_gap), std::mem::take(&mut self.longest_stall))
    }

    /// The silence that is suspicious now, of the peer that is allowed the longest.
    #[must_use]
    pub fn suspect_after(&self) -> Duration {
        let wrongs = |name: &Arc<str>| self.wrongs.get(name).map_or(0, |wrong| wrong.times);
        let each = self.subjects.values().map(|subject| subject.suspect_after(wrongs(&subject.peer.name)));
        each.max().unwrap_or(limits::SUSPECT_AFTER)
    }

    /// Notes how long this node stood still: whatever the detector's thread does, it does every tick.
    fn look(&mut self, now: Moment) {
        let late = now.saturating_sub(self.last_look);
        self.last_look = self.last_look.max(now);
        if late > limits::STALL {
            let stall = late.saturating_sub(limits::TICK);
            self.stood_still += stall;
            self.longest_stall = self.longest_stall.max(stall);
        }
    }

    /// `now` on a clock that stands still with this node.
    const fn own(&self, now: Moment) -> Moment {
        now.saturating_sub(self.stood_still)
    }

    fn wrong(&mut self, name: Arc<str>, now: Moment) {
        let wrong = self.wrongs.entry(name).or_insert(Wrong { times: 0, last: now });
        *wrong = Wrong { times: (wrong.times + 1).min(limits::WRONGS), last: now };
        while self.wrongs.len() > limits::REMEMBERED {
            self.wrongs.pop_first();
        }
    }
}
