//! Whom the detector names and whom it does not: stories with a clock of their own, and the properties behind them.

use proptest::prelude::*;

use super::*;

const BEAT: u64 = 50;
const STEP: u64 = 20;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn peer(number: u64) -> PeerId {
    PeerId::new(&format!("node-{number}"), number)
}

/// A detector and its peers, on a clock of milliseconds.
struct World {
    suspicion: Suspicion,
    peers: Vec<PeerId>,
    now: u64,
    named: Vec<(u64, u64, Reason)>,
    withdrawn: Vec<u64>,
}

impl World {
    fn of(peers: u64) -> Self {
        let peers: Vec<PeerId> = (1..=peers).map(peer).collect();
        let mut suspicion = Suspicion::new();
        suspicion.watch(&peers, ms(0));
        Self { suspicion, peers, now: 0, named: Vec::new(), withdrawn: Vec::new() }
    }

    fn note(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            match finding {
                Finding::Depose { peer, reason } => self.named.push((self.now, peer.incarnation, reason)),
                Finding::Withdraw { peer } => self.withdrawn.push(peer.incarnation),
            }
        }
    }

    fn beat(&mut self, peer: &PeerId) {
        let found = self.suspicion.beat(peer, ms(self.now));
        self.note(found);
    }

    fn link(&mut self, number: u64, state: LinkState) {
        let found = self.suspicion.link(&peer(number), state);
        self.note(found);
    }

    /// Lets time pass with ticks, and beats of all whom `beats` lets beat.
    fn run(&mut self, millis: u64, beats: impl Fn(u64) -> bool) {
        let end = self.now + millis;
        while self.now < end {
            self.now += 10;
            if self.now.is_multiple_of(BEAT) {
                for peer in self.peers.clone().iter().filter(|peer| beats(peer.incarnation)) {
                    self.beat(peer);
                }
            }
            if self.now.is_multiple_of(STEP) {
                let found = self.suspicion.tick(ms(self.now));
                self.note(found);
            }
        }
    }
}

#[test]
fn nobody_who_beats_is_named() {
    let mut world = World::of(5);
    world.run(60_000, |_| true);
    assert_eq!(world.named, []);
    assert_eq!(world.suspicion.suspect_after(), limits::SUSPECT_AFTER);
}

#[test]
fn a_silent_peer_is_named_after_suspect_after_and_not_before() {
    let mut world = World::of(3);
    world.run(10_000, |_| true);
    world.run(3_000, |number| number != 2);
    let [(at, 2, Reason::Silent)] = world.named[..] else { panic!("{:?}", world.named) };
    assert!((10_500..=10_540).contains(&at), "named at {at}, silent since 10000");
    assert_eq!(world.suspicion.verdicts()[&2], (peer(2), Reason::Silent));
}

#[test]
fn a_lost_link_and_a_closed_port_are_enough_at_once() {
    for (state, reason) in
        [(LinkState::Refused, Reason::PortClosed), (LinkState::Unreachable, Reason::Unreachable)]
    {
        let mut world = World::of(3);
        world.link(2, LinkState::Connected);
        world.run(1_000, |_| true);
        world.link(2, LinkState::Resetting);
        assert_eq!(world.named, [], "a reset alone proves nothing");
        world.link(2, state);
        assert_eq!(world.named, [(1_000, 2, reason)]);
        world.link(2, state);
        world.run(5_000, |number| number != 2);
        assert_eq!(world.named.len(), 1, "it is named once");
    }
}

#[test]
fn what_proves_nothing_names_nobody() {
    let mut world = World::of(3);
    world.link(1, LinkState::Refused);
    world.link(1, LinkState::Unreachable);
    world.link(2, LinkState::Connected);
    for state in [LinkState::Resetting, LinkState::Silent, LinkState::TurnedAway] {
        world.link(2, state);
    }
    world.link(77, LinkState::Connected);
    world.link(77, LinkState::Refused);
    world.run(2_000, |_| true);
    assert_eq!(world.named, []);
}

#[test]
fn a_link_that_was_up_before_the_map_named_the_peer_counts() {
    let mut world = World::of(1);
    world.link(9, LinkState::Connected);
    world.suspicion.watch(&[peer(1), peer(9)], ms(0));
    world.link(9, LinkState::Refused);
    assert_eq!(world.named, [(0, 9, Reason::PortClosed)]);
}

