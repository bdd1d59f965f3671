//! Who should vote, one sentence per test.

use std::collections::BTreeSet;

use super::super::policy::{Change, Facts, next};
use crate::ownership::{Addresses, Command, Join, Map, NodeName, Nonce, Reason, apply};
use crate::raft::Member;
use crate::transport::Peer;

/// Members and a map in which those that are named as up are.
struct Scene {
    members: Vec<Member>,
    map: Map,
    index: u64,
    lost: BTreeSet<u64>,
    wanted: usize,
}

impl Scene {
    fn new(wanted: usize) -> Self {
        let mut map = Map::default();
        apply(&mut map, &Command::Found { generation: 1, shards: 4 }, 1).unwrap();
        Self { members: Vec::new(), map, index: 1, lost: BTreeSet::new(), wanted }
    }

    /// A member that is up in the map.
    fn with(mut self, id: u64, name: &str, votes: bool, zone: &str) -> Self {
        self.index += 1;
        let (node, addresses, nonce) = (NodeName::from(name), Addresses::default(), Nonce(self.index.into()));
        let join = Join { node, addresses, zone: zone.to_owned(), level: 1, nonce };
        apply(&mut self.map, &Command::Join(join), self.index).unwrap();
        let peer = Peer { name: Some(NodeName::from(name)), address: name.to_owned() };
        self.members.push(Member { id, peer, votes, lag: Some(0) });
        self
    }

    fn voter(self, id: u64, name: &str) -> Self {
        self.with(id, name, true, "")
    }

    fn learner(self, id: u64, name: &str) -> Self {
        self.with(id, name, false, "")
    }

    fn lost(mut self, id: u64) -> Self {
        self.lost.insert(id);
        self
    }

    fn lag(mut self, id: u64, lag: Option<u64>) -> Self {
        self.members.iter_mut().filter(|at| at.id == id).for_each(|at| at.lag = lag);
        self
    }

    fn down(mut self, name: &str) -> Self {
        let incarnation = self.map.nodes()[&NodeName::from(name)].incarnation;
        self.index += 1;
        apply(&mut self.map, &Command::Depose { incarnation, reason: Reason::Silent }, self.index).unwrap();
        self
    }

    fn next(&self) -> Option<Change> {
        let (members, map, lost) = (&self.members, &self.map, &self.lost);
        next(&Facts { members, map, lost, wanted: self.wanted, me: 1 })
    }
}

fn change(voters: &[u64], drop_others: bool) -> Option<Change> {
    Some(Change { voters: voters.iter().copied().collect(), drop_others })
}

#[test]
fn one_voter_stays_alone_until_two_can_join_it() {
    let scene = Scene::new(3).voter(1, "a").learner(2, "b");
    assert_eq!(scene.next(), None);
    assert_eq!(scene.learner(3, "c").next(), change(&[1, 2, 3], false));
}

#[test]
fn three_are_enough_where_three_are_wanted_and_become_five_where_five_are() {
    let full = |wanted| {
        let voters = Scene::new(wanted).voter(1, "a").voter(2, "b").voter(3, "c");
        voters.learner(4, "d").learner(5, "e").learner(6, "f")
    };
    assert_eq!(full(3).next(), None);
    assert_eq!(full(5).next(), change(&[1, 2, 3, 4, 5], false));
}

#[test]
fn two_voters_are_joined_by_one() {
    let scene = Scene::new(3).voter(1, "a").voter(2, "b").learner(3, "c").learner(4, "d");
    assert_eq!(scene.next(), change(&[1, 2, 3], false));
}

#[test]
fn a_lost_voter_is_replaced_and_listens_on() {
    let scene = Scene::new(3).voter(1, "a").voter(2, "b").voter(3, "c").learner(4, "d").lost(3);
    assert_eq!(scene.next(), change(&[1, 2, 4], false));
}

#[test]
fn no_vote_lapses_without_another_in_its_place() {
    let scene = Scene::new(3).voter(1, "a").voter(2, "b").voter(3, "c").lost(3);
    assert_eq!(scene.next(), None);
}

#[test]
fn one_vote_moves_at_a_time() {
    let scene = Scene::new(5).voter(1, "a").voter(2, "b").voter(3, "c").voter(4, "d").voter(5, "e");
    let scene = scene.learner(6, "f").learner(7, "g").lost(4).lost(5);
    assert_eq!(scene.next(), change(&[1, 2, 3, 5, 6], false));
}

#[test]
fn the_leader_never_takes_its_own_vote() {
    let scene = Scene::new(3).voter(1, "a").voter(2, "b").voter(3, "c").learner(4, "d").lost(1);
    assert_eq!(scene.next(), None);
}

#[test]
fn a_voter_whose_node_came_back_with_another_disk_is_dropped_for_it() {
    let scene = Scene::new(3).voter(1, "a").voter(2, "b").voter(3, "c").learner(9, "c");
    assert_eq!(scene.next(), change(&[1, 2, 9], true));
}

#[test]
fn who_is_down_far_behind_or_unheard_of_gets_no_vote() {
    let scene = || Scene::new(3).voter(1, "a").voter(2, "b").learner(3, "c");
    assert_eq!(scene().next(), change(&[1, 2, 3], false));
    assert_eq!(scene().down("c").next(), None);
    assert_eq!(scene().lag(3, Some(crate::limits::VOTER_LAG + 1)).next(), None);
    assert_eq!(scene().lag(3, None).next(), None);
}

#[test]
fn zones_without_a_voter_come_first() {
    let scene = Scene::new(3).with(1, "a", true, "east").with(2, "b", true, "west");
    let scene = scene.with(3, "c", false, "east").with(4, "d", false, "north");
    assert_eq!(scene.next(), change(&[1, 2, 4], false));
}
