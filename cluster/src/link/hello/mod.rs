//! The hello: two nodes prove to each other that they hold the cluster's secret, and name the connection's ends and use.
//! Never sends anything about this node to a stranger, and never computes a proof over what a stranger chose alone.
//!
//! 1. acceptor → dialer: [`Challenge`]: what it speaks, a fresh nonce
//! 2. dialer → acceptor: [`Introduction`]: cluster, from, to, lane, a fresh nonce, and its proof
//! 3. acceptor → dialer: [`Answer`]: a verdict with its own proof, or nothing but "the secret is wrong"
//!
//! A proof is HMAC-SHA256 over everything that both sides said, both nonces included, and over the prover's role. So no
//! proof can be replayed, sent back to its maker, moved to another addressee or lane, or turned into an older version;
//! the acceptor's verdict cannot be changed either. Without TLS the hello keeps strangers out, but whoever can change
//! packets under way can take over a connection after it.

mod exchange;
mod fault;
mod identity;
#[cfg(test)]
mod tests;

use aws_lc_rs::{hmac, rand};
use serde::{Deserialize, Serialize};

use super::limits;
use super::words::{Addressee, Lane};

pub(crate) use exchange::{ask, receive};
pub use fault::TlsFault;
pub use identity::{Identity, IdentityError};

/// The first bytes of a challenge, so that a client of something else is told apart.
pub(crate) const MAGIC: [u8; 4] = *b"HFP2";
/// The versions of everything after the hello that this release speaks: oldest and newest.
pub(crate) const VERSIONS: (u8, u8) = (1, 1);

/// 32 fresh random bytes of one side.
pub(crate) type Nonce = [u8; 32];
/// HMAC-SHA256 of a transcript.
pub(crate) type Proof = [u8; 32];

/// Why the acceptor, which knows that the dialer holds the secret, does not talk to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum HelloRefusal {
    /// No version that both speak.
    #[error("the two releases have no version of the peer protocol in common")]
    Version,
    /// The dialer belongs to another cluster.
    #[error("the other node belongs to another cluster")]
    Cluster,
    /// The dialer looks for another node.
    #[error("another node answers at this address")]
    Addressee,
    /// The dialer has the acceptor's name: itself, or a second node so named.
    #[error("the node at this address has this node's own name")]
    Itself,
    /// The dialer's name is empty or too long.
    #[error("a node needs a name that is not too long")]
    Nameless,
    /// The acceptor does not serve this lane.
    #[error("the other node does not serve this lane")]
    Lane,
}

/// How a hello failed.
#[derive(Debug, thiserror::Error)]
pub enum HelloError {
    /// The connection broke.
    #[error("the connection broke during the hello: {0}")]
    Io(std::io::Error),
    /// It took longer than [`limits::HELLO_WITHIN`].
    #[error("no complete hello within {} ms", limits::HELLO_WITHIN.as_millis())]
    Late,
    /// TLS failed under the hello.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The other side does not speak this protocol.
    #[error("no Holdfast peer answers there")]
    Foreign,
    /// The other side says that this node's secret is wrong.
    #[error("the other node has another secret")]
    Secret,
    /// This process holds no secret that proves the lane.
    #[error("this process has no secret for this lane")]
    Keyless,
    /// The other side could not prove the secret.
    #[error("the other node could not prove the cluster's secret")]
    Impostor,
    /// The other side holds the secret and does not want this connection.
    #[error(transparent)]
    Refused(#[from] HelloRefusal),
}

impl HelloError {
    /// Whether trying again soon is pointless: somebody has to change something first.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Foreign | Self::Tls(_) | Self::Secret | Self::Keyless | Self::Impostor | Self::Refused(_)
        )
    }
}

impl From<std::io::Error> for HelloError {
    fn from(error: std::io::Error) -> Self {
        TlsFault::of(&error).map_or(Self::Io(error), Self::Tls)
    }
}

/// What the acceptor says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Challenge {
    magic: [u8; 4],
    oldest: u8,
    newest: u8,
    nonce: Nonce,
}

impl Challenge {
    fn fresh() -> Self {
        Self { magic: MAGIC, oldest: VERSIONS.0, newest: VERSIONS.1, nonce: nonce() }
    }

    /// The newest version that both speak; else this release's newest, which the acceptor will refuse.
    fn common(&self) -> u8 {
        let newest = self.newest.min(VERSIONS.1);
        if newest >= self.oldest.max(VERSIONS.0) { newest } else { VERSIONS.1 }
    }
}

/// What the dialer says of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    version: u8,
    nonce: Nonce,
    cluster: String,
    from: String,
    incarnation: u64,
    to: Addressee,
    lane: Lane,
}

impl Said {
    fn new(identity: &Identity, version: u8, to: Addressee, lane: Lane) -> Self {
        Self {
            version,
            nonce: nonce(),
            cluster: identity.cluster.clone(),
            from: identity.name.to_string(),
            incarnation: identity.incarnation(),
            to,
            lane,
        }
    }

    /// What an acceptor that serves `lanes` thinks of it.
    fn judge(&self, identity: &Identity, serves: impl Fn(Lane) -> bool) -> Result<(), HelloRefusal> {
        let to_me = match &self.to {
            Addressee::Any => true,
            Addressee::Node(name) => **name == *identity.name,
        };
        match () {
            () if !(VERSIONS.0..=VERSIONS.1).contains(&self.version) => Err(HelloRefusal::Version),
            () if self.cluster != identity.cluster => Err(HelloRefusal::Cluster),
            () if !to_me => Err(HelloRefusal::Addressee),
            () if *self.from == *identity.name => Err(HelloRefusal::Itself),
            () if self.from.is_empty() || self.from.len() > limits::NAME_BYTES => Err(HelloRefusal::Nameless),
            () if !serves(self.lane) => Err(HelloRefusal::Lane),
            () => Ok(()),
        }
    }
}

/// The dialer's words and its proof of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Introduction {
    said: Said,
    proof: Proof,
}

/// What the acceptor says of itself to a dialer that holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    node: String,
    incarnation: u64,
    refusal: Option<HelloRefusal>,
}

/// The acceptor's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The dialer did not prove the secret; nothing else is said to it.
    Stranger,
    /// It did.
    Verdict(Verdict, Proof),
}

/// Everything that a proof covers. The role comes first: a proof of one side is never one of the other.
#[derive(Serialize)]
struct Transcript<'a> {
    role: &'static str,
    challenge: &'a Challenge,
    said: &'a Said,
    verdict: Option<&'a Verdict>,
}

impl<'a> Transcript<'a> {
    const fn of_dialer(challenge: &'a Challenge, said: &'a Said) -> Self {
        Self { role: "holdfast peer dialer", challenge, said, verdict: None }
    }

    const fn of_acceptor(challenge: &'a Challenge, said: &'a Said, verdict: &'a Verdict) -> Self {
        Self { role: "holdfast peer acceptor", challenge, said, verdict: Some(verdict) }
    }

    fn bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("writing to memory does not fail")
    }

    fn prove(&self, key: &hmac::Key) -> Proof {
        let mut proof = [0; 32];
        proof.copy_from_slice(hmac::sign(key, &self.bytes()).as_ref());
        proof
    }

    /// Compared in constant time.
    fn is_proved_by(&self, key: &hmac::Key, proof: &Proof) -> bool {
        hmac::verify(key, &self.bytes(), proof).is_ok()
    }
}

fn nonce() -> Nonce {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("a system without random numbers cannot run TLS or a hello");
    bytes
}
