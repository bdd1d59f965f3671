//! The embedded store: the rows port on a redb file and a log, in a directory of their own, for a node that stands alone.
//! It knows no rule of the protocol and no chat, and needs no async runtime: threads of its own write and read.
//!
//! A write goes from the [`queue`] into a [`group`], where [`apply`] decides what it changes; the [`writer`] makes the changes
//! durable in the log ([`file::wal`]), puts them into [`memory`], and answers. Lap by lap the [`flusher`] moves them from there
//! into the database ([`file::database`]). A [`reader`] merges both. [`key`] says how rows lie in the file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex, RwLock};
use redb::{Database, StorageBackend};
use tokio::sync::oneshot;

use self::file::directory::Directory;
use self::file::wal::Wal;
use self::file::{Guarded, database};
use self::flusher::Handover;
use self::group::{Job, weigh};
use self::memory::{Changes, Layers};
use self::queue::{Queue, Weight};
use self::reader::Read;
use super::{
    Batch, Claim, Class, Incarnation, Look, Mutation, Page, Pending, ReadError, Refused, Rows, Slice, Table,
    WriteError, fences,
};
use crate::limits;

mod apply;
mod file;
mod flusher;
mod group;
mod key;
mod memory;
mod queue;
mod reader;
mod stats;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

pub use self::file::{Die, EXIT_STORE_FAILED, Place, die};
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
    /// No threads: the test steps writer, flusher and readers itself.
    #[cfg(test)]
    pub(crate) by_hand: bool,
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
            #[cfg(test)]
            by_hand: false,
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
    /// What is durable in the log and not yet in the database. Locked after the database, never before.
    layers: RwLock<Layers>,
    handover: Handover,
    /// All fences; look at [`Rows::look`].
    fences: RwLock<BTreeSet<Incarnation>>,
    writes: Queue<Job>,
    reads: Queue<Read>,
    stats: Arc<Stats>,
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
            layers: RwLock::default(),
            handover: Handover::default(),
            closing: (Mutex::new(false), Condvar::new()),
            options,
        };
        let database = shared.open_database()?;
        let wal = shared.open_log(&database)?;
        let known = reader::all_fences(&database);
        let known = known.map_err(|e| database::explain_any(&shared.place.name(), &e))?;
        shared.fences.write().extend(known);
        *shared.database.write() = Some(database);
        Ok((Arc::new(shared), wal))
    }

    fn open_database(&self) -> Result<Database, OpenError> {
        let backend = self.guarded(self.place.database()?);
        database::open(backend, &self.place.name(), self.options.cache_bytes)
    }

    /// Puts into the database what only the log holds, and begins a lap.
    fn open_log(&self, database: &Database) -> Result<Wal, OpenError> {
        let log = self.guarded(self.place.log()?);
        let catch_up = || {
            let applied = database::applied(database)?;
            let mut wal = Wal::open(Box::new(log), applied)?;
            let mut changes = Changes::new();
            // The lap that was being flushed, and the one that was being written.
            for _ in 0..2 {
                wal.begin_lap();
                wal.replay(&mut changes)?;
            }
            flusher::write(database, &changes, wal.lap())?;
            wal.begin_lap();
            Ok(wal)
        };
        catch_up().map_err(|e| database::explain_any(&self.place.name(), &e))
    }

    fn guarded(&self, inner: Box<dyn StorageBackend>) -> Guarded {
        Guarded { inner, die: self.options.die.clone() }
    }

    /// Says that a read failed: redb does nothing more with the file then, until the flusher opens it again.
    fn look_after_database(&self) {
        self.handover.sick();
    }

    /// Whether a failure may pass, so that another try makes sense; if not, the process ends.
    fn passes(&self, error: &redb::Error) -> bool {
        let passes =
            matches!(error, redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::DatabaseClosed);
        if !passes {
            let name = self.place.name();
            (self.options.die)(&format!(
                "{name} is damaged: {error}. Restore a backup; it is kept as it is."
            ));
        }
        passes
    }

    /// New input is refused until the answer is dropped; what is in hand is repeated.
    fn outage(&self, error: &dyn std::fmt::Display) -> Outage<'_> {
        tracing::error!(error = %error, "store.access failed; it is repeated until it succeeds");
        self.stats.outages.fetch_add(1, Ordering::Relaxed);
        self.refuse(self.writes.extract(Job::is_input));
        Outage(&self.stats)
    }

    fn refuse(&self, jobs: Vec<Job>) {
        self.stats.refused_full.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        for job in jobs {
            job.refuse(Refused::Full);
        }
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
        if job.is_input() && self.stats.refuses_input() {
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

/// A time in which a file refuses reads or writes.
struct Outage<'a>(&'a Stats);

impl Drop for Outage<'_> {
    fn drop(&mut self) {
        self.0.outages.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Embedded {
    fn start(shared: Arc<Shared>, wal: Wal) -> Result<Arc<Self>, OpenError> {
        let store = Arc::new(Self { shared: shared.clone(), threads: Mutex::default() });
        let writer = writer::Writer::new(shared.clone(), wal);
        store.spawn("store-write", move |_| writer.run())?;
        for _ in 0..shared.options.readers.max(1) {
            store.spawn("store-read", reader::run)?;
        }
        store.spawn("store-flush", flusher::run)?;
        Ok(store)
    }

    fn spawn(&self, name: &str, run: impl FnOnce(&Shared) + Send + 'static) -> Result<(), OpenError> {
        let shared = self.shared.clone();
        let body = move || guard_against_panic(&shared, || run(&shared));
        let thread = std::thread::Builder::new().name(name.into()).spawn(body);
        self.threads.lock().push(thread.map_err(|e| OpenError::io(Path::new(name), e))?);
        Ok(())
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
            // The flusher comes last and ends when the writer, which needs it, has. A panic has ended the process already.
            if thread.thread().name() == Some("store-flush") {
                self.shared.handover.close();
            }
            let _ = thread.join();
        }
        drop(self.shared.database.write().take());
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.close();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the store's threads are outside every simulation, as its files are"
)]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// A store without its threads would hang everybody: a panic there, say over a damaged page, ends the process.
fn guard_against_panic(shared: &Shared, run: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
        (shared.options.die)("an assertion failed in a thread of the store");
        shared.writes.close();
        shared.reads.close();
        shared.handover.close();
        drop(shared.writes.extract(|_| true));
        drop(shared.reads.extract(|_| true));
    }
}

impl Rows for Embedded {
    fn admits(&self) -> Option<Refused> {
        self.shared.stats.refuses_input().then_some(Refused::Full)
    }

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
