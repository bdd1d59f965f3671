//! Many at once: nobody is given more than they announced, in order, and in a time that grows with log n; the same calls give
//! the same proposals.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::limits;

fn wide(number: u32) -> SessionId {
    let mut id = [0; 16];
    id[12..].copy_from_slice(&number.to_be_bytes());
    SessionId(id)
}

#[test]
fn ten_thousand_waiting_and_two_thousand_agents() {
    let mut maker = Matchmaker::new();
    for number in 0..10_000 {
        let queue = format!("q{}", number % 20);
        assert!(maker.register(wide(number), seek(&queue, &[], Time(u64::from(number))), Time(20_000)));
    }
    for number in 0..2_000_u32 {
        let queues = [format!("q{}", number % 20), format!("q{}", (number + 1) % 20)];
        maker.announce(&AgentId(format!("agent{number}")), &queues, 2, Time(u64::from(number)));
    }
    let mut drawn = 0;
    let mut given: BTreeMap<AgentId, u32> = BTreeMap::new();
    let mut order = Vec::new();
    loop {
        let proposals = maker.matches(Time(20_000), &mut || {
            drawn += 1;
            ReservationId(drawn)
        });
        assert!(proposals.len() <= limits::PROPOSALS_MAX);
        let full = proposals.len() == limits::PROPOSALS_MAX;
        assert_eq!(
            full,
            maker.next_wake() == Some(Time(20_000)),
            "a call that stopped at its limit asks for another"
        );
        if proposals.is_empty() {
            break;
        }
        for proposal in proposals {
            *given.entry(proposal.agent).or_default() += 1;
            order.push(proposal.session);
        }
    }
    assert_eq!(order.len(), 4_000);
    assert!(given.values().all(|count| *count == 2));
    assert_eq!(order, (0..4_000).map(wide).collect::<Vec<_>>(), "the longest waiting of all queues first");
    assert_eq!(maker.position(wide(9_999)), Some(500));
}

#[test]
fn a_full_matchmaker_says_so() {
    let mut maker = Matchmaker::new();
    let count = u32::try_from(limits::SEEKS_MAX).unwrap();
    for number in 0..count {
        maker.register(wide(number), seek("q", &[], Time(1)), Time(1));
    }
    assert!(!maker.register(wide(count), seek("q", &[], Time(1)), Time(1)));
    assert!(maker.register(wide(0), seek("q", &["priority", "1"], Time(1)), Time(1)), "known already");
}

#[test]
fn explanations_are_bounded() {
    let mut maker = Matchmaker::new();
    let count = u32::try_from(limits::EXPLAINED_MAX).unwrap() + 1;
    for number in 0..count {
        let now = Time(u64::from(number) * 10_000);
        maker.announce(&agent("ann"), &["q".into()], 1, now);
        maker.register(wide(number), seek("q", &[], now), now);
        let proposed = maker.matches(now, &mut || ReservationId(u128::from(number)));
        assert_eq!(proposed.len(), 1);
        maker.withdraw(wide(number));
    }
    assert_eq!(maker.explain(wide(0)), None);
    assert!(maker.explain(wide(1)).is_some());
}

#[derive(Clone, Debug)]
enum Call {
    Seek { session: u8, queue: u8, priority: i32, prefer: Option<u8>, avoid: Vec<u8> },
    Leave(u8),
    Announce { agent: u8, queues: Vec<u8>, free: u32 },
    Gone(u8),
    Stored(u8),
    Refused(u8),
    Match,
    Wait(u64),
}

fn call() -> impl Strategy<Value = Call> {
    let one = 0..4_u8;
    let some = prop::collection::vec(0..4_u8, 0..3);
    prop_oneof![
        4 => (0..12_u8, 0..3_u8, 0..3_i32, prop::option::of(one.clone()), some.clone()).prop_map(
            |(session, queue, priority, prefer, avoid)| Call::Seek { session, queue, priority, prefer, avoid }
        ),
        1 => (0..12_u8).prop_map(Call::Leave),
        4 => (one.clone(), some, 0..3_u32)
            .prop_map(|(agent, queues, free)| Call::Announce { agent, queues, free }),
        1 => one.prop_map(Call::Gone),
        2 => any::<u8>().prop_map(Call::Stored),
        1 => any::<u8>().prop_map(Call::Refused),
        5 => Just(Call::Match),
        3 => prop_oneof![Just(500), Just(2_000), Just(5_000), Just(30_000)].prop_map(Call::Wait),
    ]
}

