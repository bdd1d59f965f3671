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
use crate::edge::shared::Streams;
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
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), refuse_adrift))
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

/// Nobody waits for a node that is cut off from all who could answer. Streams end in their own way, and pages are there.
async fn refuse_adrift(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if is_stream(&request) || !request.uri().path().starts_with("/v1/") {
        return next.run(request).await;
    }
    unless_adrift(&shared.streams, next.run(request)).await
}

async fn unless_adrift(streams: &Streams, answer: impl Future<Output = Response>) -> Response {
    if streams.is_adrift() {
        return Problem::from(Code::CutOff).into_response();
    }
    tokio::select! {
        biased;
        response = answer => response,
        // It may have reached an owner.
        () = streams.drifted() => Problem::from(Code::Unknown).into_response(),
    }
}

fn is_stream(request: &Request) -> bool {
    let path = request.uri().path();
    path.ends_with("/events") || path.ends_with("/ws")
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
    let stream = is_stream(&request);
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

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use futures_util::future::{join, pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_node_that_is_cut_off_lets_nobody_wait() {
        let streams = Streams::default();
        let good = || ready(StatusCode::OK.into_response());
        assert_eq!(unless_adrift(&streams, good()).await.status(), 200);
        let drifts = async { streams.set_adrift(true) };
        let (waited, ()) = join(unless_adrift(&streams, pending()), drifts).await;
        assert_eq!(waited.status(), 503, "who waits is told that nothing is known");
        assert_eq!(unless_adrift(&streams, good()).await.status(), 503, "nothing is begun");
        streams.set_adrift(false);
        assert_eq!(unless_adrift(&streams, good()).await.status(), 200);
    }
}
