//! Two journals agree: one agent and three sessions over a network that loses, repeats and reorders, with restarts at any
//! moment. Capacity holds at every step, and when the network heals both sides say the same and the capacity returns.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::chat::Chat;
use super::*;
use crate::agent::event::Stage;

const CAPACITY: u32 = 2;

#[derive(Clone, Debug)]
enum Step {
    Deliver(u8),
    Repeat(u8),
    Lose(u8),
    PumpAgent,
    PumpSessions,
    Propose(u8),
    ProposeOld(u8),
    Accept(u8),
    Decline(u8),
    Conclude(u8),
    Seek(u8, bool),
    Vanish(u8),
    Wait(u64),
    SignIn,
    SignOut,
    Ready(bool),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        14 => any::<u8>().prop_map(Step::Deliver),
        2 => any::<u8>().prop_map(Step::Repeat),
        1 => any::<u8>().prop_map(Step::Lose),
        4 => Just(Step::PumpAgent),
        3 => Just(Step::PumpSessions),
        3 => (0..3_u8).prop_map(Step::Propose),
        1 => any::<u8>().prop_map(Step::ProposeOld),
        4 => (0..3_u8).prop_map(Step::Accept),
        1 => (0..3_u8).prop_map(Step::Decline),
        2 => (0..3_u8).prop_map(Step::Conclude),
        3 => (0..3_u8, any::<bool>()).prop_map(|(session, seeks)| Step::Seek(session, seeks)),
        1 => (0..3_u8).prop_map(Step::Vanish),
        2 => prop_oneof![12 => Just(1_000), 4 => Just(20_000), 1 => Just(70_000), 1 => Just(90_000_000)]
            .prop_map(Step::Wait),
        2 => Just(Step::SignIn),
        1 => Just(Step::SignOut),
        1 => any::<bool>().prop_map(Step::Ready),
        1 => Just(Step::Restart),
    ]
}

/// What a session knows of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Offered { deadline: Time },
    Assigned,
    Over,
}

/// The session's half of the agreement.
pub(super) trait Side {
    fn new(index: u8, forgets: bool) -> Self;
    fn seek(&mut self, seeks: bool);
    /// The store loses the session, if it can in this test.
    fn vanish(&mut self) {}
    fn accept(&mut self, now: Time);
    /// Ends what is assigned, or what is only offered.
    fn finish(&mut self, assigned: bool, now: Time);
    fn clock(&mut self, now: Time);
    fn hear(&mut self, message: &FromAgent, now: Time) -> ToldAgent;
    /// What is offered or assigned, and whether it is assigned.
    fn current(&self) -> Option<(u128, bool)>;
    fn outbox(&self) -> Vec<(u128, Errand)>;
    /// Whether nothing is ever offered or used here that the agent does not hold.
    fn is_strict(&self) -> bool;
}

/// As much of a session as the agreement needs, and one that is as forgetful as is allowed.
#[derive(Default)]
struct Stub {
    uses: BTreeMap<u128, Use>,
    denied: BTreeSet<u128>,
    outbox: BTreeSet<(u128, Errand)>,
    /// Seeks nobody at the moment.
    busy: bool,
    /// Remembers neither what it denied nor what is settled.
    forgets: bool,
}

impl Stub {
    fn end(&mut self, id: u128) {
        self.uses.insert(id, Use::Over);
        // An engagement that is over has nothing left to ask for but its release.
        self.outbox.remove(&(id, Errand::Engage));
        self.outbox.insert((id, Errand::Release));
    }

    fn deny(&mut self, id: u128) -> ToldAgent {
        if !self.forgets {
            self.denied.insert(id);
        }
        ToldAgent::Denied
    }
}

impl Side for Stub {
    fn new(_: u8, forgets: bool) -> Self {
        Self { forgets, ..Self::default() }
    }

    fn seek(&mut self, seeks: bool) {
        self.busy = !seeks;
    }

    fn vanish(&mut self) {
        *self = Self { forgets: true, ..Self::default() };
    }

    fn accept(&mut self, _: Time) {
        if let Some((id, false)) = self.current() {
            self.uses.insert(id, Use::Assigned);
            self.outbox.insert((id, Errand::Engage));
        }
    }

    fn finish(&mut self, assigned: bool, _: Time) {
        if let Some((id, _)) = self.current().filter(|(_, is)| *is == assigned) {
            self.end(id);
        }
    }

    fn clock(&mut self, now: Time) {
        let lapsed = |id: &u128| matches!(self.uses[id], Use::Offered { deadline } if deadline <= now);
        if let Some(id) = self.current().map(|(id, _)| id).filter(lapsed) {
            self.end(id);
        }
        if self.forgets {
            // What is settled is forgotten, so that an old copy of the question looks like a new one.
            let open: BTreeSet<_> = self.outbox.iter().map(|(id, _)| *id).collect();
            self.uses.retain(|id, used| *used != Use::Over || open.contains(id));
        }
    }

