//! What the store counts about itself, for the metrics of the node. Atomics only: counting never waits, and readers may see
//! the counters a moment apart.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::time::Duration;

/// Upper bounds of the latencies' buckets, in microseconds; a last bucket holds what is slower.
pub const LATENCY_BUCKETS_MICROS: [u64; 14] = [
    500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
    5_000_000, 10_000_000,
];

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rows put or deleted, of one partition.
    Write,
    /// A page of a slice.
    Read,
    /// A node's own fence row.
    Look,
    /// Compare and set.
    Claim,
    /// A sign of life while nothing else is asked.
    Pulse,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Write, Self::Read, Self::Look, Self::Claim, Self::Pulse];

    /// The label of a metric.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
            Self::Look => "look",
            Self::Claim => "claim",
            Self::Pulse => "pulse",
        }
    }
}

/// Why a request brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer in time: the driver's, a write or a read time-out of the server.
    Timeout,
    /// Too few replicas are alive, as the asked node sees it.
    Unavailable,
    /// The server has too much to do.
    Overloaded,
    /// No connection, or one that broke.
    Connection,
    /// Replicas failed, mostly over too many tombstones.
    Failure,
    /// Everything else: a defect of ours, or a schema that is not ours.
    Other,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 6] =
        [Self::Timeout, Self::Unavailable, Self::Overloaded, Self::Connection, Self::Failure, Self::Other];

    /// The label of a metric.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::Connection => "connection",
            Self::Failure => "failure",
            Self::Other => "other",
        }
    }
}

/// Requests of one kind.
#[derive(Debug, Default)]
pub struct Requests {
    /// Answered, well or badly.
    pub done: AtomicU64,
    /// In flight now.
    pub in_flight: AtomicI64,
    /// Sum of the times of the good ones, microseconds.
    pub micros: AtomicU64,
    /// Good ones per bucket of [`LATENCY_BUCKETS_MICROS`], not cumulative; the last entry is everything slower.
    pub buckets: [AtomicU64; LATENCY_BUCKETS_MICROS.len() + 1],
    /// Bad ones, by [`Fault`].
    pub faults: [AtomicU64; Fault::ALL.len()],
}

/// Counters and gauges of one store.
#[derive(Debug, Default)]
pub struct Stats {
    /// By [`Kind`].
    pub requests: [Requests; Kind::ALL.len()],
    /// Requests that were sent once more, to the next node, after an error.
    pub retries: AtomicU64,
    /// Requests that were sent to a second node because the first was slow.
    pub speculated: AtomicU64,
    /// Write requests that carried more than one row.
    pub batches: AtomicU64,
    /// Rows put or deleted.
    pub rows: AtomicU64,
    /// Bytes of keys and values in them.
    pub bytes: AtomicU64,
    /// Groups of rows that travelled with another group's request.
    pub merged: AtomicU64,
    /// Groups of rows that wait to be sent.
    pub queued: AtomicI64,
    /// Batches that wait or are in flight.
    pub held: AtomicI64,
    /// Bytes of keys and values in them.
    pub held_bytes: AtomicI64,
    /// Batches refused because too much was waiting or the circuit was open.
    pub refused_busy: AtomicU64,
    /// Slices that the server refused and that were read in halves.
    pub halved: AtomicU64,
    /// Rows that reads returned.
    pub rows_read: AtomicU64,
    /// TCP connections of the driver to all nodes, when last asked.
    pub connections: AtomicI64,
    /// Whether there is a session.
    pub connected: AtomicBool,
    /// Sessions that were made.
    pub connects: AtomicU64,
    /// Tries to make one that failed.
    pub connect_failures: AtomicU64,
    /// Whether requests are held back, because the store does not answer.
    pub circuit_open: AtomicBool,
    /// Times that the circuit opened.
    pub circuit_opened: AtomicU64,
    /// A running median of all requests, microseconds.
    median_micros: AtomicU64,
}

/// How many answers move the median by about its own size.
const MEDIAN_STEPS: u64 = 512;
/// The least that an answer moves it, microseconds.
const MEDIAN_STEP_MIN: u64 = 10;

impl Stats {
    /// The requests of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &Requests {
        &self.requests[kind as usize]
    }

    /// How long half of the requests take now.
    #[must_use]
    pub fn median(&self) -> Duration {
        Duration::from_micros(self.median_micros.load(Relaxed))
    }

    pub(super) fn sent(&self, kind: Kind) {
        self.of(kind).in_flight.fetch_add(1, Relaxed);
    }

    /// Counts the end of a request that [`Self::sent`] counted.
    pub(super) fn ended(&self, kind: Kind, took: Duration, fault: Option<Fault>) {
        let requests = self.of(kind);
        requests.in_flight.fetch_sub(1, Relaxed);
        requests.done.fetch_add(1, Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.step_median(micros);
        if let Some(fault) = fault {
            requests.faults[fault as usize].fetch_add(1, Relaxed);
            return;
        }
        let bucket = LATENCY_BUCKETS_MICROS.iter().position(|bound| micros <= *bound);
        requests.buckets[bucket.unwrap_or(LATENCY_BUCKETS_MICROS.len())].fetch_add(1, Relaxed);
        requests.micros.fetch_add(micros, Relaxed);
    }

    /// A step towards each value, however far it is: half of the values pull either way at the median. The steps are small, for
    /// answers come in bunches: a median that fell with each quick bunch took the next pause of a busy store for a slow node,
    /// and asked for everything twice. Racing steps may be lost; the next ones make up for them.
    fn step_median(&self, micros: u64) {
        let median = self.median_micros.load(Relaxed);
        let step = (median / MEDIAN_STEPS).max(MEDIAN_STEP_MIN);
        let next = if micros > median { median + step } else { median.saturating_sub(step) };
        self.median_micros.store(next, Relaxed);
    }
}
