//! The Raft log, vote and identity of one member on its disk. Never knows what an entry means: it keeps bytes by index.
//!
//! Frames are appended to numbered segments, one frame for each group of writes that one `fdatasync` makes durable; see
//! [`frame`] for the form. A crash leaves at most the last frame torn: it is cut off when the log is opened, because
//! nobody was told of it. A damaged frame with whole ones behind it is another matter: then the log refuses to open, for
//! a member that forgets what it promised may elect two leaders.

mod frame;
mod identity;
mod recover;
mod segments;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use serde::{Deserialize, Serialize};

pub use identity::{Identity, Lock, random_u64, replace};
use writer::Job;

use crate::limits;

/// One change of the log. Variants are only ever added, at the end: they are stored by their position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// The entry at this index; the one after the last.
    Put {
        /// Where.
        index: u64,
        /// The entry.
        body: Vec<u8>,
    },
    /// The vote.
    Vote(Vec<u8>),
    /// How far entries are committed. Need not be durable: losing it costs work at the next start, no promise.
    Committed(Vec<u8>),
    /// All entries from this index on are dropped.
    Truncate {
        /// The first to go.
        from: u64,
    },
    /// All entries up to this index are dropped, for a snapshot holds them.
    Purge {
        /// The last to go.
        upto: u64,
        /// Its id.
        body: Vec<u8>,
    },
}

/// What a log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The entries by index, without a gap.
    pub entries: BTreeMap<u64, Vec<u8>>,
    /// The vote.
    pub vote: Option<Vec<u8>>,
    /// How far entries are committed.
    pub committed: Option<Vec<u8>>,
    /// The last entry that was purged: its index and its id.
    pub purged: Option<(u64, Vec<u8>)>,
}

/// Why a log does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory.
    #[error("{0} is in use by another process: stop that one, or give this node a directory of its own")]
    InUse(PathBuf),
    /// The disk answered with an error.
    #[error("{path}: {source}")]
    Io {
        /// Of which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// What was durable has changed or is missing.
    #[error(
        "{path} is damaged at byte {at}: {what}. The member must not go on with less than it promised: keep a copy, \
         then empty the directory {dir}, and the node joins again as a new member"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        at: u64,
        /// What is wrong.
        what: &'static str,
        /// The whole directory.
        dir: PathBuf,
    },
    /// The Raft library refused what was found, or its settings.
    #[error("the Raft log cannot be used: {0}")]
    Raft(String),
}

impl OpenError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// The open log: one thread writes, in the order in which changes were handed over.
#[derive(Debug)]
pub struct Wal {
    jobs: SyncSender<Job>,
}

impl Wal {
    /// Opens or creates the log in a directory, and reads what it holds.
    ///
    /// # Errors
    /// The disk failed, or what was durable is damaged.
    pub fn open(lock: Lock) -> Result<(Self, Contents), OpenError> {
        let dir = lock.dir().to_owned();
        let (segments, contents) = recover::open(&dir, limits::SEGMENT_BYTES)?;
        let (jobs, inbox) = sync_channel(limits::WAL_QUEUE);
        // The directory is free again once the last write is done.
        let work = move || {
            writer::run(&inbox, segments);
            drop(lock);
        };
        std::thread::Builder::new().name("raft-wal".into()).spawn(work).map_err(OpenError::io(&dir))?;
        Ok((Self { jobs }, contents))
    }

    /// Hands changes over. `done` is called once they are durable, or will never be; from any thread. Waits while the disk
    /// is behind by a whole queue.
    pub fn submit(&self, ops: Vec<Op>, done: impl FnOnce(std::io::Result<()>) + Send + 'static) {
        if let Err(lost) = self.jobs.send(Job { ops, done: Box::new(done) }) {
            (lost.0.done)(Err(std::io::Error::other("the log's writer has ended")));
        }
    }
}

/// The bytes of a frame, for the test that they stay so.
#[cfg(test)]
pub fn frame_for_tests(number: u64, ops: &[Op]) -> Vec<u8> {
    frame::encode(number, ops).unwrap()
}
