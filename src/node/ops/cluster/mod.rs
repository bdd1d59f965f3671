//! The cluster over HTTP, for admins: how it stands, and what an operator may do to it. Each change writes an audit line.
//! Never decides whether a change may be: [`Steward`] does.

mod page;
mod report;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::super::logs::audit;
use super::admin::admin;
use super::{Inside, Ops, Problem};
use crate::shard::door::Wait;

pub use report::{Node, Phase, Raft, Report, Shard, Takeover};

/// The cluster as operators reach it.
pub trait Steward: Send + Sync + 'static {
    /// How it stands, as this node sees it.
    fn report(&self) -> Report;

    /// Does something to a node of it; whether that changed anything.
    fn act(&self, act: Act, node: &str) -> Wait<Result<bool, Unable>>;
}

/// What an operator may do to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Let it vote on the map.
    Promote,
    /// Let it give its shards away and take none.
    Drain,
    /// Let it take shards again, in a new life.
    Undrain,
    /// Drop a node that is gone for good.
    Remove,
}

impl Act {
    /// The word of its route and command.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Drain => "drain",
            Self::Undrain => "undrain",
            Self::Remove => "remove",
        }
    }

    /// For the audit line.
    const fn deed(self) -> &'static str {
        match self {
            Self::Promote => "promote a node",
            Self::Drain => "drain a node",
            Self::Undrain => "undrain a node",
            Self::Remove => "remove a node",
        }
    }
}

/// Why something was not done to a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unable {
    /// Nobody of this name is known.
    #[error("no node of this name is known")]
    NoSuchNode,
    /// It would do harm, or makes no sense now.
    #[error("{0}")]
    NotNow(String),
    /// It may have been done.
    #[error("{0}; it may still happen: look at the status, and ask again")]
    Unknown(String),
}

/// Which node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whom {
    node: String,
}

/// What an act came to.
#[derive(Debug, Serialize)]
struct Acted {
    node: String,
    /// `done`, or `unchanged` when it was so before.
    outcome: &'static str,
}

/// The routes.
pub(super) fn routes() -> Router<Ops> {
    let all = [Act::Promote, Act::Drain, Act::Undrain, Act::Remove];
    let router = page::routes().route("/cluster.json", get(status));
    all.into_iter().fold(router, |router, what| {
        let asked = move |ops, headers, body| act(what, (ops, headers, body));
        router.route(&format!("/cluster/{}", what.word()), post(asked))
    })
}

async fn status(State(ops): State<Ops>, headers: HeaderMap) -> Result<Json<Report>, Problem> {
    let (inside, _) = admin(&ops, &headers, "look at the cluster")?;
    Ok(Json(steward(inside)?.report()))
}

async fn act(
    what: Act,
    (State(ops), headers, body): (State<Ops>, HeaderMap, String),
) -> Result<Json<Acted>, Problem> {
    let (inside, person) = admin(&ops, &headers, what.deed())?;
    let steward = steward(inside)?;
    let whom: Whom = serde_json::from_str(&body).map_err(|error| {
        let detail = format!("the body names a node, {{\"node\":\"n1\"}}: {error}");
        Problem::new(StatusCode::BAD_REQUEST, "malformed", detail)
    })?;
    let done = steward.act(what, &whom.node).await;
    let outcome = match &done {
        Ok(_) => "done",
        Err(Unable::Unknown(_)) => "unknown",
        Err(_) => "refused",
    };
    audit(&person.name, what.deed(), &whom.node, outcome);
    let changed = done.map_err(|error| problem(&error))?;
    Ok(Json(Acted { node: whom.node, outcome: if changed { "done" } else { "unchanged" } }))
}

fn steward(inside: &Inside) -> Result<&Arc<dyn Steward>, Problem> {
    inside.cluster.as_ref().ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "no_cluster",
            "this node keeps its store for itself (store.kind = embedded): it is no member of a cluster",
        )
    })
}

fn problem(error: &Unable) -> Problem {
    let detail = error.to_string();
    match error {
        Unable::NoSuchNode => Problem::new(StatusCode::NOT_FOUND, "no_such_node", detail),
        Unable::NotNow(_) => Problem::new(StatusCode::CONFLICT, "not_now", detail),
        Unable::Unknown(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unknown", detail).retry(1),
    }
}
