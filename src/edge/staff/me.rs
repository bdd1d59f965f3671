//! An agent's own working day: how it stands, ready or not, and a long poll for those who have no WebSocket.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::agent::event::{AgentAct, Stage};
use crate::edge::Shared;
use crate::edge::auth::Staff;
use crate::edge::http::{Body, Key, Params};
use crate::edge::live::{agent_side, jobs};
use crate::edge::refusals::Problem;
use crate::edge::wire::answer::Written;
use crate::edge::wire::{acts, bodies};
use crate::limits::{MAILBOX_PLACES, POLL_SECONDS};
use crate::shard::door::{AgentSummary, Mailbox, StaffDoor};
use crate::words::{AgentId, Seq};

/// How the agent stands: state, offers, sessions
#[utoipa::path(get, path = "/v1/agents/me", tag = "agents", security(("bearer" = [])),
    responses((status = 200, body = Object, description = "state, reason, capacity, busy, seq, offers, sessions")))]
pub async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(door): Extension<Arc<dyn StaffDoor>>,
    caller: Staff,
) -> Result<Response, Problem> {
    let (agent, _) = caller.agent()?;
    let summary = door.agent(agent.clone()).await?;
    Ok(Json(snapshot(&shared, &caller, &summary).await).into_response())
}

/// Ready for offers, or not
#[utoipa::path(post, path = "/v1/agents/me/state", tag = "agents", security(("bearer" = [])),
    request_body = bodies::State, responses((status = 200, body = Written)))]
pub async fn state(
    State(shared): State<Arc<Shared>>,
    Extension(door): Extension<Arc<dyn StaffDoor>>,
    caller: Staff,
    key: Key,
    Body(body): Body<bodies::State>,
) -> Result<Response, Problem> {
    let (agent, _) = caller.agent()?;
    let id = key.id(&shared, body.id.as_deref())?;
    let act = AgentAct::State { ready: acts::state(Some(&body.state))?, reason: body.reason };
    let receipt = door.ask_agent(agent.clone(), id.clone(), act).await?;
    Ok(Json(Written::new(&id, None, &receipt)).into_response())
}

/// The agent's own feed by long poll
///
/// Answers how the agent stands as soon as that is newer than `from`, or after `wait` seconds. While it waits the device
/// counts as connected.
#[utoipa::path(get, path = "/v1/agents/me/events", tag = "agents", security(("bearer" = [])),
    params(("from" = Option<u64>, Query), ("wait" = Option<u64>, Query)),
    responses((status = 200, body = Object, description = "state, reason, capacity, busy, seq, offers, sessions")))]
pub async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(door): Extension<Arc<dyn StaffDoor>>,
    caller: Staff,
    params: Params,
) -> Result<Response, Problem> {
    let (agent, device) = caller.agent()?;
    let from = params.from()?;
    let wait = params.number::<u64>("wait")?.unwrap_or(0).min(POLL_SECONDS);
    let (mailbox, mut inbox) = Mailbox::open(MAILBOX_PLACES);
    let _attached = Attached { door: Arc::clone(&door), agent: agent.clone(), mailbox: mailbox.clone() };
    let mut summary = jobs::present((&shared, &door), agent.clone(), device.to_owned(), mailbox).await?;
    if is_old(&summary, from) && wait > 0 {
        tokio::select! {
            _ = inbox.recv() => {}
            () = shared.streams.ended() => {}
            () = shared.runtime.sleep(Duration::from_secs(wait)) => {}
        }
        summary = door.agent(agent.clone()).await?;
    }
    Ok(Json(snapshot(&shared, &caller, &summary).await).into_response())
}

/// Ends the attachment when the poll does, also when its client goes away in the middle.
struct Attached {
    door: Arc<dyn StaffDoor>,
    agent: AgentId,
    mailbox: Mailbox,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.door.detach_agent(&self.agent, &self.mailbox);
    }
}

/// A new day counts from 1 again, so anything but the same seq is news.
fn is_old(summary: &AgentSummary, from: Seq) -> bool {
    summary.seq == from
}

async fn snapshot(shared: &Arc<Shared>, caller: &Staff, summary: &AgentSummary) -> serde_json::Value {
    let mut offers = Vec::new();
    let mut sessions = Vec::new();
    for (reservation, held) in &summary.held {
        match held.stage {
            Stage::Engaged => sessions.push(held.session.to_string()),
            Stage::Offered => {
                let session = shared.door.summary(caller.who.clone(), held.session).await.ok();
                offers.push(agent_side::offer(*reservation, held, session.as_ref()));
            }
            Stage::Reserved => {}
        }
    }
    let mut out = agent_side::state(summary);
    out["offers"] = offers.into();
    out["sessions"] = sessions.into();
    out
}
