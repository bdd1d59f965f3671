//! What the map does, one sentence per test.

use super::super::{Answer, Command, Epoch, Incarnation, NodeName, Refusal, Shard, State, surplus};
use super::{Log, join};
use crate::limits;

#[test]
fn nothing_is_done_before_the_map_is_founded() {
    assert_eq!(Log::default().put(&join("a", 1)), Err(Refusal::NotFounded));
}

#[test]
fn a_map_is_founded_once_and_a_repeat_adds_nothing() {
    let mut log = Log::founded(8);
    assert_eq!(log.put(&Command::Found { generation: 7, shards: 8 }), Ok(Answer::Unchanged));
    assert_eq!(log.put(&Command::Found { generation: 8, shards: 8 }), Err(Refusal::AlreadyFounded));
    assert_eq!(log.put(&Command::Found { generation: 7, shards: 9 }), Err(Refusal::AlreadyFounded));
}

#[test]
fn an_incarnation_is_the_index_of_its_entry() {
    let mut log = Log::founded(8);
    assert_eq!(log.join("a"), Incarnation(2));
    assert_eq!(log.join("b"), Incarnation(3));
}

#[test]
fn the_first_node_takes_everything_and_the_second_nothing_at_once() {
    let mut log = Log::founded(8);
    log.join("a");
    log.join("b");
    assert_eq!(log.loads(), [8, 0]);
}

#[test]
fn a_repeated_join_gives_the_same_incarnation_also_after_a_later_one() {
    let mut log = Log::founded(8);
    assert_eq!(log.put(&join("a", 1)), Ok(Answer::Joined(Incarnation(2))));
    assert_eq!(log.put(&join("a", 2)), Ok(Answer::Joined(Incarnation(3))));
    let before = log.map.clone();
    assert_eq!(log.put(&join("a", 1)), Ok(Answer::Joined(Incarnation(2))));
    assert_eq!(log.map, before);
}

#[test]
fn a_restarted_node_deposes_its_former_life_and_takes_back_what_nobody_has() {
    let mut log = Log::founded(8);
    let former = log.join("a");
    let newer = log.join("a");
    assert_eq!(log.map.state(former), Some(State::Deposed));
    assert_eq!(log.map.owned_by(newer).count(), 8);
}

#[test]
fn the_shards_of_a_restarted_node_go_to_the_others() {
    let mut log = Log::founded(8);
    log.join("a");
    let b = log.join("b");
    log.join("a");
    assert_eq!(log.map.owned_by(b).count(), 8);
}

#[test]
fn shards_wait_without_an_owner_while_nobody_is_up() {
    let mut log = Log::founded(8);
    let a = log.join("a");
    assert_eq!(log.depose(a), Ok(Answer::Done));
    assert_eq!(log.depose(a), Ok(Answer::Unchanged));
    assert!(log.map.shards().all(|(_, holding)| holding.owner.is_none()));
    let b = log.join("b");
    assert_eq!(log.map.owned_by(b).count(), 8);
}

#[test]
fn only_the_owner_at_its_epoch_releases() {
    let mut log = Log::founded(8);
    let (a, b) = (log.join("a"), log.join("b"));
    let epoch = log.map.holding(Shard(3)).unwrap().epoch;
    let release = |by, epoch| Command::Release { shard: Shard(3), epoch, by, to: Some(b) };
    assert_eq!(log.put(&release(b, epoch)), Ok(Answer::Unchanged));
    assert_eq!(log.put(&release(a, epoch.next().unwrap())), Ok(Answer::Unchanged));
    let next = epoch.next().unwrap();
    assert_eq!(log.put(&release(a, epoch)), Ok(Answer::Released { to: Some(b), epoch: next }));
    assert_eq!(log.put(&release(a, epoch)), Ok(Answer::Unchanged));
}

#[test]
fn a_release_to_oneself_raises_the_epoch() {
    let mut log = Log::founded(1);
    let a = log.join("a");
    let epoch = log.map.holding(Shard(0)).unwrap().epoch.next().unwrap();
    assert_eq!(log.release(Shard(0), Some(a)), Ok(Answer::Released { to: Some(a), epoch }));
}

