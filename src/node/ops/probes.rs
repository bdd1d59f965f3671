//! The two probes. Live means that the process answers; ready means that it takes traffic. Neither needs a token, and
//! neither says more than that.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::super::lifecycle::Phase;
use super::Ops;

/// What a probe is told.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    ready: bool,
    phase: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The process answers.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The node takes traffic, or why not.
pub(super) async fn ready(State(ops): State<Ops>) -> (StatusCode, Json<Answer>) {
    let phase = ops.life.phase();
    let check = ops.check.get().map_or(Ok(()), |check| check());
    let ready = phase == Phase::Ready && check.is_ok();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let reason = check.err().or_else(|| ops.life.waits_for());
    (status, Json(Answer { ready, phase: phase.to_string(), reason }))
}
