//! The staff WebSocket: many sessions and the agent's own feed, both directions.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;

use crate::edge::Shared;
use crate::edge::auth::Staff;
use crate::edge::live::agent_side::AgentSide;
use crate::edge::live::connection::{AtWork, Peer, serve};
use crate::edge::live::socket::sized;
use crate::edge::refusals::{Code, Problem};
use crate::shard::door::StaffDoor;
use crate::words::{AgentId, Seq};

/// The agent's WebSocket
///
/// Offers, state, and every session that the agent serves or watches. Integrations may use it too; they have no offers.
#[utoipa::path(get, path = "/v1/agents/me/ws", tag = "agents", security(("bearer" = [])),
    responses((status = 101, description = "WebSocket"), (status = 426, description = "not_a_websocket")))]
pub async fn socket(
    State(shared): State<Arc<Shared>>,
    Extension(door): Extension<Arc<dyn StaffDoor>>,
    caller: Staff,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| Code::NotUpgrade)?;
    let at_work = |(agent, device): (&AgentId, &str)| {
        Box::new(AtWork { side: AgentSide::new(agent.clone(), device.to_owned()), door })
    };
    let agent = caller.agent().ok().map(at_work);
    let peer = Peer { who: caller.who, only: None, agent, expires: caller.expires };
    Ok(sized(upgrade).on_upgrade(move |socket| serve(Box::new(socket), shared, peer, Seq(0))))
}
