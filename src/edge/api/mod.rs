//! The public API: what customers do with their own session. Every handler parses, calls the door and renders; the
//! helpers that staff use in the same way are in `ops`.

pub mod events;
pub mod ops;
pub mod sessions;
pub mod stream;
pub mod writes;
pub mod ws;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;

/// The routes of the public API, with their description.
#[must_use]
pub fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(sessions::create))
        .routes(routes!(sessions::join))
        .routes(routes!(sessions::show))
        .routes(routes!(sessions::renew))
        .routes(routes!(writes::send))
        .routes(routes!(writes::notice))
        .routes(routes!(writes::typing))
        .routes(routes!(writes::data))
        .routes(routes!(writes::leave))
        .routes(routes!(writes::close))
        .routes(routes!(events::events))
        .routes(routes!(events::transcript))
        .routes(routes!(ws::socket))
}