#[test]
fn a_peer_that_never_beats_has_a_while_to_begin() {
    let mut world = World::of(2);
    world.run(10_000, |number| number == 1);
    let [(at, 2, Reason::NeverHeard)] = world.named[..] else { panic!("{:?}", world.named) };
    assert!((3_000..=3_040).contains(&at), "{at}");
}

#[test]
fn a_peer_that_comes_back_is_withdrawn_and_given_twice_the_time() {
    let mut world = World::of(2);
    world.run(5_000, |_| true);
    world.run(1_000, |number| number == 1);
    assert_eq!(world.named.len(), 1);
    world.run(20_000, |_| true);
    assert_eq!(world.withdrawn, [2]);
    assert!(world.suspicion.verdicts().is_empty());
    let silent_since = world.now;
    world.run(2_000, |number| number == 1);
    let waited = world.named[1].0 - silent_since;
    assert!((1_000..=1_040).contains(&waited), "{waited}");
}

#[test]
fn a_silence_that_got_a_peer_named_is_no_example_of_its_gaps() {
    let mut world = World::of(2);
    world.run(300, |_| true);
    world.run(3_000, |number| number == 1);
    world.run(100, |_| true);
    assert_eq!((world.named.len(), &world.withdrawn[..]), (1, &[2][..]));
    assert_eq!(world.suspicion.suspect_after(), limits::SUSPECT_AFTER * 2);
}

#[test]
fn a_deposed_life_that_still_beats_costs_its_next_life_nothing_but_haste() {
    let mut world = World::of(2);
    world.run(5_000, |_| true);
    world.run(1_000, |number| number == 1);
    // The map deposed it; it beats on as the old life, then joins as a new one.
    world.suspicion.watch(&[peer(1)], ms(world.now));
    world.beat(&peer(2));
    world.beat(&peer(2));
    let reborn = PeerId::new("node-2", 3);
    world.suspicion.watch(&[peer(1), reborn.clone()], ms(world.now));
    world.peers[1] = reborn;
    world.run(20_000, |_| true);
    assert_eq!(
        world.suspicion.suspect_after(),
        limits::SUSPECT_AFTER * 2,
        "once wrong, however often it beat"
    );
    world.run(limits::WRONG_FOR.as_millis() as u64, |_| true);
    assert_eq!(world.suspicion.suspect_after(), limits::SUSPECT_AFTER, "it is forgiven");
}

#[test]
fn a_restarted_process_is_a_new_subject_without_a_past() {
    let mut world = World::of(2);
    world.link(2, LinkState::Connected);
    world.run(5_000, |_| true);
    world.link(2, LinkState::Refused);
    let reborn = PeerId::new("node-2", 3);
    world.suspicion.watch(&[peer(1), reborn.clone()], ms(world.now));
    world.peers[1] = reborn;
    world.run(5_000, |_| true);
    assert_eq!(world.named.len(), 1);
    assert_eq!(world.suspicion.suspect_after(), limits::SUSPECT_AFTER);
}

#[test]
fn only_so_many_silent_peers_are_named_at_once() {
    let mut world = World::of(30);
    (1..=30).for_each(|number| world.link(number, LinkState::Connected));
    world.run(5_000, |_| true);
    world.run(2_000, |number| number > 25);
    assert_eq!(world.named.len(), 10, "a third of thirty");
    // What is proved otherwise is not limited.
    (11..=20).for_each(|number| world.link(number, LinkState::Unreachable));
    assert_eq!(world.named.len(), 20);
    world.run(30_000, |number| number > 25);
    assert_eq!(world.named.len(), 25, "the rest follows with time");
}

#[test]
fn irregular_beats_stretch_the_time_that_a_peer_is_given() {
    let mut world = World::of(1);
    for _ in 0..300 {
        world.run(250, |_| false);
        world.beat(&peer(1));
    }
    assert_eq!(world.named, []);
    let silent_since = world.now;
    world.run(5_000, |_| false);
    let waited = world.named[0].0 - silent_since;
    assert!((2_000..=2_040).contains(&waited), "eight times 250, not {waited}");
}