    fn hear(&mut self, message: &FromAgent, now: Time) -> ToldAgent {
        let (id, known) = {
            let (FromAgent::Reserved { reservation, .. }
            | FromAgent::GaveUp { reservation, .. }
            | FromAgent::Holds { reservation, .. }
            | FromAgent::Done { reservation, .. }) = message;
            (reservation.0, self.uses.get(&reservation.0).copied())
        };
        match (message, known) {
            (
                FromAgent::Reserved { .. } | FromAgent::Holds { .. },
                Some(Use::Offered { .. } | Use::Assigned),
            ) => ToldAgent::Held,
            (FromAgent::Reserved { .. }, Some(Use::Over)) => ToldAgent::Denied,
            (FromAgent::Holds { .. }, Some(Use::Over) | None) => ToldAgent::NotHeld,
            (FromAgent::Reserved { deadline, .. }, None) => {
                let fits = !self.busy && self.current().is_none() && now < *deadline;
                if !fits || self.denied.contains(&id) {
                    return self.deny(id);
                }
                self.uses.insert(id, Use::Offered { deadline: *deadline });
                ToldAgent::Held
            }
            (FromAgent::GaveUp { .. }, None) => self.deny(id),
            // A confirmed engagement: the word is an old one.
            (FromAgent::GaveUp { .. }, Some(Use::Assigned))
                if !self.outbox.contains(&(id, Errand::Engage)) =>
            {
                ToldAgent::Held
            }
            (FromAgent::GaveUp { .. }, Some(Use::Offered { .. } | Use::Assigned)) => {
                self.end(id);
                ToldAgent::Noted
            }
            (FromAgent::GaveUp { .. }, Some(Use::Over)) => ToldAgent::Noted,
            (FromAgent::Done { errand, .. }, _) => {
                self.outbox.remove(&(id, *errand));
                ToldAgent::Noted
            }
        }
    }

    fn current(&self) -> Option<(u128, bool)> {
        let (id, used) = self.uses.iter().find(|(_, used)| **used != Use::Over)?;
        Some((*id, *used == Use::Assigned))
    }

    fn outbox(&self) -> Vec<(u128, Errand)> {
        self.outbox.iter().copied().collect()
    }

    fn is_strict(&self) -> bool {
        !self.forgets
    }
}

#[derive(Clone, Debug)]
enum Message {
    ToSession(usize, FromAgent),
    ToAgent(AgentInput, usize),
}

struct World<S> {
    play: Play,
    sessions: [S; 3],
    net: Vec<Message>,
    drawn: u128,
}

impl<S: Side> World<S> {
    fn new(forgets: bool) -> Self {
        let sessions = [0, 1, 2].map(|index| S::new(index, forgets));
        Self { play: Play::ready(CAPACITY), sessions, net: Vec::new(), drawn: 0 }
    }

    /// Everything, from the steps to the healed end.
    fn run(steps: &[Step], forgets: bool) {
        let mut world = Self::new(forgets);
        for step in steps {
            world.step(step);
        }
        world.heal();
        world.agrees();
        world.restart();
        let now = world.play.now;
        world.sessions.iter_mut().for_each(|session| session.finish(true, now));
        world.heal();
        world.agrees();
        assert!(world.play.day.held().is_empty(), "capacity did not return");
    }