#[test]
fn a_draining_owner_gets_nothing_back_while_another_is_up() {
    let mut log = Log::founded(4);
    let a = log.join("a");
    assert_eq!(log.put(&Command::Drain { incarnation: a }), Ok(Answer::Done));
    assert!(matches!(log.release(Shard(0), None), Ok(Answer::Released { to, .. }) if to == Some(a)));
    let b = log.join("b");
    assert_eq!(surplus(&log.map, a).len(), 4);
    assert!(matches!(log.release(Shard(0), Some(a)), Ok(Answer::Released { to, .. }) if to == Some(b)));
    assert_eq!(log.settle(), 3);
    assert_eq!(log.loads(), [0, 4]);
}

#[test]
fn fences_are_reported_once_and_only_for_the_deposed() {
    let mut log = Log::founded(4);
    let a = log.join("a");
    let fenced = Command::Fenced { incarnation: a };
    assert_eq!(log.put(&fenced), Err(Refusal::NotDeposed));
    assert_eq!(log.put(&Command::Fenced { incarnation: Incarnation(99) }), Err(Refusal::UnknownIncarnation));
    log.depose(a).unwrap();
    assert_eq!(log.map.unfenced().collect::<Vec<_>>(), [a]);
    assert_eq!(log.put(&fenced), Ok(Answer::Done));
    assert_eq!(log.put(&fenced), Ok(Answer::Unchanged));
    assert_eq!(log.map.unfenced().count(), 0);
}

#[test]
fn a_life_that_is_no_longer_remembered_is_gone() {
    let mut log = Log::founded(4);
    let first = log.join("a");
    for _ in 0..limits::GONE_REMEMBERED + 2 {
        let former = log.map.nodes()[&NodeName::from("a")].incarnation;
        log.join("a");
        log.put(&Command::Fenced { incarnation: former }).unwrap();
    }
    assert!(!log.map.lives().contains_key(&first));
    assert_eq!(log.map.state(first), Some(State::Gone));
    assert_eq!(log.map.lives().len(), limits::GONE_REMEMBERED + 1);
}

#[test]
fn the_level_is_raised_once_all_announce_it_and_never_lowered() {
    let mut log = Log::founded(4);
    log.join("a");
    assert_eq!(log.put(&Command::SetLevel { level: 4 }), Err(Refusal::LevelNotAnnounced));
    assert_eq!(log.put(&Command::SetLevel { level: 3 }), Ok(Answer::Done));
    assert_eq!(log.put(&Command::SetLevel { level: 3 }), Ok(Answer::Unchanged));
    assert_eq!(log.put(&Command::SetLevel { level: 2 }), Err(Refusal::LevelLowered));
}

#[test]
fn a_node_is_forgotten_once_it_is_gone() {
    let mut log = Log::founded(4);
    let a = log.join("a");
    let forget = Command::Forget { node: NodeName::from("a") };
    assert_eq!(log.put(&forget), Err(Refusal::NotGone));
    log.depose(a).unwrap();
    assert_eq!(log.put(&forget), Err(Refusal::NotGone));
    log.put(&Command::Fenced { incarnation: a }).unwrap();
    assert_eq!(log.put(&forget), Ok(Answer::Done));
    assert_eq!(log.put(&forget), Ok(Answer::Unchanged));
}

#[test]
fn no_epoch_is_used_twice_when_they_run_out() {
    let mut log = Log::founded(1);
    let a = log.join("a");
    log.map.shards[0].epoch = Epoch::new(7, limits::EPOCH_COUNTER_MAX);
    let last = log.map.shards[0].epoch;
    assert_eq!(log.release(Shard(0), Some(a)), Ok(Answer::Released { to: None, epoch: last }));
}

#[test]
fn shares_become_even_and_most_shards_stay() {
    let mut log = Log::founded(256);
    log.join("a");
    log.join("b");
    log.join("c");
    assert_eq!(log.settle(), 170);
    assert_eq!(log.loads(), [86, 85, 85]);
    let d = log.join("d");
    assert_eq!(log.settle(), 64);
    assert_eq!(log.map.owned_by(d).count(), 64);
    assert_eq!(log.settle(), 0);
}

#[test]
fn an_owner_may_follow_its_whole_plan_at_once() {
    let mut log = Log::founded(256);
    let (a, b, c) = (log.join("a"), log.join("b"), log.join("c"));
    let plan = surplus(&log.map, a);
    assert_eq!(plan.len(), 170);
    for (shard, to) in plan {
        log.release(shard, Some(to)).unwrap();
    }
    assert_eq!(log.loads(), [86, 85, 85]);
    assert!([a, b, c].into_iter().all(|at| surplus(&log.map, at).is_empty()));
}
