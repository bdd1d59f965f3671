//! The rows port on Apache Cassandra, by the driver `scylla`. It knows no rule of the protocol and no chat.
//!
//! [`options`] say how to reach the cluster, [`connect`] makes the session and keeps it alive in the background. A write is cut
//! into groups of one partition ([`mod@write`]), whose lanes make one request of what waits together; a [`read`] goes page by
//! page; a [`claim`] is a lightweight transaction. The [`connect::circuit`] holds requests back while no quorum answers.
//!
//! What a write costs here, beside the driver's own work: a lock of the lanes at its start and one at its end, a handful of
//! small allocations, no task and no channel when its lane is free. Keys and values are copied by the driver only, into
//! the request. A row that finds its lane busy costs a channel, and mostly no request of its own.
//!
//! A write that timed out is [`WriteError::Unknown`], and its owner repeats it; the driver is told not to.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use parking_lot::Mutex;
use scylla::client::session::Session;
use scylla::observability::history::HistoryListener;
use tokio::sync::Semaphore;

use self::connect::circuit::Circuit;
use self::options::Options;
use self::statements::Prepared;
use self::stats::{Fault, Kind, Stats};
use self::write::lanes::{Bounds, Lanes};
use super::{
    Batch, Claim, Class, Incarnation, Look, Page, Pending, ReadError, Refused, Rows, Slice, Table,
    WriteError, fences,
};
use crate::limits;
use crate::runtime::{Runtime, watch};

pub mod assumed;
mod claim;
pub mod connect;
pub mod options;
mod read;
pub mod schema;
pub mod statements;
pub mod stats;
mod write;

#[cfg(test)]
mod tests;

/// What must hold before a session is used, such as that the schema is the one this release knows. The text of an error
/// tells the operator what to do; the session is tried again later.
pub type Check = Arc<dyn Fn(Arc<Session>) -> Pending<Result<(), String>> + Send + Sync>;

/// A check that is content with any cluster.
#[must_use]
pub fn unchecked() -> Check {
    Arc::new(|_| Box::pin(std::future::ready(Ok(()))))
}

/// The store on a cluster. It is there at once and connects in the background; dropping it ends it.
pub struct Cassandra {
    shared: Arc<Shared>,
}

/// A session and what was prepared in it.
#[derive(Debug)]
struct Link {
    session: Arc<Session>,
    prepared: Prepared,
    listener: Arc<dyn HistoryListener>,
}

/// What tasks and askers share.
struct Shared {
    runtime: Arc<dyn Runtime>,
    options: Options,
    check: Check,
    stats: Arc<Stats>,
    link: ArcSwapOption<Link>,
    circuit: Mutex<Circuit>,
    /// Whether requests may be sent: there is a link and the circuit is closed.
    opens: watch::Sender<bool>,
    closing: AtomicBool,
    lanes: Mutex<Lanes>,
    reading: Semaphore,
    claiming: tokio::sync::Mutex<()>,
    /// Why there is no link, or none that answers.
    trouble: Mutex<Option<String>>,
}

impl Cassandra {
    /// The store of these options. It never fails: whoever asks before there is a session waits a little and is refused.
    #[must_use]
    pub fn open(runtime: Arc<dyn Runtime>, options: Options, check: Check) -> Arc<Self> {
        let bounds =
            Bounds { of_lane: options.lane_requests.max(1), of_all: limits::CASSANDRA_WRITE_REQUESTS };
        let shared = Arc::new(Shared {
            runtime,
            options,
            check,
            stats: Arc::default(),
            link: ArcSwapOption::empty(),
            circuit: Mutex::default(),
            opens: watch::Sender::new(false),
            closing: AtomicBool::new(false),
            lanes: Mutex::new(Lanes::new(bounds)),
            reading: Semaphore::new(limits::CASSANDRA_READS),
            claiming: tokio::sync::Mutex::default(),
            trouble: Mutex::default(),
        });
        shared.runtime.spawn(Box::pin(connect::life::live(shared.clone())));
        Arc::new(Self { shared })
    }

