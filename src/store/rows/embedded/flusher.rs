//! The thread that puts finished laps of the log into the database, each in one durable transaction (a *checkpoint*), and
//! opens the database again when it failed. While it works, the writer is already in the next lap.
//! It never writes to the log and answers nobody: what it flushes was durable before.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use redb::{Database, Durability, Error};

use super::file::database;
use super::memory::{Changes, Frozen};
use super::{OpenError, Shared, now};
use crate::limits;

/// Where the writer leaves a finished lap, and waits until it is in the database.
#[derive(Debug, Default)]
pub(super) struct Handover {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lap: Option<Arc<Frozen>>,
    /// A read failed: redb does nothing more with the file until it is opened again.
    sick: bool,
    closed: bool,
}

impl Handover {
    pub(super) fn put(&self, lap: Arc<Frozen>) {
        let before = self.state.lock().lap.replace(lap);
        assert!(before.is_none(), "a lap is left only when the one before it is flushed");
        self.changed.notify_all();
    }

    /// Waits until nothing is left to flush; false if that will not happen any more.
    pub(super) fn wait_until_flushed(&self) -> bool {
        let mut state = self.state.lock();
        while state.lap.is_some() && !state.closed {
            self.changed.wait(&mut state);
        }
        state.lap.is_none()
    }

    #[cfg(test)]
    pub(super) fn is_flushed(&self) -> bool {
        self.state.lock().lap.is_none()
    }

    pub(super) fn sick(&self) {
        self.state.lock().sick = true;
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }

    /// The next thing to do; `None` when everything is done and the handover is closed.
    fn next(&self) -> Option<Task> {
        let mut state = self.state.lock();
        loop {
            if state.sick {
                return Some(Task::Reopen);
            }
            if let Some(lap) = &state.lap {
                return Some(Task::Flush(lap.clone()));
            }
            if state.closed {
                return None;
            }
            self.changed.wait(&mut state);
        }
    }

    fn flushed(&self) {
        self.state.lock().lap = None;
        self.changed.notify_all();
    }
}

enum Task {
    Flush(Arc<Frozen>),
    Reopen,
}

/// Works until the handover is closed and empty, or the database failed for good.
pub(super) fn run(shared: &Shared) {
    while step_or_close(shared) {}
}

/// One lap, or one repair. False when there is nothing left to do; then nobody waits for the flusher any more.
pub(super) fn step_or_close(shared: &Shared) -> bool {
    let on = match shared.handover.next() {
        None => false,
        Some(Task::Reopen) => reopen(shared),
        Some(Task::Flush(lap)) => flush_until_stored(shared, &lap),
    };
    if !on {
        shared.handover.close();
    }
    on
}

fn flush_until_stored(shared: &Shared, lap: &Frozen) -> bool {
    let began = now();
    let mut outage = None;
    while let Err(error) = flush(shared, lap) {
        if !shared.passes(&error) {
            return false;
        }
        outage.get_or_insert_with(|| shared.outage(&error));
        if !reopen(shared) {
            return false;
        }
    }
    drop(outage);
    // From here on a view of the database holds the lap; a reader takes view and layers under this lock.
    shared.layers.write().flushing = None;
    shared.stats.checkpointed(now() - began);
    shared.handover.flushed();
    true
}

fn flush(shared: &Shared, lap: &Frozen) -> Result<(), Error> {
    let guard = shared.database.read();
    write(guard.as_ref().ok_or(Error::DatabaseClosed)?, &lap.changes, lap.lap)
}

/// Puts changes into the database and makes them durable, together with the number of their lap.
pub(super) fn write(database: &Database, changes: &Changes, lap: u64) -> Result<(), Error> {
    let mut txn = database.begin_write()?;
    txn.set_durability(Durability::Immediate)?;
    {
        let mut rows = txn.open_table(database::ROWS)?;
        for (key, change) in changes {
            match change {
                Some(value) => drop(rows.insert(&key[..], &value[..])?),
                None => drop(rows.remove(&key[..])?),
            }
        }
    }
    database::checkpoint(txn, lap)
}

/// Opens the database again, since redb does nothing more with one that failed once; waits until that succeeds.
fn reopen(shared: &Shared) -> bool {
    drop(shared.database.write().take());
    loop {
        // The pause is a wait for a close, so a store that cannot be opened can still be left: all is in the log.
        if shared.wait_for_close(Duration::from_millis(limits::STORE_RETRY_MS)) {
            return false;
        }
        match shared.open_database() {
            Ok(database) => {
                // In this order: a reader that fails on the new one must be heard.
                shared.handover.state.lock().sick = false;
                *shared.database.write() = Some(database);
                shared.stats.reopened.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            Err(e @ (OpenError::Damaged { .. } | OpenError::Format { .. })) => {
                (shared.options.die)(&e.to_string());
                return false;
            }
            Err(e) => tracing::error!(error = %e, "store.reopen failed; it is tried again"),
        }
    }
}
