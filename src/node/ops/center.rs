//! The contact center's configuration over HTTP: read a version, apply the next. For admins; each change writes an audit
//! line. Never reads a file, and never checks the text itself: the door does.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::logs::audit;
use super::admin::admin;
use super::{Ops, Problem};
use crate::shard::door::{ApplyError, DoorError};

/// For the audit line of whoever may not.
const REACH: &str = "reach the configuration";

/// What an apply came to.
#[derive(Debug, Serialize)]
pub(super) struct Applied {
    version: u64,
}

/// The version in force.
pub(super) async fn current(State(ops): State<Ops>, headers: HeaderMap) -> Result<Response, Problem> {
    read(&ops, &headers, None).await
}

/// One version.
pub(super) async fn version(
    State(ops): State<Ops>,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let number = version.parse().map_err(|_| missing(&version))?;
    read(&ops, &headers, Some(number)).await
}

/// Takes a new version that was made from the one in `If-Match`.
pub(super) async fn apply(
    State(ops): State<Ops>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Applied>, Problem> {
    let (inside, person) = admin(&ops, &headers, REACH)?;
    let base = base(&headers)?;
    match inside.door.apply_center(base, body).await {
        Ok(version) => {
            audit(&person.name, "apply the configuration", &format!("version {version}"), "done");
            Ok(Json(Applied { version }))
        }
        Err(error) => {
            audit(&person.name, "apply the configuration", &format!("on version {base}"), "refused");
            Err(refused(error))
        }
    }
}

async fn read(ops: &Ops, headers: &HeaderMap, version: Option<u64>) -> Result<Response, Problem> {
    let (inside, _) = admin(ops, headers, REACH)?;
    let found = inside.door.center_text(version).await.map_err(closed)?;
    let Some((number, text)) = found else { return Err(missing(&version.unwrap_or(0).to_string())) };
    let headers = [
        (header::CONTENT_TYPE, "application/toml; charset=utf-8".to_owned()),
        (header::ETAG, format!("\"{number}\"")),
    ];
    Ok((headers, text).into_response())
}

fn missing(version: &str) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_version",
        format!("there is no version {version} of the configuration"),
    )
}

fn base(headers: &HeaderMap) -> Result<u64, Problem> {
    let given = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let number = given.map(|text| text.trim_matches('"').parse());
    match number {
        Some(Ok(version)) => Ok(version),
        Some(Err(_)) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "if_match",
            "If-Match is the number of the version that this one was made from",
        )),
        None => Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match",
            "say in If-Match which version this one was made from; 0 for the first",
        )),
    }
}

fn refused(error: ApplyError) -> Problem {
    match error {
        ApplyError::Invalid(findings) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_config", "nothing was applied")
                .findings(findings)
        }
        ApplyError::Conflict { current } => {
            let detail = ApplyError::Conflict { current }.to_string();
            Problem::new(StatusCode::PRECONDITION_FAILED, "version_conflict", detail).version(current)
        }
        ApplyError::Door(error) => closed(error),
    }
}

fn closed(error: DoorError) -> Problem {
    let code = match error {
        DoorError::Unknown => "unknown",
        DoorError::Full => "full",
        DoorError::Busy { .. } => "busy",
        _ => "closing",
    };
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, error.to_string()).retry(1)
}
