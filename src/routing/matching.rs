//! The decision itself: larger priority first, then the longest waiting customer, to the longest idle agent with free
//! capacity. Each match costs O(log n); a call without a match costs one look per queue and per preferred agent.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::explain::{Explanation, Passed};
use super::line::{Place, Seek};
use super::{Matchmaker, Proposed, Timer};
use crate::limits;
use crate::words::{AgentId, ReservationId, SessionId, Time};

/// A match, to be stored by the agent's journal before anybody is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Drawn for this proposal.
    pub reservation: ReservationId,
    /// For whom.
    pub session: SessionId,
    /// Who.
    pub agent: AgentId,
    /// From which queue.
    pub queue: String,
    /// When the offer lapses.
    pub deadline: Time,
}

/// Where candidates come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// Those who wait for this agent only; they go before others of the same place.
    Preferring(AgentId),
    /// Those of a queue who take anybody.
    Queue(String),
}

impl Matchmaker {
    /// Everything that can be matched now, at most [`limits::PROPOSALS_MAX`]; then the caller calls again. `draw` gives a new
    /// random reservation id for each.
    pub fn matches(&mut self, now: Time, draw: &mut dyn FnMut() -> ReservationId) -> Vec<Proposal> {
        self.wake(now);
        let mut heads = self.heads();
        let mut proposals = Vec::new();
        while proposals.len() < limits::PROPOSALS_MAX {
            let Some(Reverse((place, source))) = heads.pop() else { break };
            if let Some(agent) = self.choose(place.2, &source, now) {
                proposals.extend(self.propose(place.2, agent, now, draw()));
            }
            if let Some(next) = self.next_head(&source, place) {
                heads.push(Reverse((next, source)));
            }
        }
        self.unfinished = (!heads.is_empty()).then_some(now);
        proposals
    }

    /// The first candidate of each source in which a match is possible at all.
    fn heads(&self) -> BinaryHeap<Reverse<(Place, Source)>> {
        let preferred = self.lines.preferred().filter(|(agent, _)| self.staff.is_free(agent));
        let preferred = preferred.map(|(agent, place)| Reverse((place, Source::Preferring(agent.clone()))));
        let queues = self.lines.open_queues().filter(|queue| self.staff.idle(queue).next().is_some());
        let queues = queues.filter_map(|queue| {
            let place = self.lines.open_after(queue, None)?;
            Some(Reverse((place, Source::Queue(queue.to_owned()))))
        });
        preferred.chain(queues).collect()
    }

    /// The candidate behind `place`, as long as somebody is free for it.
    fn next_head(&self, source: &Source, place: Place) -> Option<Place> {
        match source {
            Source::Preferring(agent) if self.staff.is_free(agent) => self.lines.first_preferring(agent),
            Source::Preferring(_) => None,
            Source::Queue(queue) => {
                self.staff.idle(queue).next()?;
                self.lines.open_after(queue, Some(place))
            }
        }
    }

    /// Whom to ask, with the explanation kept; `None` leaves the session in line.
    fn choose(&mut self, session: SessionId, source: &Source, now: Time) -> Option<AgentId> {
        let seek = self.lines.get(session)?;
        let chosen = match source {
            Source::Preferring(agent) => self.staff.is_free(agent).then(|| agent.clone())?,
            Source::Queue(queue) => {
                let other = self.staff.idle(queue).find(|agent| !seek.avoid.contains(agent));
                let again = || self.staff.idle(queue).next().filter(|_| !self.lines.avoids_now(session));
                other.or_else(again)?.clone()
            }
        };
        let why = self.why(seek, &chosen, source, now);
        self.explained.put(session, why);
        Some(chosen)
    }

    fn why(&self, seek: &Seek, chosen: &AgentId, source: &Source, at: Time) -> Explanation {
        let reason = match source {
            Source::Preferring(_) => Passed::NotPreferred,
            Source::Queue(_) => Passed::Avoided,
        };
        let longer = self.staff.idle(&seek.queue).take_while(|agent| *agent != chosen);
        let passed = longer.take(limits::PASSED_MAX).map(|agent| (agent.clone(), reason)).collect();
        let others = || self.staff.idle(&seek.queue).filter(|agent| *agent != chosen);
        let next = others().find(|agent| !seek.avoid.contains(agent)).or_else(|| others().next());
        Explanation::Proposed {
            at,
            queue: seek.queue.clone(),
            chosen: chosen.clone(),
            next: next.cloned(),
            passed,
            signed_in: self.staff.signed_in(&seek.queue),
        }
    }

    fn propose(
        &mut self,
        session: SessionId,
        agent: AgentId,
        now: Time,
        reservation: ReservationId,
    ) -> Option<Proposal> {
        let seek = self.lines.get(session)?;
        let (queue, deadline) = (seek.queue.clone(), now.plus(seek.offer_timeout));
        let until = now.plus(limits::PROPOSAL_MAX);
        self.lines.ask(session);
        self.staff.take(&agent);
        self.timers.insert((until, Timer::Proposal(reservation)));
        let known = Proposed { session, agent: agent.clone(), until, answered: false, counted: true };
        self.asked.insert(session, reservation);
        self.proposed.insert(reservation, known);
        Some(Proposal { reservation, session, agent, queue, deadline })
    }
}
