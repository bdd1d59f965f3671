//! One refusal on its way to a client: `application/problem+json` over HTTP, the same fields in a WebSocket frame.
//! Never holds anything that the client did not send or may not know.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Code;
use crate::agent::AgentRefusal;
use crate::session::refusal::Refusal;
use crate::shard::door::DoorError;

/// A refusal with what is particular about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its line of the table.
    pub code: Code,
    /// What is wrong here; the table's advice when there is nothing particular.
    pub detail: Cow<'static, str>,
    /// The field, as on the wire.
    pub field: Option<Cow<'static, str>>,
    /// The limit, in the field's unit.
    pub limit: Option<u64>,
    /// When to try again.
    pub retry_ms: Option<u32>,
    /// Line and column of a malformed body.
    pub place: Option<(u32, u32)>,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self {
            code,
            detail: Cow::Borrowed(code.row().advice),
            field: None,
            limit: None,
            retry_ms: (code.row().status == 503).then_some(1_000),
            place: None,
        }
    }
}

impl Problem {
    /// A refusal of one field.
    #[must_use]
    pub fn field(code: Code, field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), detail: detail.into(), ..code.into() }
    }

    /// A field that is not one of the allowed values.
    #[must_use]
    pub fn malformed(field: &'static str, wants: &'static str) -> Self {
        Self::field(Code::Malformed, field, wants)
    }

    /// A field over its limit.
    #[must_use]
    pub fn too_large(field: &'static str, limit: u64) -> Self {
        let detail = format!("{field} is over its limit of {limit}");
        Self { limit: Some(limit), ..Self::field(Code::TooLarge, field, detail) }
    }

    /// A refusal that ends by itself.
    #[must_use]
    pub fn later(code: Code, retry_ms: u64) -> Self {
        Self { retry_ms: Some(u32::try_from(retry_ms).unwrap_or(u32::MAX)), ..code.into() }
    }

    /// Writes its fields into a map that is being serialized.
    pub fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let row = self.code.row();
        map.serialize_entry("type", &format_args!("/problems/{}", row.code))?;
        map.serialize_entry("title", row.title)?;
        map.serialize_entry("status", &row.status)?;
        map.serialize_entry("code", row.code)?;
        map.serialize_entry("detail", &self.detail)?;
        if let Some(field) = &self.field {
            map.serialize_entry("field", field)?;
        }
        if let Some(limit) = self.limit {
            map.serialize_entry("limit", &limit)?;
        }
        if let Some(wait) = self.retry_ms {
            map.serialize_entry("retry_ms", &wait)?;
        }
        if let Some((line, column)) = self.place {
            map.serialize_entry("line", &line)?;
            map.serialize_entry("column", &column)?;
        }
        Ok(())
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.fields(&mut map)?;
        map.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.retry_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.div_ceil(1_000).max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<DoorError> for Problem {
    fn from(error: DoorError) -> Self {
        match error {
            DoorError::Refused(refusal) => refusal.into(),
            DoorError::AgentRefused(refusal) => refusal.into(),
            DoorError::Unknown => Code::Unknown.into(),
            DoorError::Busy { retry_ms } => Self::later(Code::Busy, retry_ms),
            DoorError::Behind => Self::later(Code::Busy, 100),
            DoorError::Full => Self::later(Code::StoreFull, 5_000),
            DoorError::Quarantined => Code::Quarantined.into(),
            DoorError::Closing => Code::Closing.into(),
        }
    }
}

impl From<AgentRefusal> for Problem {
    fn from(refusal: AgentRefusal) -> Self {
        let code = match refusal {
            AgentRefusal::Malformed { field, .. } => {
                return Self::field(Code::Malformed, field, refusal.to_string());
            }
            AgentRefusal::TooManyDevices { .. } => Code::TooMany,
            AgentRefusal::NotOpen | AgentRefusal::Ended | AgentRefusal::NotSignedIn => Code::NotSignedIn,
            AgentRefusal::NotReady
            | AgentRefusal::AtCapacity
            | AgentRefusal::BadDeadline
            | AgentRefusal::Over
            | AgentRefusal::Conflict => Code::AgentState,
        };
        Self { detail: refusal.to_string().into(), ..code.into() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::TooLarge { field, limit } => return Self::too_large(field, limit),
            Refusal::Malformed { field, .. } => {
                return Self::field(Code::Malformed, field, refusal.to_string());
            }
            Refusal::TooFast { retry_ms } => return Self::later(Code::TooFast, retry_ms),
            Refusal::NoSession => Code::NoSession,
            Refusal::AlreadyCreated => Code::CreationKeyReused,
            Refusal::NotInSession => Code::NotInSession,
            Refusal::NotAllowed => Code::NotAllowed,
            Refusal::Closed => Code::SessionClosed,
            Refusal::Stopped => Code::SessionStopped,
            Refusal::IdReused => Code::MessageIdReused,
            Refusal::WrongNamespace => Code::WrongNamespace,
            Refusal::NoParty => Code::NoParty,
            Refusal::NoOffer => Code::OfferOver,
            Refusal::NotAssigned => Code::NotAssigned,
            Refusal::NoTarget => Code::NoTarget,
            Refusal::NoDisposition => Code::NoDisposition,
            Refusal::Stale { .. } => Code::Behind,
        };
        code.into()
    }
}
