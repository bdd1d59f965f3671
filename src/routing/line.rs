//! Who waits, in the order of service: larger priority first, then who waits longest. Never knows an agent's state.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::limits;
use crate::words::{AgentId, SessionId, Time};

/// What a session seeks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seek {
    /// From which queue.
    pub queue: String,
    /// Larger is served first.
    pub priority: i32,
    /// Since when the customer waits.
    pub since: Time,
    /// Asked first, for as long as an offer lasts.
    pub prefer: Option<AgentId>,
    /// Those who just declined or did not answer; asked again only when nobody else is free.
    pub avoid: Vec<AgentId>,
    /// How long an offer lasts in this queue, milliseconds.
    pub offer_timeout: u64,
}

/// Place in a line; smaller is served first.
pub(super) type Place = (Reverse<i32>, Time, SessionId);

/// What a seek waits for, apart from an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hold {
    /// Nothing: whoever is free is asked.
    Open,
    /// Only the preferred agent may be asked, until then.
    Preferred(Time),
    /// Those who declined are not asked again, until then.
    Declined(Time),
}

#[derive(Clone, Debug)]
struct Waiting {
    seek: Seek,
    hold: Hold,
    /// A proposal is under way.
    asked: bool,
}

impl Waiting {
    fn place(&self, session: SessionId) -> Place {
        (Reverse(self.seek.priority), self.seek.since, session)
    }
}

#[derive(Clone, Debug, Default)]
struct Line {
    /// Everyone.
    all: BTreeSet<Place>,
    /// Those who may be proposed to anybody.
    open: BTreeSet<Place>,
}

/// The lines of all queues of the group.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    seeks: BTreeMap<SessionId, Waiting>,
    lines: BTreeMap<String, Line>,
    /// Those who wait for one agent only.
    preferring: BTreeMap<AgentId, BTreeSet<Place>>,
}

impl Lines {
    pub(super) fn len(&self) -> usize {
        self.seeks.len()
    }

    pub(super) fn knows(&self, session: SessionId) -> bool {
        self.seeks.contains_key(&session)
    }

    pub(super) fn is_same(&self, session: SessionId, seek: &Seek) -> bool {
        self.seeks.get(&session).is_some_and(|known| known.seek == *seek)
    }

    pub(super) fn is_asked(&self, session: SessionId) -> bool {
        self.seeks.get(&session).is_some_and(|known| known.asked)
    }

    pub(super) fn get(&self, session: SessionId) -> Option<&Seek> {
        self.seeks.get(&session).map(|known| &known.seek)
    }

    /// The agent whom the session still waits for.
    pub(super) fn prefers_now(&self, session: SessionId) -> Option<&AgentId> {
        let known = self.seeks.get(&session)?;
        matches!(known.hold, Hold::Preferred(_)).then_some(known.seek.prefer.as_ref())?
    }

    /// Whether those who declined may be asked again.
    pub(super) fn avoids_now(&self, session: SessionId) -> bool {
        self.seeks.get(&session).is_some_and(|known| matches!(known.hold, Hold::Declined(_)))
    }

    /// Adds a seek that is not in a line; returns when `waited` is to be called for it.
    pub(super) fn add(&mut self, session: SessionId, mut seek: Seek, asked: bool, now: Time) -> Option<Time> {
        seek.avoid.truncate(limits::AVOID_MAX);
        let prefers = seek.prefer.as_ref().is_some_and(|agent| !seek.avoid.contains(agent));
        let (hold, wake) = if prefers {
            let until = now.plus(seek.offer_timeout);
            (Hold::Preferred(until), Some(until))
        } else if seek.avoid.is_empty() {
            (Hold::Open, None)
        } else {
            let until = now.plus(limits::AVOID_PAUSE);
            (Hold::Declined(until), Some(until))
        };
        let waiting = Waiting { seek, hold, asked };
        let line = self.lines.entry(waiting.seek.queue.clone()).or_default();
        line.all.insert(waiting.place(session));
        self.seeks.insert(session, waiting);
        if !asked {
            self.list(session);
        }
        wake
    }

