//! What openraft has us store keeps its form, also across releases of openraft: entries, votes, snapshots. Never checks what
//! openraft does with it.

use std::collections::{BTreeMap, BTreeSet};

use openraft::vote::RaftLeaderId;
use openraft::{EntryPayload, Membership};

use super::super::types::{Entry, LogId, SnapshotMeta, StoredMembership, Types, Vote};
use crate::golden::{check, line};
use crate::log::{Op, frame_for_tests};
use crate::ownership::{Command, NodeName};
use crate::transport::Peer;

const FILE: &str = include_str!("../../../tests/golden/raft-1.txt");

fn id(index: u64) -> LogId {
    let leader = openraft::alias::LeaderIdOf::<Types>::new(5, 300);
    LogId::new(leader.to_committed(), index)
}

fn membership() -> Membership<u64, Peer> {
    let peer = |name: &str| Peer { name: Some(NodeName::from(name)), address: format!("{name}:7000") };
    let nodes = BTreeMap::from([(1, peer("a")), (300, peer("b")), (u64::MAX, peer("c"))]);
    Membership::new(vec![BTreeSet::from([1, 300])], nodes).unwrap()
}

fn entry(payload: EntryPayload<Command, u64, Peer>) -> Entry {
    Entry { log_id: id(12), payload }
}

#[test]
fn entries_are_written_and_read_as_ever() {
    check(FILE, "blank", &entry(EntryPayload::Blank));
    check(FILE, "normal", &entry(EntryPayload::Normal(Command::SetLevel { level: 3 })));
    check(FILE, "membership", &entry(EntryPayload::Membership(membership())));
}

#[test]
fn votes_and_snapshots_are_written_and_read_as_ever() {
    check(FILE, "vote", &Vote::new(5, 300));
    check(FILE, "committed vote", &Vote::new_committed(5, 300));
    check(FILE, "id", &id(12));
    let last_membership = StoredMembership::new(Some(id(3)), membership());
    check(FILE, "snapshot", &SnapshotMeta { last_log_id: Some(id(12)), last_membership });
}

#[test]
fn frames_of_the_log_are_written_as_ever() {
    let ops = [
        Op::Put { index: 12, body: vec![1, 2] },
        Op::Vote(vec![3]),
        Op::Committed(vec![4]),
        Op::Truncate { from: 13 },
        Op::Purge { upto: 11, body: vec![5] },
    ];
    line(FILE, "frame", &frame_for_tests(9, &ops));
}
