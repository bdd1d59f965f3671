//! Extractors: the verified caller of a request. A handler that takes one cannot be reached without it.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::token::Claim;
use super::{bearer, keys};
use crate::center::StaffRole;
use crate::edge::Shared;
use crate::edge::refusals::{Code, Problem};
use crate::session::event::By;
use crate::shard::door::Who;
use crate::words::{AgentId, PartyId, SessionId, Time};

/// A customer, in the session of the path.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The session of path and token.
    pub session: SessionId,
    /// The party.
    pub party: PartyId,
    /// Until when the token is good.
    pub expires: Time,
}

impl Customer {
    /// The customer as the door knows them.
    #[must_use]
    pub const fn who(&self) -> Who {
        Who { by: By::Party(self.party), roles: Vec::new(), units: Vec::new() }
    }
}

impl FromRequestParts<Arc<Shared>> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let path = session_of(parts, shared).await?;
        let token = bearer::token(&parts.headers).ok_or(Code::TokenMissing)?;
        let (claim, expires) = shared.signer.open(token, shared.runtime.now())?;
        let Claim::Customer { session, party } = claim else {
            return Err(Code::TokenBad.into());
        };
        if session != path {
            return Err(Code::WrongSession.into());
        }
        Ok(Self { session, party, expires })
    }
}

async fn session_of(parts: &mut Parts, shared: &Arc<Shared>) -> Result<SessionId, Problem> {
    let text = path(parts, shared, "session").await;
    text.as_deref().and_then(SessionId::parse).ok_or_else(|| Code::NoSession.into())
}

async fn path(parts: &mut Parts, shared: &Arc<Shared>, name: &str) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, shared).await.ok()?;
    params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// The session that the path names, whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct Session(pub SessionId);

impl FromRequestParts<Arc<Shared>> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        session_of(parts, shared).await.map(Self)
    }
}

/// The party that the path names.
#[derive(Clone, Copy, Debug)]
pub struct Party(pub PartyId);

impl FromRequestParts<Arc<Shared>> for Party {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let text = path(parts, shared, "party").await;
        let number = text.and_then(|text| text.parse().ok());
        number.map(|number| Self(PartyId(number))).ok_or_else(|| Code::NoParty.into())
    }
}

/// An agent, a supervisor or an integration.
#[derive(Clone, Debug)]
pub struct Staff {
    /// As the door knows them.
    pub who: Who,
    /// The device of a signed-in agent; `None` for integrations.
    pub device: Option<String>,
    /// Until when the token is good; API keys do not expire.
    pub expires: Option<Time>,
}

impl Staff {
    /// Whether they have a role. An admin is not thereby a supervisor.
    #[must_use]
    pub fn is(&self, role: StaffRole) -> bool {
        self.who.roles.contains(&role)
    }

    /// Refuses who has not the role.
    pub fn must_be(&self, role: StaffRole) -> Result<(), Problem> {
        if self.is(role) { Ok(()) } else { Err(Code::NotAllowed.into()) }
    }

    /// The signed-in agent; integrations have no working day.
    pub fn agent(&self) -> Result<(&AgentId, &str), Problem> {
        match (&self.who.by, &self.device) {
            (By::Staff(agent), Some(device)) => Ok((agent, device)),
            _ => Err(Problem {
                detail: "only signed-in agents have a working day".into(),
                ..Code::NotAllowed.into()
            }),
        }
    }

    /// The name for audit lines.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.who.by {
            By::Staff(agent) => format!("agent:{}", agent.0),
            By::Integration(key) => format!("key:{key}"),
            By::Party(party) => format!("party:{}", party.0),
            By::System => "system".into(),
        }
    }
}

impl FromRequestParts<Arc<Shared>> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        staff(&parts.headers, shared).map_err(Problem::from)
    }
}

/// The staff member or integration that these headers prove.
pub fn staff(headers: &HeaderMap, shared: &Shared) -> Result<Staff, Code> {
    by_token(bearer::token(headers).ok_or(Code::TokenMissing)?, shared)
}

/// The staff member or integration that a token or API key proves. Also what the operations listener asks.
pub fn by_token(token: &str, shared: &Shared) -> Result<Staff, Code> {
    let center = shared.door.center();
    if token.starts_with(keys::PREFIX) {
        let (name, key) = keys::find(&center, token).ok_or(Code::TokenBad)?;
        let who =
            Who { by: By::Integration(name.to_owned()), roles: key.roles.clone(), units: key.units.clone() };
        return Ok(Staff { who, device: None, expires: None });
    }
    let (claim, expires) = shared.signer.open(token, shared.runtime.now())?;
    let Claim::Staff { agent, device, password } = claim else {
        return Err(Code::TokenBad);
    };
    let known = center.agents.get(&agent).ok_or(Code::TokenExpired)?;
    if shared.signed_out.holds(token) || password != password_mark(&known.password) {
        return Err(Code::TokenExpired);
    }
    let who = Who { by: By::Staff(agent), roles: known.roles.clone(), units: known.units.clone() };
    Ok(Staff { who, device: Some(device), expires: Some(expires) })
}

/// A mark of a password's hash, so that a new password ends the tokens that the old one gave.
#[must_use]
pub fn password_mark(hash: &str) -> u64 {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, hash.as_bytes());
    digest.as_ref().iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}
