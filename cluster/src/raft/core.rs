//! The member: openraft with its log, machine and network, and what only a leader can do. Never decides who should vote or
//! when: the facade does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use openraft::async_runtime::WatchReceiver;
use openraft::errors::{ChangeMembershipError, ClientWriteError, ForwardToLeader, RaftError};
use openraft::{ChangeMembers, Config, SnapshotPolicy};
use parking_lot::Mutex;
use tokio::time::timeout;

use super::machine::{Machine, Shown};
use super::pipes::{Ask, CallError, Factory, Greeting, Net, Purpose, Request, Response, Told};
use super::storage::Storage;
use super::types::{Raft, Types};
use crate::facade::Timing;
use crate::limits;
use crate::log::{Identity, Lock, OpenError, Wal, random_u64};
use crate::ownership::{Command, NodeName};
use crate::transport::{Lane, Peer, Transport};

/// A member of the group that agrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its number, drawn with its disk.
    pub id: u64,
    /// Its name and address.
    pub peer: Peer,
    /// Whether it votes.
    pub votes: bool,
    /// How many entries it lacks, where the leader knows.
    pub lag: Option<u64>,
}

/// This member.
pub struct Core {
    raft: Raft,
    net: Arc<Net>,
    shown: Arc<Shown>,
    me: u64,
    peer: Peer,
    dir: PathBuf,
    identity: Mutex<Identity>,
    /// Changes of membership go one after the other.
    changing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("me", &self.me).field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// How an ask at another member went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It answered.
    Told(Told),
    /// Nothing was sent.
    NotSent,
}

fn config(timing: &Timing) -> Result<Arc<Config>, OpenError> {
    let millis = |wait: std::time::Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let config = Config {
        cluster_name: "holdfast".to_owned(),
        heartbeat_interval: millis(timing.heartbeat),
        election_timeout_min: millis(timing.election_min),
        election_timeout_max: millis(timing.election_max),
        enable_pre_vote: Some(true),
        backoff: limits::RECONNECT.to_owned(),
        install_snapshot_timeout: millis(limits::SNAPSHOT_WAIT),
        max_payload_entries: limits::ENTRIES_PER_APPEND,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(timing.snapshot_every),
        max_in_snapshot_log_to_keep: timing.snapshot_every / 5,
        api_channel_size: Some(limits::RAFT_QUEUE),
        notification_channel_size: Some(limits::RAFT_QUEUE),
        state_machine_channel_size: Some(limits::RAFT_QUEUE),
        ..Config::default()
    };
    config.validate().map(Arc::new).map_err(|error| OpenError::Raft(error.to_string()))
}

impl Core {
    /// Opens the member of a directory, or draws a new one for an empty directory.
    pub async fn open(
        dir: PathBuf,
        peer: Peer,
        timing: &Timing,
        transport: Arc<dyn Transport>,
    ) -> Result<Arc<Self>, OpenError> {
        let lock = Lock::take(&dir)?;
        let identity = Identity::open(&dir)?;
        let (wal, found) = Wal::open(lock)?;
        let raft_error = |error: &dyn std::fmt::Display| OpenError::Raft(error.to_string());
        let storage = Storage::new(wal, &found).map_err(|error| raft_error(&error))?;
        let shown = Arc::new(Shown::default());
        let machine = Machine::new(&dir, shown.clone());
        let net = Net::new(transport, identity.cluster);
        let factory = Factory(net.clone());
        let raft = Raft::new(identity.member, config(timing)?, factory, storage, machine).await;
        let raft = raft.map_err(|error| raft_error(&error))?;
        let (me, identity, changing) = (identity.member, Mutex::new(identity), tokio::sync::Mutex::default());
        Ok(Arc::new(Self { raft, net, shown, me, peer, dir, identity, changing }))
    }

    /// openraft's handle, for this room.
    pub fn raft(&self) -> &Raft {
        &self.raft
    }

    /// The ways to the others.
    pub fn net(&self) -> &Arc<Net> {
        &self.net
    }