    /// Removes a seek; returns the time for which `waited` was asked for.
    pub(super) fn remove(&mut self, session: SessionId) -> Option<Time> {
        self.unlist(session);
        let known = self.seeks.remove(&session)?;
        if let Some(line) = self.lines.get_mut(&known.seek.queue) {
            line.all.remove(&known.place(session));
            if line.all.is_empty() {
                self.lines.remove(&known.seek.queue);
            }
        }
        match known.hold {
            Hold::Open => None,
            Hold::Preferred(until) | Hold::Declined(until) => Some(until),
        }
    }

    /// The time that the seek waited for has come.
    pub(super) fn waited(&mut self, session: SessionId) {
        self.unlist(session);
        let Some(known) = self.seeks.get_mut(&session) else { return };
        known.hold = Hold::Open;
        if !known.asked {
            self.list(session);
        }
    }

    /// A proposal is under way.
    pub(super) fn ask(&mut self, session: SessionId) {
        self.unlist(session);
        if let Some(known) = self.seeks.get_mut(&session) {
            known.asked = true;
        }
    }

    /// The proposal came to nothing.
    pub(super) fn reopen(&mut self, session: SessionId) {
        let Some(known) = self.seeks.get_mut(&session) else { return };
        known.asked = false;
        self.list(session);
    }

    fn list(&mut self, session: SessionId) {
        let Some(known) = self.seeks.get(&session) else { return };
        let place = known.place(session);
        match (&known.hold, &known.seek.prefer) {
            (Hold::Preferred(_), Some(agent)) => {
                self.preferring.entry(agent.clone()).or_default().insert(place);
            }
            (Hold::Preferred(_), None) | (Hold::Open | Hold::Declined(_), _) => {
                if let Some(line) = self.lines.get_mut(&known.seek.queue) {
                    line.open.insert(place);
                }
            }
        }
    }

    fn unlist(&mut self, session: SessionId) {
        let Some(known) = self.seeks.get(&session) else { return };
        let place = known.place(session);
        if let Some(line) = self.lines.get_mut(&known.seek.queue) {
            line.open.remove(&place);
        }
        let Some(agent) = &known.seek.prefer else { return };
        if let Some(places) = self.preferring.get_mut(agent) {
            places.remove(&place);
            if places.is_empty() {
                self.preferring.remove(agent);
            }
        }
    }

    pub(super) fn position(&self, session: SessionId) -> Option<u32> {
        let known = self.seeks.get(&session)?;
        let ahead = self.lines.get(&known.seek.queue)?.all.range(..known.place(session)).count();
        u32::try_from(ahead + 1).ok()
    }

    pub(super) fn waiting(&self, queue: &str) -> u32 {
        self.lines.get(queue).map_or(0, |line| u32::try_from(line.all.len()).unwrap_or(u32::MAX))
    }

    /// The queues in which somebody may be proposed.
    pub(super) fn open_queues(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter(|(_, line)| !line.open.is_empty()).map(|(queue, _)| queue.as_str())
    }

    /// The first of this queue, behind `after`, who may be proposed to anybody.
    pub(super) fn open_after(&self, queue: &str, after: Option<Place>) -> Option<Place> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        self.lines.get(queue)?.open.range((from, Unbounded)).next().copied()
    }

    /// The agents somebody waits for, with the first of those.
    pub(super) fn preferred(&self) -> impl Iterator<Item = (&AgentId, Place)> {
        self.preferring.iter().filter_map(|(agent, places)| Some((agent, *places.first()?)))
    }

    /// The first who waits for this agent only.
    pub(super) fn first_preferring(&self, agent: &AgentId) -> Option<Place> {
        self.preferring.get(agent)?.first().copied()
    }
}
