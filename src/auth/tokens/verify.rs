//! Verify an access token, or see whose an ID token is. The only place where a JWT of ours is read. Server side; no I/O.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Validation, dangerous::insecure_decode_claims, decode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    KeyPurpose,
    algorithm::jwt_algorithm,
    claims::{Claims, ID_TOKEN, TYP, Verified},
    key_set::{Key, KeySet, Lookup},
    keys::Keys,
};
use crate::base::{config::TOKEN_LIFETIME_MAX_SECONDS, site::Site, state::AppState};

/// Clock difference between instances that is forgiven, in seconds.
pub const LEEWAY: i64 = 2;

/// A longer token is no token of ours; checked before anything is decoded.
pub const TOKEN_BYTES_MAX: usize = 2_048;

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Ours, once: the caller may renew it.
    Expired,
    /// It names a key that was revoked. Nothing else was looked at.
    RevokedKey,
    /// It names a key that this instance does not know, by this kid: another one may have made it a moment ago.
    UnknownKey(String),
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

/// Signature, header, issuer, audience and times of a token for our own pages. Revocation is asked afterwards, by the
/// caller.
pub fn verify(state: &AppState, keys: &Keys, token: &str) -> Result<Verified, Refusal> {
    verify_any(state, keys, token).and_then(|verified| only(verified, Claims::is_of_page))
}

/// As [`verify`], of a token for an application, whatever its audience is.
pub fn verify_granted(state: &AppState, keys: &Keys, token: &str) -> Result<Verified, Refusal> {
    verify_any(state, keys, token).and_then(|verified| only(verified, Claims::is_granted))
}

/// As [`verify`], of either: the caller looks at [`Claims::grant`].
pub fn verify_any(state: &AppState, keys: &Keys, token: &str) -> Result<Verified, Refusal> {
    let now_ms = state.clock.now_ms();
    let header = header(token).filter(|header| header.typ == TYP).ok_or(Refusal::Invalid)?;
    let key_set = keys.key_set();
    let key = living(&key_set, &header.kid, now_ms)?;
    checked(&state.site, key, header, token, now_ms)
}

/// As [`verify_any`], and a token that was verified before is not decoded again. That it is ours stays true, and what it says. What
/// may have changed is asked each time: whether its key still verifies, and the times; the caller asks the revocations.
pub fn recognise(state: &AppState, keys: &Keys, token: &str) -> Result<Arc<Verified>, Refusal> {
    let Some(known) = keys.verified().get(token) else {
        let verified = Arc::new(verify_any(state, keys, token)?);
        keys.verified().insert(token, Arc::clone(&verified));
        return Ok(verified);
    };
    let now_ms = state.clock.now_ms();
    let still_counts =
        living(&keys.key_set(), &known.kid, now_ms).and_then(|_| check_times(&known.claims, now_ms / 1000));
    if still_counts == Err(Refusal::Expired) {
        keys.verified().remove(token);
    }
    still_counts.map(|()| known)
}

fn living<'a>(key_set: &'a KeySet, kid: &str, now_ms: i64) -> Result<&'a Key, Refusal> {
    match key_set.look_up(kid, now_ms) {
        Lookup::Verifies(key) => Ok(key),
        Lookup::Revoked => Err(Refusal::RevokedKey),
        Lookup::Unknown => Err(Refusal::UnknownKey(kid.to_owned())),
    }
}

/// As [`verify`], for a key that is in no key set: to measure what a signature costs.
pub fn verify_with(state: &AppState, key: &Key, token: &str) -> Result<Verified, Refusal> {
    let ours = |header: &StrictHeader| header.typ == TYP && header.kid == key.kid;
    let header = header(token).filter(ours).ok_or(Refusal::Invalid)?;
    checked(&state.site, key, header, token, state.clock.now_ms())
        .and_then(|verified| only(verified, Claims::is_of_page))
}

