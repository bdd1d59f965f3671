//! What only the leader does: entries, members, votes, the hand-over of its office. Never decides who should vote or when: the
//! facade does.

use std::collections::{BTreeMap, BTreeSet};

use openraft::ChangeMembers;
use openraft::errors::{ChangeMembershipError, ClientWriteError, ForwardToLeader, RaftError};
use tokio::time::timeout;

use super::core::{Core, Member};
use super::pipes::{Ask, Told};
use super::types::Types;
use crate::limits;
use crate::ownership::{Command, NodeName};
use crate::transport::Peer;

impl Core {
    /// Does what a leader can do, if this member leads.
    pub async fn here(&self, ask: Ask) -> Told {
        timeout(limits::ASK_SERVED, self.lead(ask)).await.unwrap_or(Told::Unknown)
    }

    async fn lead(&self, ask: Ask) -> Told {
        match ask {
            Ask::Propose(command) => self.propose(command).await,
            Ask::Admit { member, peer } => self.admit(member, peer).await,
            Ask::Promote(name) => self.promote(&name).await,
            Ask::Remove(name) => self.remove(&name).await,
            Ask::Transfer(name) => self.transfer(&name).await,
        }
    }

    async fn propose(&self, command: Command) -> Told {
        match self.raft().client_write(command).await {
            Ok(written) => match written.data.0 {
                Some(reply) => Told::Proposed { index: written.log_id.index, reply },
                None => Told::Unknown,
            },
            Err(error) => told(error),
        }
    }

    async fn admit(&self, member: u64, peer: Peer) -> Told {
        let _one = self.changing().await;
        let members = self.members();
        let known = members.iter().find(|at| at.id == member);
        let written = match known {
            Some(known) if known.peer == peer => self.raft().write_blank().await.map(drop),
            Some(_) => {
                let moved = ChangeMembers::SetNodes(BTreeMap::from([(member, peer.clone())]));
                self.raft().change_membership(moved, true).await.map(drop)
            }
            None => self.raft().add_learner(member, peer.clone(), false).await.map(drop),
        };
        if let Err(error) = written {
            return told(error);
        }
        // It is there: whoever waits before the next try at it need not.
        let _ = self.raft().trigger().reset_backoff([member]).await;
        // A node of this name that only listened had another disk; that one is gone.
        let same = |at: &&Member| at.peer.name == peer.name && at.id != member && !at.votes;
        let former: BTreeSet<u64> = members.iter().filter(same).map(|at| at.id).collect();
        if !former.is_empty() {
            let _ = self.raft().change_membership(ChangeMembers::RemoveNodes(former), true).await;
        }
        match self.cluster() {
            Some(cluster) => Told::Admitted { cluster },
            None => Told::Elsewhere(None),
        }
    }

    async fn promote(&self, name: &NodeName) -> Told {
        let _one = self.changing().await;
        let members = self.members();
        let named: Vec<&Member> = members.iter().filter(|at| at.peer.name.as_ref() == Some(name)).collect();
        match named.iter().find(|at| !at.votes) {
            Some(learner) => {
                let voters = ChangeMembers::AddVoterIds(BTreeSet::from([learner.id]));
                self.raft().change_membership(voters, true).await.map_or_else(told, |_| Told::Done)
            }
            None if named.is_empty() => Told::Impossible(format!("{name} is no member")),
            None => Told::Done,
        }
    }

    async fn remove(&self, name: &NodeName) -> Told {
        let _one = self.changing().await;
        let members = self.members();
        let named = |votes| -> BTreeSet<u64> {
            let of = |at: &&Member| at.peer.name.as_ref() == Some(name) && at.votes == votes;
            members.iter().filter(of).map(|at| at.id).collect()
        };
        let (voters, learners) = (named(true), named(false));
        let mut done = Told::Done;
        if !voters.is_empty() {
            let changed = self.raft().change_membership(ChangeMembers::RemoveVoters(voters), false).await;
            done = changed.map_or_else(told, |_| Told::Done);
        }
        if done == Told::Done && !learners.is_empty() {
            let changed = self.raft().change_membership(ChangeMembers::RemoveNodes(learners), true).await;
            done = changed.map_or_else(told, |_| Told::Done);
        }
        done
    }

    async fn transfer(&self, name: &NodeName) -> Told {
        let members = self.members();
        let Some(voter) = members.iter().find(|at| at.votes && at.peer.name.as_ref() == Some(name)) else {
            return Told::Impossible(format!("{name} has no vote"));
        };
        if self.leader().map(|(id, _)| id) != Some(self.me()) {
            return Told::Elsewhere(self.leader());
        }
        if voter.id == self.me() {
            return Told::Done;
        }
        self.raft().trigger().transfer_leader(voter.id).await.map_or(Told::Unknown, |()| Told::Done)
    }

    /// Makes exactly these members vote. Who no longer does listens on, or is dropped.
    pub async fn set_voters(&self, voters: BTreeSet<u64>, drop_others: bool) -> Told {
        let _one = self.changing().await;
        let change = ChangeMembers::ReplaceAllVoters(voters);
        self.raft().change_membership(change, !drop_others).await.map_or_else(told, |_| Told::Done)
    }
}

/// What an error of openraft means to who asked.
fn told(error: RaftError<Types, ClientWriteError<Types>>) -> Told {
    match error {
        RaftError::APIError(ClientWriteError::ForwardToLeader(ForwardToLeader {
            leader_id,
            leader_node,
            ..
        })) => Told::Elsewhere(leader_id.zip(leader_node)),
        RaftError::APIError(ClientWriteError::ChangeMembershipError(why)) => match why {
            // A leader that has just begun, or another change: later, perhaps.
            ChangeMembershipError::InProgress(_) | ChangeMembershipError::UncommittedLeaderLog(_) => {
                Told::Elsewhere(None)
            }
            why => Told::Impossible(why.to_string()),
        },
        _ => Told::Unknown,
    }
}