    /// Where the map is shown.
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// This member's number.
    pub fn me(&self) -> u64 {
        self.me
    }

    /// Whether a greeting means this member. Who leads it must name its drawn number, which is known from this member
    /// alone; before its first join it learns from such a greeting which cluster it belongs to.
    pub fn is_meant_by(&self, greeting: &Greeting) -> bool {
        let ours = self.identity.lock().cluster;
        let named = greeting.to == Some(self.me);
        match (greeting.purpose, greeting.cluster) {
            (Purpose::Calls, None) => named || greeting.to.is_none(),
            (Purpose::Calls, theirs) => {
                (named || greeting.to.is_none()) && (ours.is_none() || ours == theirs)
            }
            (Purpose::Appends | Purpose::Snapshot, None) => false,
            (Purpose::Appends | Purpose::Snapshot, Some(theirs)) => {
                named && self.belong(theirs).is_ok_and(|ours| ours)
            }
        }
    }

    /// Makes this member belong to a cluster, durably. False: it belongs to another.
    pub fn belong(&self, cluster: u128) -> Result<bool, OpenError> {
        let mut identity = self.identity.lock();
        if let Some(ours) = identity.cluster {
            return Ok(ours == cluster);
        }
        let belonging = Identity { cluster: Some(cluster), ..*identity };
        let io = |source| OpenError::Io { path: self.dir.clone(), source };
        belonging.save(&self.dir).map_err(io)?;
        *identity = belonging;
        *self.net.cluster.write() = Some(cluster);
        Ok(true)
    }

