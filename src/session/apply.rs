//! What each event does to the state. Total over every event ever written: it never refuses and never panics, whatever
//! order the events come in, because an old journal must open under every later release.

use crate::limits;
use crate::session::event::{
    AfterLeave, By, Errand, Event, LeaveReason, Notice, OfferEnd, Party, StepState, Target, What,
};
use crate::session::{Ended, Entry, FlowAt, Offer, Past, Phase, Place, Present, Session, Work};
use crate::words::{AgentId, PartyId, ReservationId, Role, Seq};

impl Session {
    /// Makes the event so.
    pub fn apply(&mut self, event: &Event) {
        self.seq = event.seq;
        self.last_at = self.last_at.max(event.at);
        self.after_leave = AfterLeave::Keep;
        match &event.what {
            What::Created(birth) => {
                let mut birth = birth.clone();
                self.data = std::mem::take(&mut birth.data);
                self.birth = Some(Box::new(birth));
                self.born_at = event.at;
                self.last_talk = event.at;
                self.phase = Phase::Online;
            }
            What::Joined(_) | What::Left { .. } | What::Away(_) | What::Back(_) => self.apply_stay(event),
            What::Message { .. } => {
                self.tally.messages += 1;
                self.hear(event);
            }
            What::Notice(notice) => self.apply_notice(event, notice),
            What::Data { set, removed } => {
                self.data.extend(set.iter().map(|(key, value)| (key.clone(), value.clone())));
                self.data.retain(|key, _| !removed.contains(key));
            }
            What::Step { step, state } => {
                let begun = *state == StepState::Begun;
                self.flow = Some(FlowAt { step: step.clone(), begun, said: false });
            }
            What::Queued { .. }
            | What::Offered { .. }
            | What::OfferEnded { .. }
            | What::Assigned { .. }
            | What::Concluded { .. }
            | What::Transferred(_)
            | What::Settled { .. } => self.apply_line(event),
            What::Disposition { code } => self.tally.disposition = Some(code.clone()),
            What::Note { .. } => {}
            What::IdleAlert { closes_at } => self.idle_closes = Some(*closes_at),
            What::Closed { why } => {
                self.phase = self.phase.max(Phase::Offline);
                self.closed = Some(Ended { at: event.at, why: *why });
                self.line.waiting = false;
                self.idle_closes = None;
            }
            What::Stopped { .. } => {
                self.phase = Phase::Stopped;
                self.stopped = Some((event.at, event.seq));
                self.line.waiting = false;
            }
        }
    }

    fn apply_stay(&mut self, event: &Event) {
        match &event.what {
            What::Joined(party) => {
                self.next_party = self.next_party.max(party.id.0.saturating_add(1));
                self.customer_seen |= party.role == Role::Customer;
                self.present.retain(|here| here.party.id != party.id);
                self.present.push(Present {
                    party: party.clone(),
                    since: event.at,
                    away: None,
                    read: Seq(0),
                });
                if party.role != Role::Flow {
                    self.stir(event);
                }
            }
            What::Left { party, reason, then } => {
                let ended = matches!(reason, LeaveReason::Closed | LeaveReason::Idle);
                self.depart(*party, (!ended).then_some(event.seq));
                if *reason == LeaveReason::Own {
                    self.after_leave = *then;
                }
            }
            What::Away(party) => self.with(*party, |here| here.away = Some(event.at)),
            What::Back(party) => self.with(*party, |here| here.away = None),
            _ => {}
        }
    }

    fn with(&mut self, party: PartyId, change: impl FnOnce(&mut Present)) {
        if let Some(here) = self.present.iter_mut().find(|here| here.party.id == party) {
            change(here);
        }
    }

    fn depart(&mut self, party: PartyId, until: Option<Seq>) {
        let Some(at) = self.present.iter().position(|here| here.party.id == party) else { return };
        let gone = self.present.remove(at).party;
        if self.past.len() >= limits::PAST_PARTIES {
            self.past.pop_front();
        }
        let Party { id, role, agent, audience, .. } = gone;
        self.past.push_back(Past { id, role, agent, audience, until });
    }

