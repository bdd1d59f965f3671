//! What a store on Apache Cassandra counts, copied before a scrape; and what is assumed of it. Never decides what is
//! counted.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry};

use super::copied::Copied;
use super::held::{counter, counters, gauge, gauges, kept};
use super::table;

/// Handles of the store on Cassandra; at rest with another store.
#[derive(Debug)]
pub struct Cassandra {
    /// By kind and outcome.
    requests: IntCounterVec,
    /// Time of those that were answered well, by kind.
    pub seconds: Copied,
    /// On their way, by kind.
    pub in_flight: IntGaugeVec,
    /// Sent once more.
    pub retries: IntCounter,
    /// Sent to a second node because the first was slow.
    pub speculated: IntCounter,
    /// Writes of more than one row.
    pub batches: IntCounter,
    /// Rows written.
    pub rows: IntCounter,
    /// Bytes written.
    pub bytes: IntCounter,
    /// Groups that travelled with others.
    pub merged: IntCounter,
    /// Rows read.
    pub rows_read: IntCounter,
    /// Slices read in halves.
    pub halved: IntCounter,
    /// Groups that wait.
    pub queued: IntGauge,
    /// Bytes that wait or travel.
    pub held_bytes: IntGauge,
    /// Refused because too much waits.
    pub refused: IntCounter,
    /// Connections to all servers.
    pub connections: IntGauge,
    /// Whether there is a session.
    pub connected: IntGauge,
    /// Sessions made.
    pub connects: IntCounter,
    /// Tries that failed.
    pub connect_failures: IntCounter,
    /// Whether requests are held back.
    pub circuit_open: IntGauge,
    /// Times that this began.
    pub circuit_opened: IntCounter,
    assumptions: IntGaugeVec,
}

impl Cassandra {
    pub(super) fn register(registry: &Registry) -> Self {
        Self {
            requests: counters(registry, table::CASSANDRA_REQUESTS),
            seconds: kept(registry, Ok(Copied::new(table::CASSANDRA_SECONDS))),
            in_flight: gauges(registry, table::CASSANDRA_IN_FLIGHT),
            retries: counter(registry, table::CASSANDRA_RETRIES),
            speculated: counter(registry, table::CASSANDRA_SPECULATED),
            batches: counter(registry, table::CASSANDRA_BATCHES),
            rows: counter(registry, table::CASSANDRA_ROWS),
            bytes: counter(registry, table::CASSANDRA_BYTES),
            merged: counter(registry, table::CASSANDRA_MERGED),
            rows_read: counter(registry, table::CASSANDRA_ROWS_READ),
            halved: counter(registry, table::CASSANDRA_HALVED),
            queued: gauge(registry, table::CASSANDRA_QUEUED),
            held_bytes: gauge(registry, table::CASSANDRA_HELD_BYTES),
            refused: counter(registry, table::CASSANDRA_REFUSED),
            connections: gauge(registry, table::CASSANDRA_CONNECTIONS),
            connected: gauge(registry, table::CASSANDRA_CONNECTED),
            connects: counter(registry, table::CASSANDRA_CONNECTS),
            connect_failures: counter(registry, table::CASSANDRA_CONNECT_FAILURES),
            circuit_open: gauge(registry, table::CASSANDRA_CIRCUIT_OPEN),
            circuit_opened: counter(registry, table::CASSANDRA_CIRCUIT_OPENED),
            assumptions: gauges(registry, table::STORE_ASSUMPTION),
        }
    }

    /// Brings the count of one kind and outcome to what it is now.
    pub fn requests(&self, kind: &'static str, outcome: &'static str, now: u64) {
        super::catch_up(&self.requests.with_label_values(&[kind, outcome]), now);
    }

    /// What was found about one assumption: 0, 1 or 2.
    pub fn assumption(&self, code: &'static str, severity: i64) {
        self.assumptions.with_label_values(&[code]).set(severity);
    }
}
