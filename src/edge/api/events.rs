//! What a customer reads: events and the transcript.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::stream::{self, Reader};
use crate::edge::Shared;
use crate::edge::auth::Customer;
use crate::edge::http::Params;
use crate::edge::refusals::Problem;
use crate::edge::transcript;

/// Events by page, long poll or SSE
///
/// `from` is the last seq that the caller has; `wait` seconds make it a long poll. With `Accept: text/event-stream` it is
/// SSE, where `Last-Event-ID` wins over `from`.
#[utoipa::path(get, path = "/v1/sessions/{session}/events", tag = "reading", security(("bearer" = [])),
    params(("session" = String, Path), ("from" = Option<u64>, Query), ("wait" = Option<u64>, Query),
        ("limit" = Option<usize>, Query), ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, body = Object, description = "events, next, more, state")))]
pub async fn events(
    State(shared): State<Arc<Shared>>,
    caller: Customer,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let reader =
        Reader { who: caller.who(), session: caller.session, until: Some(caller.expires), staff: false };
    stream::events(shared, reader, &headers, &params).await
}

/// The transcript as this customer may see it
///
/// JSON, or with `Accept: application/xml` or `format=xml` the XML of classic chat servers.
#[utoipa::path(get, path = "/v1/sessions/{session}/transcript", tag = "reading", security(("bearer" = [])),
    params(("session" = String, Path), ("format" = Option<String>, Query)),
    responses((status = 200, body = Object, description = "session, events")))]
pub async fn transcript(
    State(shared): State<Arc<Shared>>,
    caller: Customer,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let reader =
        Reader { who: caller.who(), session: caller.session, until: Some(caller.expires), staff: false };
    shared.audit(format!("party:{}", caller.party.0), "transcript_read", caller.session.to_string(), true);
    transcript::answer(shared, reader, transcript::format(&headers, &params)?).await
}
