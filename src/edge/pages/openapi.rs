//! The OpenAPI document of a listener, made from its routes. Never lists a route of another listener.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::edge::Shared;
use crate::edge::http::layers::Surface;

/// The routes with their document at `/openapi.json`.
pub fn documented(routes: OpenApiRouter<Arc<Shared>>, surface: Surface) -> Router<Arc<Shared>> {
    let (router, document) = OpenApiRouter::with_openapi(head(surface)).merge(routes).split_for_parts();
    let text = document.to_json().unwrap_or_default();
    let text: Arc<str> = text.into();
    router.route(
        "/openapi.json",
        get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text.to_string()) }),
    )
}

fn head(surface: Surface) -> OpenApi {
    let (title, about) = match surface {
        Surface::Public => ("Holdfast, public API", "What customers do with their own session."),
        Surface::Staff => ("Holdfast, staff API", "What agents, supervisors and integrations do."),
    };
    let description = format!(
        "{about}\n\nEvery change carries an id: repeat an unanswered request under the same id, and it happens once. \
         Refusals are application/problem+json. 503 `unknown` means that the outcome is unknown: repeat."
    );
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title(title)
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(description))
                .build(),
        )
        .components(Some(ComponentsBuilder::new().security_scheme("bearer", bearer).build()))
        .build()
}
