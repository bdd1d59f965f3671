//! One peer's link: dialed, used until it is lost, dialed again. Never more than one connection for calls, and never an
//! attempt without the wait that the last one earned.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::ConnectError;
use super::backoff::Backoff;
use super::state::{LinkState, Observer};
use crate::link::calls::Calls;
use crate::link::counters::count;
use crate::link::dial::{DialError, Dialer};
use crate::link::limits;
use crate::link::pipe::Pipe;
use crate::link::tasks::Tasks;
use crate::link::words::{Addressee, Lane, Peer, PeerId, PipeLane};

/// The link to one peer.
pub(super) struct Kept {
    name: Arc<str>,
    addr: String,
    incarnation: AtomicU64,
    dialer: Dialer,
    observer: Observer,
    /// Held over each change and its telling, so that the observer hears of them in their order.
    telling: Mutex<()>,
    calls: ArcSwapOption<Calls>,
    state: watch::Sender<LinkState>,
    nudged: Notify,
    tasks: Tasks,
}

impl Kept {
    pub(super) fn new(peer: &Peer, dialer: Dialer, observer: Observer, tasks: Tasks) -> Arc<Self> {
        Arc::new(Self {
            name: Arc::clone(&peer.name),
            addr: peer.addr.clone(),
            incarnation: AtomicU64::new(peer.incarnation),
            dialer,
            observer,
            telling: Mutex::new(()),
            calls: ArcSwapOption::empty(),
            state: watch::Sender::new(LinkState::Silent),
            nudged: Notify::new(),
            tasks,
        })
    }

    pub(super) fn id(&self) -> PeerId {
        let incarnation = self.incarnation.load(Ordering::Acquire);
        PeerId { name: Arc::clone(&self.name), incarnation }
    }

    pub(super) fn addr(&self) -> &str {
        &self.addr
    }

    pub(super) fn state(&self) -> LinkState {
        *self.state.borrow()
    }

    pub(super) fn calls(&self) -> Option<Arc<Calls>> {
        self.calls.load_full()
    }

    /// The map has another incarnation at the same address; the observer hears of its link too.
    pub(super) fn is_now(&self, incarnation: u64) {
        let _telling = self.telling.lock();
        if self.incarnation.swap(incarnation, Ordering::AcqRel) != incarnation {
            (self.observer)(&self.id(), self.state());
        }
    }

    /// The peer is not wanted any more: whoever waits for it is told at once, and resumes elsewhere.
    pub(super) fn drop_link(&self) {
        self.tasks.cancel();
        if let Some(calls) = self.calls.swap(None) {
            calls.close();
        }
    }

    pub(super) async fn connected(&self) -> bool {
        let mut state = self.state.subscribe();
        let up = state.wait_for(|state| *state == LinkState::Connected);
        self.tasks.stopped_or(up).await.is_some()
    }

    pub(super) async fn pipe(&self, lane: PipeLane) -> Result<Pipe, ConnectError> {
        Ok(self.dialer.pipe(&self.addr, self.addressee(), lane).await?)
    }

    fn addressee(&self) -> Addressee {
        Addressee::Node(self.name.to_string())
    }

    /// An edge calls by a lane of its own.
    fn lane(&self) -> Lane {
        self.dialer.identity().calls()
    }

    pub(super) fn nudge(&self) {
        if self.state() != LinkState::Connected {
            self.dialer.release(&self.addr, &self.addressee(), self.lane());
            self.nudged.notify_waiters();
        }
    }

    /// Begins to keep the link up, until it is dropped.
    pub(super) fn start(self: &Arc<Self>) {
        let kept = Arc::clone(self);
        self.tasks.spawn(async move { kept.run().await });
    }

    async fn run(&self) {
        let mut backoff = Backoff::default();
        loop {
            let wait = match self.dialer.dial(&self.addr, self.addressee(), self.lane()).await {
                Ok(connection) => match Calls::start_among(connection, self.dialer.counters(), &self.tasks) {
                    Ok(calls) => self.use_up(calls, &mut backoff).await,
                    Err(_) => backoff.failed(),
                },
                Err(error) => self.missed(&error, &mut backoff),
            };
            self.pause(wait).await;
        }
    }

    /// Waits, or until the peer is met elsewhere. A nudge that comes while nothing waits is not kept for later; so two nodes
    /// that meet cannot nudge each other for ever.
    async fn pause(&self, wait: Duration) {
        let _ = timeout(wait, self.nudged.notified()).await;
    }

    /// Lends the connection to all callers until it is lost; answers with the wait before the next attempt.
    async fn use_up(&self, calls: Calls, backoff: &mut Backoff) -> Duration {
        let began = Instant::now();
        self.calls.store(Some(Arc::new(calls.clone())));
        if self.tasks.are_stopped() {
            // Whoever stopped them may have looked for the connection a moment too early.
            self.drop_link();
        }
        count(&self.dialer.counters().links_up);
        self.change(LinkState::Connected);
        calls.closed().await;
        self.calls.store(None);
        count(&self.dialer.counters().links_lost);
        self.change(LinkState::Resetting);
        if began.elapsed() < limits::STEADY {
            return backoff.failed();
        }
        backoff.reset();
        Duration::ZERO
    }

    fn missed(&self, error: &DialError, backoff: &mut Backoff) -> Duration {
        self.change(LinkState::of(error));
        let held_back = self.dialer.held_back(&self.addr, &self.addressee(), self.lane());
        if held_back.is_some() {
            tracing::warn!(node = %self.name, address = %self.addr, %error, "there is no hello with a peer");
        }
        held_back.unwrap_or_default().max(backoff.failed())
    }

    fn change(&self, state: LinkState) {
        let _telling = self.telling.lock();
        if self.state.send_replace(state) != state {
            tracing::info!(node = %self.name, address = %self.addr, phase = state.word(), "a link changed");
            (self.observer)(&self.id(), state);
        }
    }
}
