//! The one table of refusals: every "no" that a client can see, with its status, its meaning and what the client should
//! do. `docs/refusals.md` is made from it. Never decides to refuse.

mod problem;
#[cfg(test)]
mod tests;

pub use problem::Problem;

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    /// Stable word for programs.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What it means, for people.
    pub title: &'static str,
    /// What the client should do.
    pub advice: &'static str,
}

macro_rules! table {
    ($($name:ident $status:literal $code:literal $title:literal $advice:literal)+) => {
        /// A kind of refusal; its line of the table is [`Code::row`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name,)+
        }

        /// All lines, in the order of the documentation.
        pub const TABLE: &[Row] =
            &[$(Row { code: $code, status: $status, title: $title, advice: $advice },)+];

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

impl Code {
    /// Its line of the table.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

table! {
    MalformedJson 400 "malformed_json" "The body is not the JSON that is expected here"
        "Correct the request; repeating it will be refused again."
    MalformedUtf8 400 "malformed_utf8" "The body is not UTF-8"
        "Encode the request as UTF-8."
    MalformedQuery 400 "malformed_query" "A query parameter has no such value"
        "Correct the parameter that is named."
    ShortKey 400 "creation_key_short" "The creation key does not fit"
        "Anonymous callers need an Idempotency-Key of 22 to 128 visible characters made from at least 16 random bytes."
    TokenMissing 401 "token_missing" "There is no token"
        "Send `Authorization: Bearer TOKEN`; on a WebSocket from a browser the protocols `holdfast.v1, bearer.TOKEN`."
    TokenBad 401 "token_bad" "The token is not one of ours"
        "Create the session, sign in, or use the API key again."
    TokenExpired 401 "token_expired" "The token has expired or was signed out"
        "Sign in again, or create a session again with the same creation key."
    IdentityRequired 401 "identity_required" "This service takes no anonymous customers"
        "Send `identity`, a signed JWT of the customer."
    IdentityBad 401 "identity_bad" "The identity cannot be verified"
        "Have a fresh one signed (HS256 or ES256 by the service's key, with `sub` and `exp`)."
    SignInFailed 401 "sign_in_failed" "Agent or password is wrong"
        "Check both; after several failures wait a minute."
    WrongSession 403 "wrong_session" "The token belongs to another session"
        "Use the token that this session's create or join gave."
    NotInSession 403 "not_in_session" "The caller is not, or no longer, in this session"
        "Join the session first."
    NotAllowed 403 "not_allowed" "This role may not do that"
        "Ask someone who may."
    WrongNamespace 403 "wrong_namespace" "The userdata key belongs to a name space that the caller may not write"
        "Customers write keys that begin with `customer.`."
    NoRoute 404 "not_found" "There is nothing at this path"
        "See /openapi.json on this listener."
    NoSession 404 "no_session" "There is no such session"
        "Check the id; a session that was never acknowledged may not exist."
    NoService 404 "no_service" "There is no such service"
        "Use the name of a configured service."
    NoParty 404 "no_party" "There is no such party in this session"
        "Read the session's parties again."
    WrongMethod 405 "wrong_method" "This path has no such method"
        "See /openapi.json on this listener."
    CreationKeyReused 409 "creation_key_reused" "This creation key already made a session with other content"
        "Draw a new key for a new session."
    MessageIdReused 409 "message_id_reused" "This id was used before with other content"
        "Draw a new id for new content; repeat only the same content under the same id."
    NotAssigned 409 "not_assigned" "The caller has no assignment in this session"
        "Accept an offer of this session first."
    NotSignedIn 409 "not_signed_in" "This device is not signed in"
        "Sign in again."
    AgentState 409 "agent_state" "The agent's day does not allow that now"
        "Read the agent's state again and do as the detail says."
    SessionClosed 410 "session_closed" "The chat is closed"
        "Create a new session; staff may still file and annotate this one."
    SessionStopped 410 "session_stopped" "The interaction is over"
        "Read its record; nothing can be added."
    OfferOver 410 "offer_over" "There is no such offer, or it has ended"
        "Wait for the next offer."
    TooLarge 413 "too_large" "A field or body is over its limit"
        "Send less; the limit is named."
    MediaType 415 "media_type" "The body must be JSON"
        "Send `Content-Type: application/json`."
    Malformed 422 "malformed_field" "A field has no such value"
        "Correct the field that is named."
    NoTarget 422 "no_target" "There is no such queue or agent"
        "Use a configured queue or agent."
    NoDisposition 422 "no_disposition" "The service has no such disposition"
        "Use one of the service's dispositions."
    NotUpgrade 426 "not_a_websocket" "This path speaks WebSocket only"
        "Open it as a WebSocket, version 13."
    TooFast 429 "too_fast" "The sender is over its rate"
        "Wait as long as Retry-After says, then repeat under the same id."
    TooManyAttempts 429 "too_many_attempts" "Too many sign-ins were tried"
        "Wait as long as Retry-After says."
    TooManySessions 429 "too_many_sessions" "Too many sessions were created"
        "Wait as long as Retry-After says, then repeat under the same creation key."
    TooMany 429 "too_many" "There are as many of these as there may be"
        "End some first."
    Internal 500 "internal" "The server failed"
        "Report the request id. Repeat under the same id."
    Quarantined 503 "quarantined" "This session is quarantined after a fault of the server"
        "Its events can still be read; report it to the operator."
    Unknown 503 "unknown" "The outcome is unknown"
        "It may be stored now, later or never. Repeat it under the same id until it is answered."
    Busy 503 "busy" "Too much is waiting"
        "Nothing was stored. Wait as long as Retry-After says, then repeat under the same id."
    StoreFull 503 "store_full" "The store is below its reserve of free space"
        "Nothing was stored. Reads go on; repeat under the same id later."
    Behind 503 "behind" "This node knows less than the client does"
        "Nothing was stored. Repeat under the same id; a newer owner will answer."
    CutOff 503 "cut_off" "This node is cut off from the others"
        "Nothing was stored. Repeat it elsewhere under the same id; this node answers again when it is back."
    Closing 503 "closing" "This node is starting or stopping"
        "Connect again; another node, or this one a little later, will answer."
}

/// The table as Markdown, for `docs/refusals.md`.
#[must_use]
pub fn markdown() -> String {
    use std::fmt::Write as _;
    let mut out = String::from(
        "# Refusals\n\nEvery refusal is `application/problem+json` with `type`, `title`, `status`, `code`, `detail` and, \
         where it helps, `field`, `limit`, `line`, `column` and `retry_ms`.\nThe statuses 429 and 503 carry \
         `Retry-After`. This table is made from the code (`src/edge/refusals/mod.rs`).\n\n\
         | code | status | meaning | what to do |\n|---|---|---|---|\n",
    );
    for row in TABLE {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| `{}` | {} | {} | {} |", row.code, row.status, row.title, row.advice);
    }
    out
}
