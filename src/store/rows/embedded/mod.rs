//! The embedded store: the rows port on a redb file and a log, in a directory of their own, for a node that stands alone.
//! It knows no rule of the protocol and no chat, and needs no async runtime: threads of its own write and read.
//!
//! Reading order: [`key`] (how rows lie in the file), [`apply`] (one change), [`group`] (one commit), [`writer`] (the
//! thread), [`reader`], [`queue`], [`space`] (the reserve), [`file`] (the database, the log ahead of it, and their directory).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex, RwLock};
use redb::{Database, StorageBackend};
use tokio::sync::oneshot;

use self::file::directory::Directory;
use self::file::wal::Wal;
use self::file::{Guarded, database};
use self::group::{Job, weigh};
use self::queue::{Queue, Weight};
use self::reader::Read;
use super::{
    Batch, Claim, Class, Incarnation, Look, Mutation, Page, Pending, ReadError, Refused, Rows, Slice, Table,
    WriteError, fences,
};
use crate::limits;

mod apply;
mod file;
mod group;
mod key;
mod queue;
mod reader;
mod space;
mod stats;
mod writer;

#[cfg(test)]
mod tests;

pub use self::file::{Die, EXIT_STORE_FAILED, Files, Place, die};
pub use self::stats::{COMMIT_BUCKETS_MICROS, Stats};

/// How to open a store.
#[derive(Clone)]
pub struct Options {
    /// The directory; created if it is missing. One process at a time.
    pub dir: PathBuf,
    /// Free bytes below which new input is refused.
    pub reserve_bytes: u64,
    /// Bytes of the file that are kept in memory.
    pub cache_bytes: usize,
    /// Reader threads.
    pub readers: usize,
    /// What ends the process when nothing else is safe.
    pub die: Die,
}

impl Options {
    /// The options of a store in `dir`, everything else as the limits say.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            reserve_bytes: limits::STORE_RESERVE_BYTES,
            cache_bytes: limits::STORE_CACHE_BYTES,
            readers: limits::STORE_READ_THREADS,
            die: die(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("dir", &self.dir)
            .field("reserve_bytes", &self.reserve_bytes)
            .field("cache_bytes", &self.cache_bytes)
            .finish_non_exhaustive()
    }
}

/// Why a store does not open. Nothing of it was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{dir} is in use by process {pid}: stop that process, or give this one a directory of its own")]
    Locked {
        /// The directory.
        dir: String,
        /// What the holder wrote into the lock file; may be empty.
        pid: String,
    },
    /// The file is not what a store left behind.
    #[error(
        "{name} is damaged ({detail}): keep the file for analysis, move it away and restore a backup into its place; nothing was overwritten"
    )]
    Damaged {
        /// The file.
        name: String,
        /// What was found.
        detail: String,
    },
    /// The file has a format of another release.
    #[error("{name} has store format {found}, this release knows {known}: start the release that wrote it")]
    Format {
        /// The file.
        name: String,
        /// Its format; 0 when it has none.
        found: u32,
        /// The format of this release.
        known: u32,
    },
    /// The operating system refused.
    #[error("cannot open {name}: {source}; check its permissions, the mount and free space")]
    Io {
        /// The file or directory.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl OpenError {
    fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { name: path.display().to_string(), source }
    }

    fn damaged(name: &str, detail: &str) -> Self {
        Self::Damaged { name: name.to_owned(), detail: detail.to_owned() }
    }
}

