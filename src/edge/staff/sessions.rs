//! Sessions as staff begin, enter and look at them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::join_act;
use crate::center::StaffRole;
use crate::edge::Shared;
use crate::edge::api::{
    ops,
    sessions::{create_refused, no_service},
};
use crate::edge::auth::{Session, Staff};
use crate::edge::http::ids::Caller;
use crate::edge::http::{Body, Key};
use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::answer::{self, Invited, Written, moment};
use crate::edge::wire::bodies;
use crate::edge::wire::words::session_state;
use crate::session::Phase;
use crate::session::event::Birth;
use crate::session::input::{Act, Ask};
use crate::words::SessionId;

/// Create a session for a customer who joins later
///
/// Answers an invitation unless `invite` is false. With an `Idempotency-Key` a repeated create answers the first session.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", security(("bearer" = [])),
    request_body = bodies::StaffCreate, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Invited)))]
pub async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    key: Key,
    Body(body): Body<bodies::StaffCreate>,
) -> Result<Response, Problem> {
    let center = shared.door.center();
    let service = center.services.get(&body.service).ok_or_else(no_service)?;
    if !caller.who.units.contains(&service.unit) {
        return Err(no_service());
    }
    let session = key.session(&shared, &body.service, &Caller::Staff(&caller.name()))?;
    let (contact, data) = (body.contact.unwrap_or_default(), body.data.unwrap_or_default());
    let id = key.create(&(&body.nick, &contact, &data));
    let birth = Birth {
        service: body.service,
        unit: service.unit.clone(),
        config: center.version,
        contact,
        identity: None,
        creator: caller.who.by.clone(),
        data,
    };
    let act = Act::Create { birth: Box::new(birth), customer: None, text: None };
    let ask = Ask { by: caller.who.by.clone(), id, after: None, act };
    let receipt = shared.door.ask(caller.who.clone(), session, ask).await.map_err(create_refused)?;
    let nick = body.invite.unwrap_or(true).then_some(body.nick);
    Ok(invited(&shared, session, nick, receipt.repeated))
}

fn invited(shared: &Shared, session: SessionId, nick: Option<Option<String>>, repeated: bool) -> Response {
    let (invitation, expires) = nick.map(|nick| shared.invitation(session, nick)).unzip();
    let expires_at = expires.map(moment);
    (StatusCode::CREATED, Json(Invited { session: session.to_string(), invitation, expires_at, repeated }))
        .into_response()
}

/// Invite a customer into a session
#[utoipa::path(post, path = "/v1/sessions/{session}/invitations", tag = "sessions", security(("bearer" = [])),
    params(("session" = String, Path)), responses((status = 201, body = Invited)))]
pub async fn invite(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Session(session): Session,
) -> Result<Response, Problem> {
    let summary = shared.door.summary(caller.who.clone(), session).await?;
    match session_state(summary.head.state) {
        Phase::Online => {
            shared.audit(caller.name(), "invite", session.to_string(), true);
            Ok(invited(&shared, session, Some(None), false))
        }
        Phase::Stopped => Err(Code::SessionStopped.into()),
        Phase::Offline | Phase::Unborn => Err(Code::SessionClosed.into()),
    }
}

/// Enter a session: to serve, to coach, or silently
#[utoipa::path(post, path = "/v1/sessions/{session}/join", tag = "sessions", security(("bearer" = [])),
    request_body = bodies::StaffJoin, params(("session" = String, Path)),
    responses((status = 200, body = Written), (status = 403, description = "not_allowed")))]
pub async fn join(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Session(session): Session,
    key: Key,
    Body(body): Body<bodies::StaffJoin>,
) -> Result<Response, Problem> {
    let act = join_act(&caller.who, &shared, &body.r#as, body.audience.as_deref())?;
    let id = key.id(&shared, body.id.as_deref())?;
    shared.audit(caller.name(), "join", session.to_string(), true);
    ops::write(&shared, caller.who.clone(), session, (id, None), act).await
}

/// How a session stands
#[utoipa::path(get, path = "/v1/sessions/{session}", tag = "sessions", security(("bearer" = [])),
    params(("session" = String, Path)),
    responses((status = 200, body = Object, description = "session, state, seq, service, parties, queue, head")))]
pub async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Session(session): Session,
) -> Result<Response, Problem> {
    let summary = shared.door.summary(caller.who.clone(), session).await?;
    Ok(Json(answer::summary(session, &summary, true)).into_response())
}

/// Refuses who may not write at all: every write of staff needs the role agent or supervisor.
pub fn writer(caller: &Staff) -> Result<(), Problem> {
    if caller.is(StaffRole::Agent) || caller.is(StaffRole::Supervisor) {
        Ok(())
    } else {
        Err(Code::NotAllowed.into())
    }
}
