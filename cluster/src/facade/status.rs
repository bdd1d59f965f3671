//! What a member knows of itself, for people and metrics. Never decides anything.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Cluster;
use super::propose::ProposeError;
use crate::ownership::{Answer, NodeName};

/// A moment of a member's life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The member's number.
    pub member: u64,
    /// The term that it is in.
    pub term: u64,
    /// Who leads, as far as it knows.
    pub leader: Option<NodeName>,
    /// Whether that is this member.
    pub leads: bool,
    /// Whether this member votes.
    pub votes: bool,
    /// The nodes that vote.
    pub voters: Vec<NodeName>,
    /// The nodes that listen.
    pub learners: Vec<NodeName>,
    /// The last entry of its log.
    pub last_log: u64,
    /// The last entry that it knows to be committed.
    pub committed: u64,
    /// The entry that its map stands at.
    pub applied: u64,
    /// The entry that its snapshot stands at.
    pub snapshot: u64,
    /// How many entries each other member lacks; known to the leader only.
    pub lag: BTreeMap<NodeName, u64>,
    /// Milliseconds since a majority last answered; known to the leader only.
    pub quorum_silent_ms: Option<u64>,
    /// Proposals of this node that were answered, refusals included.
    pub proposals_answered: u64,
    /// Those that the map refused.
    pub proposals_refused: u64,
    /// Those whose outcome stayed unknown.
    pub proposals_unknown: u64,
    /// Those that found no leader.
    pub proposals_unsent: u64,
    /// Those that were turned away because too many waited.
    pub proposals_busy: u64,
    /// Why the member has stopped by itself, as after a disk error. It must be started again.
    pub failed: Option<String>,
}

/// Counts of proposals.
#[derive(Debug, Default)]
pub(super) struct Counters {
    answered: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    unsent: AtomicU64,
    pub(super) busy: AtomicU64,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn count(&self, outcome: &Result<Answer, ProposeError>) {
        match outcome {
            Ok(_) => Self::add(&self.answered),
            Err(ProposeError::Refused(_)) => {
                Self::add(&self.answered);
                Self::add(&self.refused);
            }
            Err(ProposeError::Unknown) => Self::add(&self.unknown),
            Err(ProposeError::NoLeader) => Self::add(&self.unsent),
            Err(ProposeError::Busy) => Self::add(&self.busy),
        }
    }
}

impl Cluster {
    /// What this member knows of itself now.
    #[must_use]
    pub fn status(&self) -> Status {
        let members = self.core.members();
        let named = |votes: bool| {
            let of = members.iter().filter(move |member| member.votes == votes);
            of.filter_map(|member| member.peer.name.clone()).collect()
        };
        let lags = members.iter().filter(|member| member.id != self.core.me());
        let lag = lags.filter_map(|member| member.peer.name.clone().zip(member.lag)).collect();
        let leader = self.core.leader();
        let me = self.core.me();
        Status {
            leads: leader.as_ref().is_some_and(|(id, _)| *id == me),
            leader: leader.and_then(|(_, peer)| peer.name),
            votes: members.iter().any(|member| member.id == me && member.votes),
            voters: named(true),
            learners: named(false),
            lag,
            applied: self.map().applied,
            proposals_answered: self.counters.answered.load(Relaxed),
            proposals_refused: self.counters.refused.load(Relaxed),
            proposals_unknown: self.counters.unknown.load(Relaxed),
            proposals_unsent: self.counters.unsent.load(Relaxed),
            proposals_busy: self.counters.busy.load(Relaxed),
            ..self.core.status()
        }
    }
}
