//! What all handlers share: the door, the runtime, keys and limits. Keeps nothing that a restart of the node may not
//! forget.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::auth::attempts::Attempts;
use super::auth::creations::{Bounds, Creations};
use super::auth::password::Passwords;
use super::auth::token::{Claim, Signer};
use crate::limits::{
    CLOSE_WITHIN, CUSTOMER_TOKEN, GOODBYE_APART, GOODBYE_SPREAD_MAX, GOODBYE_WITHIN, INVITATION,
    SIGNED_OUT_TOKENS,
};
use crate::runtime::{Runtime, watch};
use crate::shard::door::Door;
use crate::words::{MessageId, PartyId, SessionId, Time};

/// Something that an auditor wants to know of: who, what, whom; never text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Who did it: `agent:NAME`, `key:NAME` or `party:N`.
    pub who: String,
    /// What: a word such as `sign_in` or `transcript_read`.
    pub what: &'static str,
    /// To what or whom: a session, a device.
    pub whom: String,
    /// Whether it was allowed.
    pub allowed: bool,
}

/// Where audit lines go.
pub type Audit = Arc<dyn Fn(AuditLine) + Send + Sync>;

/// What all handlers share.
pub struct Shared {
    /// The way to sessions.
    pub door: Arc<dyn Door>,
    /// Clock and chance.
    pub runtime: Arc<dyn Runtime>,
    /// Signs and verifies tokens.
    pub signer: Signer,
    /// Verifies passwords.
    pub passwords: Passwords,
    /// Counts sign-in attempts.
    pub attempts: Attempts,
    /// Counts sessions that strangers create.
    pub creations: Creations,
    /// Staff tokens that were signed out here.
    pub signed_out: SignedOut,
    /// Ends long-lived connections when the node stops.
    pub streams: Streams,
    audit: Audit,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    /// Everything that the edges of one process need.
    #[must_use]
    pub fn new(
        (door, signer): (Arc<dyn Door>, Signer),
        runtime: Arc<dyn Runtime>,
        audit: Audit,
        bounds: Bounds,
    ) -> Arc<Self> {
        Arc::new(Self {
            door,
            runtime,
            signer,
            passwords: Passwords::default(),
            attempts: Attempts::default(),
            creations: Creations::new(bounds),
            signed_out: SignedOut::default(),
            streams: Streams::default(),
            audit,
        })
    }

    /// Writes an audit line.
    pub fn audit(&self, who: String, what: &'static str, whom: String, allowed: bool) {
        (self.audit)(AuditLine { who, what, whom, allowed });
    }

    /// An id for a request whose client gave none: its repeats are new requests.
    #[must_use]
    pub fn draw_id(&self) -> MessageId {
        MessageId(format!("r-{:032x}", self.runtime.random()))
    }

    /// A customer's token, and when it expires.
    #[must_use]
    pub fn customer_token(&self, session: SessionId, party: PartyId) -> (String, Time) {
        let expires = self.runtime.now().plus(CUSTOMER_TOKEN);
        (self.signer.seal(&Claim::Customer { session, party }, expires), expires)
    }

    /// An invitation, and when it expires.
    #[must_use]
    pub fn invitation(&self, session: SessionId, nick: Option<String>) -> (String, Time) {
        let expires = self.runtime.now().plus(INVITATION);
        (self.signer.seal(&Claim::Invitation { session, nick }, expires), expires)
    }
}

/// The long-lived connections of a node, as a stop needs to know them.
#[derive(Debug, Default)]
pub struct Streams {
    /// Cancelled when the node is about to stop: whoever can goes elsewhere before it does.
    pub leaving: CancellationToken,
    /// Cancelled when the node stops.
    pub stopping: CancellationToken,
    /// Whether nothing can be done for clients here: they go elsewhere at once, also those who come.
    adrift: watch::Sender<bool>,
    /// Over what time sockets are told that it is leaving, microseconds.
    spread: AtomicU64,
    /// Counts WebSockets.
    pub open: TaskTracker,
}

