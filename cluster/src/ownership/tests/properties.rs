//! What holds whatever is proposed, in whatever order: one invariant per test.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Answer, Command, Epoch, Incarnation, Map, NodeName, Reason, Shard, State, apply};
use super::{Log, join};

const NODES: [&str; 4] = ["a", "b", "c", "d"];

/// Any command over few nodes, lives and shards, so that they meet.
fn command() -> impl Strategy<Value = Command> {
    let life = || (0..40_u64).prop_map(Incarnation);
    let release =
        (0..9_u16, 0..12_u32, life(), proptest::option::of(life())).prop_map(|(shard, counter, by, to)| {
            Command::Release { shard: Shard(shard), epoch: Epoch::new(7, counter), by, to }
        });
    prop_oneof![
        1 => (6..9_u32, 7..9_u16).prop_map(|(generation, shards)| Command::Found { generation, shards }),
        6 => (0..NODES.len(), 0..30_u128).prop_map(|(node, nonce)| join(NODES[node], nonce)),
        4 => life().prop_map(|incarnation| Command::Depose { incarnation, reason: Reason::Silent }),
        4 => release,
        3 => life().prop_map(|incarnation| Command::Fenced { incarnation }),
        2 => life().prop_map(|incarnation| Command::Drain { incarnation }),
        1 => (0..5_u32).prop_map(|level| Command::SetLevel { level }),
        1 => (0..NODES.len()).prop_map(|node| Command::Forget { node: NodeName::from(NODES[node]) }),
    ]
}

/// A release that its owner would propose, of the shard that `pick` falls on.
fn honest(map: &Map, pick: u64) -> Option<Command> {
    let shard = Shard(u16::try_from(pick % 8).unwrap());
    let holding = map.holding(shard)?;
    Some(Command::Release { shard, epoch: holding.epoch, by: holding.owner?, to: None })
}

/// Commands of which a third are releases that are valid where they stand.
fn script() -> impl Strategy<Value = Vec<(Command, Option<u64>)>> {
    vec((command(), proptest::option::weighted(0.3, any::<u64>())), 1..60)
}

/// Runs a script on a founded map and shows each step: before, command, after.
fn run(script: &[(Command, Option<u64>)], mut see: impl FnMut(&Map, &Command, &Map)) -> Log {
    let mut log = Log::founded(8);
    for (command, pick) in script {
        let command = pick.and_then(|pick| honest(&log.map, pick)).unwrap_or_else(|| command.clone());
        let before = log.map.clone();
        let _ = log.put(&command);
        see(&before, &command, &log.map);
    }
    log
}

fn spread_of(map: &Map) -> Option<(usize, usize)> {
    let loads: Vec<usize> = map.in_state(State::Up).map(|at| map.owned_by(at).count()).collect();
    loads.iter().min().copied().zip(loads.iter().max().copied())
}