/// An open embedded store. Dropping it closes it.
#[derive(Debug)]
pub struct Embedded {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads and the askers share.
#[derive(Debug)]
struct Shared {
    options: Options,
    place: Box<dyn Place>,
    /// `None` while the file is being opened again.
    database: RwLock<Option<Database>>,
    /// All fences; look at [`Rows::look`].
    fences: RwLock<BTreeSet<Incarnation>>,
    writes: Queue<Job>,
    reads: Queue<Read>,
    stats: Arc<Stats>,
    sick: AtomicBool,
    closing: (Mutex<bool>, Condvar),
}

/// Opens the store in a directory, or makes a new one there.
///
/// # Errors
/// When another process has it, when it is damaged, or when the system refuses.
pub fn open(options: Options) -> Result<Arc<Embedded>, OpenError> {
    let place = Directory::take(&options.dir)?;
    open_at(Box::new(place), options)
}

/// Opens the store in any place; `options.dir` is not looked at.
///
/// # Errors
/// When the place does not open, or what it holds is damaged.
pub fn open_at(place: Box<dyn Place>, options: Options) -> Result<Arc<Embedded>, OpenError> {
    let (shared, wal) = Shared::open(place, options)?;
    Embedded::start(shared, wal)
}

/// The files, ready for work.
struct Opened {
    database: Database,
    wal: Wal,
}

/// Puts into the database what only the log holds, and makes that durable, so that the log can begin a new lap.
fn catch_up(database: &Database, log: Box<dyn StorageBackend>) -> Result<Wal, redb::Error> {
    let mut wal = Wal::open(log, database::applied(database)?)?;
    let txn = database.begin_write()?;
    let count = {
        let mut rows = txn.open_table(database::ROWS)?;
        wal.replay(|payload| apply::replay(&mut rows, payload).map_err(redb::Error::from))?
    };
    if count > 0 {
        database::checkpoint(txn, wal.checkpoint_number())?;
        wal.begin_lap();
    } else {
        txn.abort()?;
    }
    Ok(wal)
}

impl Shared {
    /// Everything but the threads.
    fn open(place: Box<dyn Place>, options: Options) -> Result<(Arc<Self>, Wal), OpenError> {
        let shared = Self {
            place,
            database: RwLock::new(None),
            fences: RwLock::default(),
            writes: Queue::new(Weight { ops: limits::STORE_QUEUE_OPS, bytes: limits::STORE_QUEUE_BYTES }),
            reads: Queue::new(Weight { ops: limits::STORE_READ_QUEUE, bytes: usize::MAX }),
            stats: Arc::default(),
            sick: AtomicBool::new(false),
            closing: (Mutex::new(false), Condvar::new()),
            options,
        };
        let Opened { database, wal } = shared.open_files()?;
        let known = reader::all_fences(&database);
        let known = known.map_err(|e| database::explain_any(&shared.place.name(), &e))?;
        shared.fences.write().extend(known);
        *shared.database.write() = Some(database);
        Ok((Arc::new(shared), wal))
    }

    /// Opens both files and brings the database to where the log is.
    fn open_files(&self) -> Result<Opened, OpenError> {
        let Files { store, log } = self.place.open()?;
        let guarded = |inner| Guarded { inner, die: self.options.die.clone() };
        let database = database::open(guarded(store), &self.place.name(), self.options.cache_bytes)?;
        let wal = catch_up(&database, Box::new(guarded(log)));
        let wal = wal.map_err(|e| database::explain_any(&self.place.name(), &e))?;
        Ok(Opened { database, wal })
    }

    /// Says that a read failed: redb does nothing more with the file then, and only the writer can open it again.
    fn look_after_file(&self) {
        self.sick.store(true, Ordering::Relaxed);
        self.writes.nudge();
    }

    fn file_is_sick(&self) -> bool {
        self.sick.load(Ordering::Relaxed)
    }

    fn file_is_well(&self) {
        self.sick.store(false, Ordering::Relaxed);
    }

    /// Waits up to `time`, and says whether the store is closing.
    fn wait_for_close(&self, time: Duration) -> bool {
        let mut closing = self.closing.0.lock();
        if !*closing {
            self.closing.1.wait_for(&mut closing, time);
        }
        *closing
    }

    fn enqueue(&self, job: Job, weight: Weight) -> Result<(), Refused> {
        if job.is_input() && self.stats.full() {
            self.stats.refused_full.fetch_add(1, Ordering::Relaxed);
            return Err(Refused::Full);
        }
        self.writes.push(job, weight).inspect_err(|why| {
            if *why == Refused::Busy {
                self.stats.refused_busy.fetch_add(1, Ordering::Relaxed);
            }
        })
    }
}

impl Embedded {
    fn start(shared: Arc<Shared>, wal: Wal) -> Result<Arc<Self>, OpenError> {
        let failed = |e| OpenError::io(Path::new("a thread"), e);
        let store = Arc::new(Self { shared: shared.clone(), threads: Mutex::default() });
        let writer = writer::Writer::new(shared.clone(), wal);
        let name = std::thread::Builder::new().name("store-write".into());
        let guard = shared.clone();
        let thread = name.spawn(move || guard_against_panic(&guard, || writer.run())).map_err(failed)?;
        store.threads.lock().push(thread);
        for _ in 0..shared.options.readers.max(1) {
            let shared = shared.clone();
            let name = std::thread::Builder::new().name("store-read".into());
            let run = move || guard_against_panic(&shared, || reader::run(&shared));
            store.threads.lock().push(name.spawn(run).map_err(failed)?);
        }
        Ok(store)
    }

