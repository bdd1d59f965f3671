//! The handles of the store on Cassandra, children looked up once: the adapter counts by numbers, not by names.
//! Never decides what is counted.

use std::array;

use prometheus::{Histogram, HistogramVec, IntCounter, IntGauge, Registry};

use super::held::{counter, counters, gauge, gauges, kept, seconds};
use super::table;
use crate::store::rows::cassandra::stats::{Fault, Kind};

/// What the store on Cassandra counts; copied before a scrape, the times excepted.
#[derive(Debug)]
pub struct Cassandra {
    /// Requests of each [`Kind`].
    pub requests: [Requests; Kind::ALL.len()],
    /// Sent to the next node.
    pub retries: IntCounter,
    /// Sent to a second node.
    pub speculated: IntCounter,
    /// Rows put or deleted.
    pub rows: IntCounter,
    /// Bytes of those.
    pub bytes: IntCounter,
    /// Requests with more than one row.
    pub batches: IntCounter,
    /// Writes that travelled with others.
    pub merged: IntCounter,
    /// Writes that wait.
    pub queued: IntGauge,
    /// Bytes that wait or are under way.
    pub held_bytes: IntGauge,
    /// Batches refused.
    pub refused: IntCounter,
    /// Ranges refused by the servers.
    pub halved: IntCounter,
    /// Whether there is a session.
    pub connected: IntGauge,
    /// Whether requests are held back.
    pub circuit_open: IntGauge,
    /// Times that this began.
    pub circuit_opened: IntCounter,
    /// Sessions made.
    pub sessions_made: IntCounter,
    /// Sessions that could not be made.
    pub sessions_failed: IntCounter,
    /// Connections of the driver.
    pub connections: IntGauge,
    /// Connections that took too long to make.
    pub connection_timeouts: IntCounter,
}

/// Requests of one kind.
#[derive(Debug)]
pub struct Requests {
    /// That ended.
    pub done: IntCounter,
    /// Under way.
    pub in_flight: IntGauge,
    /// Time of the good ones, observed as they end.
    pub seconds: Histogram,
    /// Bad ones, of each [`Fault`].
    pub faults: [IntCounter; Fault::ALL.len()],
}

impl Cassandra {
    pub(super) fn register(registry: &Registry) -> Self {
        let done = counters(registry, table::CASSANDRA_REQUESTS);
        let in_flight = gauges(registry, table::CASSANDRA_IN_FLIGHT);
        let faults = counters(registry, table::CASSANDRA_FAULTS);
        let times = HistogramVec::new(seconds(table::CASSANDRA_SECONDS), table::CASSANDRA_SECONDS.labels);
        let times = kept(registry, times);
        let sessions = counters(registry, table::CASSANDRA_SESSIONS);
        Self {
            requests: array::from_fn(|kind| {
                let kind = Kind::ALL[kind].name();
                Requests {
                    done: done.with_label_values(&[kind]),
                    in_flight: in_flight.with_label_values(&[kind]),
                    seconds: times.with_label_values(&[kind]),
                    faults: array::from_fn(|fault| {
                        faults.with_label_values(&[kind, Fault::ALL[fault].name()])
                    }),
                }
            }),
            retries: counter(registry, table::CASSANDRA_RETRIES),
            speculated: counter(registry, table::CASSANDRA_SPECULATED),
            rows: counter(registry, table::CASSANDRA_ROWS),
            bytes: counter(registry, table::CASSANDRA_BYTES),
            batches: counter(registry, table::CASSANDRA_BATCHES),
            merged: counter(registry, table::CASSANDRA_MERGED),
            queued: gauge(registry, table::CASSANDRA_QUEUED),
            held_bytes: gauge(registry, table::CASSANDRA_HELD),
            refused: counter(registry, table::CASSANDRA_REFUSED),
            halved: counter(registry, table::CASSANDRA_HALVED),
            connected: gauge(registry, table::CASSANDRA_CONNECTED),
            circuit_open: gauge(registry, table::CASSANDRA_CIRCUIT),
            circuit_opened: counter(registry, table::CASSANDRA_CIRCUITS),
            sessions_made: sessions.with_label_values(&["made"]),
            sessions_failed: sessions.with_label_values(&["failed"]),
            connections: gauge(registry, table::CASSANDRA_CONNECTIONS),
            connection_timeouts: counter(registry, table::CASSANDRA_CONNECTION_TIMEOUTS),
        }
    }
}