proptest! {
    #[test]
    fn a_change_of_owner_raises_the_epoch_and_nothing_lowers_it(script in script()) {
        run(&script, |before, command, after| {
            for ((shard, was), (_, is)) in before.shards().zip(after.shards()) {
                assert!(is.epoch >= was.epoch, "{shard} by {command}");
                assert!(is.owner == was.owner || is.epoch > was.epoch, "{shard} by {command}");
                assert_eq!(is.epoch.generation(), 7);
            }
        });
    }

    #[test]
    fn every_owner_is_up_or_draining(script in script()) {
        run(&script, |_, command, after| {
            for (shard, holding) in after.shards() {
                let state = holding.owner.map(|owner| after.state(owner).unwrap());
                assert!(state.is_none_or(State::owns), "{shard} is of {state:?} by {command}");
            }
        });
    }

    #[test]
    fn no_shard_leaves_a_living_owner_but_by_its_release(script in script()) {
        run(&script, |before, command, after| {
            for ((shard, was), (_, is)) in before.shards().zip(after.shards()) {
                let Some(owner) = was.owner.filter(|_| was != is) else { continue };
                let released = matches!(command, Command::Release { shard: of, epoch, by, .. }
                    if (*of, *epoch, *by) == (shard, was.epoch, owner));
                let ended = !after.state(owner).unwrap().owns();
                assert!(released || ended, "{shard} was taken by {command}");
            }
        });
    }

    #[test]
    fn a_life_never_goes_back_and_is_never_given_twice(script in script()) {
        let mut given = std::collections::BTreeSet::new();
        run(&script, |before, command, after| {
            for at in 1..=before.newest.0 {
                let (was, is) = (before.state(Incarnation(at)), after.state(Incarnation(at)));
                assert!(is >= was, "{at} went from {was:?} to {is:?} by {command}");
            }
            assert!(after.newest == before.newest || given.insert(after.newest));
        });
    }

    #[test]
    fn shards_wait_for_an_owner_only_while_nobody_is_up(script in script()) {
        let mut log = Log::founded(8);
        log.join("a");
        for (command, _) in &script {
            let _ = log.put(command);
            let orphans = log.map.shards().filter(|(_, holding)| holding.owner.is_none()).count();
            let up = log.map.in_state(State::Up).count();
            prop_assert!(orphans == 0 || up == 0, "{} shards wait beside {up} by {command}", orphans);
        }
    }

    #[test]
    fn what_was_balanced_stays_so_when_a_node_dies(script in script(), pick in any::<usize>()) {
        let mut log = run(&script, |_, _, _| ());
        log.join("a");
        log.settle();
        let lives: Vec<Incarnation> = log.map.in_state(State::Up).collect();
        log.depose(lives[pick % lives.len()]).unwrap();
        if let Some((least, most)) = spread_of(&log.map) {
            prop_assert!(most - least <= 1, "{:?}", log.loads());
        }
    }

    #[test]
    fn releases_of_the_surplus_end_in_even_shares_and_move_no_more_than_they_must(script in script()) {
        let mut log = run(&script, |_, _, _| ());
        log.join("a");
        let share = 8 / log.map.in_state(State::Up).count();
        let over: usize = log.map.in_state(State::Up).map(|at| log.map.owned_by(at).count().saturating_sub(share)).sum();
        let leaving: usize = log.map.in_state(State::Draining).map(|at| log.map.owned_by(at).count()).sum();
        let moved = log.settle();
        let (least, most) = spread_of(&log.map).unwrap();
        prop_assert!(most - least <= 1 && moved <= over + leaving, "{:?} after {moved}", log.loads());
    }

    #[test]
    fn the_same_commands_give_the_same_map(script in script()) {
        prop_assert_eq!(run(&script, |_, _, _| ()).map, run(&script, |_, _, _| ()).map);
    }

    #[test]
    fn a_command_that_comes_again_adds_nothing(script in script()) {
        run(&script, |before, command, after| {
            let mut again = after.clone();
            let answer = apply(&mut again, command, before.newest.0.max(after.newest.0) + 1000);
            // A join that was forgotten with its node begins a life, whoever sends it.
            if before.newest != after.newest || !matches!(command, Command::Join(_)) {
                assert_eq!(&again, after, "{command} came again and was answered {answer:?}");
            }
        });
    }

    #[test]
    fn a_refusal_changes_nothing(script in script()) {
        let mut log = Log::founded(8);
        for (command, _) in &script {
            let before = log.map.clone();
            let answer = log.put(command);
            let unchanged = matches!(answer, Err(_) | Ok(Answer::Unchanged));
            prop_assert!(!unchanged || log.map == before, "{command}: {answer:?}");
        }
    }

    #[test]
    fn the_map_survives_its_stored_form(script in script()) {
        let map = run(&script, |_, _, _| ()).map;
        let bytes = postcard::to_stdvec(&map).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Map>(&bytes).unwrap(), map);
    }
}
