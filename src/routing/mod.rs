//! Who is offered what: the matchmaker of a group of queues, soft state. Session owners register what they seek, agent owners
//! announce who is there; both announce again after a takeover. Stores nothing, promises nothing: a proposal becomes a promise
//! only when the agent's journal has it. No IO, no clock, no randomness, ordered maps only.

mod explain;
mod line;
mod matching;
mod staff;

#[cfg(test)]
mod tests;

pub use explain::{Explanation, Passed, Waits};
pub use line::Seek;
pub use matching::Proposal;

use std::collections::{BTreeMap, BTreeSet};

use crate::limits;
use crate::words::{AgentId, ReservationId, SessionId, Time};
use explain::Explained;
use line::Lines;
use staff::Staff;

/// The matchmaker. The same calls with the same times give the same proposals.
#[derive(Clone, Debug, Default)]
pub struct Matchmaker {
    lines: Lines,
    staff: Staff,
    proposed: BTreeMap<ReservationId, Proposed>,
    /// The proposal that a session in line waits for.
    asked: BTreeMap<SessionId, ReservationId>,
    timers: BTreeSet<(Time, Timer)>,
    /// The last call of `matches` stopped at its limit, then.
    unfinished: Option<Time>,
    explained: Explained,
}

/// A proposal under way.
#[derive(Clone, Debug)]
struct Proposed {
    session: SessionId,
    agent: AgentId,
    until: Time,
    /// The agent's journal has it.
    answered: bool,
    /// It counts against the agent's capacity: until the first announcement after the answer, which knows of it.
    counted: bool,
}

/// What a wake-up is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// No answer came.
    Proposal(ReservationId),
    /// The preferred agent did not come, or the pause after a decline is over.
    Seek(SessionId),
    /// An agent who refused is asked again.
    Agent(AgentId),
}

impl Matchmaker {
    /// Nobody is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A session seeks an agent. Registering the same again changes nothing; another seek replaces the one before. Returns
    /// whether there was room (P11).
    pub fn register(&mut self, session: SessionId, seek: Seek, now: Time) -> bool {
        if self.lines.is_same(session, &seek) {
            return true;
        }
        if !self.lines.knows(session) && self.lines.len() >= limits::SEEKS_MAX {
            return false;
        }
        self.take_from_line(session);
        let asked = self.asked.contains_key(&session);
        if let Some(wake) = self.lines.add(session, seek, asked, now) {
            self.timers.insert((wake, Timer::Seek(session)));
        }
        true
    }

    /// A session seeks nobody any more: it is offered, closed or gone elsewhere.
    pub fn withdraw(&mut self, session: SessionId) {
        self.asked.remove(&session);
        self.take_from_line(session);
    }

    fn take_from_line(&mut self, session: SessionId) {
        if let Some(wake) = self.lines.remove(session) {
            self.timers.remove(&(wake, Timer::Seek(session)));
        }
    }

    /// An agent is signed in; `free` is 0 while nothing may be offered.
    pub fn announce(&mut self, agent: &AgentId, queues: &[String], free: u32, idle_since: Time) {
        for known in self.proposed.values_mut() {
            if known.answered && known.counted && known.agent == *agent {
                known.counted = false;
                self.staff.give_back(agent);
            }
        }
        if let Some(wake) = self.staff.resume(agent) {
            self.timers.remove(&(wake, Timer::Agent(agent.clone())));
        }
        self.staff.announce(agent, queues, free, idle_since);
    }

    /// An agent is not signed in any more.
    pub fn gone(&mut self, agent: &AgentId) {
        if let Some(wake) = self.staff.resume(agent) {
            self.timers.remove(&(wake, Timer::Agent(agent.clone())));
        }
        self.staff.remove(agent);
    }

    /// The agent's journal has stored the reservation. It counts until the agent announces what is left.
    pub fn reserved(&mut self, reservation: ReservationId) {
        if let Some(known) = self.proposed.get_mut(&reservation) {
            known.answered = true;
        }
    }

    /// The agent's journal refused the reservation. The session is in line as before; the agent is left alone for a moment.
    pub fn denied(&mut self, reservation: ReservationId, now: Time) {
        let Some(known) = self.proposed.get(&reservation) else { return };
        let agent = known.agent.clone();
        self.forget(reservation);
        let until = now.plus(limits::REFUSED_PAUSE);
        if let Some(before) = self.staff.pause(&agent, until) {
            self.timers.remove(&(before, Timer::Agent(agent.clone())));
        }
        self.timers.insert((until, Timer::Agent(agent)));
    }

    /// A proposal is over: the agent has the place again, and the session, if it still waits for this one, is open again.
    fn forget(&mut self, reservation: ReservationId) {
        let Some(known) = self.proposed.remove(&reservation) else { return };
        self.timers.remove(&(known.until, Timer::Proposal(reservation)));
        if known.counted {
            self.staff.give_back(&known.agent);
        }
        if self.asked.get(&known.session) == Some(&reservation) {
            self.asked.remove(&known.session);
            self.lines.reopen(known.session);
        }
    }

    /// Fires what is due.
    fn wake(&mut self, now: Time) {
        while let Some((at, _)) = self.timers.first() {
            if *at > now {
                return;
            }
            let Some((_, timer)) = self.timers.pop_first() else { return };
            match timer {
                Timer::Proposal(reservation) => self.forget(reservation),
                Timer::Seek(session) => self.lines.waited(session),
                Timer::Agent(agent) => {
                    self.staff.resume(&agent);
                }
            }
        }
    }

    /// When `matches` should be called next if nothing else happens; a time that has passed means at once.
    #[must_use]
    pub fn next_wake(&self) -> Option<Time> {
        self.unfinished.or_else(|| self.timers.first().map(|(at, _)| *at))
    }

    /// The session's place in its queue's line, counted from 1. Walks the line up to it.
    #[must_use]
    pub fn position(&self, session: SessionId) -> Option<u32> {
        self.lines.position(session)
    }

    /// How many wait in this queue, those with a proposal under way included.
    #[must_use]
    pub fn waiting(&self, queue: &str) -> u32 {
        self.lines.waiting(queue)
    }

    /// Whether an agent of this queue is signed in, busy or not.
    #[must_use]
    pub fn staffed(&self, queue: &str) -> bool {
        self.staff.signed_in(queue) > 0
    }

    /// Why the session was given whom it was given, or why it waits; `None` for one that is not known (any more).
    #[must_use]
    pub fn explain(&self, session: SessionId) -> Option<Explanation> {
        match self.lines.get(session) {
            Some(_) if self.lines.is_asked(session) => self.explained.get(session),
            Some(seek) => Some(Explanation::Waiting(self.why_waiting(session, seek))),
            None => self.explained.get(session),
        }
    }

    fn why_waiting(&self, session: SessionId, seek: &Seek) -> Waits {
        if let Some(agent) = self.lines.prefers_now(session) {
            return Waits::ForPreferred(agent.clone());
        }
        if self.staff.signed_in(&seek.queue) == 0 {
            return Waits::NobodySignedIn;
        }
        if self.staff.idle(&seek.queue).next().is_none() {
            return Waits::AllBusy { signed_in: self.staff.signed_in(&seek.queue) };
        }
        if self.staff.idle(&seek.queue).all(|agent| seek.avoid.contains(agent)) {
            return Waits::AfterDecline;
        }
        Waits::NextCall
    }
}
