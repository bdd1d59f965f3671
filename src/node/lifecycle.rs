//! The life of a process: starting, ready, draining, stopped; and the signals that move it on. Never knows what is
//! started or stopped.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::Mutex;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::listeners::{Closing, Renew};
use crate::metrics;

/// Where a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The store is opened, sessions come back.
    Starting,
    /// Takes traffic.
    Ready,
    /// Takes nothing new and finishes what is asked.
    Draining,
    /// Everything is closed.
    Stopped,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        })
    }
}

/// The phase, shared with the probes.
#[derive(Clone, Debug, Default)]
pub struct Life(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    phase: AtomicU8,
    waits_for: Mutex<Option<String>>,
}

impl Life {
    /// Where the process stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.0.phase.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Ready,
            2 => Phase::Draining,
            _ => Phase::Stopped,
        }
    }

    /// What the start waits for, if it does.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        self.0.waits_for.lock().clone().filter(|_| self.phase() == Phase::Starting)
    }

    /// Says what the start waits for.
    pub fn wait_for(&self, what: Option<String>) {
        *self.0.waits_for.lock() = what;
    }

    /// Moves on; never back.
    pub fn enter(&self, phase: Phase) {
        self.0.phase.fetch_max(phase as u8, Ordering::AcqRel);
        metrics::process().ready.set(i64::from(self.phase() == Phase::Ready));
        tracing::info!(phase = %self.phase(), "the node changed its phase");
    }
}

/// The signals of this process.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Catches `SIGTERM`, `SIGINT` and `SIGHUP` from now on.
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Ends at the next request to stop; reads certificates again at `SIGHUP`.
    pub async fn stop(&mut self, certificates: &[Arc<dyn Renew>]) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reload(certificates),
            }
        }
    }

    /// A second request to stop means now.
    pub async fn second(mut self, closing: Closing, hurried: CancellationToken) {
        self.stop(&[]).await;
        hurried.cancel();
        closing.gently.cancel();
        closing.now.cancel();
    }
}

/// Reads changed certificates; a pair that does not work leaves the old one in force.
pub fn reload(certificates: &[Arc<dyn Renew>]) {
    for tls in certificates {
        match tls.reload() {
            Ok(true) => tracing::info!("a new certificate is in force"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the new certificate cannot be used; the old one stays"),
        }
    }
}
