//! The map as openraft's state machine: in memory, with its latest snapshot on disk, from which and from the log it is built
//! again at a start. Never decides: [`apply`] does.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::{Stream, TryStreamExt};
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftStateMachine};
use openraft::{EntryPayload, OptionalSend, RaftSnapshotBuilder};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::types::{Entry, LogId, Reply, Snapshot, SnapshotMeta, StoredMembership, Types};
use crate::log::replace;
use crate::ownership::{Map, apply};

const FILE: &str = "snapshot";
const VERSION: u8 = 1;

/// The map as of one entry of the log, for everybody to read.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The map.
    pub map: Arc<Map>,
    /// The index of the entry that it stands at; 0 before the first.
    pub applied: u64,
}

/// Where the newest view is, and who is told of it.
#[derive(Debug)]
pub struct Shown {
    view: ArcSwap<View>,
    applied: watch::Sender<u64>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { view: ArcSwap::default(), applied: watch::channel(0).0 }
    }
}

impl Shown {
    /// The newest view.
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Sees every change of the applied index, the last of several at once.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    fn show(&self, state: &State) {
        let applied = state.applied.map_or(0, |at| at.index);
        self.view.store(Arc::new(View { map: state.map.clone(), applied }));
        self.applied.send_replace(applied);
    }
}

/// The state machine. A clone is what a snapshot is built of, while the machine goes on.
#[derive(Clone, Debug)]
pub struct Machine {
    state: State,
    dir: PathBuf,
    shown: Arc<Shown>,
    /// The place of the snapshot on disk, shared by all clones.
    stored: Arc<Mutex<Option<LogId>>>,
}

/// What a snapshot holds.
#[derive(Clone, Debug, Default)]
struct State {
    map: Arc<Map>,
    applied: Option<LogId>,
    membership: StoredMembership,
}

/// A snapshot as it lies on disk.
#[derive(Serialize, Deserialize)]
struct Stored {
    meta: SnapshotMeta,
    map: Vec<u8>,
}

impl Machine {
    /// An empty machine that keeps its snapshot in `dir`. openraft fills it from there and from the log.
    pub fn new(dir: &Path, shown: Arc<Shown>) -> Self {
        Self { state: State::default(), dir: dir.to_owned(), shown, stored: Arc::default() }
    }

    fn take(&mut self, entry: &Entry) -> Reply {
        let id = entry.log_id();
        self.state.applied = Some(id);
        match &entry.payload {
            EntryPayload::Blank => Reply(None),
            EntryPayload::Normal(command) => {
                Reply(Some(apply(Arc::make_mut(&mut self.state.map), command, id.index)))
            }
            EntryPayload::Membership(membership) => {
                self.state.membership = StoredMembership::new(Some(id), membership.clone());
                Reply(None)
            }
        }
    }

    /// Replaces the snapshot on disk, unless that is newer: one that was built slowly must not undo one that was installed
    /// meanwhile, for the entries between them are gone.
    fn store(&self, meta: &SnapshotMeta, map: &[u8]) -> io::Result<()> {
        let mut newest = self.stored.lock();
        if *newest > meta.last_log_id {
            return Ok(());
        }
        let stored = Stored { meta: meta.clone(), map: map.to_vec() };
        let mut bytes = postcard::to_extend(&stored, vec![VERSION]).map_err(io::Error::other)?;
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        replace(&self.dir, FILE, &bytes)?;
        *newest = meta.last_log_id;
        Ok(())
    }
}

fn damaged(dir: &Path) -> io::Error {
    let (file, dir) = (dir.join(FILE), dir.display());
    let what = format!(
        "{} is damaged: keep a copy, then empty the directory {dir}, and the node joins again as a new member",
        file.display()
    );
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn decode(bytes: &[u8]) -> Option<Stored> {
    let (body, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let (version, stored) = body.split_first()?;
    let whole = crc32fast::hash(body).to_le_bytes() == crc && *version == VERSION;
    if whole { postcard::from_bytes(stored).ok() } else { None }
}

impl RaftSnapshotBuilder<Types> for Machine {
    type SnapshotData = Vec<u8>;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let meta =
            SnapshotMeta { last_log_id: self.state.applied, last_membership: self.state.membership.clone() };
        let snapshot = postcard::to_stdvec(&*self.state.map).map_err(io::Error::other)?;
        self.store(&meta, &snapshot)?;
        Ok(Snapshot { meta, snapshot })
    }
}

impl RaftStateMachine<Types> for Machine {
    type SnapshotData = Vec<u8>;
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        Ok((self.state.applied, self.state.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<Types>, io::Error>> + Unpin + OptionalSend,
    {
        let mut answers = Vec::new();
        while let Some((entry, responder)) = entries.try_next().await? {
            let reply = self.take(&entry);
            answers.extend(responder.map(|responder| (responder, reply)));
        }
        // Shown before it is answered, so that whoever proposed finds the change in the map.
        self.shown.show(&self.state);
        answers.into_iter().for_each(|(responder, reply)| responder.send(reply));
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: Vec<u8>) -> Result<(), io::Error> {
        let map: Map = postcard::from_bytes(&snapshot)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.store(meta, &snapshot)?;
        self.state =
            State { map: Arc::new(map), applied: meta.last_log_id, membership: meta.last_membership.clone() };
        self.shown.show(&self.state);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        match std::fs::read(self.dir.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(bytes) => match decode(&bytes) {
                Some(Stored { meta, map }) => Ok(Some(Snapshot { meta, snapshot: map })),
                None => Err(damaged(&self.dir)),
            },
        }
    }
}
