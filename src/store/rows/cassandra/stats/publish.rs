//! Copies the store's counters to the metrics of the node. Never resets one.

use std::sync::atomic::Ordering::Relaxed;

use scylla::client::session::Session;

use super::Stats;
use crate::metrics::{self, catch_up};

/// Brings the metrics up to the counters, and to those of the driver while there is a session.
pub(in super::super) fn publish(stats: &Stats, session: Option<&Session>) {
    let to = metrics::cassandra();
    for (of, to) in stats.requests.iter().zip(&to.requests) {
        catch_up(&to.done, of.done.load(Relaxed));
        to.in_flight.set(of.in_flight.load(Relaxed));
        for (count, counter) in of.faults.iter().zip(&to.faults) {
            catch_up(counter, count.load(Relaxed));
        }
    }
    for (counter, count) in [
        (&to.retries, &stats.retries),
        (&to.speculated, &stats.speculated),
        (&to.rows, &stats.rows),
        (&to.bytes, &stats.bytes),
        (&to.batches, &stats.batches),
        (&to.merged, &stats.merged),
        (&to.refused, &stats.refused_busy),
        (&to.halved, &stats.halved),
        (&to.circuit_opened, &stats.circuit_opened),
        (&to.sessions_made, &stats.connects),
        (&to.sessions_failed, &stats.connect_failures),
    ] {
        catch_up(counter, count.load(Relaxed));
    }
    to.queued.set(stats.queued.load(Relaxed));
    to.held_bytes.set(stats.held_bytes.load(Relaxed));
    to.connected.set(i64::from(stats.connected.load(Relaxed)));
    to.circuit_open.set(i64::from(stats.circuit_open.load(Relaxed)));
    if let Some(session) = session {
        let driver = session.get_metrics();
        to.connections.set(i64::try_from(driver.get_total_connections()).unwrap_or(i64::MAX));
        // It begins again with every session; what is counted here only grows.
        catch_up(&to.connection_timeouts, driver.get_connection_timeouts());
    }
}