/// What an honest observer knows: what was announced last, and which proposals are under way.
#[derive(Default)]
struct Judge {
    maker: Matchmaker,
    now: Time,
    drawn: u128,
    announced: BTreeMap<AgentId, u32>,
    /// Agent, session, when, answered.
    open: BTreeMap<u128, (AgentId, SessionId, Time, bool)>,
    log: Vec<String>,
}

impl Judge {
    fn call(&mut self, call: &Call) {
        match call {
            Call::Seek { session, queue, priority, prefer, avoid } => {
                let seek = Seek {
                    queue: format!("q{queue}"),
                    priority: *priority,
                    since: Time(u64::from(*session)),
                    prefer: prefer.map(|agent| AgentId(format!("a{agent}"))),
                    avoid: avoid.iter().map(|agent| AgentId(format!("a{agent}"))).collect(),
                    offer_timeout: 30_000,
                };
                self.maker.register(wide(u32::from(*session)), seek, self.now);
            }
            Call::Leave(session) => {
                let session = wide(u32::from(*session));
                self.maker.withdraw(session);
                self.open.values_mut().for_each(|open| {
                    if open.1 == session {
                        open.1 = wide(u32::MAX);
                    }
                });
            }
            Call::Announce { agent, queues, free } => {
                let agent = AgentId(format!("a{agent}"));
                let queues: Vec<_> = queues.iter().map(|queue| format!("q{queue}")).collect();
                self.open.retain(|_, open| !(open.3 && open.0 == agent));
                self.maker.announce(&agent, &queues, *free, Time(1));
                self.announced.insert(agent, *free);
            }
            Call::Gone(agent) => {
                let agent = AgentId(format!("a{agent}"));
                self.maker.gone(&agent);
                self.announced.remove(&agent);
            }
            Call::Stored(which) => {
                if let Some(id) = self.pick(*which) {
                    self.maker.reserved(ReservationId(id));
                    self.open.entry(id).and_modify(|open| open.3 = true);
                }
            }
            Call::Refused(which) => {
                if let Some(id) = self.pick(*which) {
                    self.maker.denied(ReservationId(id), self.now);
                    self.open.remove(&id);
                }
            }
            Call::Match => self.matches(),
            Call::Wait(millis) => self.now = self.now.plus(*millis),
        }
    }

    fn pick(&self, which: u8) -> Option<u128> {
        let at = usize::from(which) % self.open.len().max(1);
        self.open.keys().nth(at).copied()
    }

    fn matches(&mut self) {
        let now = self.now;
        self.open.retain(|_, open| open.2.plus(limits::PROPOSAL_MAX) > now);
        let drawn = &mut self.drawn;
        let proposals = self.maker.matches(now, &mut || {
            *drawn += 1;
            ReservationId(*drawn)
        });
        for proposal in proposals {
            let (agent, session) = (&proposal.agent, proposal.session);
            let free = self.announced.get(agent).copied();
            let under_way = self.open.values().filter(|open| open.0 == *agent).count();
            assert!(
                free.is_some_and(|free| under_way < free as usize),
                "{agent:?} is over what was announced"
            );
            // An answered proposal leaves this book with the next announcement, but its session is still asked.
            assert!(self.open.values().all(|open| open.1 != session || open.3), "{session} is asked twice");
            self.log.push(format!("{session} {agent:?} {now:?}"));
            self.open.insert(proposal.reservation.0, (proposal.agent, session, now, false));
        }
        assert!(self.maker.next_wake().is_none_or(|wake| wake > now), "a wake-up is overdue");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nobody_is_given_more_than_they_announced_and_nothing_is_left_to_chance(
        calls in prop::collection::vec(call(), 1..80),
    ) {
        let (mut one, mut two) = (Judge::default(), Judge::default());
        for call in &calls {
            one.call(call);
            two.call(call);
        }
        prop_assert_eq!(&one.log, &two.log);
        // Nobody is forgotten: with room for all, everybody is asked in the end.
        one.now = one.now.plus(60_000);
        let waiting: u32 = (0..3).map(|queue| one.maker.waiting(&format!("q{queue}"))).sum();
        one.open.clear();
        for agent in 0..4 {
            one.call(&Call::Announce { agent, queues: vec![0, 1, 2], free: 12 });
        }
        one.log.clear();
        one.matches();
        prop_assert_eq!(one.log.len(), waiting as usize);
    }
}
