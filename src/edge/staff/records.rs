//! The list of records, open ones included, and one record with its transcript. Staff see their units only, agents the
//! records that they took part in, supervisors all of their units.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::center::StaffRole;
use crate::edge::Shared;
use crate::edge::api::stream::Reader;
use crate::edge::auth::{Session, Staff};
use crate::edge::http::Params;
use crate::edge::refusals::{Code, Problem};
use crate::edge::transcript::{self as transcripts, csv};
use crate::edge::wire::answer::HeadJson;
use crate::limits::PAGE_RECORDS;
use crate::session::Head;
use crate::session::event::By;
use crate::shard::door::{RecordPage, RecordQuery, StaffDoor};
use crate::words::{AgentId, SessionId};

/// List records, newest first
///
/// Filters: `from`, `to` (RFC 3339, by start), `agent`, `service`, `contact.KEY=VALUE`. `cursor` goes on where a page
/// ended. With `format=csv` the next cursor is in the header `x-next-cursor`.
#[utoipa::path(get, path = "/v1/records", tag = "records", security(("bearer" = [])),
    params(("from" = Option<String>, Query), ("to" = Option<String>, Query), ("agent" = Option<String>, Query),
        ("service" = Option<String>, Query), ("limit" = Option<usize>, Query), ("cursor" = Option<String>, Query),
        ("format" = Option<String>, Query)),
    responses((status = 200, body = Object, description = "records, cursor")))]
pub async fn list(
    Extension(door): Extension<Arc<dyn StaffDoor>>,
    caller: Staff,
    params: Params,
) -> Result<Response, Problem> {
    let query = query(&caller, &params)?;
    let as_csv = match params.text("format") {
        None | Some("json") => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::field(Code::MalformedQuery, "format", "one of json, csv")),
    };
    let page = door.records(caller.who, query).await?;
    Ok(if as_csv { csv_answer(&page) } else { json_answer(&page) })
}

fn query(caller: &Staff, params: &Params) -> Result<RecordQuery, Problem> {
    let (most, usual) = PAGE_RECORDS;
    let contact = params
        .0
        .iter()
        .find_map(|(name, value)| name.strip_prefix("contact.").map(|key| (key.to_owned(), value.clone())));
    let agent = params.text("agent").map(|name| AgentId(name.to_owned()));
    let agent = match (&caller.who.by, caller.is(StaffRole::Supervisor)) {
        (_, true) => agent,
        (By::Staff(own), false) if agent.as_ref().is_none_or(|asked| asked == own) => Some(own.clone()),
        _ => return Err(Code::NotAllowed.into()),
    };
    Ok(RecordQuery {
        from: params.time("from")?,
        to: params.time("to")?,
        agent,
        service: params.text("service").map(str::to_owned),
        contact,
        limit: params.number("limit")?.unwrap_or(usual).clamp(1, most),
        cursor: params.text("cursor").map(str::to_owned),
    })
}

fn json_answer(page: &RecordPage) -> Response {
    let heads: Vec<_> = page.heads.iter().map(|(session, head)| HeadJson::new(*session, head)).collect();
    Json(serde_json::json!({"records": heads, "cursor": page.cursor})).into_response()
}

fn csv_answer(page: &RecordPage) -> Response {
    let kind = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"records.csv\""),
    ];
    let mut response = (kind, csv::write(&page.heads)).into_response();
    if let Some(cursor) = page.cursor.as_deref().and_then(|cursor| HeaderValue::from_str(cursor).ok()) {
        response.headers_mut().insert("x-next-cursor", cursor);
    }
    response
}

/// One record's head
#[utoipa::path(get, path = "/v1/records/{session}", tag = "records", security(("bearer" = [])),
    params(("session" = String, Path)), responses((status = 200, body = Object), (status = 404)))]
pub async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Session(session): Session,
) -> Result<Response, Problem> {
    let head = readable(&shared, &caller, session).await?;
    Ok(Json(HeadJson::new(session, &head)).into_response())
}

/// One record's transcript, JSON or XML
#[utoipa::path(get, path = "/v1/records/{session}/transcript", tag = "records", security(("bearer" = [])),
    params(("session" = String, Path), ("format" = Option<String>, Query)),
    responses((status = 200, body = Object, description = "session, state, events")))]
pub async fn transcript(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Session(session): Session,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let format = transcripts::format(&headers, &params)?;
    let allowed = readable(&shared, &caller, session).await;
    shared.audit(caller.name(), "transcript_read", session.to_string(), allowed.is_ok());
    allowed?;
    let reader = Reader { who: caller.who, session, until: caller.expires, staff: true };
    transcripts::answer(shared, reader, format).await
}

/// The head, for those who may read the record. Others learn no more than that of a session that is not there.
async fn readable(shared: &Arc<Shared>, caller: &Staff, session: SessionId) -> Result<Head, Problem> {
    let head = shared.door.summary(caller.who.clone(), session).await?.head;
    let own = matches!(&caller.who.by, By::Staff(agent) if head.agents.contains(agent));
    let in_unit = caller.who.units.contains(&head.unit);
    if in_unit && (own || caller.is(StaffRole::Supervisor)) { Ok(head) } else { Err(Code::NoSession.into()) }
}
