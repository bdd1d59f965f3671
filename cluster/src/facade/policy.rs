//! Who should vote: three or five, none of them gone for good, in different zones where there are several. A pure function,
//! and the task of the leader that follows it, one change at a time. Never lets a vote lapse without another in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Cluster;
use crate::limits;
use crate::ownership::{Map, NodeName, State};
use crate::raft::{Member, Told};

/// A change of who votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Exactly these vote then.
    pub voters: BTreeSet<u64>,
    /// Who no longer votes is dropped; else it listens.
    pub drop_others: bool,
}

/// What the policy knows.
#[derive(Debug)]
pub struct Facts<'a> {
    /// All members.
    pub members: &'a [Member],
    /// The map.
    pub map: &'a Map,
    /// Voters that have been down for longer than they may.
    pub lost: &'a BTreeSet<u64>,
    /// How many should vote.
    pub wanted: usize,
    /// The leader.
    pub me: u64,
}

/// The next change, if one is due.
#[must_use]
pub fn next(facts: &Facts<'_>) -> Option<Change> {
    let voters: BTreeSet<u64> = facts.members.iter().filter(|at| at.votes).map(|at| at.id).collect();
    let mut candidates = candidates(facts);
    if let Some(former) = superseded(facts) {
        return swap(&voters, former, candidates.first().copied()?, true);
    }
    if let Some(lost) = voters.iter().find(|id| facts.lost.contains(id) && **id != facts.me) {
        return swap(&voters, *lost, candidates.first().copied()?, false);
    }
    // Two voters bear no more losses than one, and four no more than three: grow from odd to odd.
    let missing = if voters.len().is_multiple_of(2) { 1 } else { 2 };
    if voters.len() + missing > facts.wanted || candidates.len() < missing {
        return None;
    }
    candidates.truncate(missing);
    Some(Change { voters: voters.into_iter().chain(candidates).collect(), drop_others: false })
}

fn swap(voters: &BTreeSet<u64>, gone: u64, comes: u64, drop_others: bool) -> Option<Change> {
    let mut voters = voters.clone();
    voters.remove(&gone);
    voters.insert(comes);
    Some(Change { voters, drop_others })
}

/// A voter whose node came back with another disk: the old member will never answer again.
fn superseded(facts: &Facts<'_>) -> Option<u64> {
    let listens = |name: &Option<NodeName>| facts.members.iter().any(|at| !at.votes && at.peer.name == *name);
    let of = |at: &&Member| at.votes && at.id != facts.me && at.peer.name.is_some() && listens(&at.peer.name);
    facts.members.iter().find(of).map(|at| at.id)
}

/// Members that could vote: up, not far behind; those of zones without a voter first, then by name.
fn candidates(facts: &Facts<'_>) -> Vec<u64> {
    let zone_of = |name: &Option<NodeName>| Some(&facts.map.nodes().get(name.as_ref()?)?.zone);
    let used: BTreeSet<_> = facts
        .members
        .iter()
        .filter(|at| at.votes && !facts.lost.contains(&at.id))
        .filter_map(|at| zone_of(&at.peer.name))
        .collect();
    let near = |at: &&Member| !at.votes && at.lag.is_some_and(|lag| lag <= limits::VOTER_LAG);
    let up = |at: &&Member| is_up(facts.map, at.peer.name.as_ref());
    let mut found: Vec<&Member> = facts.members.iter().filter(near).filter(up).collect();
    found.sort_by_key(|at| (zone_of(&at.peer.name).is_none_or(|zone| used.contains(zone)), &at.peer.name));
    found.into_iter().map(|at| at.id).collect()
}

fn is_up(map: &Map, name: Option<&NodeName>) -> bool {
    let node = name.and_then(|name| map.nodes().get(name));
    node.is_some_and(|node| map.state(node.incarnation) == Some(State::Up))
}

/// Since when each voter is down, by the leader's clock.
#[derive(Debug, Default)]
struct Down(BTreeMap<u64, Instant>);

impl Down {
    /// Takes note of who is down now; says who has been for longer than `allowed`.
    fn lost(&mut self, members: &[Member], map: &Map, allowed: Duration) -> BTreeSet<u64> {
        let now = Instant::now();
        let owns = |at: &Member| {
            let node = at.peer.name.as_ref().and_then(|name| map.nodes().get(name));
            node.is_none_or(|node| map.state(node.incarnation).is_some_and(State::owns))
        };
        let down: BTreeSet<u64> = members.iter().filter(|at| at.votes && !owns(at)).map(|at| at.id).collect();
        self.0.retain(|id, _| down.contains(id));
        for id in down {
            self.0.entry(id).or_insert(now);
        }
        let long = self.0.iter().filter(|(_, since)| now.duration_since(**since) >= allowed);
        long.map(|(id, _)| *id).collect()
    }
}

impl Cluster {
    /// Follows the policy as long as the member runs, whenever it leads.
    pub(super) fn run_policy(&self) {
        let cluster = self.clone();
        let stop = self.core.net().stop.clone();
        self.core
            .net()
            .tasks
            .spawn(stop.run_until_cancelled_owned(async move { cluster.follow_policy().await }));
    }

    async fn follow_policy(&self) {
        let mut ticks = interval(limits::POLICY_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut down = Down::default();
        loop {
            ticks.tick().await;
            if self.core.leader().is_none_or(|(id, _)| id != self.core.me()) {
                down = Down::default();
                continue;
            }
            self.follow_once(&mut down).await;
        }
    }

    async fn follow_once(&self, down: &mut Down) {
        let (members, view) = (self.core.members(), self.map());
        let lost = down.lost(&members, &view.map, self.config.replace_after);
        let (wanted, me) = (self.config.voters, self.core.me());
        let facts = Facts { members: &members, map: &view.map, lost: &lost, wanted, me };
        let Some(change) = next(&facts) else { return };
        let told = self.core.set_voters(change.voters.clone(), change.drop_others).await;
        if told != Told::Done {
            tracing::warn!(?told, voters = ?change.voters, "who votes was not changed; it is tried again");
        }
    }
}
