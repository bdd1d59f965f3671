//! Answering offers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use crate::edge::Shared;
use crate::edge::api::ops;
use crate::edge::auth::Staff;
use crate::edge::http::{Body, Key};
use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::answer::Written;
use crate::edge::wire::{acts, bodies};
use crate::session::input::Act;
use crate::words::SessionId;

/// Take an offer
#[utoipa::path(post, path = "/v1/offers/{reservation}/accept", tag = "offers", security(("bearer" = [])),
    request_body = bodies::Offer, params(("reservation" = String, Path)),
    responses((status = 200, body = Written), (status = 410, description = "offer_over")))]
pub async fn accept(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Path(reservation): Path<String>,
    key: Key,
    Body(body): Body<bodies::Offer>,
) -> Result<Response, Problem> {
    let reservation = acts::reservation(Some(&reservation))?;
    answer(&shared, &caller, key, body, Act::Accept { reservation }).await
}

/// Turn an offer down
#[utoipa::path(post, path = "/v1/offers/{reservation}/decline", tag = "offers", security(("bearer" = [])),
    request_body = bodies::Offer, params(("reservation" = String, Path)),
    responses((status = 200, body = Written), (status = 410, description = "offer_over")))]
pub async fn decline(
    State(shared): State<Arc<Shared>>,
    caller: Staff,
    Path(reservation): Path<String>,
    key: Key,
    Body(body): Body<bodies::Offer>,
) -> Result<Response, Problem> {
    let reservation = acts::reservation(Some(&reservation))?;
    answer(&shared, &caller, key, body, Act::Decline { reservation }).await
}

async fn answer(
    shared: &Arc<Shared>,
    caller: &Staff,
    key: Key,
    body: bodies::Offer,
    act: Act,
) -> Result<Response, Problem> {
    caller.agent()?;
    let session = SessionId::parse(&body.session)
        .ok_or_else(|| Problem { field: Some("session".into()), ..Code::NoSession.into() })?;
    let id = key.id(shared, body.id.as_deref())?;
    ops::write(shared, caller.who.clone(), session, (id, None), act).await
}