    /// The store's counters, for the metrics of the node.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        self.shared.stats.clone()
    }

    /// Refuses what comes from now on, finishes what waits, and lets go of the file. Blocks until that is done.
    pub fn close(&self) {
        self.shared.writes.close();
        self.shared.reads.close();
        *self.shared.closing.0.lock() = true;
        self.shared.closing.1.notify_all();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            // A panic of the thread has ended the process, or was a test's own.
            let _ = thread.join();
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.close();
    }
}

/// A store without its threads would hang everybody: a panic there, say over a damaged page, ends the process.
fn guard_against_panic(shared: &Shared, run: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
        (shared.options.die)("an assertion failed in a thread of the store");
        shared.writes.close();
        shared.reads.close();
        drop(shared.writes.extract(|_| true));
        drop(shared.reads.extract(|_| true));
    }
}

impl Rows for Embedded {
    fn write(&self, batch: Batch) -> Pending<Result<(), WriteError>> {
        let fits = |change: &Mutation| match change {
            Mutation::Put { partition, .. }
            | Mutation::Delete { partition, .. }
            | Mutation::DeletePartition { partition, .. } => key::fits(partition),
        };
        assert!(batch.mutations.iter().all(fits), "a partition key is shorter than 64 KiB");
        let (reply, answer) = oneshot::channel();
        let weight = weigh(&batch.mutations);
        assert!(weight.bytes <= limits::STORE_QUEUE_BYTES, "a batch is smaller than the queue");
        let queued = self.shared.enqueue(Job::Write { batch, reply }, weight);
        Box::pin(async move {
            queued.map_err(WriteError::Refused)?;
            answer.await.unwrap_or_else(|_| Err(lost()))
        })
    }

    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        assert!(key::fits(&slice.partition), "a partition key is shorter than 64 KiB");
        let (reply, answer) = oneshot::channel();
        let queued = self.shared.reads.push(Read { slice, reply }, Weight { ops: 1, bytes: 0 });
        Box::pin(async move {
            queued.map_err(|why| ReadError(why.to_string()))?;
            answer.await.unwrap_or_else(|_| Err(ReadError("the store ended".into())))
        })
    }

    /// Answered from memory, at once: this process is the only one that writes fences here, and it keeps them all.
    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        let fences = self.shared.fences.read();
        let fenced = fences.contains(&of) || fences.contains(&Incarnation { number: 0, ..of });
        Box::pin(std::future::ready(Ok(if fenced { Look::Fenced } else { Look::Clean })))
    }

    fn fence(&self, of: Incarnation) -> Pending<Result<(), WriteError>> {
        self.write(Batch { mutations: fences::mutations(of), class: Class::Upkeep })
    }

    fn claim(
        &self,
        table: Table,
        key: (Bytes, Bytes),
        expected: Option<Bytes>,
        value: Bytes,
    ) -> Pending<Result<Claim, WriteError>> {
        assert!(matches!(table, Table::Cluster | Table::Config), "only cluster and config are claimed");
        assert!(key::fits(&key.0), "a partition key is shorter than 64 KiB");
        let (reply, answer) = oneshot::channel();
        let weight = Weight { ops: 1, bytes: value.len() };
        let job = Job::Claim { at: (table, key.0, key.1), values: (expected, value), reply };
        let queued = self.shared.enqueue(job, weight);
        Box::pin(async move {
            queued.map_err(WriteError::Refused)?;
            answer.await.unwrap_or_else(|_| Err(lost()))
        })
    }
}

fn lost() -> WriteError {
    WriteError::Unknown("the store ended".into())
}
