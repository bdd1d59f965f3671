//! The pages of a listener: files of `web/`, compiled in, with the headers that say who may frame them. Never a template:
//! what a page shows it fetches from the API.

pub mod openapi;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use super::http::layers::Surface;

/// One file.
#[derive(Clone, Copy, Debug)]
struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! file {
    ($path:literal, $kind:expr, $name:literal) => {
        File { path: $path, kind: $kind, text: include_str!(concat!("../../../web/", $name)) }
    };
}

const BOTH: &[File] = &[
    file!("/assets/link.js", SCRIPT, "link.js"),
    file!("/assets/view.js", SCRIPT, "view.js"),
    file!("/assets/style.css", STYLE, "style.css"),
    file!("/docs", HTML, "docs/docs.html"),
    file!("/assets/docs.js", SCRIPT, "docs/docs.js"),
];

const PUBLIC: &[File] = &[
    file!("/", HTML, "customer.html"),
    file!("/chat", HTML, "customer.html"),
    file!("/chat.js", SCRIPT, "chat.js"),
    file!("/assets/customer.js", SCRIPT, "customer.js"),
    file!("/assets/poll.js", SCRIPT, "poll.js"),
];

const STAFF: &[File] = &[
    file!("/", HTML, "agent.html"),
    file!("/assets/agent.js", SCRIPT, "agent.js"),
    file!("/assets/conversation.js", SCRIPT, "conversation.js"),
];

/// Any site may frame the customer's page: that is what `chat.js` does. Scripts and connections are its own only.
const PUBLIC_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                             img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors *";
/// Nobody may frame a page on which staff are signed in.
const STAFF_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                            img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The pages of a listener.
pub fn routes(surface: Surface) -> Router<Arc<Shared>> {
    let (own, policy) = match surface {
        Surface::Public => (PUBLIC, PUBLIC_POLICY),
        Surface::Staff => (STAFF, STAFF_POLICY),
    };
    own.iter().chain(BOTH).fold(Router::new(), |router, file| {
        router.route(file.path, get(move || async move { answer(*file, policy) }))
    })
}

fn answer(file: File, policy: &'static str) -> Response {
    let mut response = file.text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}
