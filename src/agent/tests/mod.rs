//! Tests of the agent's day: inputs in, the events, answers and wants they make out.

mod agreement;
mod capacity;
mod chat;
mod presence;

use std::fmt::Write as _;

use super::event::{AgentAct, AgentEvent, AgentInput, AgentWhat};
use super::{AgentDay, AgentReceipt, AgentSoft, AgentWant};
use crate::session::event::Errand;
use crate::session::input::{FromAgent, ToldAgent};
use crate::words::{AgentId, MessageId, ReservationId, SessionId, Time};

/// A worker for one agent: it gives seq and time, publishes at once and writes down what happened.
struct Play {
    day: AgentDay,
    soft: AgentSoft,
    now: Time,
    events: Vec<AgentEvent>,
    asked: u32,
}

impl Play {
    /// A day just opened at second 0 of the test.
    fn opened() -> Self {
        let day = AgentDay::new(AgentId("ann".into()), 1);
        let mut play = Self { day, soft: AgentSoft::default(), now: Time(0), events: Vec::new(), asked: 0 };
        play.at(0);
        let first = play.day.open_event(std::collections::BTreeMap::new());
        play.write(None, first);
        play
    }

    /// Signed in on the desk with this capacity for queue `q`, and ready.
    fn ready(capacity: u32) -> Self {
        let mut play = Self::opened();
        play.sign_in("desk", capacity);
        play.ask(AgentAct::State { ready: true, reason: None });
        play
    }

    fn at(&mut self, seconds: u64) {
        self.now = Time(1_000_000 + seconds * 1_000);
    }

    fn write(&mut self, id: Option<MessageId>, what: AgentWhat) {
        let event = AgentEvent { seq: self.day.seq().next(), at: self.now.max(self.day.last_at()), id, what };
        self.day.apply(&event);
        self.events.push(event);
    }

    /// Gives an input and returns what it made happen, one word per event, then the answer.
    fn put(&mut self, input: &AgentInput) -> String {
        let decision = match self.day.decide(&mut self.soft, input, self.now) {
            Ok(decision) => decision,
            Err(refusal) => return format!("refused: {refusal:?}"),
        };
        let mut text = String::new();
        for draft in decision.drafts {
            let _ = write!(text, "{} ", show(&draft.what));
            self.write(draft.id, draft.what);
        }
        match decision.receipt {
            AgentReceipt::Done => {}
            AgentReceipt::Reserved => text.push_str("-> reserved"),
            AgentReceipt::Answer(FromAgent::Done { errand, .. }) => {
                let _ = write!(text, "-> done {errand:?}");
            }
            AgentReceipt::Answer(other) => {
                let _ = write!(text, "-> {}", told(&other));
            }
        }
        text.trim_end().to_owned()
    }

    fn ask(&mut self, act: AgentAct) -> String {
        self.asked += 1;
        let id = MessageId(format!("ask-{}", self.asked));
        self.put(&AgentInput::Ask { id, act })
    }

    fn sign_in(&mut self, device: &str, capacity: u32) -> String {
        self.ask(AgentAct::SignIn { device: device.into(), capacity, queues: vec!["q".into()] })
    }

    fn sign_out(&mut self, device: &str) -> String {
        self.ask(AgentAct::SignOut { device: device.into() })
    }

    /// A proposal for a session, with an offer of 30 s.
    fn reserve(&mut self, reservation: u128, session: u8) -> String {
        let (session, deadline) = (SessionId([session; 16]), self.now.plus(30_000));
        self.put(&AgentInput::Reserve {
            reservation: ReservationId(reservation),
            session,
            queue: "q".into(),
            deadline,
        })
    }

    fn told(&mut self, reservation: u128, answer: ToldAgent) -> String {
        self.put(&AgentInput::Told { reservation: ReservationId(reservation), answer })
    }

    fn errand(&mut self, reservation: u128, errand: Errand) -> String {
        self.put(&AgentInput::Errand { reservation: ReservationId(reservation), errand })
    }

    fn clock(&mut self) -> String {
        self.put(&AgentInput::Clock)
    }

    /// What the state wants now.
    fn wants(&self) -> String {
        let wants = self.day.effects(self.now).into_iter().map(|effect| {
            assert!(effect.after <= self.day.seq(), "an effect waits for an event that does not exist");
            match effect.want {
                AgentWant::Announce { free, idle_since, .. } => {
                    format!("announce free {free} idle since {}", idle_since.since(Time(1_000_000)) / 1_000)
                }
                AgentWant::Gone => "gone".into(),
                AgentWant::Tell { message, .. } => told(&message),
                AgentWant::Check { message, .. } => format!("rarely {}", told(&message)),
                AgentWant::SealDay => "seal".into(),
            }
        });
        wants.collect::<Vec<_>>().join(", ")
    }

    fn next_wake_second(&self) -> Option<u64> {
        self.day.next_wake(&self.soft, self.now).map(|at| at.since(Time(1_000_000)) / 1_000)
    }
}

fn show(what: &AgentWhat) -> String {
    match what {
        AgentWhat::Opened { .. } => "Opened".into(),
        AgentWhat::SignedIn { device, .. } => format!("SignedIn({device})"),
        AgentWhat::SignedOut { device, absent } => {
            format!("SignedOut({device}{})", if *absent { ", absent" } else { "" })
        }
        AgentWhat::State { ready, .. } => if *ready { "Ready" } else { "NotReady" }.into(),
        AgentWhat::Reserved { reservation, .. } => format!("Reserved({})", reservation.0),
        AgentWhat::Offered { reservation } => format!("Offered({})", reservation.0),
        AgentWhat::Engaged { reservation } => format!("Engaged({})", reservation.0),
        AgentWhat::Released { reservation, why } => format!("Released({}, {why:?})", reservation.0),
        AgentWhat::Ended { held } => format!("Ended(held {})", held.len()),
    }
}

fn told(message: &FromAgent) -> String {
    match message {
        FromAgent::Reserved { reservation, .. } => format!("tell reserved {}", reservation.0),
        FromAgent::GaveUp { reservation, .. } => format!("tell gave up {}", reservation.0),
        FromAgent::Holds { reservation, .. } => format!("ask holds {}", reservation.0),
        FromAgent::Done { reservation, .. } => format!("tell done {}", reservation.0),
    }
}
