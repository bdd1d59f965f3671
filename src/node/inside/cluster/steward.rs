//! The cluster as operators reach it: how it stands, and what may be done to a node of it. Never does what would leave a shard
//! or a vote without anybody: it says what has to come first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::link::Links;
use holdfast_cluster::ownership::{
    Answer, Command, Incarnation, Map, Node as Mapped, NodeName, Reason, Refusal, State,
};
use holdfast_cluster::{Cluster, MemberError, ProposeError, Status};

use super::super::super::ops::cluster::{Act, Node, Phase, Raft, Report, Shard, Steward, Takeover, Unable};
use super::figures;
use crate::limits;
use crate::runtime::Runtime;
use crate::shard::door::Wait;
use crate::shard::tenure::{Chronicle, Entry, What, reason};
use crate::store::rows::{self, Rows};

const WITHIN: Duration = Duration::from_millis(limits::OPERATE_WITHIN);

/// Keeps the cluster for its operators.
#[derive(Clone)]
pub(super) struct Keeper {
    pub cluster: Cluster,
    pub links: Arc<Links>,
    pub chronicle: Arc<Chronicle>,
    pub rows: Arc<dyn Rows>,
    pub runtime: Arc<dyn Runtime>,
}

impl Steward for Keeper {
    fn report(&self) -> Report {
        let (map, status) = (self.cluster.map().map.clone(), self.cluster.status());
        Report {
            node: self.cluster.name().0.clone(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            at: self.runtime.now().0,
            generation: map.generation(),
            level: map.level(),
            nodes: self.nodes(&map, &status),
            shards: shards(&map),
            takeovers: self.chronicle.entries().iter().map(takeover).collect(),
            raft: raft(status),
        }
    }

    fn act(&self, act: Act, node: &str) -> Wait<Result<bool, Unable>> {
        let (keeper, node) = (self.clone(), NodeName::from(node));
        Box::pin(async move {
            match act {
                Act::Promote => keeper.promote(&node).await,
                Act::Drain => keeper.drain(&node).await,
                Act::Undrain => keeper.undrain(&node).await,
                Act::Remove => keeper.remove(&node).await,
            }
        })
    }
}

impl Keeper {
    fn nodes(&self, map: &Map, status: &Status) -> Vec<Node> {
        let links = self.links.states();
        let members = status.voters.iter().chain(&status.learners);
        let names: BTreeSet<&NodeName> = map.nodes().keys().chain(members).collect();
        let link = |name: &NodeName| links.iter().find(|(peer, _)| *peer.name == *name.0);
        let node = |name: &NodeName| Node {
            votes: status.voters.contains(name),
            learns: status.learners.contains(name),
            leads: status.leader.as_ref() == Some(name),
            lag: status.lag.get(name).copied(),
            link: link(name).map(|(_, state)| figures::word(*state).to_owned()),
            ..map.nodes().get(name).map_or_else(unmapped, |node| mapped(map, name, node))
        };
        names.into_iter().map(|name| Node { name: name.0.clone(), ..node(name) }).collect()
    }

    async fn promote(&self, node: &NodeName) -> Result<bool, Unable> {
        let status = self.cluster.status();
        if status.voters.contains(node) {
            return Ok(false);
        }
        if !status.learners.contains(node) {
            return Err(Unable::NoSuchNode);
        }
        changed(self.cluster.promote(node, WITHIN).await)
    }

    async fn drain(&self, node: &NodeName) -> Result<bool, Unable> {
        let map = self.cluster.map().map.clone();
        let (incarnation, state) = life(&map, node)?;
        match state {
            State::Draining => Ok(false),
            State::Deposed | State::Gone => Err(not_now("it is not up: it owns nothing that it could give")),
            State::Up if map.in_state(State::Up).all(|up| up == incarnation) => {
                Err(not_now("no other node is up that could take its shards"))
            }
            State::Up => self.propose(Command::Drain { incarnation }).await,
        }
    }

