//! Tokens, keys, identities, attempts: what is good, and everything that is not.

use std::collections::BTreeMap;

use super::attempts::Attempts;
use super::password::Passwords;
use super::token::{Claim, Signer, customers_key};
use super::{bearer, identity, keys};
use crate::center::{ApiKey, Center, Service, StaffRole, Texts, Timers};
use crate::edge::refusals::Code;
use crate::words::{AgentId, PartyId, SessionId, Time};

const LATER: Time = Time(2_000);

fn claims() -> Vec<Claim> {
    let session = SessionId([7; 16]);
    vec![
        Claim::Customer { session, party: PartyId(3) },
        Claim::Staff { agent: AgentId("ann".into()), device: "desk".into(), password: 9 },
        Claim::Invitation { session, nick: None },
        Claim::Invitation { session, nick: Some("Zoë 👋".into()) },
    ]
}

#[test]
fn a_token_says_what_was_sealed_until_it_expires() {
    let signer = Signer::new(&[1; 32]);
    for claim in claims() {
        let token = signer.seal(&claim, LATER);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(signer.open(&token, Time(1_999)), Ok((claim, LATER)));
        assert_eq!(signer.open(&token, LATER), Err(Code::TokenExpired));
    }
}

#[test]
fn a_changed_foreign_or_cut_token_is_refused() {
    let signer = Signer::new(&[1; 32]);
    let token = signer.seal(&claims()[0], LATER);
    assert_eq!(Signer::new(&[2; 32]).open(&token, Time(0)), Err(Code::TokenBad));
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(signer.open(&String::from_utf8(bytes).unwrap(), Time(0)), Err(Code::TokenBad), "at {at}");
        assert_eq!(signer.open(&token[..at], Time(0)), Err(Code::TokenBad), "cut at {at}");
    }
    assert_eq!(signer.open(&"A".repeat(100_000), Time(0)), Err(Code::TokenBad));
}

#[test]
fn whoever_has_the_customers_key_makes_and_believes_customers_tokens_alone() {
    let node = Signer::new(&[1; 32]);
    let edge = Signer::of_customers(&customers_key(&[1; 32]));
    for claim in claims() {
        let is_staff = matches!(claim, Claim::Staff { .. });
        let good = if is_staff { Err(Code::TokenBad) } else { Ok((claim.clone(), LATER)) };
        assert_eq!(node.open(&edge.seal(&claim, LATER), Time(0)), good, "made by an edge: {claim:?}");
        assert_eq!(edge.open(&node.seal(&claim, LATER), Time(0)), good, "shown to an edge: {claim:?}");
    }
    let next = Signer::new(&[2; 32]);
    edge.renew(&customers_key(&[2; 32]));
    assert_eq!(edge.open(&next.seal(&claims()[0], LATER), Time(0)), Ok((claims()[0].clone(), LATER)));
    assert_eq!(edge.open(&node.seal(&claims()[0], LATER), Time(0)), Err(Code::TokenBad));
}

#[test]
fn debug_of_a_claim_tells_nothing() {
    for claim in claims() {
        assert!(!format!("{claim:?}").contains(|c: char| c.is_ascii_digit()));
    }
}

#[test]
fn a_browser_offers_its_token_as_a_protocol() {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("sec-websocket-protocol", "holdfast.v1, bearer.abc-_1".parse().unwrap());
    assert_eq!(bearer::token(&headers), Some("abc-_1"));
    headers.insert("authorization", "Bearer other".parse().unwrap());
    assert_eq!(bearer::token(&headers), Some("other"));
}

#[test]
fn an_api_key_is_found_by_its_hash_only() {
    let hash = keys::hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"hk_secret").as_ref());
    let key = ApiKey { hash, roles: vec![StaffRole::Supervisor], units: vec!["north".into()] };
    let center = Center { keys: BTreeMap::from([("crm".into(), key)]), ..Center::default() };
    assert_eq!(keys::find(&center, "hk_secret").map(|(name, _)| name), Some("crm"));
    assert!(keys::find(&center, "hk_secreT").is_none());
}

fn service(identity_key: Option<&str>) -> Service {
    Service {
        unit: "north".into(),
        queue: "q".into(),
        greeting: None,
        hours: None,
        dispositions: vec![],
        anonymous: false,
        timers: Timers::default(),
        texts: Texts::default(),
        rate: crate::center::Rate::default(),
        identity_key: identity_key.map(Into::into),
    }
}

fn sign(secret: &[u8], claims: &serde_json::Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(secret);
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}

#[test]
fn an_identity_is_believed_only_with_the_services_key_and_before_it_expires() {
    let good = sign(b"shared", &serde_json::json!({"sub": "customer-7", "exp": 100}));
    let with = service(Some("shared"));
    assert_eq!(identity::verify(&with, &good, Time(99_000)).unwrap(), "customer-7");
    assert_eq!(identity::verify(&with, &good, Time(100_000)).unwrap_err().code, Code::IdentityBad);
    assert!(identity::verify(&service(Some("other")), &good, Time(0)).is_err());
    assert!(identity::verify(&service(None), &good, Time(0)).is_err());
    let endless = sign(b"shared", &serde_json::json!({"sub": "customer-7"}));
    assert!(identity::verify(&with, &endless, Time(0)).is_err());
    assert!(identity::verify(&with, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiZXhwIjo5OTl9.", Time(0)).is_err());
}

#[test]
fn the_eleventh_attempt_of_a_minute_waits() {
    let attempts = Attempts::default();
    let results: Vec<_> = (0..11).map(|_| attempts.count("ann", None)).collect();
    assert!(results[..10].iter().all(Result::is_ok));
    let refused = results[10].clone().unwrap_err();
    assert_eq!(refused.code, Code::TooManyAttempts);
    assert!(refused.retry_ms.is_some_and(|wait| wait > 0 && wait <= 60_000));
    assert!(attempts.count("ben", None).is_ok());
}

#[tokio::test]
async fn a_password_is_verified_and_nobody_has_none() {
    use argon2::password_hash::PasswordHasher as _;
    let hash = argon2::Argon2::default().hash_password(b"right").unwrap().to_string();
    let passwords = Passwords::default();
    assert!(passwords.verify(Some(hash.clone()), "right".into()).await.unwrap());
    assert!(!passwords.verify(Some(hash), "wrong".into()).await.unwrap());
    assert!(!passwords.verify(None, "right".into()).await.unwrap());
}