    fn apply_notice(&mut self, event: &Event, notice: &Notice) {
        let By::Party(party) = event.by else { return self.hear(event) };
        match notice {
            // A client tells by itself what it has shown: that is no sign of a person.
            Notice::Read(seq) => self.with(party, |here| here.read = here.read.max(*seq)),
            Notice::Nick(nick) => {
                self.with(party, |here| here.party.nick.clone_from(nick));
                self.hear(event);
            }
            Notice::Url(_) | Notice::Custom { .. } | Notice::File { .. } => self.hear(event),
        }
    }

    /// Somebody said something. The flow's own words do not count as life, but are remembered for its step.
    fn hear(&mut self, event: &Event) {
        let flow = match event.by {
            By::Party(party) => self.find(party).is_some_and(|here| here.party.role == Role::Flow),
            By::System => true,
            By::Staff(_) | By::Integration(_) => false,
        };
        if !flow {
            self.stir(event);
        } else if let Some(at) = &mut self.flow {
            at.said = true;
        }
    }

    /// Starts the silence anew.
    const fn stir(&mut self, event: &Event) {
        self.last_talk = event.at;
        self.idle_closes = None;
    }

    fn apply_line(&mut self, event: &Event) {
        match &event.what {
            What::Queued { queue, priority, since } => {
                if !self.line.waiting {
                    self.line.wait_from = event.at;
                    self.line.avoid.clear();
                }
                self.line.place = Some(Place { queue: queue.clone(), priority: *priority, since: *since });
                self.line.waiting = self.phase == Phase::Online;
                self.line.changed = event.seq;
                self.stir(event);
            }
            What::Offered { reservation, agent, deadline, .. } => {
                let (reservation, deadline) = (*reservation, *deadline);
                self.line.offer = Some(Offer { reservation, agent: agent.clone(), deadline });
            }
            What::OfferEnded { reservation, why } => self.end_offer(event, *reservation, *why),
            What::Assigned { reservation, agent } => {
                self.line.offer = None;
                self.line.waiting = false;
                self.line.prefer = None;
                self.line.avoid.clear();
                self.line.work = Some(Work { reservation: *reservation, agent: agent.clone() });
                self.serve(agent);
                self.send(event, *reservation, agent.clone(), Errand::Engage);
                self.stir(event);
            }
            What::Concluded { reservation, agent, .. } => {
                if self.line.work.as_ref().is_some_and(|work| work.reservation == *reservation) {
                    self.line.work = None;
                }
                self.send(event, *reservation, agent.clone(), Errand::Release);
            }
            What::Transferred(target) => {
                self.line.prefer = match target {
                    Target::Agent(agent) => Some(agent.clone()),
                    Target::Queue(_) => None,
                };
            }
            What::Settled { reservation, errand } => {
                self.line.outbox.retain(|entry| (entry.reservation, entry.errand) != (*reservation, *errand));
            }
            _ => {}
        }
    }

    fn end_offer(&mut self, event: &Event, reservation: ReservationId, why: OfferEnd) {
        let Some(offer) = self.line.offer.take_if(|offer| offer.reservation == reservation) else { return };
        self.line.changed = event.seq;
        if self.line.prefer.as_ref() == Some(&offer.agent) {
            self.line.prefer = None;
        }
        if matches!(why, OfferEnd::Declined | OfferEnd::TimedOut) {
            self.line.avoid.retain(|agent| *agent != offer.agent);
            self.line.avoid.push(offer.agent.clone());
            if self.line.avoid.len() > limits::AVOIDED_AGENTS {
                self.line.avoid.remove(0);
            }
        }
        self.send(event, reservation, offer.agent, Errand::Release);
    }

    /// A later errand about the same reservation takes the place of the earlier: released is released.
    fn send(&mut self, event: &Event, reservation: ReservationId, agent: AgentId, errand: Errand) {
        self.line.outbox.retain(|entry| entry.reservation != reservation);
        self.line.outbox.push(Entry { reservation, agent, errand, seq: event.seq });
        if errand == Errand::Release && !self.line.ended.contains(&reservation) {
            if self.line.ended.len() >= limits::ENDED_RESERVATIONS {
                self.line.ended.pop_front();
            }
            self.line.ended.push_back(reservation);
        }
    }

    fn serve(&mut self, agent: &AgentId) {
        if self.tally.agents.len() < limits::PAST_PARTIES && !self.tally.agents.contains(agent) {
            self.tally.agents.push(agent.clone());
        }
    }
}
