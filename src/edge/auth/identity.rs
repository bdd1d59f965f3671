//! Signed identities of customers: a JWT that the company's own site signs with the service's key. The algorithm is what
//! the key is for, never what the token says.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use crate::center::Service;
use crate::edge::refusals::Code;
use crate::edge::refusals::Problem;
use crate::words::Time;

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    nbf: Option<u64>,
}

/// The verified subject of an identity.
pub fn verify(service: &Service, jwt: &str, now: Time) -> Result<String, Problem> {
    let refuse = |detail: &'static str| Problem::field(Code::IdentityBad, "identity", detail);
    let key = service.identity_key.as_deref().ok_or_else(|| refuse("this service takes no identities"))?;
    let (algorithm, key) = if key.contains("-----BEGIN") {
        let key =
            DecodingKey::from_ec_pem(key.as_bytes()).map_err(|_| refuse("the service's key is damaged"))?;
        (Algorithm::ES256, key)
    } else {
        (Algorithm::HS256, DecodingKey::from_secret(key.as_bytes()))
    };
    let mut validation = Validation::new(algorithm);
    // The times are compared below, with the runtime's clock; the audience is the company's own business.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    let claims = decode::<Claims>(jwt, &key, &validation)
        .map_err(|_| refuse("it is not a JWT with `sub` and `exp` that the service's key signed"))?
        .claims;
    let now = now.0 / 1_000;
    if claims.exp <= now || claims.nbf.is_some_and(|nbf| nbf > now) {
        return Err(refuse("it has expired, or is not valid yet"));
    }
    if claims.sub.is_empty() || claims.sub.len() > 256 {
        return Err(refuse("`sub` must have 1 to 256 bytes"));
    }
    Ok(claims.sub)
}
