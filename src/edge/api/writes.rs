//! Everything that a customer changes in their session: messages, notices, typing, userdata, leaving, closing.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::ops;
use crate::edge::Shared;
use crate::edge::auth::Customer;
use crate::edge::http::{Body, Key};
use crate::edge::refusals::Problem;
use crate::edge::wire::answer::Written;
use crate::edge::wire::{acts, bodies};
use crate::session::input::Act;

type Result = std::result::Result<Response, Problem>;
type Shares = State<Arc<Shared>>;

/// Say something
///
/// Answered when it is durable and published. Repeat an unanswered message under the same id, with the same `after`.
#[utoipa::path(post, path = "/v1/sessions/{session}/messages", tag = "writing", request_body = bodies::Send,
    params(("session" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = Written), (status = 409, description = "message_id_reused"),
        (status = 410, description = "session_closed"), (status = 503, description = "unknown: repeat it")))]
pub async fn send(
    State(shared): Shares,
    caller: Customer,
    key: Key,
    Body(body): Body<bodies::Send>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    let audience = acts::audience(body.to, body.audience.as_deref())?;
    let act = Act::Send { text: body.text, audience };
    ops::write(&shared, caller.who(), caller.session, (id, body.after), act).await
}

/// Show or do something that is not a text
#[utoipa::path(post, path = "/v1/sessions/{session}/notices", tag = "writing", request_body = bodies::Notice,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn notice(
    State(shared): Shares,
    caller: Customer,
    key: Key,
    Body(body): Body<bodies::Notice>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    ops::write(&shared, caller.who(), caller.session, (id, body.after), body.act()?).await
}

/// Show that one is typing
#[utoipa::path(post, path = "/v1/sessions/{session}/typing", tag = "writing", request_body = bodies::Typing,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 204)))]
pub async fn typing(State(shared): Shares, caller: Customer, Body(body): Body<bodies::Typing>) -> Result {
    ops::typing(&shared, caller.who(), caller.session, body.on.unwrap_or(true), body.preview).await
}

/// Change userdata
#[utoipa::path(post, path = "/v1/sessions/{session}/data", tag = "writing", request_body = bodies::Data,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn data(
    State(shared): Shares,
    caller: Customer,
    key: Key,
    Body(body): Body<bodies::Data>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    let act = Act::Data { set: body.set, remove: body.remove };
    ops::write(&shared, caller.who(), caller.session, (id, body.after), act).await
}

/// End one's stay
#[utoipa::path(post, path = "/v1/sessions/{session}/leave", tag = "writing", request_body = bodies::Leave,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn leave(
    State(shared): Shares,
    caller: Customer,
    key: Key,
    Body(body): Body<bodies::Leave>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    let act = acts::leave(body.then.as_deref())?;
    ops::write(&shared, caller.who(), caller.session, (id, None), act).await
}

/// End the chat
#[utoipa::path(post, path = "/v1/sessions/{session}/close", tag = "writing", request_body = bodies::Bare,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn close(
    State(shared): Shares,
    caller: Customer,
    key: Key,
    Body(body): Body<bodies::Bare>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    ops::write(&shared, caller.who(), caller.session, (id, None), Act::Close).await
}
