//! What follows: the rules that hold in every state, and the flow's next commands, until nothing moves. Level-triggered:
//! it looks at the state and not at what just happened, so it also mends what a torn write or a takeover left half done.

use super::Case;
use crate::flow::{self, Command};
use crate::limits;
use crate::session::event::{
    AfterLeave, By, CloseWhy, ConcludeWhy, LeaveReason, OfferEnd, Party, StepState, StopWhy, What,
};
use crate::session::{Phase, Rules, Session, Work};
use crate::words::{Audience, PartyId, Role};

/// What the flow is called in the conversation.
const FLOW_NICK: &str = "Service";

/// One thing that must follow from the state as it is.
pub(super) enum Next<'a> {
    Close(CloseWhy),
    /// The agent is not here and so does not have the work.
    Lose(Work),
    Withdraw,
    Leave(PartyId),
    Flow(Command<'a>),
}

impl Session {
    /// What must follow now; `None` when the session is at rest. A session whose journal was torn is not.
    pub(super) fn next_move<'a>(&self, rules: &Rules<'a>) -> Option<Next<'a>> {
        let rule = match self.phase {
            Phase::Unborn | Phase::Stopped => return None,
            Phase::Online => self.keep_alive(),
            Phase::Offline => self.wind_up(),
        };
        rule.or_else(|| self.step(rules))
    }

    /// The rules of an open chat.
    fn keep_alive<'a>(&self) -> Option<Next<'a>> {
        let forced = match self.after_leave {
            AfterLeave::Keep => false,
            AfterLeave::CloseIfNoAgent => !self.served_but(None),
            AfterLeave::Close => true,
        };
        if forced {
            return Some(Next::Close(CloseWhy::AfterLeave));
        }
        if self.empty() {
            return Some(Next::Close(CloseWhy::Empty));
        }
        // The customer must not be stranded.
        let work = self.line.work.as_ref()?;
        let lost = self.has_customer() && self.party_of(&work.agent).is_none();
        lost.then(|| Next::Lose(work.clone()))
    }

    /// The rules of a closed chat.
    fn wind_up<'a>(&self) -> Option<Next<'a>> {
        if self.line.offer.is_some() {
            return Some(Next::Withdraw);
        }
        self.present.first().map(|here| Next::Leave(here.party.id))
    }

    /// The flow's next command, if it has one.
    fn step<'a>(&self, rules: &Rules<'a>) -> Option<Next<'a>> {
        let world = flow::World {
            service: rules.service,
            queue: rules.queue,
            open: rules.open,
            staffed: rules.staffed,
            waiting: rules.waiting,
        };
        let at = self.flow.as_ref().map(|at| flow::At { step: &at.step, begun: at.begun, said: at.said });
        flow::next(at, self.facts(), &world).map(Next::Flow)
    }
}

impl Case<'_> {
    pub(super) fn settle(&mut self) {
        while self.drafts.len() < limits::DECISION_EVENTS {
            let Some(next) = self.state.next_move(self.rules) else { return };
            match next {
                Next::Close(why) => self.system(Audience::All, What::Closed { why }),
                Next::Lose(Work { reservation, agent }) => {
                    let why = ConcludeWhy::Left;
                    self.system(Audience::Staff, What::Concluded { reservation, agent, why });
                }
                Next::Withdraw => self.withdraw(OfferEnd::Withdrawn),
                Next::Leave(party) => self.end_stay(party),
                Next::Flow(command) => self.perform(command),
            }
        }
    }

    /// The chat is over for whoever is here.
    fn end_stay(&mut self, party: PartyId) {
        let idle = self.state.closed.is_some_and(|closed| closed.why == CloseWhy::Idle);
        let reason = if idle { LeaveReason::Idle } else { LeaveReason::Closed };
        self.of(party, What::Left { party, reason, then: AfterLeave::Keep });
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
