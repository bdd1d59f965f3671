//! The life of the connection: made in the background, tried again for ever, watched by a sign of life while nothing else is
//! asked, and made anew when it stays silent. Never answers a caller.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::Duration;

use scylla::observability::history::HistoryListener;

use super::super::statements::Prepared;
use super::super::stats::Kind;
use super::super::{Link, Shared, read};
use super::listener::Listener;
use super::{ConnectError, working};
use crate::limits;
use crate::store::rows::Incarnation;

/// Whose fence a sign of life reads: no generation has the number 0.
const NOBODY: Incarnation = Incarnation { generation: 0, number: 0 };

/// Lives until the store is closed.
pub(in super::super) async fn live(shared: Arc<Shared>) {
    let mut wait = limits::CASSANDRA_RECONNECT_MS;
    while !shared.closing.load(Acquire) {
        if connected(&shared).await {
            wait = limits::CASSANDRA_RECONNECT_MS;
        } else {
            pause(&shared, wait).await;
            wait = (wait * 2).min(limits::CASSANDRA_RECONNECT_MAX_MS);
        }
        if let Some(link) = shared.link.load_full() {
            // The driver mends its connections itself; mostly that is sooner than a new session.
            watch_over(&shared, &link).await;
        }
    }
    shared.opens.send_replace(false);
    shared.stats.connected.store(false, Relaxed);
    shared.link.store(None);
}

/// Tries once to make a session and to put it in the place of the former one.
async fn connected(shared: &Arc<Shared>) -> bool {
    match establish(shared).await {
        Ok(link) => {
            shared.install(link);
            tracing::info!(keyspace = shared.options.keyspace, "connected with Cassandra");
            true
        }
        Err(error) => {
            shared.stats.connect_failures.fetch_add(1, Relaxed);
            let error = error.to_string();
            let told = shared.trouble.lock().replace(error.clone());
            // The same words once more would only fill the log.
            if told.as_deref() == Some(&error) {
                tracing::debug!(error, "no session with Cassandra; tried again until there is one");
            } else {
                tracing::warn!(error, "no session with Cassandra; tried again until there is one");
            }
            false
        }
    }
}

async fn establish(shared: &Arc<Shared>) -> Result<Link, ConnectError> {
    let session = Arc::new(working(&shared.options, &shared.stats).await?);
    (shared.check)(session.clone()).await.map_err(ConnectError::Schema)?;
    let listener: Arc<dyn HistoryListener> = Arc::new(Listener(shared.stats.clone()));
    let prepared = Prepared::new(&session, &shared.options, &listener).await?;
    let link = Link { session, prepared, listener };
    // Without a quorum a session is of no use, and an open circuit must not close for it.
    let look = read::look(shared, &link, NOBODY, Kind::Pulse).await;
    look.map_err(|error| ConnectError::Silent(error.0))?;
    Ok(link)
}

/// Watches until the store is closed, or silent for so long that a new session is worth a try: its nodes may have moved.
async fn watch_over(shared: &Arc<Shared>, link: &Link) {
    while !shared.closing.load(Acquire) {
        pause(shared, limits::CASSANDRA_PULSE_MS).await;
        let connections = link.session.get_metrics().get_total_connections();
        shared.stats.connections.store(i64::try_from(connections).unwrap_or(i64::MAX), Relaxed);
        let (open, silent) = {
            let circuit = shared.circuit.lock();
            (circuit.is_open(), circuit.silent(shared.now()))
        };
        if silent < limits::CASSANDRA_SILENCE_MS {
            continue;
        }
        // Its outcome is noted where every request's is.
        let looked = read::look(shared, link, NOBODY, Kind::Pulse).await;
        if looked.is_err() && open && silent > limits::CASSANDRA_RENEW_MS {
            return;
        }
    }
}

async fn pause(shared: &Arc<Shared>, millis: u64) {
    shared.runtime.sleep(Duration::from_millis(millis)).await;
}