/// For which application an ID token of ours was made, and of which user. It may have expired: it lets no one in.
///
/// # Errors
/// [`Refusal`], never [`Refusal::Expired`].
pub fn parties_of_id_token(state: &AppState, keys: &Keys, token: &str) -> Result<(String, String), Refusal> {
    let header = header(token).filter(|header| header.typ == ID_TOKEN).ok_or(Refusal::Invalid)?;
    let key_set = keys.key_set();
    let key = living(&key_set, &header.kid, state.clock.now_ms())?;
    let says = signed::<Value>(&state.site, key, &header, token, &["exp", "iss", "aud", "sub"]);
    let parties = |says: Value| Some((says["aud"].as_str()?.to_owned(), says["sub"].as_str()?.to_owned()));
    says.and_then(parties).ok_or(Refusal::Invalid)
}

/// Whether this says that it is an ID token of ours for this application. Anyone can say so: for one whose key is gone.
pub fn claims_to_be_id_token(token: &str, issuer: &str, client_id: &str) -> bool {
    insecure_decode_claims::<Value>(token).is_ok_and(|says| says["iss"] == issuer && says["aud"] == client_id)
}

fn only(verified: Verified, is_wanted: fn(&Claims) -> bool) -> Result<Verified, Refusal> {
    if is_wanted(&verified.claims) { Ok(verified) } else { Err(Refusal::Invalid) }
}

fn checked(site: &Site, key: &Key, header: StrictHeader, token: &str, now_ms: i64) -> Result<Verified, Refusal> {
    let claims = authentic(site, key, &header, token).ok_or(Refusal::Invalid)?;
    check_times(&claims, now_ms / 1000)?;
    Ok(Verified { claims, kid: header.kid })
}

/// # Errors
/// [`Refusal::Expired`], or [`Refusal::Invalid`] where the times make no sense. `now` is in seconds.
pub fn check_times(claims: &Claims, now: i64) -> Result<(), Refusal> {
    let span = claims.exp.checked_sub(claims.iat).ok_or(Refusal::Invalid)?;
    // Not our own setting: another instance may have minted it under another one.
    let sane = (1..=TOKEN_LIFETIME_MAX_SECONDS).contains(&span) && claims.nbf == claims.iat;
    if !sane || claims.nbf > now + LEEWAY {
        return Err(Refusal::Invalid);
    }
    if claims.exp + LEEWAY <= now { Err(Refusal::Expired) } else { Ok(()) }
}

fn authentic(site: &Site, key: &Key, header: &StrictHeader, token: &str) -> Option<Claims> {
    let claims: Claims = signed(site, key, header, token, &["exp", "nbf", "iss", "aud", "sub"])?;
    // Typed claims are strings, so an array that contains our issuer fails to parse; compare whole all the same.
    let is_ours = claims.iss == site.issuer && !claims.sub.is_empty();
    // Whoever got hold of a key for ID tokens has none for the API.
    let may_sign = key.purpose == KeyPurpose::All;
    (may_sign && is_ours && (claims.is_of_page() || claims.is_granted())).then_some(claims)
}

/// The algorithm is that of the key, and the token has no say in it (RFC 8725 3.1).
fn signed<T: DeserializeOwned>(
    site: &Site,
    key: &Key,
    header: &StrictHeader,
    token: &str,
    required: &[&str],
) -> Option<T> {
    if header.alg != key.algorithm.into_str() {
        return None;
    }
    let mut validation = Validation::new(jwt_algorithm(key.algorithm));
    // Times are checked afterwards, against our own clock.
    validation.validate_exp = false;
    validation.set_required_spec_claims(required);
    validation.set_issuer(&[&site.issuer]);
    // One of two, or that of another server: the caller compares it, with what else makes the kind of token.
    validation.validate_aud = false;
    Some(decode(token, &key.decoding, &validation).ok()?.claims)
}

fn header(token: &str) -> Option<StrictHeader> {
    let (first, rest) = token.split_once('.')?;
    if token.len() > TOKEN_BYTES_MAX || rest.matches('.').count() != 1 {
        return None;
    }
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(first).ok()?).ok()
}
