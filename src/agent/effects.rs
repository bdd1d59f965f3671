//! What an agent's day wants of others now, and when it wants to be woken. Level-triggered: the worker compares with what it
//! has done and repeats what is not answered. Never performs anything.

use super::day::{AgentDay, Reservation};
use super::event::Stage;
use super::soft::AgentSoft;
use crate::limits;
use crate::session::input::FromAgent;
use crate::words::{ReservationId, Seq, SessionId, Time};

/// Something wanted, once what it rests on is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEffect {
    /// The event that must be published first.
    pub after: Seq,
    /// What.
    pub want: AgentWant,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentWant {
    /// The matchmakers of these queues know that the agent is signed in. `free` is 0 while not ready: then nothing is
    /// proposed, but the queue has somebody.
    Announce {
        /// The queues served.
        queues: Vec<String>,
        /// Capacity for new offers now.
        free: u32,
        /// Since when the agent has had nothing new to do.
        idle_since: Time,
    },
    /// The matchmakers know that the agent is not signed in.
    Gone,
    /// A session is told or asked until it answers.
    Tell {
        /// Which.
        session: SessionId,
        /// What.
        message: FromAgent,
    },
    /// A session is asked, rarely, whether it still uses what is engaged: a session that was lost must not hold capacity for
    /// ever. Nobody waits for the answer.
    Check {
        /// Which.
        session: SessionId,
        /// The question.
        message: FromAgent,
    },
    /// The day is over: its record is stored and its journal removed; the next day begins if anything is held or signed in.
    SealDay,
}

impl AgentDay {
    /// All that is wanted at `now`: the sessions first, then one `Announce` or `Gone`, or `SealDay` alone.
    #[must_use]
    pub fn effects(&self, now: Time) -> Vec<AgentEffect> {
        if self.seq() == Seq(0) {
            return Vec::new();
        }
        let after = self.seq();
        if self.ended().is_some() {
            return vec![AgentEffect { after, want: AgentWant::SealDay }];
        }
        let now = now.max(self.last_at());
        let mut effects: Vec<_> =
            self.held().iter().filter_map(|(id, known)| self.tell(*id, known, now)).collect();
        effects.push(AgentEffect { after, want: self.announce() });
        effects
    }

    fn announce(&self) -> AgentWant {
        if self.signed_in().is_empty() {
            return AgentWant::Gone;
        }
        let free = if self.all.ready { self.free() } else { 0 };
        AgentWant::Announce { queues: self.all.queues.clone(), free, idle_since: self.all.idle_since }
    }

    /// One question per reservation: past the deadline whether it is still held, before that the news that the agent is
    /// gone, or that the reservation is made.
    fn tell(&self, reservation: ReservationId, known: &Reservation, now: Time) -> Option<AgentEffect> {
        let held = &known.held;
        let agent = self.all.agent.clone();
        let (queue, deadline) = (held.queue.clone(), held.deadline);
        let overdue = deadline.plus(limits::AGENT_HOLDS_GRACE) <= now;
        let message = match held.stage {
            Stage::Engaged if overdue => {
                let message = FromAgent::Holds { reservation, agent };
                let want = AgentWant::Check { session: held.session, message };
                return Some(AgentEffect { after: known.by, want });
            }
            Stage::Engaged => return None,
            Stage::Reserved | Stage::Offered if overdue => FromAgent::Holds { reservation, agent },
            // The absence is itself an event; nobody is told before it is published.
            Stage::Reserved | Stage::Offered if self.signed_in().is_empty() => {
                let want = AgentWant::Tell {
                    session: held.session,
                    message: FromAgent::GaveUp { reservation, agent },
                };
                return Some(AgentEffect { after: self.seq(), want });
            }
            Stage::Reserved => FromAgent::Reserved { reservation, agent, queue, deadline },
            Stage::Offered => return None,
        };
        Some(AgentEffect { after: known.by, want: AgentWant::Tell { session: held.session, message } })
    }

    /// When `Clock` or `effects` will have something new to say after `now`; a time that has passed means that `Clock` has.
    #[must_use]
    pub fn next_wake(&self, soft: &AgentSoft, now: Time) -> Option<Time> {
        if !self.is_open() {
            return None;
        }
        let absent = self.signed_in().keys().filter_map(|device| soft.absent_at(device));
        // An overdue question is among the effects already and needs no wake-up.
        let overdue = self.held().values().map(|known| known.held.deadline.plus(limits::AGENT_HOLDS_GRACE));
        absent.chain(overdue.filter(|at| *at > now)).chain([self.ends_at()]).min()
    }

    /// When the day is over whatever happens.
    pub(super) fn ends_at(&self) -> Time {
        let empty = self.signed_in().is_empty() && self.held().is_empty();
        self.all.opened_at.plus(if empty { limits::AGENT_ABSENT_AFTER } else { limits::AGENT_DAY_MAX })
    }
}