    /// The store's counters, for the metrics of the node.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        self.shared.stats.clone()
    }

    /// Why requests are not sent now; `None` while they are.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        (!self.shared.open())
            .then(|| self.shared.trouble.lock().clone().unwrap_or_else(|| "it is connecting".into()))
    }

    /// Ends when requests may be sent, or when the store was closed.
    pub async fn reachable(&self) {
        let mut opens = self.shared.opens.subscribe();
        // An error means that the sender is gone, and with it the store.
        let _ = opens.wait_for(|open| *open || self.shared.closing.load(Acquire)).await;
    }

    /// The session as it is now, for checks of the cluster; it may be replaced at any time.
    #[must_use]
    pub fn session(&self) -> Option<Arc<Session>> {
        self.shared.link.load().as_ref().map(|link| link.session.clone())
    }

    /// Refuses what comes from now on. What is under way comes to its end.
    pub fn close(&self) {
        self.shared.closing.store(true, Release);
        self.shared.opens.send_modify(|_| {});
    }
}

impl Drop for Cassandra {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Cassandra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cassandra").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

/// Why a request was not even sent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Away {
    Closing,
    /// No session, or a circuit that stayed open for the whole wait.
    Silent,
}

impl Shared {
    /// Whether requests may be sent, from memory.
    fn open(&self) -> bool {
        !self.stats.circuit_open.load(Acquire)
            && !self.closing.load(Acquire)
            && self.stats.connected.load(Acquire)
    }

    fn now(&self) -> u64 {
        self.runtime.ticks() / 1_000_000
    }

    /// The link, after a short wait for one if need be.
    async fn reach(&self) -> Result<Arc<Link>, Away> {
        if !self.open() {
            let mut opens = self.opens.subscribe();
            let opened = opens.wait_for(|open| *open || self.closing.load(Acquire));
            tokio::select! {
                _ = opened => {}
                () = self.runtime.sleep(Duration::from_millis(limits::CASSANDRA_PATIENCE_MS)) => {}
            }
        }
        if self.closing.load(Acquire) {
            return Err(Away::Closing);
        }
        let link = self.link.load_full().filter(|_| self.open());
        link.ok_or(Away::Silent)
    }

    fn away(&self, away: &Away) -> ReadError {
        match away {
            Away::Closing => ReadError("the store is closing".into()),
            Away::Silent => {
                let trouble = self.trouble.lock().clone();
                ReadError(trouble.unwrap_or_else(|| "no session with Cassandra yet".into()))
            }
        }
    }

    /// Notes the end of a request: its time, its fault, and what both say about the store.
    fn ended(&self, kind: Kind, began: u64, fault: Option<Fault>) {
        let took = Duration::from_nanos(self.runtime.ticks().saturating_sub(began));
        self.stats.ended(kind, took, fault);
        let now = self.now();
        let mut circuit = self.circuit.lock();
        let changed = match fault {
            None | Some(Fault::Failure | Fault::Other) => circuit.answered(now),
            Some(_) => circuit.failed(now),
        };
        if changed {
            // Still under the lock, so that the last change is what everybody sees.
            self.turn(circuit.is_open(), fault);
        }
    }

    /// Holds requests back, or lets those go that wait.
    fn turn(&self, holds: bool, fault: Option<Fault>) {
        self.stats.circuit_open.store(holds, Release);
        if holds {
            self.stats.circuit_opened.fetch_add(1, Relaxed);
            let why = fault.map_or("unknown", Fault::name);
            *self.trouble.lock() = Some(format!("no request succeeded for a while, the last one for: {why}"));
            tracing::error!(
                why,
                "Cassandra does not answer at a local quorum; requests are held back until it does"
            );
        } else {
            *self.trouble.lock() = None;
            tracing::info!("Cassandra answers again");
        }
        self.opens.send_replace(!holds && self.link.load().is_some());
    }

