//! What agents' journals tell and ask. Every answer may be given again: two journals agree by repeating themselves.

use super::Case;
use crate::session::event::{AfterLeave, ConcludeWhy, Errand, LeaveReason, OfferEnd, What};
use crate::session::input::{FromAgent, ToldAgent};
use crate::session::{Decision, Phase, Rules, Session};
use crate::words::{AgentId, Audience, ReservationId, Time};

impl Session {
    pub(super) fn hear_agent(&self, from: &FromAgent, rules: &Rules<'_>, now: Time) -> Decision {
        let mut case = Case::new(self, rules, now);
        let told = match from {
            FromAgent::Reserved { reservation, agent, queue, deadline } => {
                case.reserved(*reservation, agent, queue, *deadline)
            }
            FromAgent::GaveUp { reservation, agent } => case.gave_up(*reservation, agent),
            FromAgent::Holds { reservation, agent } if self.holds(*reservation, agent) => ToldAgent::Held,
            FromAgent::Holds { .. } => ToldAgent::NotHeld,
            FromAgent::Done { reservation, errand } => case.done(*reservation, *errand),
        };
        let decision = if case.drafts.is_empty() { Decision::default() } else { case.close_out() };
        Decision { told: Some(told), ..decision }
    }

    /// Whether the reservation is offered or in use here.
    fn holds(&self, reservation: ReservationId, agent: &AgentId) -> bool {
        let offer = self.line.offer.as_ref().map(|offer| (offer.reservation, &offer.agent));
        let work = self.line.work.as_ref().map(|work| (work.reservation, &work.agent));
        self.phase != Phase::Stopped
            && (offer == Some((reservation, agent)) || work == Some((reservation, agent)))
    }

    /// Whether the agent's journal has not answered this errand yet.
    fn sends(&self, reservation: ReservationId, errand: Errand) -> bool {
        self.line.outbox.iter().any(|entry| (entry.reservation, entry.errand) == (reservation, errand))
    }
}

impl Case<'_> {
    fn reserved(
        &mut self,
        reservation: ReservationId,
        agent: &AgentId,
        queue: &str,
        deadline: Time,
    ) -> ToldAgent {
        let state = &self.state;
        if state.holds(reservation, agent) {
            return ToldAgent::Held;
        }
        let wanted = state.phase == Phase::Online
            && state.queue() == Some(queue)
            && state.line.offer.is_none()
            // An old copy of the question: it was offered before, never twice.
            && !state.line.ended.contains(&reservation)
            && !state.line.outbox.iter().any(|entry| entry.reservation == reservation)
            && self.now < deadline;
        if !wanted {
            return ToldAgent::Denied;
        }
        let what = What::Offered { reservation, agent: agent.clone(), queue: queue.to_owned(), deadline };
        self.system(Audience::Staff, what);
        ToldAgent::Held
    }

    fn gave_up(&mut self, reservation: ReservationId, agent: &AgentId) -> ToldAgent {
        if !self.state.holds(reservation, agent) {
            return ToldAgent::Noted;
        }
        if self.state.line.offer.as_ref().is_some_and(|offer| offer.reservation == reservation) {
            self.system(Audience::Staff, What::OfferEnded { reservation, why: OfferEnd::AgentGone });
            return ToldAgent::Noted;
        }
        if !self.state.sends(reservation, Errand::Engage) {
            // The agent's journal has confirmed the engagement: what it once gave up, it took up later.
            return ToldAgent::Held;
        }
        let concluded = What::Concluded { reservation, agent: agent.clone(), why: ConcludeWhy::Left };
        self.system(Audience::Staff, concluded);
        let here = self.state.present.iter().find(|here| here.party.agent.as_ref() == Some(agent));
        if let Some((party, audience)) = here.map(|here| (here.party.id, here.party.audience)) {
            let left = What::Left { party, reason: LeaveReason::Absent, then: AfterLeave::Keep };
            self.system(audience, left);
        }
        ToldAgent::Noted
    }

    fn done(&mut self, reservation: ReservationId, errand: Errand) -> ToldAgent {
        if self.state.sends(reservation, errand) && self.state.phase != Phase::Stopped {
            self.system(Audience::Nobody, What::Settled { reservation, errand });
        }
        ToldAgent::Noted
    }
}
