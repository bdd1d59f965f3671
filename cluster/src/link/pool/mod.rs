//! The links of this node: one connection for calls to each known peer, kept up, and pipes on demand. Says how each link
//! fares; never says what that means, and never sends a call a second time.

mod backoff;
mod keep;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use parking_lot::Mutex;

use super::calls::{CallError, NotSent, Subscription};
use super::dial::{DialError, Dialer};
use super::limits;
use super::pipe::Pipe;
use super::tasks::Tasks;
use super::words::{Peer, PeerId, PipeLane};

use keep::Kept;
pub use state::{LinkState, Observer};

/// Why there is no pipe.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The peer is not among those that were set.
    #[error("no such peer")]
    NoPeer,
    /// The attempt failed.
    #[error(transparent)]
    Dial(#[from] DialError),
}

type Kepts = BTreeMap<Arc<str>, Arc<Kept>>;

/// The links to all known peers.
pub struct Links {
    dialer: Dialer,
    observer: Observer,
    kept: ArcSwap<Kepts>,
    changing: Mutex<()>,
    tasks: Tasks,
}

impl Links {
    /// Links without peers. Every change of a link's state is told to `observer`, at once and one after the other for each
    /// peer; it must not block.
    #[must_use]
    pub fn new(dialer: Dialer, observer: Observer) -> Arc<Self> {
        Arc::new(Self {
            dialer,
            observer,
            kept: ArcSwap::default(),
            changing: Mutex::new(()),
            tasks: Tasks::default(),
        })
    }

    /// Keeps a link to each of these, and drops those to all others. The node itself is left out; of more than
    /// [`limits::PEERS`] the rest is. A peer that has a new incarnation at the same address keeps its link. Call from
    /// within the runtime that shall run the links.
    pub fn set_peers(&self, peers: &[Peer]) {
        let _changing = self.changing.lock();
        let old = self.kept.load_full();
        let own = &self.dialer.identity().name;
        let wanted = peers.iter().filter(|peer| peer.name != *own).take(limits::PEERS);
        let kept: Kepts = wanted.map(|peer| (Arc::clone(&peer.name), self.keep(&old, peer))).collect();
        for (name, former) in old.iter() {
            if !kept.get(name).is_some_and(|kept| Arc::ptr_eq(kept, former)) {
                former.drop_link();
            }
        }
        self.kept.store(Arc::new(kept));
    }

    fn keep(&self, old: &Kepts, peer: &Peer) -> Arc<Kept> {
        if let Some(former) = old.get(&peer.name).filter(|former| former.addr() == peer.addr) {
            former.is_now(peer.incarnation);
            return Arc::clone(former);
        }
        let kept = Kept::new(peer, self.dialer.clone(), Arc::clone(&self.observer), self.tasks.child());
        kept.start();
        kept
    }

    /// Asks a peer, as [`super::Calls::call`] does.
    pub async fn call(
        &self,
        peer: &str,
        method: u16,
        body: Bytes,
        within: Duration,
    ) -> Result<Bytes, CallError> {
        let calls = self.kept(peer).and_then(|kept| kept.calls());
        let Some(calls) = calls else {
            super::counters::count(&self.dialer.counters().calls_not_sent);
            return Err(NotSent::NoLink.into());
        };
        calls.call(method, body, within).await
    }

    /// Opens a stream that a peer pushes.
    pub fn open(&self, peer: &str, method: u16, body: Bytes) -> Result<Subscription, NotSent> {
        let calls = self.kept(peer).and_then(|kept| kept.calls());
        calls.ok_or(NotSent::NoLink)?.open(method, body)
    }

    /// One attempt to open a pipe to a peer.
    pub async fn connect(&self, peer: &str, lane: PipeLane) -> Result<Pipe, ConnectError> {
        let kept = self.kept(peer).ok_or(ConnectError::NoPeer)?;
        kept.pipe(lane).await
    }

    /// A peer was met on another connection: an attempt to reach it that waits is made now, whatever was
    /// refused before.
    pub fn nudge(&self, peer: &str) {
        if let Some(kept) = self.kept(peer) {
            kept.nudge();
        }
    }

    /// Waits until the link to a peer is up, for as long as the peer is known; `false` = it is not.
    pub async fn connected(&self, peer: &str) -> bool {
        match self.kept(peer) {
            Some(kept) => kept.connected().await,
            None => false,
        }
    }

    /// How each link fares.
    #[must_use]
    pub fn states(&self) -> Vec<(PeerId, LinkState)> {
        self.kept.load().values().map(|kept| (kept.id(), kept.state())).collect()
    }

    /// Closes all links, and waits for their tasks.
    pub async fn stop(&self) {
        self.set_peers(&[]);
        self.tasks.stop().await;
    }

    fn kept(&self, peer: &str) -> Option<Arc<Kept>> {
        self.kept.load().get(peer).cloned()
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("states", &self.states()).finish_non_exhaustive()
    }
}
