//! The receiving end of a pipe: checks for whom it is, and answers. Never serves another cluster, nor another member's mail.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;

use super::inbound;
use super::wire::{Greeting, Purpose, Request, Response, decode, encode};
use crate::limits;
use crate::raft::core::Core;
use crate::transport::{Broken, Pipe};

/// Serves a pipe until it breaks, or the member stops.
pub async fn serve(core: Arc<Core>, mut pipe: Box<dyn Pipe>) {
    let stop = core.net().stop.clone();
    let ended = stop.run_until_cancelled(greeted(&core, &mut *pipe)).await;
    if let Some(Err(broken)) = ended {
        tracing::debug!(why = broken.0, "a pipe of a member ended");
    }
}

async fn greeted(core: &Arc<Core>, pipe: &mut dyn Pipe) -> Result<(), Broken> {
    let silent = |_| Broken("nobody greeted".to_owned());
    let greeting: Greeting = decode(&timeout(limits::GREETING_WAIT, pipe.recv()).await.map_err(silent)??)?;
    if !core.is_meant_by(&greeting) {
        return Err(Broken("another member or cluster was meant".to_owned()));
    }
    match greeting.purpose {
        Purpose::Appends => inbound::appends(core.raft(), pipe).await,
        Purpose::Snapshot => {
            let late = |_| Broken("a snapshot took too long".to_owned());
            timeout(limits::SNAPSHOT_WAIT, inbound::snapshot(core.raft(), pipe)).await.map_err(late)?
        }
        Purpose::Calls => calls(core, pipe, greeting.to.is_some()).await,
    }
}

/// Answers calls as they are done, a bounded number at once. Who did not name this member may ask, not vote.
async fn calls(core: &Arc<Core>, pipe: &mut dyn Pipe, named: bool) -> Result<(), Broken> {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            frame = pipe.recv(), if under_way.len() < limits::CALLS_SERVED => {
                let (number, request): (u64, Request) = decode(&frame?)?;
                if !named && !matches!(request, Request::Ask(_)) {
                    return Err(Broken("a vote for whoever answers".to_owned()));
                }
                under_way.push(async move { (number, respond(core, request).await) });
            }
            Some(answer) = under_way.next() => pipe.send(encode(&answer)?).await?,
        }
    }
}

async fn respond(core: &Core, request: Request) -> Response {
    let voted = |voted: Result<_, _>| voted.map_or(Response::Stopped, Response::Vote);
    match request {
        Request::Vote(request) => voted(core.raft().vote(request).await.map_err(drop)),
        Request::PreVote(request) => voted(core.raft().pre_vote(request).await.map_err(drop)),
        Request::Transfer(request) => {
            let taken = core.raft().handle_transfer_leader(request).await;
            taken.map_or(Response::Stopped, |_| Response::Transfer)
        }
        Request::Ask(ask) => Response::Told(core.here(ask).await),
    }
}