    /// Puts a session to work that has just shown a quorum, in the place of the former one.
    fn install(&self, link: Link) {
        self.stats.connects.fetch_add(1, Relaxed);
        let mut circuit = self.circuit.lock();
        self.link.store(Some(Arc::new(link)));
        self.stats.connected.store(true, Release);
        circuit.answered(self.now());
        self.stats.circuit_open.store(false, Release);
        *self.trouble.lock() = None;
        self.opens.send_replace(true);
    }

    /// Takes a batch in if there is room for it, until the guard is dropped.
    fn hold(self: &Arc<Self>, bytes: usize) -> Result<Hold, Refused> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let hold = Hold { shared: self.clone(), bytes };
        let held = self.stats.held_bytes.fetch_add(bytes, Relaxed).saturating_add(bytes);
        let batches = self.stats.held.fetch_add(1, Relaxed) + 1;
        if batches > limits::CASSANDRA_HELD_BATCHES || held > limits::CASSANDRA_HELD_BYTES {
            return Err(Refused::Busy);
        }
        Ok(hold)
    }

    /// Whether three quarters of the room are taken; the rest is for what was already promised.
    fn crowded(&self) -> bool {
        let beyond = |value: i64, bound: i64| value > bound / 4 * 3;
        beyond(self.stats.held.load(Relaxed), limits::CASSANDRA_HELD_BATCHES)
            || beyond(self.stats.held_bytes.load(Relaxed), limits::CASSANDRA_HELD_BYTES)
    }
}

/// Begins at once, before anybody waits: a request is on its way while its caller does other things. Whoever waits later is the
/// one who is woken. Outside of tokio, where the driver cannot work, it begins when it is waited for.
fn eager<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Pending<T> {
    let mut work: Pending<T> = Box::pin(work);
    if tokio::runtime::Handle::try_current().is_ok()
        && let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    {
        return Box::pin(std::future::ready(done));
    }
    work
}

/// A batch's place in memory.
struct Hold {
    shared: Arc<Shared>,
    bytes: i64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shared.stats.held.fetch_sub(1, Relaxed);
        self.shared.stats.held_bytes.fetch_sub(self.bytes, Relaxed);
    }
}

impl Rows for Cassandra {
    fn admits(&self) -> Option<Refused> {
        if self.shared.closing.load(Relaxed) {
            return Some(Refused::Closing);
        }
        (!self.shared.open() || self.shared.crowded()).then_some(Refused::Busy)
    }

    fn write(&self, batch: Batch) -> Pending<Result<(), WriteError>> {
        let shared = self.shared.clone();
        let hold = match shared.hold(write::group::weigh(&batch.mutations)) {
            Ok(hold) => hold,
            Err(why) => {
                shared.stats.refused_busy.fetch_add(1, Relaxed);
                return Box::pin(std::future::ready(Err(WriteError::Refused(why))));
            }
        };
        if self.shared.open() {
            return eager(async move {
                let _hold = hold;
                write::ended(write::hand_over(&shared, batch.mutations)).await
            });
        }
        Box::pin(async move {
            let _hold = hold;
            match shared.reach().await {
                Ok(_) => write::ended(write::hand_over(&shared, batch.mutations)).await,
                Err(Away::Closing) => Err(WriteError::Refused(Refused::Closing)),
                Err(Away::Silent) => {
                    shared.stats.refused_busy.fetch_add(1, Relaxed);
                    Err(WriteError::Refused(Refused::Busy))
                }
            }
        })
    }

    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            let link = shared.reach().await.map_err(|away| shared.away(&away))?;
            read::slice(&shared, &link, slice).await
        })
    }

    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        let shared = self.shared.clone();
        eager(async move {
            let link = shared.reach().await.map_err(|away| shared.away(&away))?;
            read::look(&shared, &link, of, Kind::Look).await
        })
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
        let shared = self.shared.clone();
        Box::pin(async move {
            match shared.reach().await {
                Ok(link) => claim::claim(&shared, &link, claim::Wanted { table, key, expected, value }).await,
                Err(Away::Closing) => Err(WriteError::Refused(Refused::Closing)),
                Err(Away::Silent) => Err(WriteError::Refused(Refused::Busy)),
            }
        })
    }
}