    /// Begins a log with this member alone. False: there is one already.
    pub async fn initialize(&self) -> Result<bool, OpenError> {
        let raft_error = |error: &dyn std::fmt::Display| OpenError::Raft(error.to_string());
        if self.raft.is_initialized().await.map_err(|error| raft_error(&error))? {
            return Ok(false);
        }
        let cluster = (u128::from(random_u64()) << 64) | u128::from(random_u64());
        if self.identity.lock().cluster.is_none() {
            self.belong(cluster)?;
        }
        let alone = BTreeMap::from([(self.me, self.peer.clone())]);
        self.raft.initialize(alone).await.map_err(|error| raft_error(&error))?;
        Ok(true)
    }

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
        match self.raft.client_write(command).await {
            Ok(written) => match written.data.0 {
                Some(reply) => Told::Proposed { index: written.log_id.index, reply },
                None => Told::Unknown,
            },
            Err(error) => told(error),
        }
    }

    async fn admit(&self, member: u64, peer: Peer) -> Told {
        let _one = self.changing.lock().await;
        let members = self.members();
        let known = members.iter().find(|at| at.id == member);
        let written = match known {
            Some(known) if known.peer == peer => self.raft.write_blank().await.map(drop),
            Some(_) => {
                let moved = ChangeMembers::SetNodes(BTreeMap::from([(member, peer.clone())]));
                self.raft.change_membership(moved, true).await.map(drop)
            }
            None => self.raft.add_learner(member, peer.clone(), false).await.map(drop),
        };
        if let Err(error) = written {
            return told(error);
        }
        // It is there: whoever waits before the next try at it need not.
        let _ = self.raft.trigger().reset_backoff([member]).await;
        // A node of this name that only listened had another disk; that one is gone.
        let same = |at: &&Member| at.peer.name == peer.name && at.id != member && !at.votes;
        let former: BTreeSet<u64> = members.iter().filter(same).map(|at| at.id).collect();
        if !former.is_empty() {
            let _ = self.raft.change_membership(ChangeMembers::RemoveNodes(former), true).await;
        }
        match self.identity.lock().cluster {
            Some(cluster) => Told::Admitted { cluster },
            None => Told::Elsewhere(None),
        }
    }

    async fn promote(&self, name: &NodeName) -> Told {
        let _one = self.changing.lock().await;
        let members = self.members();
        let named: Vec<&Member> = members.iter().filter(|at| at.peer.name.as_ref() == Some(name)).collect();
        match named.iter().find(|at| !at.votes) {
            Some(learner) => {
                let voters = ChangeMembers::AddVoterIds(BTreeSet::from([learner.id]));
                self.raft.change_membership(voters, true).await.map_or_else(told, |_| Told::Done)
            }
            None if named.is_empty() => Told::Impossible(format!("{name} is no member")),
            None => Told::Done,
        }
    }

    async fn remove(&self, name: &NodeName) -> Told {
        let _one = self.changing.lock().await;
        let members = self.members();
        let named = |votes| -> BTreeSet<u64> {
            let of = |at: &&Member| at.peer.name.as_ref() == Some(name) && at.votes == votes;
            members.iter().filter(of).map(|at| at.id).collect()
        };
        let (voters, learners) = (named(true), named(false));
        let mut done = Told::Done;
        if !voters.is_empty() {
            let changed = self.raft.change_membership(ChangeMembers::RemoveVoters(voters), false).await;
            done = changed.map_or_else(told, |_| Told::Done);
        }
        if done == Told::Done && !learners.is_empty() {
            let changed = self.raft.change_membership(ChangeMembers::RemoveNodes(learners), true).await;
            done = changed.map_or_else(told, |_| Told::Done);
        }
        done
    }

    async fn transfer(&self, name: &NodeName) -> Told {
        let members = self.members();
        let Some(voter) = members.iter().find(|at| at.votes && at.peer.name.as_ref() == Some(name)) else {
            return Told::Impossible(format!("{name} has no vote"));
        };
        if self.leader().map(|(id, _)| id) != Some(self.me) {
            return Told::Elsewhere(self.leader());
        }
        if voter.id == self.me {
            return Told::Done;
        }
        self.raft.trigger().transfer_leader(voter.id).await.map_or(Told::Unknown, |()| Told::Done)
    }

    /// Makes exactly these members vote. Who no longer does listens on, or is dropped.
    pub async fn set_voters(&self, voters: BTreeSet<u64>, drop_others: bool) -> Told {
        let _one = self.changing.lock().await;
        let change = ChangeMembers::ReplaceAllVoters(voters);
        self.raft.change_membership(change, !drop_others).await.map_or_else(told, |_| Told::Done)
    }

    /// Asks another member.
    pub async fn there(&self, to: Option<u64>, peer: &Peer, ask: Ask) -> Tried {
        match self.net.caller(to, peer, Lane::Ask).call(Request::Ask(ask)).await {
            Ok(Response::Told(told)) => Tried::Told(told),
            Ok(Response::Stopped) | Err(CallError::NotSent(_)) => Tried::NotSent,
            Ok(Response::Vote(_) | Response::Transfer) | Err(CallError::Lost(_)) => {
                Tried::Told(Told::Unknown)
            }
        }
    }

    /// All members, by what this one knows.
    pub fn members(&self) -> Vec<Member> {
        let metrics = self.raft.metrics().borrow_watched().clone();
        let membership = metrics.membership_config.clone();
        let voters: BTreeSet<u64> = membership.voter_ids().collect();
        let last = metrics.last_log_index.unwrap_or(0);
        let lag = |id: u64| {
            let matched = metrics.replication.as_ref()?.get(&id)?;
            Some(last.saturating_sub(matched.as_ref().map_or(0, |at| at.index)))
        };
        let member = |(id, peer): (&u64, &Peer)| Member {
            id: *id,
            peer: peer.clone(),
            votes: voters.contains(id),
            lag: lag(*id),
        };
        membership.nodes().map(member).collect()
    }

    /// Who leads, as far as this member knows.
    pub fn leader(&self) -> Option<(u64, Peer)> {
        let metrics = self.raft.metrics().borrow_watched().clone();
        let id = metrics.current_leader?;
        metrics.membership_config.get_node(&id).map(|peer| (id, peer.clone()))
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
