//! Create, join, look at a session, renew its token, as a customer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::center::Service;
use crate::edge::Shared;
use crate::edge::auth::token::Claim;
use crate::edge::auth::{Customer, Session, identity};
use crate::edge::http::ids::{self, Caller};
use crate::edge::http::{Address, Body, Key};
use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::answer::{self, Entered, moment};
use crate::edge::wire::bodies;
use crate::session::event::{Birth, By};
use crate::session::input::{Act, Ask};
use crate::session::refusal::Refusal;
use crate::shard::door::{DoorError, Receipt, Who};
use crate::words::{Audience, PartyId, Role, SessionId};

/// Create a session and enter it as its customer
///
/// With an `Idempotency-Key` a repeated create answers the first session, and a token again. Without one, creation is not
/// idempotent. Anonymous callers need a key of 22 to 128 characters made from at least 16 random bytes.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", request_body = bodies::Create,
    params(("Idempotency-Key" = Option<String>, Header, description = "The creation key")),
    responses((status = 201, body = Entered), (status = 409, description = "creation_key_reused"),
        (status = 429, description = "too_many_sessions")))]
pub async fn create(
    State(shared): State<Arc<Shared>>,
    Address(address): Address,
    key: Key,
    Body(body): Body<bodies::Create>,
) -> Result<Response, Problem> {
    let center = shared.door.center();
    let service = center.services.get(&body.service).ok_or_else(no_service)?;
    let subject = subject(&shared, service, body.identity.as_deref())?;
    let caller = subject.as_deref().map_or(Caller::Anonymous, Caller::Identity);
    let session = key.session(&shared, &body.service, &caller)?;
    if caller.is_anonymous() {
        shared.creations.count(address)?;
    }
    let customer = body.nick.unwrap_or_else(|| "Customer".to_owned());
    let (contact, data) = (body.contact.unwrap_or_default(), body.data.unwrap_or_default());
    let id = key.create(&(&customer, &contact, &data, &body.text));
    let by = By::Party(PartyId(1));
    let birth = Birth {
        service: body.service,
        unit: service.unit.clone(),
        config: center.version,
        contact,
        identity: subject,
        creator: by.clone(),
        data,
    };
    let act = Act::Create { birth: Box::new(birth), customer: Some(customer), text: body.text };
    let ask = Ask { by: by.clone(), id, after: None, act };
    let who = Who { by, roles: Vec::new(), units: Vec::new() };
    let receipt = shared.door.ask(who, session, ask).await.map_err(create_refused)?;
    Ok(entered(&shared, session, &receipt))
}

/// The id of a create is its creation key.
pub fn create_refused(error: DoorError) -> Problem {
    match error {
        // The key found a session that another create began, whatever became of it.
        DoorError::Refused(
            Refusal::IdReused | Refusal::AlreadyCreated | Refusal::Closed | Refusal::Stopped,
        ) => Code::CreationKeyReused.into(),
        other => other.into(),
    }
}

/// Refuses a service that is not configured.
pub fn no_service() -> Problem {
    Problem { field: Some("service".into()), ..Code::NoService.into() }
}

fn subject(shared: &Shared, service: &Service, jwt: Option<&str>) -> Result<Option<String>, Problem> {
    match jwt {
        Some(jwt) => identity::verify(service, jwt, shared.runtime.now()).map(Some),
        None if service.anonymous => Ok(None),
        None => Err(Problem { field: Some("identity".into()), ..Code::IdentityRequired.into() }),
    }
}

fn entered(shared: &Shared, session: SessionId, receipt: &Receipt) -> Response {
    let party = receipt.party.unwrap_or(PartyId(1));
    let (token, expires) = shared.customer_token(session, party);
    let entered = Entered {
        session: session.to_string(),
        party: party.0,
        token,
        seq: receipt.seq.0,
        expires_at: moment(expires),
        repeated: receipt.repeated,
    };
    (StatusCode::CREATED, Json(entered)).into_response()
}

/// Join a session as its customer, with an invitation
///
/// The same invitation (and `Idempotency-Key`, if any) gives the same party again.
#[utoipa::path(post, path = "/v1/sessions/{session}/join", tag = "sessions", request_body = bodies::Join,
    params(("session" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Entered), (status = 401, description = "token_bad, token_expired")))]
pub async fn join(
    State(shared): State<Arc<Shared>>,
    Session(named): Session,
    key: Key,
    Body(body): Body<bodies::Join>,
) -> Result<Response, Problem> {
    let (claim, _) = shared.signer.open(&body.invitation, shared.runtime.now())?;
    let Claim::Invitation { session, nick } = claim else {
        return Err(Problem { field: Some("invitation".into()), ..Code::TokenBad.into() });
    };
    if session != named {
        return Err(Code::WrongSession.into());
    }
    let nick = body.nick.or(nick).unwrap_or_else(|| "Customer".to_owned());
    let id = ids::hashed("join-", &format!("{} {}", body.invitation, key.0.unwrap_or_default()));
    let act = Act::Join { role: Role::Customer, nick, agent: None, audience: Audience::All };
    // The inviter's right, proved by the invitation: the customer has no party yet.
    let who = Who { by: By::System, roles: Vec::new(), units: Vec::new() };
    let ask = Ask { by: By::System, id, after: None, act };
    let receipt = shared.door.ask(who, session, ask).await?;
    if receipt.party.is_none() {
        return Err(Code::Internal.into());
    }
    Ok(entered(&shared, session, &receipt))
}

/// How the session stands
#[utoipa::path(get, path = "/v1/sessions/{session}", tag = "sessions", params(("session" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = Object, description = "session, state, seq, service, parties, queue")))]
pub async fn show(State(shared): State<Arc<Shared>>, caller: Customer) -> Result<Response, Problem> {
    let summary = shared.door.summary(caller.who(), caller.session).await?;
    Ok(Json(answer::summary(caller.session, &summary, false)).into_response())
}

/// A new token for the same party
///
/// Conversations may last for weeks; a token is renewed while the old one is still good.
#[utoipa::path(post, path = "/v1/sessions/{session}/token", tag = "sessions", params(("session" = String, Path)),
    security(("bearer" = [])), responses((status = 201, body = Entered)))]
pub async fn renew(State(shared): State<Arc<Shared>>, caller: Customer) -> Result<Response, Problem> {
    let summary = shared.door.summary(caller.who(), caller.session).await?;
    let receipt =
        Receipt { seq: summary.seq, at: shared.runtime.now(), repeated: true, party: Some(caller.party) };
    Ok(entered(&shared, caller.session, &receipt))
}
