//! How the cluster stands, in the words of the report. Never asks anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use holdfast_cluster::Status;
use holdfast_cluster::ownership::{self, Holding, Incarnation, Map, NodeName, State};

use super::super::super::super::ops::cluster::{Node, Phase, Raft, Report, Shard, Takeover};
use crate::shard::tenure::{Entry, What, reason};
use crate::words::Time;

/// What one node sees.
pub(super) struct Seen<'a> {
    pub node: &'a NodeName,
    pub at: Time,
    pub map: &'a Map,
    pub status: Status,
    /// Edges that are connected to it.
    pub edges: usize,
    /// How its links fare, by the name of the other node.
    pub links: BTreeMap<String, &'static str>,
}

/// The report of it.
pub(super) fn of(seen: Seen<'_>, entries: &[Entry]) -> Report {
    Report {
        node: seen.node.0.clone(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        at: seen.at.0,
        generation: seen.map.generation(),
        level: seen.map.level(),
        nodes: nodes(&seen),
        shards: shards(seen.map),
        edges: seen.edges,
        takeovers: entries.iter().map(takeover).collect(),
        raft: raft(seen.status),
    }
}

fn nodes(Seen { map, status, links, .. }: &Seen<'_>) -> Vec<Node> {
    let members = status.voters.iter().chain(&status.learners);
    let names: BTreeSet<&NodeName> = map.nodes().keys().chain(members).collect();
    let node = |name: &NodeName| Node {
        name: name.0.clone(),
        votes: status.voters.contains(name),
        learns: status.learners.contains(name),
        leads: status.leader.as_ref() == Some(name),
        lag: status.lag.get(name).copied(),
        link: links.get(&name.0).map(|word| (*word).to_owned()),
        ..map.nodes().get(name).map_or_else(unmapped, |node| mapped(map, node))
    };
    names.into_iter().map(node).collect()
}

/// A member that has not joined the map.
fn unmapped() -> Node {
    Node { state: "joining".to_owned(), ..Node::default() }
}

fn mapped(map: &Map, node: &ownership::Node) -> Node {
    let state = match map.state(node.incarnation) {
        Some(State::Up) => "up",
        Some(State::Draining) => "draining",
        Some(State::Deposed) => "deposed",
        Some(State::Gone) | None => "gone",
    };
    let ended = map.lives().get(&node.incarnation).and_then(|life| life.ended);
    Node {
        incarnation: node.incarnation.0,
        state: state.to_owned(),
        ended: ended.map(|why| reason(why).to_owned()),
        zone: node.zone.clone(),
        peer: node.addresses.peer.clone(),
        doors: node.addresses.doors.iter().map(|(door, address)| format!("{door}={address}")).collect(),
        shards: map.owned_by(node.incarnation).count(),
        level: node.level,
        ..Node::default()
    }
}

fn shards(map: &Map) -> Vec<Shard> {
    let name = |life: Incarnation| map.lives().get(&life).map(|life| life.node.0.clone());
    let shard = |(shard, Holding { owner, epoch }): (ownership::Shard, Holding)| Shard {
        shard: shard.0,
        owner: owner.and_then(name),
        epoch: epoch.to_string(),
    };
    map.shards().map(shard).collect()
}

fn raft(status: Status) -> Raft {
    Raft {
        term: status.term,
        leader: status.leader.map(|name| name.0),
        last_log: status.last_log,
        committed: status.committed,
        applied: status.applied,
        snapshot: status.snapshot,
        quorum_silent_ms: status.quorum_silent_ms,
        failed: status.failed,
    }
}

fn takeover(entry: &Entry) -> Takeover {
    let tenths = |since: Duration| (since.as_secs_f64() * 1e4).round() / 10.0;
    let phase = |(phase, since): (&str, Duration)| Phase { phase: phase.to_owned(), ms: tenths(since) };
    let mut phases: Vec<(&str, Duration)> = entry.phases.over().collect();
    // A session that somebody waits for is opened before the lists are read to their end.
    phases.sort_by_key(|(_, since)| *since);
    Takeover {
        what: match entry.what {
            What::Takeover => "takeover",
            What::HandOver => "hand_over",
        }
        .to_owned(),
        node: entry.node.0.clone(),
        incarnation: entry.life.0,
        why: entry.why.map(|why| reason(why).to_owned()),
        found_here: entry.found_here,
        at: entry.at.0,
        shards: entry.shards,
        gained: entry.gained,
        sessions: entry.sessions,
        phases: phases.into_iter().map(phase).collect(),
    }
}
