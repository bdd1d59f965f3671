//! The ops listener's routes: metrics, probes, and for admins the contact center's configuration and the cluster. Never
//! answers a route of customers or agents.

mod admin;
mod center;
pub mod cluster;
mod probes;
mod problem;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;

use super::config::Role;
use super::lifecycle::Life;
use super::listeners::REQUEST_ID;
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard::door::StaffDoor;

pub use cluster::Steward;
pub use problem::Problem;

/// Who asks, as the edge's tokens and keys say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// For the audit line: a sign-in name or the name of a key.
    pub name: String,
    /// Whether the role admin is among theirs.
    pub admin: bool,
}

/// Verifies what stands after `Authorization: Bearer`.
pub trait Admit: Send + Sync + 'static {
    /// The person, or `None` for a token or key that is wrong or expired.
    fn admit(&self, bearer: &str) -> Option<Person>;
}

/// Whether the node can do its work, beyond its phase: `Err` says why not.
pub type Check = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What admin routes reach; set once the store is open.
pub struct Inside {
    /// The door to the configuration.
    pub door: Arc<dyn StaffDoor>,
    /// Verifies admins.
    pub admit: Arc<dyn Admit>,
    /// The cluster that this node is a member of, if it is.
    pub cluster: Option<Arc<dyn Steward>>,
}

/// What the ops routes share.
#[derive(Clone)]
pub struct Ops {
    life: Life,
    runtime: Arc<dyn Runtime>,
    inside: Arc<OnceLock<Inside>>,
    /// Asked by `/readyz`.
    check: Arc<OnceLock<Check>>,
}

impl Ops {
    /// The ops routes of a node that has not started yet.
    #[must_use]
    pub fn new(life: Life, runtime: Arc<dyn Runtime>) -> Self {
        Self { life, runtime, inside: Arc::default(), check: Arc::default() }
    }

    /// From now on `/readyz` asks this.
    pub fn checks(&self, check: Check) {
        let _ = self.check.set(check);
    }

    /// From now on admin routes answer.
    pub fn open(&self, inside: Inside) {
        let door = Arc::clone(&inside.door);
        metrics::before_scrape(move || {
            let version = i64::try_from(door.center().version).unwrap_or(i64::MAX);
            metrics::process().config_version.set(version);
        });
        let _ = self.inside.set(inside);
    }

    /// The routes; of an edge those that tell of itself.
    pub fn router(&self, role: Role) -> Router {
        let probes = Router::new()
            .route("/metrics", get(metrics_page))
            .route("/livez", get(probes::live))
            .route("/readyz", get(probes::ready));
        let routes = match role {
            Role::Node => probes.merge(admin_routes()),
            Role::Edge => probes,
        };
        routes
            .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not_found", "nothing answers here") })
            .method_not_allowed_fallback(|| async {
                Problem::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "this route has other methods",
                )
            })
            .layer(DefaultBodyLimit::max(limits::CENTER_BYTES))
            .layer(middleware::from_fn_with_state(self.clone(), count))
            .with_state(self.clone())
    }

    fn inside(&self) -> Result<&Inside, Problem> {
        self.inside.get().ok_or_else(|| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "closing", "this node is starting; ask again")
                .retry(1)
        })
    }
}

fn admin_routes() -> Router<Ops> {
    Router::new()
        .route("/v1/config", get(center::current).put(center::apply))
        .route("/v1/config/{version}", get(center::version))
        .merge(cluster::routes())
}

async fn metrics_page() -> ([(&'static str, &'static str); 1], Vec<u8>) {
    ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], metrics::scrape())
}

/// Counts each request by how it ended, and gives its id back.
async fn count(State(ops): State<Ops>, request: Request, next: Next) -> Response {
    let began = ops.runtime.ticks();
    let id = request.headers().get(REQUEST_ID).cloned();
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let status = response.status();
    let outcome = match status {
        _ if status.is_success() => "ok",
        StatusCode::SERVICE_UNAVAILABLE => "unknown",
        _ if status.is_server_error() => "failed",
        _ => "refused",
    };
    let nanos = ops.runtime.ticks().saturating_sub(began);
    metrics::edge("ops", outcome, std::time::Duration::from_nanos(nanos).as_secs_f64());
    response
}
