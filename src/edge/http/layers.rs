//! The layers around all routes of a listener: request ids, metrics, security headers, body limits, panics, and answers
//! for paths that are not there. Never looks into a body.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as AnyOrigin, CorsLayer};

use super::meter;
use crate::edge::Shared;
use crate::edge::refusals::{Code, Problem};
use crate::limits::WIRE_BYTES;

/// The header that carries a request's id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Which listener; a label of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Customers.
    Public,
    /// Agents, supervisors, integrations.
    Staff,
}

impl Surface {
    /// The label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Staff => "staff",
        }
    }
}

/// Puts the layers around a listener's routes.
pub fn around(router: Router<Arc<Shared>>, surface: Surface, shared: Arc<Shared>) -> Router {
    let router = router
        .fallback(|| async { Problem::from(Code::NoRoute) })
        .method_not_allowed_fallback(|| async { Problem::from(Code::WrongMethod) })
        .layer(DefaultBodyLimit::max(WIRE_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state((Arc::clone(&shared), surface), observe));
    let router = if surface == Surface::Public { router.layer(cors()) } else { router };
    router.with_state(shared)
}

/// Widgets live on any site, and the token is in a header and never in a cookie: any origin may ask.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            REQUEST_ID,
        ])
        .expose_headers([header::RETRY_AFTER, REQUEST_ID])
        .max_age(std::time::Duration::from_secs(86_400))
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic's own words may hold content: they go nowhere.
    tracing::error!("a handler panicked");
    Problem::from(Code::Internal).into_response()
}

async fn observe(
    State((shared, surface)): State<(Arc<Shared>, Surface)>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = shared.runtime.ticks();
    let id = request_id(&shared, &request);
    // The id goes on inward too, so that handlers and logs can use it.
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let stream = request.uri().path().ends_with("/events") || request.uri().path().ends_with("/ws");
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let seconds = shared.runtime.ticks().saturating_sub(began) as f64 / 1e9;
    // A long poll's seconds are its client's wish, so it must not spoil the surface's latency.
    meter::request(if stream { "stream" } else { surface.name() }, meter::outcome(status), seconds);
    tracing::debug!(
        request_id = id.to_str().unwrap_or_default(),
        surface = surface.name(),
        method = %method,
        route = route.as_deref().unwrap_or_default(),
        status,
        seconds,
        "answered"
    );
    finish(&mut response, id);
    response
}

fn finish(response: &mut Response, id: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
}

fn request_id(shared: &Shared, request: &Request) -> HeaderValue {
    let given = request.headers().get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    });
    given.cloned().unwrap_or_else(|| {
        let drawn = format!("{:032x}", shared.runtime.random());
        HeaderValue::from_str(&drawn).unwrap_or(HeaderValue::from_static("none"))
    })
}

/// Names the error type of body streams, so that their modules need not.
pub type StreamError = BoxError;
