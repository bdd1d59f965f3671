//! The one place where beats, link changes and ticks meet: asks [`Suspicion`] under a short lock and publishes what it
//! says. Never waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::detector::suspicion::{Finding, Reason, Suspicion};
use crate::link::{LinkState, PeerId};

/// The lives that should be deposed, by incarnation.
pub type Verdicts = Arc<BTreeMap<u64, (PeerId, Reason)>>;

/// What the detector counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectorFigures {
    /// Beats sent.
    pub beats_sent: u64,
    /// Beats heard.
    pub beats_heard: u64,
    /// Lives named because their port refused.
    pub port_closed: u64,
    /// Lives named because their host was unreachable.
    pub unreachable: u64,
    /// Lives named because they fell silent.
    pub silent: u64,
    /// Lives named because they were never heard.
    pub never_heard: u64,
    /// Names that were taken back.
    pub withdrawn: u64,
    /// The longest time without a beat of some peer, lately.
    pub longest_gap: Duration,
    /// The longest time that this node's detector stood still, lately.
    pub longest_stall: Duration,
    /// The silence that is suspicious now, of the peer that is allowed the longest.
    pub suspect_after: Duration,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    heard: AtomicU64,
    withdrawn: AtomicU64,
    named: [AtomicU64; 4],
}

/// Suspicion with a clock.
#[derive(Debug)]
pub(super) struct Judge {
    began: Instant,
    suspicion: Mutex<Suspicion>,
    verdicts: watch::Sender<Verdicts>,
    counts: Counts,
}

impl Judge {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            suspicion: Mutex::new(Suspicion::new()),
            verdicts: watch::Sender::new(Verdicts::default()),
            counts: Counts::default(),
        }
    }

    pub(super) fn verdicts(&self) -> watch::Receiver<Verdicts> {
        self.verdicts.subscribe()
    }

    pub(super) fn watch(&self, peers: &[PeerId]) {
        let mut suspicion = self.suspicion.lock();
        suspicion.watch(peers, self.began.elapsed());
        self.publish(&suspicion);
    }

    pub(super) fn beat(&self, peer: &PeerId) {
        self.counts.heard.fetch_add(1, Ordering::Relaxed);
        let mut suspicion = self.suspicion.lock();
        let found = suspicion.beat(peer, self.began.elapsed());
        self.note(&suspicion, found);
    }

    pub(super) fn sent(&self) {
        self.counts.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn link(&self, peer: &PeerId, state: LinkState) {
        let mut suspicion = self.suspicion.lock();
        let found = suspicion.link(peer, state);
        self.note(&suspicion, found);
    }

    pub(super) fn tick(&self) {
        let mut suspicion = self.suspicion.lock();
        let found = suspicion.tick(self.began.elapsed());
        self.note(&suspicion, found);
    }

    pub(super) fn figures(&self) -> DetectorFigures {
        let (longest, suspect_after) = {
            let mut suspicion = self.suspicion.lock();
            (suspicion.longest(), suspicion.suspect_after())
        };
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let [port_closed, unreachable, silent, never_heard] = self.counts.named.each_ref().map(of);
        DetectorFigures {
            beats_sent: of(&self.counts.sent),
            beats_heard: of(&self.counts.heard),
            port_closed,
            unreachable,
            silent,
            never_heard,
            withdrawn: of(&self.counts.withdrawn),
            longest_gap: longest.0,
            longest_stall: longest.1,
            suspect_after,
        }
    }

    /// Counts, logs and publishes, all under the lock, so that verdicts never go back in time.
    fn note(&self, suspicion: &Suspicion, findings: impl IntoIterator<Item = Finding>) {
        let mut found = false;
        for finding in findings {
            found = true;
            self.count(&finding);
        }
        if found {
            self.publish(suspicion);
        }
    }

    fn count(&self, finding: &Finding) {
        match finding {
            Finding::Depose { peer, reason } => {
                tracing::warn!(node = %peer, why = reason.word(), "a node is suspected");
                self.counts.named[place(*reason)].fetch_add(1, Ordering::Relaxed);
            }
            Finding::Withdraw { peer } => {
                tracing::info!(node = %peer, "a suspected node is heard again");
                self.counts.withdrawn.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn publish(&self, suspicion: &Suspicion) {
        let verdicts = suspicion.verdicts();
        self.verdicts.send_if_modified(|published| {
            let changed = **published != verdicts;
            if changed {
                *published = Arc::new(verdicts);
            }
            changed
        });
    }
}

const fn place(reason: Reason) -> usize {
    match reason {
        Reason::PortClosed => 0,
        Reason::Unreachable => 1,
        Reason::Silent => 2,
        Reason::NeverHeard => 3,
    }
}
