//! Everything that staff change in a session: messages, notices, typing, userdata, leaving, removing, closing.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::sessions::writer;
use crate::edge::Shared;
use crate::edge::api::ops;
use crate::edge::auth::{Party, Session, Staff};
use crate::edge::http::{Body, Key};
use crate::edge::refusals::Problem;
use crate::edge::wire::answer::Written;
use crate::edge::wire::{acts, bodies};
use crate::session::input::Act;
use crate::words::{MessageId, SessionId};

type Result<T = Response> = std::result::Result<T, Problem>;
type Shares = State<Arc<Shared>>;

/// A staff member or integration that may write, and where.
#[derive(Debug)]
pub struct Author {
    caller: Staff,
    session: SessionId,
}

impl axum::extract::FromRequestParts<Arc<Shared>> for Author {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self> {
        let caller = Staff::from_request_parts(parts, shared).await?;
        let Session(session) = Session::from_request_parts(parts, shared).await?;
        writer(&caller)?;
        Ok(Self { caller, session })
    }
}

impl Author {
    /// Writes as this caller.
    pub async fn write(self, shared: &Arc<Shared>, id: (MessageId, Option<u64>), act: Act) -> Result {
        ops::write(shared, self.caller.who, self.session, id, act).await
    }
}

/// Say something
///
/// Answered when it is durable and published. Repeat an unanswered message under the same id, with the same `after`.
#[utoipa::path(post, path = "/v1/sessions/{session}/messages", tag = "writing", request_body = bodies::Send,
    params(("session" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = Written), (status = 409, description = "message_id_reused"),
        (status = 410, description = "session_closed"), (status = 503, description = "unknown: repeat it")))]
pub async fn send(State(shared): Shares, author: Author, key: Key, Body(body): Body<bodies::Send>) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    let audience = acts::audience(body.to, body.audience.as_deref())?;
    let act = Act::Send { text: body.text, audience };
    author.write(&shared, (id, body.after), act).await
}

/// Show or do something that is not a text
#[utoipa::path(post, path = "/v1/sessions/{session}/notices", tag = "writing", request_body = bodies::Notice,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn notice(
    State(shared): Shares,
    author: Author,
    key: Key,
    Body(body): Body<bodies::Notice>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    author.write(&shared, (id, body.after), body.act()?).await
}

/// Show that one is typing
#[utoipa::path(post, path = "/v1/sessions/{session}/typing", tag = "writing", request_body = bodies::Typing,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 204)))]
pub async fn typing(State(shared): Shares, author: Author, Body(body): Body<bodies::Typing>) -> Result {
    ops::typing(&shared, author.caller.who, author.session, body.on.unwrap_or(true), body.preview).await
}

/// Change userdata
#[utoipa::path(post, path = "/v1/sessions/{session}/data", tag = "writing", request_body = bodies::Data,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn data(State(shared): Shares, author: Author, key: Key, Body(body): Body<bodies::Data>) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    let act = Act::Data { set: body.set, remove: body.remove };
    author.write(&shared, (id, body.after), act).await
}

/// End one's own stay
#[utoipa::path(post, path = "/v1/sessions/{session}/leave", tag = "writing", request_body = bodies::Leave,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn leave(
    State(shared): Shares,
    author: Author,
    key: Key,
    Body(body): Body<bodies::Leave>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    let act = acts::leave(body.then.as_deref())?;
    author.write(&shared, (id, None), act).await
}

/// End the chat
#[utoipa::path(post, path = "/v1/sessions/{session}/close", tag = "writing", request_body = bodies::Bare,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn close(
    State(shared): Shares,
    author: Author,
    key: Key,
    Body(body): Body<bodies::Bare>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    author.write(&shared, (id, None), Act::Close).await
}

/// End another party's stay
#[utoipa::path(post, path = "/v1/sessions/{session}/parties/{party}/remove", tag = "writing",
    request_body = bodies::Bare, params(("session" = String, Path), ("party" = u32, Path)),
    security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn remove(
    State(shared): Shares,
    author: Author,
    Party(party): Party,
    key: Key,
    Body(body): Body<bodies::Bare>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    author.write(&shared, (id, None), Act::Remove { party }).await
}