#[test]
fn the_longest_gap_and_stall_are_told_once() {
    let mut world = World::of(1);
    world.run(1_000, |_| true);
    world.run(300, |_| false);
    world.beat(&peer(1));
    assert_eq!(world.suspicion.longest(), (ms(300), ms(0)));
    world.now += 1_000;
    world.beat(&peer(1));
    let (gap, stall) = world.suspicion.longest();
    assert_eq!((gap, stall), (limits::TICK, ms(1_000) - limits::TICK));
    assert_eq!(world.suspicion.longest(), (ms(0), ms(0)));
}

proptest! {
    /// Whatever stood still was this node: its peers beat on, and what they sent meanwhile is read afterwards, before or
    /// after the first look.
    #[test]
    fn a_node_that_stood_still_itself_names_nobody(
        stalls in prop::collection::vec((0_u64..3_000, 41_u64..60_000, any::<bool>(), 0_usize..20), 1..20),
    ) {
        let mut world = World::of(4);
        world.run(2_000, |_| true);
        for (quiet, stall, tick_first, queued) in stalls {
            world.run(quiet, |_| true);
            world.now += stall;
            if tick_first {
                let found = world.suspicion.tick(ms(world.now));
                world.note(found);
            }
            for peer in world.peers.clone() {
                // At least one beat of a stall is in the socket, unless it was short.
                (0..queued.max(usize::from(stall > 500))).for_each(|_| world.beat(&peer));
            }
            world.now = world.now.next_multiple_of(10);
            world.run(100, |_| true);
        }
        prop_assert_eq!(&world.named, &[]);
    }

    /// Load makes beats late, for everybody alike and for as long as it likes.
    #[test]
    fn load_that_makes_beats_late_names_nobody(
        gaps in prop::collection::vec(1_u64..=49, 1..200),
    ) {
        let mut world = World::of(3);
        for gap in gaps {
            world.run(gap * 10, |_| false);
            for peer in world.peers.clone() {
                world.beat(&peer);
            }
        }
        prop_assert_eq!(&world.named, &[]);
    }

    /// However beats were spaced before: a silence names at the latest when the bound says, and never before it.
    #[test]
    fn a_silence_is_named_exactly_when_the_bound_is_passed(
        gaps in prop::collection::vec(1_u64..=40, 1..300),
    ) {
        let mut world = World::of(1);
        for gap in &gaps {
            world.run(gap * 10, |_| false);
            world.beat(&peer(1));
        }
        let (silent_since, bound) = (world.now, world.suspicion.suspect_after().as_millis() as u64);
        world.run(bound + 100, |_| false);
        prop_assert_eq!(world.named.len(), 1);
        let waited = world.named[0].0 - silent_since;
        prop_assert!(waited > bound && waited <= bound + 2 * STEP, "{} of {}", waited, bound);
    }

    /// Of any number of peers that fall silent together, no more are named at once than the bound allows.
    #[test]
    fn a_silence_of_all_does_not_name_all(peers in 1_u64..60) {
        let mut world = World::of(peers);
        world.run(1_000, |_| true);
        world.run(3_000, |_| false);
        let most = (peers as usize / limits::SILENT_SHARE).max(limits::SILENT_AT_ONCE).min(peers as usize);
        prop_assert!(world.named.len() >= most && world.named.len() <= most + 1 + most / 20, "{}", world.named.len());
    }

    /// Nonsense in any order neither panics nor names a life that is not watched.
    #[test]
    fn any_order_of_inputs_is_survived(
        inputs in prop::collection::vec((0_u8..6, 0_u64..6, 0_u64..2_000), 0..300),
    ) {
        let mut world = World::of(3);
        for (kind, number, step) in inputs {
            world.now = if kind == 5 { world.now.saturating_sub(step) } else { world.now + step };
            match kind {
                0 => world.beat(&peer(number)),
                1 => world.link(number, LinkState::Connected),
                2 => world.link(number, LinkState::Refused),
                3 => world.suspicion.watch(&[peer(number), peer(0), peer(number + 1)], ms(world.now)),
                _ => {
                    let found = world.suspicion.tick(ms(world.now));
                    world.note(found);
                }
            }
            prop_assert!(!world.suspicion.verdicts().contains_key(&0));
            prop_assert!(world.suspicion.verdicts().keys().all(|key| world.suspicion.subjects.contains_key(key)));
        }
    }
}
