//! The customer's WebSocket: one session, both directions.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;

use crate::edge::Shared;
use crate::edge::auth::Customer;
use crate::edge::http::Params;
use crate::edge::live::connection::{Peer, serve};
use crate::edge::live::socket::sized;
use crate::edge::refusals::{Code, Problem};

/// The session's WebSocket
///
/// Protocols offered by browsers: `holdfast.v1, bearer.TOKEN`. `from` is the last seq that the caller has. Frames are
/// described in the API guide.
#[utoipa::path(get, path = "/v1/sessions/{session}/ws", tag = "reading", security(("bearer" = [])),
    params(("session" = String, Path), ("from" = Option<u64>, Query)),
    responses((status = 101, description = "WebSocket"), (status = 426, description = "not_a_websocket")))]
pub async fn socket(
    State(shared): State<Arc<Shared>>,
    caller: Customer,
    params: Params,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| Code::NotUpgrade)?;
    let from = params.from()?;
    let peer =
        Peer { who: caller.who(), only: Some(caller.session), agent: None, expires: Some(caller.expires) };
    Ok(sized(upgrade).on_upgrade(move |socket| serve(Box::new(socket), shared, peer, from)))
}
