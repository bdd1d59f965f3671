//! Copies the figures that stores keep themselves into the metrics, before each scrape. Never counts anything.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::metrics;
use crate::store::rows::cassandra::stats::{Fault, Kind, Requests, Stats as OfCassandra};
use crate::store::rows::embedded::Stats;

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Copies the figures of the embedded store.
pub(super) fn embedded(stats: &Stats) {
    let store = metrics::store();
    for (counter, total) in [
        (&store.commits, &stats.commits),
        (&store.rows, &stats.rows),
        (&store.bytes, &stats.bytes),
        (&store.checkpoints, &stats.checkpoints),
        (&store.refused_full, &stats.refused_full),
        (&store.refused_busy, &stats.refused_busy),
        (&store.reopened, &stats.reopened),
    ] {
        metrics::Store::catch_up(counter, total.load(Relaxed));
    }
    metrics::Store::catch_up_micros(&store.commit_seconds, stats.commit_micros.load(Relaxed));
    metrics::Store::catch_up_micros(&store.checkpoint_seconds, stats.checkpoint_micros.load(Relaxed));
    store.queue_depth.set(signed(stats.queue_depth.load(Relaxed)));
    store.free_bytes.set(signed(stats.free_bytes.load(Relaxed)));
    store.full.set(i64::from(stats.full.load(Relaxed)));
}

/// Copies the figures of a store on Cassandra.
pub(super) fn cassandra(stats: &OfCassandra) {
    let to = metrics::cassandra();
    for kind in Kind::ALL {
        requests(kind.name(), stats.of(kind));
    }
    for (counter, total) in [
        (&to.retries, &stats.retries),
        (&to.speculated, &stats.speculated),
        (&to.batches, &stats.batches),
        (&to.rows, &stats.rows),
        (&to.bytes, &stats.bytes),
        (&to.merged, &stats.merged),
        (&to.rows_read, &stats.rows_read),
        (&to.halved, &stats.halved),
        (&to.refused, &stats.refused_busy),
        (&to.connects, &stats.connects),
        (&to.connect_failures, &stats.connect_failures),
        (&to.circuit_opened, &stats.circuit_opened),
    ] {
        metrics::catch_up(counter, total.load(Relaxed));
    }
    to.queued.set(stats.queued.load(Relaxed));
    to.held_bytes.set(stats.held_bytes.load(Relaxed));
    to.connections.set(stats.connections.load(Relaxed));
    to.connected.set(i64::from(stats.connected.load(Relaxed)));
    to.circuit_open.set(i64::from(stats.circuit_open.load(Relaxed)));
}

/// The requests of one kind. Those that were answered well stand in the buckets, each in one.
fn requests(kind: &'static str, requests: &Requests) {
    let to = metrics::cassandra();
    let read = |counts: &[AtomicU64]| counts.iter().map(|count| count.load(Relaxed)).collect::<Vec<u64>>();
    let buckets = read(&requests.buckets);
    to.requests(kind, "ok", buckets.iter().sum());
    for (fault, count) in Fault::ALL.into_iter().zip(read(&requests.faults)) {
        to.requests(kind, fault.name(), count);
    }
    to.in_flight.with_label_values(&[kind]).set(requests.in_flight.load(Relaxed));
    let seconds = Duration::from_micros(requests.micros.load(Relaxed)).as_secs_f64();
    to.seconds.copy(kind, buckets, seconds);
}

#[cfg(test)]
mod tests {
    use crate::metrics::table::SECONDS;
    use crate::store::rows::cassandra::stats::LATENCY_BUCKETS_MICROS;

    #[test]
    fn the_stores_buckets_are_those_of_the_table() {
        let micros = LATENCY_BUCKETS_MICROS.iter().map(|micros| *micros as f64 / 1e6);
        assert_eq!(micros.collect::<Vec<f64>>(), SECONDS);
    }
}
