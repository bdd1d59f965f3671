//! What follows: the rules that hold in every state, and the flow's next commands, until nothing moves. Level-triggered:
//! it looks at the state and not at what just happened, so it also mends what a torn write or a takeover left half done.

use super::Case;
use crate::flow::{self, Command};
use crate::limits;
use crate::session::event::{
    AfterLeave, By, CloseWhy, ConcludeWhy, LeaveReason, OfferEnd, Party, StepState, StopWhy, What,
};
use crate::session::{Phase, Session};
use crate::words::{Audience, PartyId, Role};

/// What the flow is called in the conversation.
const FLOW_NICK: &str = "Service";

impl Case<'_> {
    pub(super) fn settle(&mut self) {
        while self.drafts.len() < limits::DECISION_EVENTS {
            let moved = match self.state.phase {
                Phase::Unborn | Phase::Stopped => return,
                Phase::Online => self.keep_alive() || self.step(),
                Phase::Offline => self.wind_up() || self.step(),
            };
            if !moved {
                return;
            }
        }
    }

    /// The rules of an open chat. Says whether one of them made something happen.
    fn keep_alive(&mut self) -> bool {
        let state = &self.state;
        let forced = match state.after_leave {
            AfterLeave::Keep => false,
            AfterLeave::CloseIfNoAgent => !state.served_but(None),
            AfterLeave::Close => true,
        };
        if forced {
            self.system(Audience::All, What::Closed { why: CloseWhy::AfterLeave });
            return true;
        }
        if state.empty() {
            self.system(Audience::All, What::Closed { why: CloseWhy::Empty });
            return true;
        }
        // The customer must not be stranded: an agent who is not here does not have the work.
        let lost = state
            .line
            .work
            .clone()
            .filter(|work| state.has_customer() && state.party_of(&work.agent).is_none());
        if let Some(work) = lost {
            let (reservation, agent, why) = (work.reservation, work.agent, ConcludeWhy::Left);
            self.system(Audience::Staff, What::Concluded { reservation, agent, why });
            return true;
        }
        false
    }

    /// The rules of a closed chat.
    fn wind_up(&mut self) -> bool {
        if self.state.line.offer.is_some() {
            self.withdraw(OfferEnd::Withdrawn);
            return true;
        }
        let Some(here) = self.state.present.first() else { return false };
        let (party, audience) = (here.party.id, here.party.audience);
        let idle = self.state.closed.is_some_and(|closed| closed.why == CloseWhy::Idle);
        let reason = if idle { LeaveReason::Idle } else { LeaveReason::Closed };
        self.system(audience, What::Left { party, reason, then: AfterLeave::Keep });
        true
    }

    /// The flow's next command, if it has one.
    fn step(&mut self) -> bool {
        let rules = self.rules;
        let world = flow::World {
            service: rules.service,
            queue: rules.queue,
            open: rules.open,
            staffed: rules.staffed,
            waiting: rules.waiting,
        };
        let state = &self.state;
        let at = state.flow.as_ref().map(|at| flow::At { step: &at.step, begun: at.begun, said: at.said });
        let command = flow::next(at, state.facts(), &world);
        if let Some(command) = command {
            self.perform(command);
        }
        command.is_some()
    }

    fn perform(&mut self, command: Command<'_>) {
        match command {
            Command::Begin(step) => self.at_step(step.to_owned(), StepState::Begun),
            Command::Done(result) => {
                let step = self.state.flow.as_ref().map(|at| at.step.clone()).unwrap_or_default();
                self.at_step(step, StepState::Done(result.to_owned()));
            }
            Command::Say(text) => self.say(text),
            Command::Queue { queue, priority } => self.queue(queue, priority),
            Command::Close => self.system(Audience::All, What::Closed { why: CloseWhy::Flow }),
            Command::Stop => self.system(Audience::Staff, What::Stopped { why: StopWhy::Done }),
        }
    }

    fn at_step(&mut self, step: String, state: StepState) {
        let by = self.state.flow_party().map_or(By::System, By::Party);
        self.push(by, Audience::Staff, What::Step { step, state });
    }

    /// Says something as the flow, which joins when it first has something to say. Customers see it, so that its words
    /// have a name.
    pub(super) fn say(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let party = self.state.flow_party().unwrap_or_else(|| {
            let id = PartyId(self.state.next_party);
            let nick = FLOW_NICK.to_owned();
            let party = Party { id, role: Role::Flow, nick, agent: None, audience: Audience::All };
            self.system(Audience::All, What::Joined(party));
            id
        });
        self.push(By::Party(party), Audience::All, What::Message { text: text.to_owned() });
    }

    /// Waits in line: again in the old place, if there was one.
    fn queue(&mut self, queue: &str, priority: i32) {
        let what = match self.state.line.place.clone() {
            Some(place) => What::Queued { queue: place.queue, priority: place.priority, since: place.since },
            None => What::Queued { queue: queue.to_owned(), priority, since: self.now },
        };
        self.system(Audience::All, what);
    }
}

impl Session {
    fn flow_party(&self) -> Option<PartyId> {
        self.present.iter().find(|here| here.party.role == Role::Flow).map(|here| here.party.id)
    }

    fn facts(&self) -> flow::Facts {
        flow::Facts {
            online: self.phase == Phase::Online,
            customer: self.has_customer(),
            queued: self.line.waiting,
            resumed: self.line.place.is_some(),
            served: self.served_but(None),
            assigned: self.line.work.is_some(),
            settled: self.line.outbox.is_empty(),
        }
    }
}
