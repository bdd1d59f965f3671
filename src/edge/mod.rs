//! Edges: wire formats, authentication, refusals, pages. Reach sessions and agents only through
//! [`crate::shard::door::Door`]; keep nothing that matters.
//!
//! | room | what it is |
//! |---|---|
//! | [`api`] | the public routes, and what staff routes share with them |
//! | [`mod@staff`] | the staff routes |
//! | [`live`] | WebSocket connections and followers |
//! | [`transcript`] | transcripts as JSON and XML, records as CSV |
//! | [`wire`] | the wire's words |
//! | [`auth`] | tokens, keys, passwords, identities |
//! | [`refusals`] | the one table of refusals |
//! | [`http`] | bodies, parameters, ids, layers |
//! | [`pages`] | pages and the OpenAPI documents |

pub mod api;
pub mod auth;
pub mod http;
pub mod live;
pub mod pages;
pub mod refusals;
mod shared;
pub mod staff;
pub mod transcript;
pub mod wire;

use std::sync::Arc;

use axum::{Extension, Router};

use crate::shard::door::StaffDoor;
use http::layers::{Surface, around};
pub use shared::{Audit, AuditLine, Shared};

/// The public listener: customers, and nothing else.
pub fn public(shared: Arc<Shared>) -> Router {
    let routes = pages::openapi::documented(api::routes(), Surface::Public);
    around(routes.merge(pages::routes(Surface::Public)), Surface::Public, shared)
}

/// The staff listener: agents, supervisors, integrations. What they need beyond a customer's door stands behind this one.
pub fn staff(shared: Arc<Shared>, door: Arc<dyn StaffDoor>) -> Router {
    let routes = pages::openapi::documented(staff::routes(), Surface::Staff);
    around(routes.merge(pages::routes(Surface::Staff)), Surface::Staff, shared).layer(Extension(door))
}
