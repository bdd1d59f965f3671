//! Who may use the routes of admins. Never tells why a token is wrong.

use axum::http::{HeaderMap, StatusCode, header};

use super::super::logs::audit;
use super::{Inside, Ops, Person, Problem};

/// The inside of the node, for an admin; `what` they wanted goes into the audit line of a refusal.
pub(super) fn admin<'a>(
    ops: &'a Ops,
    headers: &HeaderMap,
    what: &'static str,
) -> Result<(&'a Inside, Person), Problem> {
    let inside = ops.inside()?;
    let bearer =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let person = bearer.and_then(|bearer| inside.admit.admit(bearer.trim())).ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "give an API key or an agent's token: Authorization: Bearer ...",
        )
    })?;
    if !person.admin {
        audit(&person.name, what, "", "refused");
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "this needs the role admin"));
    }
    Ok((inside, person))
}
