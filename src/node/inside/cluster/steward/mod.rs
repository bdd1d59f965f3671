//! The cluster as operators reach it: how it stands, and what may be done to a node of it.
//!
//! | file | what it does |
//! |---|---|
//! | `plan` | whether something may be done to a node now, by the map |
//! | `report` | how the cluster stands |
//!
//! Never does what would leave a shard or a vote without anybody: it says what has to come first.

mod plan;
mod report;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::link::{Links, Port};
use holdfast_cluster::ownership::{Answer, Command, Incarnation, NodeName, Refusal};
use holdfast_cluster::{Cluster, MemberError, ProposeError};

use super::super::super::ops::cluster::{Act, Report, Steward, Unable};
use super::figures;
use crate::limits;
use crate::runtime::Runtime;
use crate::shard::door::Wait;
use crate::shard::tenure::Chronicle;
use crate::store::rows::{self, Rows};

const WITHIN: Duration = Duration::from_millis(limits::OPERATE_WITHIN);

/// Keeps the cluster for its operators.
#[derive(Clone)]
pub(super) struct Keeper {
    pub cluster: Cluster,
    pub links: Arc<Links>,
    pub port: Arc<Port>,
    pub chronicle: Arc<Chronicle>,
    pub rows: Arc<dyn Rows>,
    pub runtime: Arc<dyn Runtime>,
}

impl Steward for Keeper {
    fn report(&self) -> Report {
        let links = self.links.states().into_iter();
        let links = links.map(|(peer, state)| (peer.name.to_string(), figures::word(state))).collect();
        let seen = report::Seen {
            node: self.cluster.name(),
            at: self.runtime.now(),
            map: &self.cluster.map().map,
            status: self.cluster.status(),
            edges: self.port.edges(),
            links,
        };
        report::of(seen, &self.chronicle.entries())
    }

    fn act(&self, act: Act, node: &str) -> Wait<Result<bool, Unable>> {
        let (keeper, node) = (self.clone(), NodeName::from(node));
        Box::pin(async move {
            let map = keeper.cluster.map().map.clone();
            match act {
                Act::Promote => keeper.promote(&node).await,
                Act::Drain => keeper.propose_any(plan::drain(&map, &node)?).await,
                Act::Undrain => keeper.propose_any(plan::undrain(&map, &node)?).await,
                Act::Remove => keeper.remove(&node).await,
            }
        })
    }
}

impl Keeper {
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

    async fn remove(&self, node: &NodeName) -> Result<bool, Unable> {
        let (map, status) = (self.cluster.map().map.clone(), self.cluster.status());
        let is_member = status.voters.contains(node) || status.learners.contains(node);
        let removal = plan::remove(&map, (self.cluster.name(), node), is_member)?;
        if let Some(incarnation) = removal.fence {
            self.fence(map.generation(), incarnation).await?;
        }
        if is_member {
            changed(self.cluster.remove(node, WITHIN).await)?;
        }
        if removal.forget {
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

    async fn propose_any(&self, command: Option<Command>) -> Result<bool, Unable> {
        match command {
            Some(command) => self.propose(command).await,
            None => Ok(false),
        }
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
