//! The member: openraft with its log, machine and network, and who it is. Never decides who should vote or when: the facade
//! does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use openraft::async_runtime::WatchReceiver;
use openraft::{Config, SnapshotPolicy};
use parking_lot::Mutex;

use super::machine::{Machine, Shown};
use super::pipes::{Ask, CallError, Factory, Greeting, Net, Purpose, Request, Response, Told};
use super::storage::Storage;
use super::types::Raft;
use crate::facade::Timing;
use crate::limits;
use crate::log::{Identity, Lock, OpenError, Wal, random_u64};
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
    /// Nothing was sent, for this reason.
    NotSent(String),
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
        let ours = self.cluster();
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
        if self.cluster().is_none() {
            self.belong(cluster)?;
        }
        let alone = BTreeMap::from([(self.me, self.peer.clone())]);
        self.raft.initialize(alone).await.map_err(|error| raft_error(&error))?;
        Ok(true)
    }

    /// The cluster that this member belongs to.
    pub fn cluster(&self) -> Option<u128> {
        self.identity.lock().cluster
    }

    /// Changes of membership go one after the other: who holds this makes one.
    pub async fn changing(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// Asks another member.
    pub async fn there(&self, to: Option<u64>, peer: &Peer, ask: Ask) -> Tried {
        match self.net.caller(to, peer, Lane::Ask).call(Request::Ask(ask)).await {
            Ok(Response::Told(told)) => Tried::Told(told),
            Ok(Response::Stopped) => Tried::NotSent("it is stopping".to_owned()),
            Err(CallError::NotSent(why)) => Tried::NotSent(why),
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