impl Shared {
    /// Tells WebSockets one by one to resume elsewhere, then every one that is left, every SSE stream and every long poll to
    /// end with "resume", and waits a moment until the sockets have answered what they were asked and said goodbye. Called
    /// before the workers stop.
    pub async fn close(&self) {
        let spread = self.streams.leave();
        self.emptied(spread + Duration::from_millis(GOODBYE_WITHIN + CLOSE_WITHIN)).await;
        self.streams.stopping.cancel();
        self.emptied(Duration::from_millis(CLOSE_WITHIN * 2)).await;
    }

    /// Sends clients elsewhere whenever this node is adrift.
    pub fn heed_drift(self: &Arc<Self>, mut adrift: watch::Receiver<bool>) {
        let shared = Arc::clone(self);
        self.runtime.spawn(Box::pin(async move {
            loop {
                let now = *adrift.borrow_and_update();
                shared.streams.set_adrift(now);
                if adrift.changed().await.is_err() {
                    return;
                }
            }
        }));
    }

    /// Waits until no WebSocket is left, or so long.
    async fn emptied(&self, within: Duration) {
        tokio::select! {
            () = self.streams.open.wait() => {}
            () = self.runtime.sleep(within) => {}
        }
    }
}

impl Streams {
    /// Ends when this node cannot do anything for its clients, or stops.
    pub async fn ended(&self) {
        tokio::select! {
            () = self.stopping.cancelled() => {}
            () = self.drifted() => {}
        }
    }

    /// Says whether this node can do anything for its clients.
    pub(super) fn set_adrift(&self, adrift: bool) {
        self.adrift.send_replace(adrift);
    }

    /// Ends when this node cannot do anything for its clients.
    pub async fn drifted(&self) {
        // Its sender lives as long as these streams.
        let _ = self.adrift.subscribe().wait_for(|adrift| *adrift).await;
    }

    /// Whether it cannot.
    #[must_use]
    pub fn is_adrift(&self) -> bool {
        *self.adrift.borrow()
    }

    /// Whether that is so.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.stopping.is_cancelled() || self.is_adrift()
    }

    /// Begins to leave; over what time the sockets are told.
    fn leave(&self) -> Duration {
        self.open.close();
        let sockets = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        let spread = sockets.saturating_mul(GOODBYE_APART).min(GOODBYE_SPREAD_MAX * 1_000);
        self.spread.store(spread, Ordering::Release);
        self.leaving.cancel();
        Duration::from_micros(spread)
    }

    /// How long one socket waits until it tells its client; `chance` is any number.
    #[must_use]
    pub fn turn(&self, chance: u128) -> Duration {
        let spread = u128::from(self.spread.load(Ordering::Acquire)).max(1);
        Duration::from_micros(u64::try_from(chance % spread).unwrap_or(0))
    }
}

/// Tokens that were signed out on this node, until they expire. Other nodes do not know: a token is good until its
/// expiry wherever its device signs in again, so this is a courtesy and not a wall.
#[derive(Debug, Default)]
pub struct SignedOut(Mutex<BTreeMap<[u8; 32], Time>>);

impl SignedOut {
    /// Whether the token was signed out here.
    #[must_use]
    pub fn holds(&self, token: &str) -> bool {
        self.0.lock().contains_key(&mark(token))
    }

    /// Remembers a token until it expires; past the limit the one that expires first is forgotten.
    pub fn add(&self, token: &str, expires: Time, now: Time) {
        let mut tokens = self.0.lock();
        if tokens.len() >= SIGNED_OUT_TOKENS {
            tokens.retain(|_, expires| *expires > now);
        }
        if tokens.len() >= SIGNED_OUT_TOKENS {
            let first = tokens.iter().min_by_key(|(_, expires)| **expires).map(|(mark, _)| *mark);
            first.map(|mark| tokens.remove(&mark));
        }
        tokens.insert(mark(token), expires);
    }
}

fn mark(token: &str) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}
