//! Who is a member and who votes: joining, leaving, leading. Never changes the map: a node joins that by a command.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Cluster;
use super::propose::{Late, deadline};
use crate::limits;
use crate::log::OpenError;
use crate::ownership::NodeName;
use crate::raft::{Ask, Told, Tried};
use crate::transport::Peer;

/// Why a node did not become a member.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The disk.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nobody who was asked let it in, in time.
    #[error("none of the nodes that were asked let this node join in time: {0}")]
    NobodyAnswered(String),
    /// The directory holds the log of another cluster.
    #[error("this node's directory belongs to another cluster")]
    OtherCluster,
}

/// Why members were not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// It was not and will not be.
    #[error("{0}")]
    Impossible(String),
    /// It may have been changed.
    #[error("the outcome is unknown")]
    Unknown,
    /// No leader was reached in time. Nothing was asked.
    #[error("no leader was reached; nothing was changed")]
    NoLeader,
}

impl Cluster {
    /// Makes this node a member of the cluster that any of `via` belongs to, or tells that cluster this node's new address.
    /// Call it at every start: for a member that has not moved it changes nothing; `via` is empty for a node that is alone. Ends when this node knows the map.
    /// Addresses should be names that stay, for members that all moved at once find each other only if the transport finds
    /// them by their names.
    ///
    /// # Errors
    /// Nobody let it in within `wait`, or it belongs to another cluster.
    pub async fn join(&self, via: &[Peer], wait: Duration) -> Result<(), JoinError> {
        let until = deadline(wait);
        let peer = Peer { name: Some(self.config.name.clone()), address: self.config.address.clone() };
        let admit = Ask::Admit { member: self.core.me(), peer };
        let cluster = self.admitted(via, &admit, until).await?;
        if !self.core.belong(cluster)? {
            return Err(JoinError::OtherCluster);
        }
        let mut changed = self.changed();
        let known = changed.wait_for(|_| self.map().map.is_founded());
        let late = |_| JoinError::NobodyAnswered("the map did not arrive".to_owned());
        timeout_at(until, known).await.map_err(late)?.map(drop).map_err(late_watch)
    }

    /// Asks one after the other, following hints to the leader.
    async fn admitted(&self, via: &[Peer], admit: &Ask, until: Instant) -> Result<u128, JoinError> {
        let mut said = String::new();
        while Instant::now() < until {
            for peer in via {
                match self.admitted_by(peer, admit, until).await {
                    Ok(cluster) => return Ok(cluster),
                    // What was cut short by the end of the wait tells less than what was said before.
                    Err(why) if Instant::now() < until || said.is_empty() => {
                        said = format!("{}: {why}", peer.address);
                    }
                    Err(_) => {}
                }
            }
            if via.is_empty()
                && let Told::Admitted { cluster } = self.core.here(admit.clone()).await
            {
                return Ok(cluster);
            }
            let soon = until.min(deadline(limits::JOIN_PAUSE));
            let _ = timeout_at(soon, std::future::pending::<()>()).await;
        }
        if said.is_empty() {
            said.push_str("there is nobody to ask");
        }
        Err(JoinError::NobodyAnswered(said))
    }

    async fn admitted_by(&self, peer: &Peer, admit: &Ask, until: Instant) -> Result<u128, String> {
        let (mut to, mut at) = (None, peer.clone());
        // The first hint is to the leader; a second one means that it changed meanwhile.
        for _ in 0..limits::LEADER_HINTS {
            let tried = timeout_at(until, self.try_at(to, &at, admit.clone())).await;
            match tried {
                Ok(Tried::Told(Told::Admitted { cluster })) => return Ok(cluster),
                Ok(Tried::Told(Told::Elsewhere(Some((id, leader))))) => (to, at) = (Some(id), leader),
                Ok(Tried::Told(Told::Elsewhere(None))) => return Err("it knows no leader".to_owned()),
                Ok(Tried::NotSent(why)) => return Err(format!("it was not reached: {why}")),
                Ok(Tried::Told(told)) => return Err(format!("{told:?}")),
                Err(_) => return Err("it did not answer in time".to_owned()),
            }
        }
        Err("the leader keeps changing".to_owned())
    }

    /// Asks a member, which may be this one: a node that has led since it started.
    async fn try_at(&self, to: Option<u64>, at: &Peer, admit: Ask) -> Tried {
        if to == Some(self.core.me()) {
            return Tried::Told(self.core.here(admit).await);
        }
        self.core.there(to, at, admit).await
    }

    /// Lets a node vote.
    ///
    /// # Errors
    /// It is no member, or the outcome is not known within `wait`.
    pub async fn promote(&self, node: &NodeName, wait: Duration) -> Result<(), MemberError> {
        self.change(Ask::Promote(node.clone()), wait).await
    }

    /// Drops a node from the members. It comes back by joining again.
    ///
    /// # Errors
    /// Nobody would be left to vote, or the outcome is not known within `wait`.
    pub async fn remove(&self, node: &NodeName, wait: Duration) -> Result<(), MemberError> {
        self.change(Ask::Remove(node.clone()), wait).await
    }

    /// Lets a node lead, as before this one stops. Ends when this node sees that it does.
    ///
    /// # Errors
    /// It has no vote, or does not lead within `wait`.
    pub async fn transfer_leader(&self, node: &NodeName, wait: Duration) -> Result<(), MemberError> {
        let until = deadline(wait);
        self.change(Ask::Transfer(node.clone()), wait).await?;
        let leads = self.core.leader_is(|peer| peer.name.as_ref() == Some(node));
        timeout_at(until, leads).await.map_err(|_| MemberError::Unknown)
    }

    /// Elects at once instead of waiting for the leader's silence: for when this node saw the leader's link reset. Does
    /// nothing on a node that leads, or that has no vote.
    pub async fn hurry_election(&self) {
        self.core.hurry_election().await;
    }

    async fn change(&self, ask: Ask, wait: Duration) -> Result<(), MemberError> {
        match self.ask(ask, deadline(wait)).await {
            Ok(Told::Done) => Ok(()),
            Ok(Told::Impossible(why)) => Err(MemberError::Impossible(why)),
            Ok(_) | Err(Late::Unknown) => Err(MemberError::Unknown),
            Err(Late::Unsent) => Err(MemberError::NoLeader),
        }
    }
}

fn late_watch(_: tokio::sync::watch::error::RecvError) -> JoinError {
    JoinError::NobodyAnswered("this member has stopped".to_owned())
}
