//! The detector's shell: a thread with a small runtime of its own, so that beats are sent, read and judged however busy
//! the node is. Owns the clock; decides nothing.

mod beat;
mod hearing;
mod judge;
mod sending;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::limits;
use crate::link::{Connection, Dialer, LinkState, Peer, PeerId};

use hearing::Hearing;
use judge::Judge;
pub use judge::{DetectorFigures, Verdicts};
use sending::Sending;

/// The failure detector of this node. Runs until it is stopped or dropped.
pub struct Detector {
    own: Arc<str>,
    judge: Arc<Judge>,
    peers: watch::Sender<Arc<[Peer]>>,
    intake: mpsc::Sender<Connection>,
    stop: CancellationToken,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Detector {
    /// Starts the thread. Beats go out through `dialer`, once its identity has an incarnation.
    pub fn start(dialer: Dialer) -> io::Result<Self> {
        let judge = Arc::new(Judge::new());
        let own = dialer.identity().id().name;
        let (intake, arrivals) = mpsc::channel(limits::INTAKE);
        let (peers, wanted) = watch::channel(Arc::from([]));
        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (judging, stopping) = (Arc::clone(&judge), stop.clone());
        let thread = std::thread::Builder::new().name("detector".to_owned()).spawn(move || {
            runtime.block_on(stopping.run_until_cancelled(run(dialer, judging, arrivals, wanted)));
            runtime.shutdown_timeout(Duration::ZERO);
        })?;
        Ok(Self { own, judge, peers, intake, stop, thread: Mutex::new(Some(thread)) })
    }

    /// Where the peer port brings the connections on which peers beat.
    #[must_use]
    pub fn beats(&self) -> mpsc::Sender<Connection> {
        self.intake.clone()
    }

    /// The lives that are up in the map: each is beaten to and judged from now on, all others no longer. The node itself is
    /// left out; of more than [`limits::SUBJECTS`] the rest is.
    pub fn set_peers(&self, peers: &[Peer]) {
        let others = peers.iter().filter(|peer| peer.name != self.own);
        let peers: Arc<[Peer]> = others.take(limits::SUBJECTS).cloned().collect();
        let lives: Vec<PeerId> = peers.iter().map(Peer::id).collect();
        self.judge.watch(&lives);
        self.peers.send_replace(peers);
    }

    /// A link changed; may be called on any thread, and judges at once.
    pub fn link(&self, peer: &PeerId, state: LinkState) {
        self.judge.link(peer, state);
    }

    /// The lives that should be deposed, as they stand: whoever reads this proposes those that the map still shows as up.
    #[must_use]
    pub fn verdicts(&self) -> watch::Receiver<Verdicts> {
        self.judge.verdicts()
    }

    /// What is counted; the longest gaps are those since the last call.
    #[must_use]
    pub fn figures(&self) -> DetectorFigures {
        self.judge.figures()
    }

    /// Ends the thread, and waits for it: a few milliseconds.
    pub fn stop(&self) {
        self.stop.cancel();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the detector's thread panicked");
        }
    }
}

impl Drop for Detector {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("verdicts", &*self.judge.verdicts().borrow()).finish_non_exhaustive()
    }
}

/// Everything that the thread does.
async fn run(
    dialer: Dialer,
    judge: Arc<Judge>,
    mut arrivals: mpsc::Receiver<Connection>,
    mut wanted: watch::Receiver<Arc<[Peer]>>,
) {
    let mut hearing = Hearing::new(Arc::clone(&judge));
    let mut sending = Sending::new(dialer, Arc::clone(&judge));
    let mut ticks = interval(limits::TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _at = ticks.tick() => judge.tick(),
            Some(connection) = arrivals.recv() => hearing.begin(connection),
            Ok(()) = wanted.changed() => {
                let peers = Arc::clone(&wanted.borrow_and_update());
                sending.set_peers(&peers);
            }
        }
    }
}
