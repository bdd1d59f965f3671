//! A real session as the other side of the agreement: a customer who waits for an agent and is transferred back to the queue.

use super::agreement::Side;
use super::*;
use crate::center::{Agent, Center, Queue, Service, StaffRole, Texts, Timers};
use crate::session::event::{AfterLeave, Birth, By, Event, Target, What};
use crate::session::input::{Act, Ask, Input};
use crate::session::{Rules, Session, Soft, Want};
use crate::words::{PartyId, Seq};

pub(super) struct Chat {
    session: Session,
    soft: Soft,
    center: Center,
    asked: u32,
    current: Option<(u128, bool)>,
}

impl Chat {
    fn decide(&mut self, input: &Input, now: Time) -> Option<ToldAgent> {
        let rules = Rules {
            service: &self.center.services["chat"],
            queue: &self.center.queues["q"],
            open: true,
            staffed: true,
            waiting: 0,
            center: &self.center,
        };
        let decision = self.session.decide(&mut self.soft, input, &rules, now).ok()?;
        for draft in decision.drafts {
            let event = draft.at(self.session.seq().next(), now.max(self.session.last_at()));
            self.session.apply(&event);
            self.follow(&event);
        }
        decision.told
    }

    fn follow(&mut self, event: &Event) {
        match &event.what {
            What::Offered { reservation, .. } => self.current = Some((reservation.0, false)),
            What::Assigned { reservation, .. } => self.current = Some((reservation.0, true)),
            What::OfferEnded { reservation, .. } | What::Concluded { reservation, .. } => {
                self.current.take_if(|(id, _)| *id == reservation.0);
            }
            _ => {}
        }
    }

    fn ask(&mut self, by: By, act: Act, now: Time) {
        self.asked += 1;
        let id = MessageId(format!("ask-{}", self.asked));
        self.decide(&Input::Ask(Ask { by, id, after: None, act }), now);
    }
}

fn ann() -> By {
    By::Staff(AgentId("ann".into()))
}

fn center() -> Center {
    let service = Service {
        unit: "main".into(),
        queue: "q".into(),
        greeting: None,
        hours: None,
        dispositions: Vec::new(),
        anonymous: true,
        timers: Timers::default(),
        texts: Texts::default(),
        rate: crate::center::Rate::default(),
        identity_key: None,
    };
    let agent = Agent {
        nick: "Ann".into(),
        units: vec!["main".into()],
        roles: vec![StaffRole::Agent],
        queues: vec!["q".into()],
        capacity: 2,
        password: String::new(),
    };
    let queue = Queue { unit: "main".into(), offer_timeout: 30_000, limit: 100, priority: 0 };
    let mut center = Center { version: 1, ..Center::default() };
    center.services.insert("chat".into(), service);
    center.queues.insert("q".into(), queue);
    center.agents.insert(AgentId("ann".into()), agent);
    center
}

impl Side for Chat {
    fn new(index: u8, _: bool) -> Self {
        let (session, now) = (Session::new(SessionId([index; 16])), Time(1_000_000));
        let soft = Soft::opened(now, &session);
        let mut chat = Self { session, soft, center: center(), asked: 0, current: None };
        let birth = Birth {
            service: "chat".into(),
            unit: "main".into(),
            config: 1,
            contact: std::collections::BTreeMap::new(),
            identity: None,
            creator: By::Party(PartyId(1)),
            data: std::collections::BTreeMap::new(),
        };
        let create = Act::Create { birth: Box::new(birth), customer: Some("Cleo".into()), text: None };
        chat.ask(By::Party(PartyId(1)), create, now);
        chat.soft.connected(PartyId(1), now);
        let seeks = chat.session.effects().iter().any(|effect| matches!(effect.what, Want::Seek { .. }));
        assert!(seeks && chat.session.seq() > Seq(1), "the chat waits for an agent");
        chat
    }

    /// A session that has left the line stays out of it; one that stays is always looking.
    fn seek(&mut self, _: bool) {}

    fn accept(&mut self, now: Time) {
        if let Some((id, false)) = self.current {
            self.ask(ann(), Act::Accept { reservation: ReservationId(id) }, now);
        }
    }

    fn finish(&mut self, assigned: bool, now: Time) {
        match self.current {
            Some((id, false)) if !assigned => {
                self.ask(ann(), Act::Decline { reservation: ReservationId(id) }, now);
            }
            Some((_, true)) if assigned => {
                self.ask(ann(), Act::Transfer { target: Target::Queue("q".into()) }, now);
                if self.current.is_some() {
                    self.ask(ann(), Act::Conclude { disposition: None, note: None }, now);
                }
                if self.current.is_some() {
                    self.ask(By::Party(PartyId(1)), Act::Leave { then: AfterLeave::Close }, now);
                }
            }
            Some(_) | None => {}
        }
    }

    fn clock(&mut self, now: Time) {
        loop {
            let before = self.session.seq();
            self.decide(&Input::Clock, now);
            if self.session.seq() == before {
                return;
            }
        }
    }

    fn hear(&mut self, message: &FromAgent, now: Time) -> ToldAgent {
        self.decide(&Input::Agent(message.clone()), now).expect("every question of a journal has an answer")
    }

    fn current(&self) -> Option<(u128, bool)> {
        self.current
    }

    fn outbox(&self) -> Vec<(u128, Errand)> {
        let errands = self.session.effects().into_iter().filter_map(|effect| match effect.what {
            Want::Errand { reservation, errand, .. } => Some((reservation.0, errand)),
            Want::Seek { .. } | Want::Seal => None,
        });
        errands.collect()
    }

    fn is_strict(&self) -> bool {
        false
    }
}