    fn session(&mut self, index: u8) -> &mut S {
        &mut self.sessions[usize::from(index)]
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Deliver(at) => self.pick(*at, true, true),
            Step::Repeat(at) => self.pick(*at, true, false),
            Step::Lose(at) => self.pick(*at, false, true),
            Step::PumpAgent => self.pump_agent(),
            Step::PumpSessions => self.pump_sessions(),
            Step::Propose(session) => {
                self.drawn += 1;
                self.propose(self.drawn, *session);
            }
            Step::ProposeOld(old) => {
                let old = u128::from(*old) % (self.drawn + 1);
                self.propose(old, u8::try_from(old % 3).unwrap());
            }
            Step::Accept(session) => {
                let now = self.play.now;
                self.session(*session).accept(now);
            }
            Step::Decline(session) => {
                let now = self.play.now;
                self.session(*session).finish(false, now);
            }
            Step::Conclude(session) => {
                let now = self.play.now;
                self.session(*session).finish(true, now);
            }
            Step::Seek(session, seeks) => self.session(*session).seek(*seeks),
            Step::Vanish(session) => self.session(*session).vanish(),
            Step::Wait(millis) => self.wait(*millis),
            Step::SignIn => {
                if self.play.day.seq().0 == 0 {
                    let first = self.play.day.open_event(BTreeMap::new());
                    self.play.write(None, first);
                }
                self.play.sign_in("desk", CAPACITY);
                self.play.ask(AgentAct::State { ready: true, reason: None });
            }
            Step::SignOut => {
                self.play.sign_out("desk");
            }
            Step::Ready(ready) => {
                self.play.ask(AgentAct::State { ready: *ready, reason: None });
            }
            Step::Restart => self.restart(),
        }
        self.next_day();
        self.check();
    }

    fn propose(&mut self, id: u128, session: u8) {
        self.play.reserve(id, session);
    }

    fn wait(&mut self, millis: u64) {
        self.play.now = self.play.now.plus(millis);
        self.play.clock();
        let now = self.play.now;
        self.sessions.iter_mut().for_each(|session| session.clock(now));
    }

    /// A takeover: the state from the events, or from a checkpoint, must be the one its owner had.
    fn restart(&mut self) {
        let mut replayed = AgentDay::new(self.play.day.agent().clone(), self.play.day.run());
        self.play.events.iter().for_each(|event| replayed.apply(event));
        assert_eq!(replayed, self.play.day, "a replay differs");
        assert_eq!(AgentDay::open(self.play.day.save()), self.play.day, "a checkpoint differs");
        self.play.soft = AgentSoft::opened(self.play.now, &replayed);
        self.play.day = replayed;
    }

    fn next_day(&mut self) {
        if self.play.day.ended().is_none() {
            return;
        }
        let begins = self.play.day.next_day();
        let goes_on = begins.len() > 1 || self.play.day.ended().is_some_and(|held| !held.is_empty());
        self.play.day = AgentDay::new(self.play.day.agent().clone(), self.play.day.run() + 1);
        self.play.events.clear();
        for what in begins.into_iter().filter(|_| goes_on) {
            self.play.write(None, what);
        }
    }

    fn pick(&mut self, at: u8, deliver: bool, remove: bool) {
        if self.net.is_empty() {
            return;
        }
        let at = usize::from(at) % self.net.len();
        let message = self.net[at].clone();
        if remove {
            self.net.remove(at);
        }
        if deliver {
            self.deliver(message);
        }
    }

    fn deliver(&mut self, message: Message) {
        match message {
            Message::ToSession(session, message) => {
                let answer = self.sessions[session].hear(&message, self.play.now);
                let (FromAgent::Reserved { reservation, .. }
                | FromAgent::GaveUp { reservation, .. }
                | FromAgent::Holds { reservation, .. }
                | FromAgent::Done { reservation, .. }) = message;
                self.net.push(Message::ToAgent(AgentInput::Told { reservation, answer }, session));
            }
            Message::ToAgent(input, session) => {
                let receipt = self.play.day.decide(&mut self.play.soft, &input, self.play.now);
                self.play.put(&input);
                if let Ok(AgentReceipt::Answer(answer)) = receipt.map(|decision| decision.receipt) {
                    self.net.push(Message::ToSession(session, answer));
                }
            }
        }
    }

    fn pump_agent(&mut self) {
        for effect in self.play.day.effects(self.play.now) {
            if let AgentWant::Tell { session, message } | AgentWant::Check { session, message } = effect.want
            {
                self.net.push(Message::ToSession(usize::from(session.0[0]), message));
            }
        }
    }

    fn pump_sessions(&mut self) {
        for (index, session) in self.sessions.iter().enumerate() {
            for (id, errand) in session.outbox() {
                let input = AgentInput::Errand { reservation: ReservationId(id), errand };
                self.net.push(Message::ToAgent(input, index));
            }
        }
    }

    fn check(&self) {
        let held = self.play.day.held();
        assert!(held.len() <= usize::try_from(CAPACITY).unwrap(), "over capacity: {held:?}");
        for session in &self.sessions {
            let Some((id, assigned)) = session.current() else { continue };
            let settled = assigned && !session.outbox().contains(&(id, Errand::Engage));
            let backed = held.contains_key(&ReservationId(id));
            assert!(backed || !session.is_strict(), "in use without a promise: {id}");
            assert!(backed || !settled, "confirmed without a promise: {id}");
        }
    }

    /// Everything is delivered and repeated for a while; nobody proposes, accepts or concludes.
    fn heal(&mut self) {
        for _ in 0..12 {
            self.wait(10_000);
            self.next_day();
            self.pump_agent();
            self.pump_sessions();
            while !self.net.is_empty() {
                let message = self.net.remove(0);
                self.deliver(message);
                self.next_day();
                self.check();
            }
        }
    }

    fn agrees(&self) {
        let engaged: BTreeSet<_> =
            self.play.day.held().iter().map(|(id, held)| (id.0, held.held.stage)).collect();
        let assigned =
            self.sessions.iter().filter_map(S::current).map(|(id, _)| (id, Stage::Engaged)).collect();
        assert_eq!(engaged, assigned, "the two sides disagree");
        assert!(
            self.sessions.iter().all(|session| session.outbox().is_empty()),
            "an errand was never answered"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn capacity_holds_and_both_sides_agree_in_the_end(
        steps in prop::collection::vec(step(), 1..100),
        forgets in any::<bool>(),
    ) {
        World::<Stub>::run(&steps, forgets);
    }

    #[test]
    fn it_holds_with_the_real_session_too(steps in prop::collection::vec(step(), 1..100)) {
        World::<Chat>::run(&steps, true);
    }
}
