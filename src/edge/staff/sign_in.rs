//! Signing in and out. Attempts are limited, an unknown agent takes as long as a known one, and every try is audited.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::agent::event::AgentAct;
use crate::edge::Shared;
use crate::edge::auth::callers::password_mark;
use crate::edge::auth::token::Claim;
use crate::edge::auth::{Staff, bearer};
use crate::edge::http::{Address, Body};
use crate::edge::live::jobs;
use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::answer::{SignedIn, moment};
use crate::edge::wire::{bodies, words};
use crate::limits::{DEVICE_BYTES, STAFF_TOKEN};
use crate::shard::door::StaffDoor;
use crate::words::AgentId;

/// Sign in on a device
#[utoipa::path(post, path = "/v1/sign-in", tag = "agents", request_body = bodies::SignIn,
    responses((status = 200, body = SignedIn), (status = 401, description = "sign_in_failed"),
        (status = 429, description = "too_many_attempts")))]
pub async fn sign_in(
    State(shared): State<Arc<Shared>>,
    Extension(door): Extension<Arc<dyn StaffDoor>>,
    Address(address): Address,
    Body(body): Body<bodies::SignIn>,
) -> Result<Response, Problem> {
    let device = device(&shared, body.device)?;
    let allowed = check(&shared, address, &body.agent, body.password).await;
    // The name is cut: it is what somebody typed.
    let who: String = body.agent.chars().take(64).filter(|c| !c.is_control()).collect();
    shared.audit(format!("agent:{who}"), "sign_in", device.clone(), allowed.is_ok());
    allowed?;
    let agent = AgentId(body.agent);
    jobs::sign_in((&shared, &door), &agent, &device).await?;
    let center = shared.door.center();
    let known = center.agents.get(&agent).ok_or(Code::SignInFailed)?;
    let expires = shared.runtime.now().plus(STAFF_TOKEN);
    let claim = Claim::Staff {
        agent: agent.clone(),
        device: device.clone(),
        password: password_mark(&known.password),
    };
    let signed = SignedIn {
        token: shared.signer.seal(&claim, expires),
        agent: agent.0,
        nick: known.nick.clone(),
        device,
        roles: known.roles.iter().map(|role| words::staff_role(*role)).collect(),
        expires_at: moment(expires),
    };
    Ok(Json(signed).into_response())
}

async fn check(
    shared: &Arc<Shared>,
    address: Option<std::net::IpAddr>,
    agent: &str,
    password: String,
) -> Result<(), Problem> {
    shared.attempts.count(agent, address)?;
    let center = shared.door.center();
    let hash = center.agents.get(&AgentId(agent.to_owned())).map(|known| known.password.clone());
    if shared.passwords.verify(hash, password).await? { Ok(()) } else { Err(Code::SignInFailed.into()) }
}

fn device(shared: &Shared, given: Option<String>) -> Result<String, Problem> {
    match given {
        None => Ok(format!("device-{:08x}", shared.runtime.random() & 0xffff_ffff)),
        Some(device) if device.is_empty() || device.chars().any(char::is_control) => {
            Err(Problem::malformed("device", "1 to 64 bytes without control characters"))
        }
        Some(device) if device.len() > DEVICE_BYTES => Err(Problem::too_large("device", DEVICE_BYTES as u64)),
        Some(device) => Ok(device),
    }
}

/// Sign the device out
///
/// The token is refused by this node from now on; other nodes refuse it when it expires.
#[utoipa::path(post, path = "/v1/sign-out", tag = "agents", security(("bearer" = [])), responses((status = 204)))]
pub async fn sign_out(
    State(shared): State<Arc<Shared>>,
    Extension(door): Extension<Arc<dyn StaffDoor>>,
    caller: Staff,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (agent, device) = caller.agent()?;
    let act = AgentAct::SignOut { device: device.to_owned() };
    door.ask_agent(agent.clone(), shared.draw_id(), act).await?;
    if let (Some(token), Some(expires)) = (bearer::token(&headers), caller.expires) {
        shared.signed_out.add(token, expires, shared.runtime.now());
    }
    shared.audit(caller.name(), "sign_out", device.to_owned(), true);
    Ok(StatusCode::NO_CONTENT.into_response())
}
