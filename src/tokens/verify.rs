//! Verify an access token. The only place where a JWT is read. Server side; no I/O.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Validation, decode};
use serde::Deserialize;

use super::{
    claims::{Claims, TYP, audience},
    keys::Keys,
};
use crate::{config::Config, state::Clock};

/// Clock difference between instances that is forgiven, in seconds.
const LEEWAY: i64 = 2;

/// A longer token is no token of ours; checked before anything is decoded.
const TOKEN_BYTES_MAX: usize = 2_048;

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Ours, once: the caller may renew it.
    Expired,
    /// Not a token of ours, for whatever reason.
    Invalid,
}

/// The header that we write, and nothing else: whoever sends `jwk`, `jku`, `x5u`, `crit` or a claim of an algorithm
/// other than ours wants something (RFC 8725 3.1, 3.10; RFC 7515 4.1.11).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// Signature, header, issuer, audience and times. Revocation is asked afterwards, by the caller.
///
/// # Errors
/// [`Refusal`]; the reason goes to the debug log, not to the caller.
pub fn verify(config: &Config, keys: &Keys, clock: &Clock, token: &str) -> Result<Claims, Refusal> {
    let claims = authentic(config, keys, token).ok_or(Refusal::Invalid)?;
    let now = clock.now_ms() / 1000;
    let span = claims.exp.checked_sub(claims.iat).ok_or(Refusal::Invalid)?;
    let sane = (1..=config.token_lifetime_seconds).contains(&span) && claims.nbf == claims.iat;
    if !sane || claims.nbf > now + LEEWAY {
        return Err(Refusal::Invalid);
    }
    if claims.exp + LEEWAY <= now { Err(Refusal::Expired) } else { Ok(claims) }
}

fn authentic(config: &Config, keys: &Keys, token: &str) -> Option<Claims> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let header = header(token)?;
    if header.alg != super::keys::ALGORITHM || header.typ != TYP {
        return None;
    }
    let key = keys.verifying(&header.kid)?;
    let issuer = config.issuer();
    let mut validation = Validation::new(Algorithm::ES256);
    // Times are checked above, against our own clock.
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[&issuer]);
    validation.set_audience(&[audience(&issuer)]);
    let claims: Claims = decode::<Claims>(token, key, &validation).ok()?.claims;
    // Typed claims are strings, so an array that contains our issuer fails to parse; compare whole all the same.
    (claims.iss == issuer && claims.aud == audience(&issuer) && !claims.sub.is_empty()).then_some(claims)
}

fn header(token: &str) -> Option<StrictHeader> {
    let mut parts = token.split('.');
    let (first, _, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(first).ok()?).ok()
}
