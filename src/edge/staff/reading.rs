//! What staff read of a session: events and the transcript.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::edge::Shared;
use crate::edge::api::stream::{self, Reader};
use crate::edge::auth::{Session, Staff};
use crate::edge::http::Params;
use crate::edge::refusals::Problem;
use crate::edge::transcript as transcripts;

/// Events by page, long poll or SSE
#[utoipa::path(get, path = "/v1/sessions/{session}/events", tag = "reading", security(("bearer" = [])),
    params(("session" = String, Path), ("from" = Option<u64>, Query), ("wait" = Option<u64>, Query),
        ("limit" = Option<usize>, Query), ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, body = Object, description = "events, next, more, state")))]
pub async fn events(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Session(session): Session,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let reader = Reader { who: caller.who, session, until: caller.expires, staff: true };
    stream::events(shared, reader, &headers, &params).await
}

/// The transcript as this reader may see it, JSON or XML
#[utoipa::path(get, path = "/v1/sessions/{session}/transcript", tag = "reading", security(("bearer" = [])),
    params(("session" = String, Path), ("format" = Option<String>, Query)),
    responses((status = 200, body = Object, description = "session, state, events")))]
pub async fn transcript(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Session(session): Session,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let (name, format) = (caller.name(), transcripts::format(&headers, &params)?);
    let reader = Reader { who: caller.who, session, until: caller.expires, staff: true };
    let answer = transcripts::answer(Arc::clone(&shared), reader, format).await;
    shared.audit(name, "transcript_read", session.to_string(), answer.is_ok());
    answer
}
