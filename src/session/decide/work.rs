//! The agents' work: taking and turning down offers, sending on, filing, finishing. Never keeps an agent's capacity:
//! that lives in the agent's journal, which the state's outbox tells.

use super::{Caller, Case, Rank, check};
use crate::center::StaffRole;
use crate::limits;
use crate::session::event::{AfterLeave, By, CloseWhy, ConcludeWhy, LeaveReason, OfferEnd, Target, What};
use crate::session::{Phase, Receipt, Refusal};
use crate::words::{AgentId, Audience, PartyId, ReservationId, Role};

impl Case<'_> {
    /// The agent takes the offer and is in the session with the same decision.
    pub(super) fn accept(&mut self, caller: &Caller<'_>, reservation: ReservationId) -> Result<(), Refusal> {
        let agent = caller.agent.ok_or(Refusal::NotAllowed)?;
        let had = self
            .state
            .line
            .work
            .as_ref()
            .is_some_and(|work| work.reservation == reservation && work.agent == *agent);
        if had {
            self.receipt =
                self.state.party_of(agent).map_or(Receipt::None, |party| Receipt::Joined { party });
            return Ok(());
        }
        self.offered(agent, reservation)?;
        let what = What::Assigned { reservation, agent: agent.clone() };
        self.push(caller.by.clone(), Audience::Staff, what);
        match caller.here {
            Some(here) if here.serves() => {
                self.receipt = Receipt::Joined { party: here.party.id };
                return Ok(());
            }
            // A coach who takes the work comes out into the open as a new party.
            Some(here) => self.part(caller, here.party.id, LeaveReason::Own),
            None => {}
        }
        let by = By::Staff(agent.clone());
        let party = self.newcomer(Role::Agent, self.nick_of(agent), Some(agent), Audience::All);
        self.enter(&by, party);
        Ok(())
    }

    pub(super) fn decline(&mut self, caller: &Caller<'_>, reservation: ReservationId) -> Result<(), Refusal> {
        let agent = caller.agent.ok_or(Refusal::NotAllowed)?;
        self.offered(agent, reservation)?;
        let what = What::OfferEnded { reservation, why: OfferEnd::Declined };
        self.push(caller.by.clone(), Audience::Staff, what);
        Ok(())
    }

    fn offered(&self, agent: &AgentId, reservation: ReservationId) -> Result<(), Refusal> {
        let offer = self.state.line.offer.as_ref().ok_or(Refusal::NoOffer)?;
        let theirs = offer.reservation == reservation && offer.agent == *agent;
        if theirs && self.now < offer.deadline { Ok(()) } else { Err(Refusal::NoOffer) }
    }

    fn part(&mut self, caller: &Caller<'_>, party: PartyId, reason: LeaveReason) {
        let Some(audience) = self.state.find(party).map(|here| here.party.audience) else { return };
        self.push(caller.by.clone(), audience, What::Left { party, reason, then: AfterLeave::Keep });
    }

    /// Whose work the caller finishes or sends on: their own; for programs and supervisors, whoever's it is. An agent
    /// who is openly in a session that is nobody's work may do so too.
    fn whose(&self, caller: &Caller<'_>) -> Result<Option<(AgentId, ReservationId)>, Refusal> {
        let work = self.state.line.work.as_ref();
        let theirs = work.is_some_and(|work| Some(&work.agent) == caller.agent);
        let nobodys = work.is_none()
            && caller.rank == Rank::Agent
            && (caller.here.is_some_and(super::Present::serves) || self.may_wrap_up(caller));
        if matches!(caller.rank, Rank::Customer | Rank::Bot) {
            return Err(Refusal::NotAllowed);
        }
        if theirs || caller.manages() || nobodys {
            return Ok(work.map(|work| (work.agent.clone(), work.reservation)));
        }
        Err(Refusal::NotAssigned)
    }

    fn may_wrap_up(&self, caller: &Caller<'_>) -> bool {
        self.state.phase == Phase::Offline && caller.agent.is_some_and(|agent| self.state.has_served(agent))
    }

    /// The end of an agent's work. Without anybody else who serves, it is the end of the chat too.
    pub(super) fn conclude(
        &mut self,
        caller: &Caller<'_>,
        disposition: Option<&str>,
        note: Option<&str>,
    ) -> Result<(), Refusal> {
        let work = self.whose(caller)?;
        if let Some(code) = disposition {
            self.check_code(code)?;
        }
        note.map_or(Ok(()), |note| check::text("note", note))?;
        let audience = caller.staff_audience();
        if let Some(code) = disposition {
            self.push(caller.by.clone(), audience, What::Disposition { code: code.to_owned() });
        }
        if let Some(text) = note {
            self.push(caller.by.clone(), audience, What::Note { text: text.to_owned() });
        }
        let worker = work.as_ref().map(|(agent, _)| agent).or(caller.agent).cloned();
        if let Some((agent, reservation)) = work {
            let what = What::Concluded { reservation, agent, why: ConcludeWhy::Done };
            self.push(caller.by.clone(), Audience::Staff, what);
        }
        if self.state.phase == Phase::Online {
            let party = worker.and_then(|agent| self.state.party_of(&agent));
            match party {
                Some(party) if self.state.served_but(Some(party)) => {
                    self.part(caller, party, LeaveReason::Own)
                }
                _ => self.push(caller.by.clone(), Audience::All, What::Closed { why: CloseWhy::Asked }),
            }
        }
        Ok(())
    }

    /// Sends the interaction on; the customer keeps the place in line that they have earned.
    pub(super) fn transfer(&mut self, caller: &Caller<'_>, target: &Target) -> Result<(), Refusal> {
        let work = self.whose(caller)?;
        let (queue, priority) = self.destination(target)?;
        if let Some(offer) = self.state.line.offer.as_ref().map(|offer| offer.reservation) {
            let what = What::OfferEnded { reservation: offer, why: OfferEnd::Withdrawn };
            self.push(caller.by.clone(), Audience::Staff, what);
        }
        let own = caller.agent.filter(|_| caller.rank == Rank::Agent).cloned();
        let worker = work.as_ref().map(|(agent, _)| agent.clone()).or(own);
        if let Some((agent, reservation)) = work {
            let what = What::Concluded { reservation, agent, why: ConcludeWhy::Transferred };
            self.push(caller.by.clone(), Audience::Staff, what);
        }
        self.push(caller.by.clone(), Audience::Staff, What::Transferred(target.clone()));
        let since = self.state.line.place.as_ref().map_or(self.now, |place| place.since);
        self.push(caller.by.clone(), Audience::All, What::Queued { queue, priority, since });
        if let Some(party) = worker.and_then(|agent| self.state.party_of(&agent)) {
            self.part(caller, party, LeaveReason::Transferred);
        }
        Ok(())
    }

    fn destination(&self, target: &Target) -> Result<(String, i32), Refusal> {
        let center = self.rules.center;
        let queue = match target {
            Target::Queue(queue) => queue,
            Target::Agent(agent) => {
                let agent = center.agents.get(agent).ok_or(Refusal::NoTarget)?;
                if !agent.roles.contains(&StaffRole::Agent) {
                    return Err(Refusal::NoTarget);
                }
                let current = self.state.line.place.as_ref().map(|place| &place.queue);
                let same = current.filter(|queue| agent.queues.contains(queue));
                same.or(agent.queues.first()).ok_or(Refusal::NoTarget)?
            }
        };
        let found = center.queues.get(queue).ok_or(Refusal::NoTarget)?;
        Ok((queue.clone(), found.priority))
    }

    pub(super) fn note(&mut self, caller: &Caller<'_>, text: &str) -> Result<(), Refusal> {
        self.may_annotate(caller)?;
        check::text("note", text)?;
        self.push(caller.by.clone(), caller.staff_audience(), What::Note { text: text.to_owned() });
        Ok(())
    }

    pub(super) fn disposition(&mut self, caller: &Caller<'_>, code: &str) -> Result<(), Refusal> {
        self.may_annotate(caller)?;
        self.check_code(code)?;
        self.push(caller.by.clone(), caller.staff_audience(), What::Disposition { code: code.to_owned() });
        Ok(())
    }

    fn may_annotate(&self, caller: &Caller<'_>) -> Result<(), Refusal> {
        if matches!(caller.rank, Rank::Customer | Rank::Bot) {
            return Err(Refusal::NotAllowed);
        }
        self.state.may_file(caller)
    }

    fn check_code(&self, code: &str) -> Result<(), Refusal> {
        check::name("disposition", code, limits::NAME_CHARS)?;
        let codes = &self.rules.service.dispositions;
        if codes.is_empty() || codes.iter().any(|known| known == code) {
            return Ok(());
        }
        Err(Refusal::NoDisposition)
    }
}
