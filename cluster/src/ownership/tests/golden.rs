//! Commands and a map are stored as ever. Never checks what they do.

use std::collections::BTreeMap;

use super::super::{Addresses, Command, Epoch, Incarnation, Join, Map, NodeName, Nonce, Reason, Shard};
use super::{Log, join};
use crate::golden::check;

const FILE: &str = include_str!("../../../tests/golden/ownership-1.txt");

fn commands() -> Vec<(&'static str, Command)> {
    let incarnation = Incarnation(300);
    let addresses = Addresses {
        peer: "h:7000".to_owned(),
        doors: BTreeMap::from([("public".to_owned(), "h:8080".to_owned())]),
    };
    let (node, zone) = (NodeName::from("n1"), "east".to_owned());
    let (shard, epoch) = (Shard(255), Epoch::new(7, 9));
    vec![
        ("found", Command::Found { generation: 7, shards: 256 }),
        (
            "join",
            Command::Join(Join { node: node.clone(), addresses, zone, level: 2, nonce: Nonce(u128::MAX) }),
        ),
        ("depose", Command::Depose { incarnation, reason: Reason::Operator }),
        ("release", Command::Release { shard, epoch, by: incarnation, to: None }),
        ("release to", Command::Release { shard, epoch, by: incarnation, to: Some(Incarnation(301)) }),
        ("fenced", Command::Fenced { incarnation }),
        ("drain", Command::Drain { incarnation }),
        ("level", Command::SetLevel { level: 3 }),
        ("forget", Command::Forget { node }),
    ]
}

/// A map in which something is in every field.
fn map() -> Map {
    let mut log = Log::founded(3);
    let a = log.join("a");
    log.join("b");
    log.put(&Command::SetLevel { level: 2 }).unwrap();
    log.settle();
    log.depose(a).unwrap();
    log.put(&join("a", 77)).unwrap();
    log.put(&Command::Fenced { incarnation: a }).unwrap();
    log.map
}

#[test]
fn commands_are_written_and_read_as_ever() {
    commands().iter().for_each(|(name, command)| check(FILE, name, command));
}

#[test]
fn a_map_is_written_and_read_as_ever() {
    check(FILE, "map", &map());
}
