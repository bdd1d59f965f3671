//! What public and staff routes do in the same way, given who asks. Never verifies who that is.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::edge::Shared;
use crate::edge::refusals::Problem;
use crate::edge::wire::answer::Written;
use crate::session::input::{Act, Ask};
use crate::session::refusal::Refusal;
use crate::shard::door::{DoorError, Who};
use crate::words::{MessageId, Seq, SessionId};

/// One write: asks, waits for its publication, and answers what it came to.
pub async fn write(
    shared: &Arc<Shared>,
    who: Who,
    session: SessionId,
    id: (MessageId, Option<u64>),
    act: Act,
) -> Result<Response, Problem> {
    let (id, after) = id;
    let ask = Ask { by: who.by.clone(), id: id.clone(), after: after.map(Seq), act };
    let receipt = shared.door.ask(who, session, ask).await?;
    Ok(Json(Written::new(&id, None, &receipt)).into_response())
}

/// Typing: never stored, so there is nothing to tell but that it was heard.
pub async fn typing(
    shared: &Arc<Shared>,
    who: Who,
    session: SessionId,
    on: bool,
    preview: Option<String>,
) -> Result<Response, Problem> {
    let id = MessageId("typing".into());
    let ask = Ask { by: who.by.clone(), id, after: None, act: Act::Typing { on, preview } };
    match shared.door.ask(who, session, ask).await {
        // Typing too fast harms nobody: it is only not shown.
        Ok(_) | Err(DoorError::Refused(Refusal::TooFast { .. })) => {
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Err(error) => Err(error.into()),
    }
}
