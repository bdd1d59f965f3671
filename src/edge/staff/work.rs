//! An agent's work on an interaction: conclude, transfer, note, disposition.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::writes::Author;
use crate::edge::Shared;
use crate::edge::http::{Body, Key};
use crate::edge::refusals::Problem;
use crate::edge::wire::answer::Written;
use crate::edge::wire::{acts, bodies};
use crate::session::input::Act;

type Result = std::result::Result<Response, Problem>;
type Shares = State<Arc<Shared>>;

/// Finish one's work on the interaction
///
/// Closes the chat if it is still open and no other agent is in it. Possible after the customer has gone.
#[utoipa::path(post, path = "/v1/sessions/{session}/conclude", tag = "work", request_body = bodies::Conclude,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn conclude(
    State(shared): Shares,
    author: Author,
    key: Key,
    Body(body): Body<bodies::Conclude>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    author.write(&shared, (id, None), Act::Conclude { disposition: body.disposition, note: body.note }).await
}

/// Send the interaction on, to an agent or a queue
#[utoipa::path(post, path = "/v1/sessions/{session}/transfer", tag = "work", request_body = bodies::Transfer,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn transfer(
    State(shared): Shares,
    author: Author,
    key: Key,
    Body(body): Body<bodies::Transfer>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    let act = acts::transfer(body.agent.as_deref(), body.queue.as_deref())?;
    author.write(&shared, (id, None), act).await
}

/// Write a note
#[utoipa::path(post, path = "/v1/sessions/{session}/notes", tag = "work", request_body = bodies::Note,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn note(State(shared): Shares, author: Author, key: Key, Body(body): Body<bodies::Note>) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    author.write(&shared, (id, None), Act::Note { text: body.text }).await
}

/// File the interaction
#[utoipa::path(post, path = "/v1/sessions/{session}/disposition", tag = "work", request_body = bodies::Disposition,
    params(("session" = String, Path)), security(("bearer" = [])), responses((status = 200, body = Written)))]
pub async fn disposition(
    State(shared): Shares,
    author: Author,
    key: Key,
    Body(body): Body<bodies::Disposition>,
) -> Result {
    let id = key.id(&shared, body.id.as_deref())?;
    author.write(&shared, (id, None), Act::Disposition { code: body.code }).await
}