    /// A life that drains has no way back, so the node begins another one: the map ends this one, and the node, which lives,
    /// joins again at once.
    async fn undrain(&self, node: &NodeName) -> Result<bool, Unable> {
        let (incarnation, state) = life(&self.cluster.map().map, node)?;
        match state {
            State::Up => Ok(false),
            State::Deposed | State::Gone => Err(not_now("it is not up: start it, and it takes shards again")),
            State::Draining => self.propose(Command::Depose { incarnation, reason: Reason::Operator }).await,
        }
    }

    /// Only what is gone is removed: a node that lives would go on without a map.
    async fn remove(&self, node: &NodeName) -> Result<bool, Unable> {
        let (map, status) = (self.cluster.map().map.clone(), self.cluster.status());
        let is_member = status.voters.contains(node) || status.learners.contains(node);
        let state = life(&map, node).ok();
        if !is_member && state.is_none() {
            return Err(Unable::NoSuchNode);
        }
        if node == self.cluster.name() || state.is_some_and(|(_, state)| state.owns()) {
            return Err(not_now("it is up: stop it first, and it gives its shards away"));
        }
        if let Some((incarnation, State::Deposed)) = state {
            self.fence(map.generation(), incarnation).await?;
        }
        if is_member {
            changed(self.cluster.remove(node, WITHIN).await)?;
        }
        if state.is_some() {
            self.propose(Command::Forget { node: node.clone() }).await?;
        }
        Ok(true)
    }

    /// A life that owned nothing was fenced by nobody; only when that is done the map may forget it.
    async fn fence(&self, generation: u32, incarnation: Incarnation) -> Result<(), Unable> {
        let of = rows::Incarnation { generation, number: incarnation.0 };
        let stored = self.rows.fence(of).await;
        stored.map_err(|error| Unable::Unknown(format!("its fence is not known to be stored: {error}")))?;
        self.propose(Command::Fenced { incarnation }).await.map(drop)
    }

    async fn propose(&self, command: Command) -> Result<bool, Unable> {
        match self.cluster.propose(command, WITHIN).await {
            Ok(answer) => Ok(answer != Answer::Unchanged),
            // It has changed since it was looked at.
            Err(ProposeError::Refused(Refusal::NotGone)) => Err(not_now("it has come back meanwhile")),
            Err(ProposeError::Refused(refusal)) => Err(not_now(&refusal.to_string())),
            Err(error @ (ProposeError::NoLeader | ProposeError::Busy)) => Err(not_now(&error.to_string())),
            Err(error @ ProposeError::Unknown) => Err(Unable::Unknown(error.to_string())),
        }
    }
}

fn not_now(why: &str) -> Unable {
    Unable::NotNow(why.to_owned())
}

fn changed(done: Result<(), MemberError>) -> Result<bool, Unable> {
    done.map(|()| true).map_err(|error| match error {
        MemberError::Impossible(_) | MemberError::NoLeader => not_now(&error.to_string()),
        MemberError::Unknown => Unable::Unknown(error.to_string()),
    })
}

/// A node's newest life and how far it has come.
fn life(map: &Map, node: &NodeName) -> Result<(Incarnation, State), Unable> {
    let incarnation = map.nodes().get(node).ok_or(Unable::NoSuchNode)?.incarnation;
    Ok((incarnation, map.state(incarnation).unwrap_or(State::Gone)))
}

/// A member that has not joined the map.
fn unmapped() -> Node {
    Node { state: "joining".to_owned(), ..Node::default() }
}

fn mapped(map: &Map, name: &NodeName, node: &Mapped) -> Node {
    let state = match map.state(node.incarnation) {
        Some(State::Up) => "up",
        Some(State::Draining) => "draining",
        Some(State::Deposed) => "deposed",
        Some(State::Gone) | None => "gone",
    };
    let ended = map.lives().get(&node.incarnation).and_then(|life| life.ended);
    Node {
        name: name.0.clone(),
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
    let owner = |life: Incarnation| map.lives().get(&life).map(|life| life.node.0.clone());
    let shard = |(shard, holding): (_, holdfast_cluster::ownership::Holding)| -> Shard {
        let holdfast_cluster::ownership::Shard(number) = shard;
        Shard { shard: number, owner: holding.owner.and_then(owner), epoch: holding.epoch.to_string() }
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
        phases: entry.phases.over().map(phase).collect(),
    }
}
