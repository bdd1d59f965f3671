//! Two journals agree: one agent and three sessions over a network that loses, repeats and reorders, with restarts at any
//! moment. Capacity holds at every step, and when the network heals both sides say the same and the capacity returns.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

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

/// As much of a session as the agreement needs.
#[derive(Default)]
struct Stub {
    uses: BTreeMap<u128, Use>,
    denied: BTreeSet<u128>,
    outbox: BTreeSet<(u128, Errand)>,
    /// Seeks nobody at the moment.
    busy: bool,
}

impl Stub {
    fn current(&self) -> Option<u128> {
        self.uses.iter().find(|(_, used)| **used != Use::Over).map(|(id, _)| *id)
    }

    fn end(&mut self, id: u128) {
        self.uses.insert(id, Use::Over);
        self.outbox.insert((id, Errand::Release));
    }

    fn accept(&mut self) {
        if let Some(id) = self.current() {
            if matches!(self.uses[&id], Use::Offered { .. }) {
                self.uses.insert(id, Use::Assigned);
                self.outbox.insert((id, Errand::Engage));
            }
        }
    }

    fn finish(&mut self, assigned: bool) {
        if let Some(id) = self.current() {
            if (self.uses[&id] == Use::Assigned) == assigned {
                self.end(id);
            }
        }
    }

    fn clock(&mut self, now: Time) {
        if let Some(id) = self.current() {
            if matches!(self.uses[&id], Use::Offered { deadline } if deadline <= now) {
                self.end(id);
            }
        }
    }

    fn hear(&mut self, message: &FromAgent, forgets: bool, now: Time) -> ToldAgent {
        match message {
            FromAgent::Reserved { reservation: ReservationId(id), deadline, .. } => match self.uses.get(id) {
                Some(Use::Offered { .. } | Use::Assigned) => ToldAgent::Held,
                Some(Use::Over) => ToldAgent::Denied,
                None if self.busy
                    || self.current().is_some()
                    || *deadline <= now
                    || self.denied.contains(id) =>
                {
                    if !forgets {
                        self.denied.insert(*id);
                    }
                    ToldAgent::Denied
                }
                None => {
                    self.uses.insert(*id, Use::Offered { deadline: *deadline });
                    ToldAgent::Held
                }
            },
            FromAgent::Holds { reservation: ReservationId(id), .. } => match self.uses.get(id) {
                Some(Use::Offered { .. } | Use::Assigned) => ToldAgent::Held,
                Some(Use::Over) | None => {
                    self.denied.insert(*id);
                    ToldAgent::Denied
                }
            },
            FromAgent::GaveUp { reservation: ReservationId(id), .. } => match self.uses.get(id) {
                // Engaged over there, so this is an old message.
                Some(Use::Assigned) if !self.outbox.contains(&(*id, Errand::Engage)) => ToldAgent::Held,
                Some(Use::Offered { .. } | Use::Assigned) => {
                    self.outbox.remove(&(*id, Errand::Engage));
                    self.end(*id);
                    ToldAgent::Noted
                }
                Some(Use::Over) => {
                    // An engagement that is over has nothing left to ask for but its release.
                    self.outbox.remove(&(*id, Errand::Engage));
                    ToldAgent::Noted
                }
                None => {
                    self.denied.insert(*id);
                    ToldAgent::Denied
                }
            },
            FromAgent::Done { reservation, errand } => {
                self.outbox.remove(&(reservation.0, *errand));
                ToldAgent::Noted
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Message {
    ToSession(usize, FromAgent),
    ToAgent(AgentInput, usize),
}

struct World {
    play: Play,
    sessions: [Stub; 3],
    net: Vec<Message>,
    drawn: u128,
    forgets: bool,
}

impl World {
    fn new(forgets: bool) -> Self {
        let sessions = [Stub::default(), Stub::default(), Stub::default()];
        Self { play: Play::ready(CAPACITY), sessions, net: Vec::new(), drawn: 0, forgets }
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
            Step::Accept(session) => self.sessions[usize::from(*session)].accept(),
            Step::Decline(session) => self.sessions[usize::from(*session)].finish(false),
            Step::Conclude(session) => self.sessions[usize::from(*session)].finish(true),
            Step::Seek(session, seeks) => self.sessions[usize::from(*session)].busy = !seeks,
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
                let answer = self.sessions[session].hear(&message, self.forgets, self.play.now);
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
            if let AgentWant::Tell { session, message } = effect.want {
                self.net.push(Message::ToSession(usize::from(session.0[0]), message));
            }
        }
    }

    fn pump_sessions(&mut self) {
        for (index, session) in self.sessions.iter().enumerate() {
            for (id, errand) in &session.outbox {
                let input = AgentInput::Errand { reservation: ReservationId(*id), errand: *errand };
                self.net.push(Message::ToAgent(input, index));
            }
        }
    }

    fn check(&self) {
        let held = self.play.day.held();
        assert!(held.len() <= usize::try_from(CAPACITY).unwrap(), "over capacity: {held:?}");
        if self.forgets {
            return;
        }
        let promised = self.sessions.iter().filter_map(Stub::current);
        for id in promised {
            assert!(held.contains_key(&ReservationId(id)), "in use without a promise: {id}");
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
            self.sessions.iter().filter_map(Stub::current).map(|id| (id, Stage::Engaged)).collect();
        assert_eq!(engaged, assigned, "the two sides disagree");
        assert!(
            self.sessions.iter().all(|session| session.outbox.is_empty()),
            "an errand was never answered"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn capacity_holds_and_both_sides_agree_in_the_end(
        steps in prop::collection::vec(step(), 1..100),
        forgets in any::<bool>(),
    ) {
        let mut world = World::new(forgets);
        for step in &steps {
            world.step(step);
        }
        world.heal();
        world.agrees();
        world.restart();
        for session in &mut world.sessions {
            session.finish(true);
        }
        world.heal();
        world.agrees();
        prop_assert!(world.play.day.held().is_empty(), "capacity did not return");
    }
}
