//! Ids of changing requests: the client's, from the body or the `Idempotency-Key` header, or one that is drawn here; and
//! the ids of sessions, from a creation key or from clock and chance.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::edge::Shared;
use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::acts;
use crate::limits::{CREATION_KEY_MAX, CREATION_KEY_MIN};
use crate::words::{MessageId, SessionId};

/// The `Idempotency-Key` of a request.
#[derive(Clone, Debug)]
pub struct Key(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default();
        let fits = (1..=CREATION_KEY_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            let detail = "1 to 128 visible ASCII characters";
            return Err(Problem::field(Code::Malformed, "Idempotency-Key", detail));
        }
        Ok(Self(Some(text.to_owned())))
    }
}

impl Key {
    /// The id of a write: from the body, from the key, or drawn.
    pub fn id(&self, shared: &Arc<Shared>, body: Option<&str>) -> Result<MessageId, Problem> {
        match (body, &self.0) {
            (Some(id), _) => acts::message_id(id),
            (None, Some(key)) if key.len() <= 64 => acts::message_id(key),
            (None, Some(key)) => Ok(hashed("k-", key)),
            (None, None) => Ok(shared.draw_id()),
        }
    }

    /// The id of a create. It holds a hash of everything that is asked for, so that the same key with other content does
    /// not find the first create and is refused. The key is in the hash, because others may see the id and must not be
    /// able to try contents against it.
    #[must_use]
    pub fn create(&self, content: &impl serde::Serialize) -> MessageId {
        match &self.0 {
            None => MessageId("create".into()),
            Some(key) => {
                let content = serde_json::to_string(content).unwrap_or_default();
                MessageId(format!("create-{:032x}", u128::from_be_bytes(digest(&[key, &content]))))
            }
        }
    }

    /// The id of a new session. With a key it is the key's (protocol F12), so that a repeated create finds the first.
    pub fn session(&self, shared: &Shared, service: &str, caller: &Caller<'_>) -> Result<SessionId, Problem> {
        match &self.0 {
            None => Ok(fresh(shared)),
            Some(key) if caller.is_anonymous() && key.len() < CREATION_KEY_MIN => {
                Err(Problem { field: Some("Idempotency-Key".into()), ..Code::ShortKey.into() })
            }
            Some(key) => Ok(SessionId(digest(&[service, &caller.text(), key]))),
        }
    }
}

/// Who creates a session; part of what a creation key is bound to.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// Anybody.
    Anonymous,
    /// The verified subject of an identity.
    Identity(&'a str),
    /// Staff or an integration, by their audit name.
    Staff(&'a str),
}

impl Caller<'_> {
    /// Whether nobody vouches for them.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }

    fn text(&self) -> String {
        match self {
            Self::Anonymous => String::new(),
            Self::Identity(subject) => format!("identity:{subject}"),
            Self::Staff(name) => format!("staff:{name}"),
        }
    }
}

/// A message id made from something longer.
#[must_use]
pub fn hashed(prefix: &str, text: &str) -> MessageId {
    MessageId(format!("{prefix}{:032x}", u128::from_be_bytes(digest(&[text]))))
}

/// The first 128 bits of SHA-256 over the parts, each with its length before it.
fn digest(parts: &[&str]) -> [u8; 16] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut out = [0; 16];
    out.copy_from_slice(&context.finish().as_ref()[..16]);
    out
}

/// A UUIDv7 from the runtime's clock and chance.
#[must_use]
pub fn fresh(shared: &Shared) -> SessionId {
    let millis = shared.runtime.now().0;
    let chance = shared.runtime.random().to_be_bytes();
    let mut random = [0; 10];
    random.copy_from_slice(&chance[..10]);
    SessionId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes())
}
