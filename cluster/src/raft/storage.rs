//! The log as openraft wants it: entries in memory, every change handed to the log's thread in order. Reading never touches
//! the disk. Never lets an entry count as stored before its sync.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{OptionalSend, RaftLogReader};
use parking_lot::RwLock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::types::{Entry, LogId, Types, Vote};
use crate::limits;
use crate::log::{Contents, Op, Wal};

/// The log. Clones are the same log.
#[derive(Clone, Debug)]
pub struct Storage {
    wal: Arc<Wal>,
    tail: Arc<RwLock<Tail>>,
}

#[derive(Debug, Default)]
struct Tail {
    entries: BTreeMap<u64, Entry>,
    vote: Option<Vote>,
    committed: Option<LogId>,
    purged: Option<LogId>,
}

fn bytes(value: &impl Serialize) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(io::Error::other)
}

fn value<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    postcard::from_bytes(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

impl Storage {
    /// The log with what was found on disk.
    pub fn new(wal: Wal, found: &Contents) -> io::Result<Self> {
        let mut tail = Tail::default();
        for (index, body) in &found.entries {
            tail.entries.insert(*index, value(body)?);
        }
        tail.vote = found.vote.as_deref().map(value).transpose()?;
        tail.committed = found.committed.as_deref().map(value).transpose()?;
        tail.purged = found.purged.as_ref().map(|(_, body)| value(body)).transpose()?;
        Ok(Self { wal: Arc::new(wal), tail: Arc::new(RwLock::new(tail)) })
    }

    /// Waits until a change is durable.
    async fn durable(&self, op: Op) -> io::Result<()> {
        let (done, waiting) = oneshot::channel();
        self.wal.submit(vec![op], move |result| {
            let _ = done.send(result);
        });
        waiting.await.unwrap_or_else(|_| Err(io::Error::other("the log's writer has ended")))
    }
}

impl RaftLogReader<Types> for Storage {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, io::Error> {
        let range = (range.start_bound().cloned(), range.end_bound().cloned());
        if is_empty(range) {
            return Ok(Vec::new());
        }
        Ok(self.tail.read().entries.range(range).map(|(_, entry)| entry.clone()).collect())
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, io::Error> {
        let end = end.min(start.saturating_add(limits::ENTRIES_PER_APPEND));
        self.try_get_log_entries(start..end).await
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.tail.read().vote)
    }
}

/// `BTreeMap::range` panics where others give nothing.
fn is_empty((start, end): (Bound<u64>, Bound<u64>)) -> bool {
    let first = match start {
        Bound::Included(at) => at,
        Bound::Excluded(at) => at.saturating_add(1),
        Bound::Unbounded => 0,
    };
    match end {
        Bound::Included(last) => last < first,
        Bound::Excluded(end) => end <= first,
        Bound::Unbounded => false,
    }
}

impl RaftLogStorage<Types> for Storage {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<Types>, io::Error> {
        let tail = self.tail.read();
        let last = tail.entries.values().next_back().map(RaftEntry::log_id);
        Ok(LogState { last_purged_log_id: tail.purged, last_log_id: last.or(tail.purged) })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        self.tail.write().vote = Some(*vote);
        self.durable(Op::Vote(bytes(vote)?)).await
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), io::Error> {
        if let Some(committed) = committed {
            self.tail.write().committed = Some(committed);
            self.wal.submit(vec![Op::Committed(bytes(&committed)?)], |_| ());
        }
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, io::Error> {
        Ok(self.tail.read().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut ops = Vec::new();
        let mut tail = self.tail.write();
        for entry in entries {
            let index = entry.index();
            ops.push(Op::Put { index, body: bytes(&entry)? });
            tail.entries.insert(index, entry);
        }
        drop(tail);
        self.wal.submit(ops, move |result| callback.io_completed(result));
        Ok(())
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> Result<(), io::Error> {
        let from = last.map_or(0, |last| last.index + 1);
        self.tail.write().entries.split_off(&from);
        self.durable(Op::Truncate { from }).await
    }

    async fn purge(&mut self, upto: LogId) -> Result<(), io::Error> {
        {
            let mut tail = self.tail.write();
            tail.purged = Some(upto);
            tail.entries = tail.entries.split_off(&(upto.index + 1));
        }
        self.durable(Op::Purge { upto: upto.index, body: bytes(&upto)? }).await
    }
}
