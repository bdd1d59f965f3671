//! The staff API: what agents, supervisors and integrations do. Every handler parses, calls the door and renders. Roles
//! are checked here, membership in a session and units behind the door.

pub mod me;
pub mod offers;
pub mod reading;
pub mod records;
pub mod sessions;
pub mod sign_in;
pub mod work;
pub mod writes;
pub mod ws;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use super::refusals::{Code, Problem};
use super::wire::acts;
use crate::center::StaffRole;
use crate::session::event::By;
use crate::session::input::Act;
use crate::shard::door::Who;
use crate::words::{Audience, Role};

/// The routes of the staff API, with their description.
#[must_use]
pub fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(me::show))
        .routes(routes!(me::state))
        .routes(routes!(me::events))
        .routes(routes!(ws::socket))
        .routes(routes!(offers::accept))
        .routes(routes!(offers::decline))
        .routes(routes!(sessions::create))
        .routes(routes!(sessions::invite))
        .routes(routes!(sessions::join))
        .routes(routes!(sessions::show))
        .routes(routes!(writes::send))
        .routes(routes!(writes::notice))
        .routes(routes!(writes::typing))
        .routes(routes!(writes::data))
        .routes(routes!(writes::leave))
        .routes(routes!(writes::close))
        .routes(routes!(writes::remove))
        .routes(routes!(work::conclude))
        .routes(routes!(work::transfer))
        .routes(routes!(work::note))
        .routes(routes!(work::disposition))
        .routes(routes!(reading::events))
        .routes(routes!(reading::transcript))
        .routes(routes!(records::list))
        .routes(routes!(records::show))
        .routes(routes!(records::transcript))
}

/// What a staff member asks for who enters a session; coaching and silence are a supervisor's.
pub fn join_act(who: &Who, shared: &Shared, r#as: &str, audience: Option<&str>) -> Result<Act, Problem> {
    let By::Staff(agent) = &who.by else {
        return Err(Problem { detail: "only signed-in staff can join".into(), ..Code::NotAllowed.into() });
    };
    let (role, needs) = match r#as {
        "agent" => (Role::Agent, StaffRole::Agent),
        "supervisor" => (Role::Supervisor, StaffRole::Supervisor),
        _ => return Err(Problem::malformed("as", "one of agent, supervisor")),
    };
    let audience = acts::audience(None, audience)?;
    let silent = audience == Audience::Supervisors;
    if !who.roles.contains(&needs) || silent && role != Role::Supervisor {
        return Err(Code::NotAllowed.into());
    }
    let nick = shared.door.center().agents.get(agent).map(|known| known.nick.clone());
    Ok(Act::Join {
        role,
        nick: nick.unwrap_or_else(|| agent.0.clone()),
        agent: Some(agent.clone()),
        audience,
    })
}
