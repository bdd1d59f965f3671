//! Tokens: opaque to clients, signed with keys derived from the cluster's secret, expiring, so that every node verifies
//! them without asking anyone. Customers' tokens have one key and staff's another, so that an edge that serves customers alone
//! can make and believe theirs alone. Form: base64url of `kind, expiry, fields, HMAC-SHA256`. Never logged, never in `Debug`.

use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::edge::refusals::Code;
use crate::limits::TOKEN_BYTES;
use crate::words::{AgentId, PartyId, SessionId, Time};

const TAG: usize = 32;

/// The first byte says what a token is, and by which key it is signed.
const CUSTOMER: u8 = b'c';
const STAFF: u8 = b's';
const INVITATION: u8 = b'i';

/// What a token says.
#[derive(Clone, PartialEq, Eq)]
pub enum Claim {
    /// A customer's stay in one session.
    Customer {
        /// Which session.
        session: SessionId,
        /// Which party.
        party: PartyId,
    },
    /// A signed-in agent or supervisor.
    Staff {
        /// Who.
        agent: AgentId,
        /// On which device.
        device: String,
        /// Mark of the password that was given: a new password ends older tokens.
        password: u64,
    },
    /// The right to join one session as its customer.
    Invitation {
        /// Which session.
        session: SessionId,
        /// The nickname that the inviter gave.
        nick: Option<String>,
    },
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Customer { .. } => "Customer",
            Self::Staff { .. } => "Staff",
            Self::Invitation { .. } => "Invitation",
        })
    }
}

/// Signs and verifies.
pub struct Signer {
    customers: ArcSwap<hmac::Key>,
    staff: hmac::Key,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// A signer for a cluster's secret. The keys are derived, so that no other use of the secret can make a token.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        let customers = ArcSwap::from_pointee(key(&customers_key(secret)));
        Self { customers, staff: key(&derived(secret, b"holdfast staff token v1")) }
    }

    /// A signer that has been given the customers' key alone. A token of staff that it made would be good nowhere, and none
    /// is good here: it draws a key for them that nobody else has.
    #[must_use]
    pub fn of_customers(customers: &[u8; 32]) -> Self {
        let mut drawn = [0; 32];
        rand::fill(&mut drawn).expect("a system without random numbers cannot run TLS or tokens");
        Self { customers: ArcSwap::from_pointee(key(customers)), staff: key(&drawn) }
    }

    /// From now on the customers' key is this one.
    pub fn renew(&self, customers: &[u8; 32]) {
        self.customers.store(Arc::new(key(customers)));
    }

    /// Runs with the key of a kind of token.
    fn with_key<T>(&self, kind: u8, run: impl FnOnce(&hmac::Key) -> T) -> T {
        if kind == STAFF { run(&self.staff) } else { run(&self.customers.load()) }
    }

    /// A token that says `claim` until `expires`.
    #[must_use]
    pub fn seal(&self, claim: &Claim, expires: Time) -> String {
        let mut bytes = write(claim, expires);
        let tag = self.with_key(bytes[0], |key| hmac::sign(key, &bytes));
        bytes.extend_from_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token says and until when, if it is ours and still good.
    pub fn open(&self, token: &str, now: Time) -> Result<(Claim, Time), Code> {
        if token.len() > TOKEN_BYTES {
            return Err(Code::TokenBad);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Code::TokenBad)?;
        let cut = bytes.len().checked_sub(TAG).ok_or(Code::TokenBad)?;
        let (body, tag) = bytes.split_at(cut);
        let kind = *body.first().ok_or(Code::TokenBad)?;
        self.with_key(kind, |key| hmac::verify(key, body, tag)).map_err(|_| Code::TokenBad)?;
        let (claim, expires) = read(body).ok_or(Code::TokenBad)?;
        if expires <= now { Err(Code::TokenExpired) } else { Ok((claim, expires)) }
    }
}

/// The key of customers' tokens and invitations: what an edge is given of the secret.
#[must_use]
pub fn customers_key(secret: &[u8; 32]) -> [u8; 32] {
    derived(secret, b"holdfast token v1")
}

fn derived(secret: &[u8; 32], label: &[u8]) -> [u8; 32] {
    let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(&root, label).as_ref());
    out
}

fn key(bytes: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

fn write(claim: &Claim, expires: Time) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.push(match claim {
        Claim::Customer { .. } => CUSTOMER,
        Claim::Staff { .. } => STAFF,
        Claim::Invitation { .. } => INVITATION,
    });
    out.extend_from_slice(&expires.0.to_be_bytes());
    match claim {
        Claim::Customer { session, party } => {
            out.extend_from_slice(&session.0);
            out.extend_from_slice(&party.0.to_be_bytes());
        }
        Claim::Staff { agent, device, password } => {
            out.extend_from_slice(&password.to_be_bytes());
            text(&mut out, &agent.0);
            text(&mut out, device);
        }
        Claim::Invitation { session, nick } => {
            out.extend_from_slice(&session.0);
            if let Some(nick) = nick {
                text(&mut out, nick);
            }
        }
    }
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
}

fn read(body: &[u8]) -> Option<(Claim, Time)> {
    let (kind, mut rest) = body.split_first()?;
    let expires = Time(u64::from_be_bytes(take(&mut rest)?));
    let claim = match *kind {
        CUSTOMER => Claim::Customer {
            session: SessionId(take(&mut rest)?),
            party: PartyId(u32::from_be_bytes(take(&mut rest)?)),
        },
        STAFF => Claim::Staff {
            password: u64::from_be_bytes(take(&mut rest)?),
            agent: AgentId(take_text(&mut rest)?),
            device: take_text(&mut rest)?,
        },
        INVITATION => {
            let session = SessionId(take(&mut rest)?);
            let nick = if rest.is_empty() { None } else { Some(take_text(&mut rest)?) };
            Claim::Invitation { session, nick }
        }
        _ => return None,
    };
    rest.is_empty().then_some((claim, expires))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::from(u16::from_be_bytes(take(rest)?));
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    String::from_utf8(head.to_vec()).ok()
}
