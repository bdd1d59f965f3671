//! Where a token is in a request: the Authorization header, or the offered protocols of a WebSocket, because browsers
//! cannot set headers there. Never in the URL: URLs are logged.

use axum::http::{HeaderMap, header};

/// The protocol that the server speaks on WebSockets.
pub const PROTOCOL: &str = "holdfast.v1";

/// The token of a request.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<&str> {
    from_authorization(headers).or_else(|| from_protocols(headers))
}

fn from_authorization(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn from_protocols(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|offer| offer.trim().strip_prefix("bearer."))
}
