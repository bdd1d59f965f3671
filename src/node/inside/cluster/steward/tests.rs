//! What may be done to nodes of a map, and what is said of them.

use std::collections::BTreeMap;

use holdfast_cluster::Status;
use holdfast_cluster::ownership::{
    Addresses, Answer, Command, Incarnation, Join, Map, NodeName, Nonce, Reason, Shard, apply,
};

use super::super::super::super::ops::cluster::Unable;
use super::{plan, report};
use crate::words::Time;

/// A map of `a`, `b` and `c`, in that order, and its newest entry.
struct World(Map, u64);

impl World {
    fn new() -> Self {
        let mut world = Self(Map::default(), 0);
        world.does(Command::Found { generation: 1, shards: 4 });
        for name in ["a", "b", "c"] {
            world.join(name);
        }
        world
    }

    fn does(&mut self, command: Command) -> Answer {
        self.1 += 1;
        apply(&mut self.0, &command, self.1).expect("the map takes it")
    }

    fn join(&mut self, name: &str) {
        let (addresses, nonce) = (Addresses::default(), Nonce(u128::from(self.1)));
        self.does(Command::Join(Join { node: name.into(), addresses, zone: "z".into(), level: 1, nonce }));
    }

    fn life(&self, name: &str) -> Incarnation {
        self.0.nodes()[&NodeName::from(name)].incarnation
    }

    fn depose(&mut self, name: &str) {
        let incarnation = self.life(name);
        self.does(Command::Depose { incarnation, reason: Reason::Silent });
    }

    fn fence(&mut self, name: &str) {
        let incarnation = self.life(name);
        self.does(Command::Fenced { incarnation });
    }
}

fn refused<T: std::fmt::Debug>(plan: Result<T, Unable>) -> bool {
    matches!(plan, Err(Unable::NotNow(_)))
}

#[test]
fn a_node_is_drained_once_and_only_while_another_is_up() {
    let mut world = World::new();
    let b = NodeName::from("b");
    let planned = plan::drain(&world.0, &b).expect("it may").expect("something is done");
    assert_eq!(planned, Command::Drain { incarnation: world.life("b") });
    world.does(planned);
    assert_eq!(plan::drain(&world.0, &b), Ok(None));
    world.depose("c");
    assert!(refused(plan::drain(&world.0, &"a".into())), "nobody could take its shards");
    assert!(refused(plan::drain(&world.0, &"c".into())), "it is not up");
    assert_eq!(plan::drain(&world.0, &"d".into()), Err(Unable::NoSuchNode));
}

#[test]
fn a_drained_node_is_taken_back_in_another_life() {
    let mut world = World::new();
    let b = NodeName::from("b");
    assert_eq!(plan::undrain(&world.0, &b), Ok(None));
    let drained = world.life("b");
    world.does(Command::Drain { incarnation: drained });
    let planned = plan::undrain(&world.0, &b).expect("it may").expect("something is done");
    assert_eq!(planned, Command::Depose { incarnation: drained, reason: Reason::Operator });
    world.does(planned);
    assert!(refused(plan::undrain(&world.0, &b)), "it has to join first");
    world.join("b");
    assert_eq!(plan::undrain(&world.0, &b), Ok(None));
    assert!(plan::drain(&world.0, &b).is_ok_and(|planned| planned.is_some()));
}

#[test]
fn only_what_is_gone_is_removed() {
    let mut world = World::new();
    let (a, c) = (NodeName::from("a"), NodeName::from("c"));
    assert!(refused(plan::remove(&world.0, (&a, &c), true)), "it is up");
    let life = world.life("c");
    world.does(Command::Drain { incarnation: life });
    assert!(refused(plan::remove(&world.0, (&a, &c), true)), "it lives");
    world.depose("c");
    let removal = plan::remove(&world.0, (&a, &c), true).expect("it may");
    assert_eq!((removal.fence, removal.forget), (Some(life), true));
    world.fence("c");
    let removal = plan::remove(&world.0, (&a, &c), false).expect("it may");
    assert_eq!((removal.fence, removal.forget), (None, true));
    assert!(refused(plan::remove(&world.0, (&a, &a), true)), "this node answers, so it is up");
    assert_eq!(plan::remove(&world.0, (&a, &"d".into()), false), Err(Unable::NoSuchNode));
    let removal =
        plan::remove(&world.0, (&a, &"d".into()), true).expect("a member that never joined the map");
    assert_eq!((removal.fence, removal.forget), (None, false));
}

#[test]
fn the_report_says_what_the_node_sees() {
    let mut world = World::new();
    let shard = world.0.holding(Shard(3)).expect("it exists");
    let (by, to) = (world.life("a"), world.life("b"));
    world.does(Command::Release { shard: Shard(3), epoch: shard.epoch, by, to: Some(to) });
    world.depose("c");
    let status = Status {
        term: 5,
        leader: Some("a".into()),
        voters: vec!["a".into(), "b".into()],
        learners: vec!["d".into()],
        lag: BTreeMap::from([("b".into(), 2)]),
        ..Status::default()
    };
    let links = BTreeMap::from([("b".to_owned(), "connected")]);
    let seen = report::Seen { node: &"a".into(), at: Time(7), map: &world.0, status, edges: 0, links };
    let found = report::of(seen, &[]);
    let said: Vec<_> = found
        .nodes
        .iter()
        .map(|node| (node.name.as_str(), node.state.as_str(), node.votes, node.leads, node.shards, node.lag))
        .collect();
    assert_eq!(
        said,
        [
            ("a", "up", true, true, 3, None),
            ("b", "up", true, false, 1, Some(2)),
            ("c", "deposed", false, false, 0, None),
            ("d", "joining", false, false, 0, None),
        ]
    );
    assert_eq!(found.nodes[2].ended.as_deref(), Some("silent"));
    assert_eq!(found.nodes[1].link.as_deref(), Some("connected"));
    assert!(found.nodes[3].learns && found.nodes[0].zone == "z");
    let owners: Vec<_> = found.shards.iter().map(|shard| shard.owner.as_deref()).collect();
    assert_eq!(owners, [Some("a"), Some("a"), Some("a"), Some("b")]);
    assert_eq!((found.shards[3].epoch.as_str(), found.raft.term, found.at), ("1.2", 5, 7));
}
