//! The page of the cluster: files of `web/`, compiled in, under a policy that lets them load nothing from elsewhere. It
//! holds no figure: what it shows it asks `/cluster.json` for, with the token of whoever looks at it.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::super::Ops;

/// One file: its path, its kind, its text.
type File = (&'static str, &'static str, &'static str);

const FILES: [File; 4] = [
    ("/cluster", "text/html; charset=utf-8", include_str!("../../../../web/ops/cluster.html")),
    ("/assets/cluster.js", "text/javascript; charset=utf-8", include_str!("../../../../web/ops/cluster.js")),
    ("/assets/cluster.css", "text/css; charset=utf-8", include_str!("../../../../web/ops/cluster.css")),
    ("/assets/style.css", "text/css; charset=utf-8", include_str!("../../../../web/style.css")),
];

/// Nobody may frame a page into which a token is typed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page and its files.
pub(super) fn routes() -> Router<Ops> {
    let route =
        |router: Router<Ops>, file: File| router.route(file.0, get(move || async move { answer(file) }));
    FILES.into_iter().fold(Router::new(), route)
}

fn answer((_, kind, text): File) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
