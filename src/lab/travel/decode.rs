//! Takes the cookies of a log-in apart. Server side.

use super::{Cookie, Said, Time, Token, claims};
use crate::{
    auth::tokens::{
        claims::TYP,
        key_set::Lookup,
        keys::Keys,
        verify::{Verified, verify},
    },
    base::{config::Config, state::AppState},
    web::{cookies, cookies::Name},
};

/// So many letters tell one secret from another, and leave enough of it to be one.
const LETTERS_SHOWN: usize = 4;

/// The session cookie; `seconds`: its Max-Age, if it has one.
pub fn session_cookie(config: &Config, secret: &str, seconds: Option<i64>) -> Cookie {
    let shown = secret.chars().take(LETTERS_SHOWN).chain("…".chars()).collect();
    cookie(config, Name::Session, secret, seconds, shown)
}

/// The access token, if it is one that counts, of the session with this sid where one is given.
pub fn token(state: &AppState, keys: &Keys, jwt: &str, sid: Option<&str>) -> Option<Token> {
    let verified = verify(&state.config, keys, &state.clock, jwt).ok()?;
    if sid.is_some_and(|sid| sid != verified.claims.sid) {
        return None;
    }
    let life = verified.claims.exp - verified.claims.iat;
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, payload, signature] = *parts.as_slice() else { return None };
    let shown = format!("{}.{}.…", beginning(header), beginning(payload));
    Some(Token {
        cookie: cookie(&state.config, Name::Access, jwt, Some(life), shown),
        parts: [header.len(), payload.len(), signature.len()],
        header: said_in_header(state, keys, &verified)?,
        claims: said_in_claims(state, &verified)?,
    })
}

/// The signature stays out: without it nobody can use what is shown.
fn beginning(part: &str) -> String {
    part.chars().take(6).chain(['…']).collect()
}

fn cookie(config: &Config, name: Name, value: &str, seconds: Option<i64>, shown: String) -> Cookie {
    let line = cookies::set(config, name, value, seconds);
    let attributes = line.to_str().ok().and_then(|line| line.split_once("; ")).map(|(_, attributes)| attributes);
    Cookie {
        name: name.full(config.insecure_cookies).into(),
        attributes: attributes.unwrap_or_default().into(),
        shown,
        value_bytes: value.len(),
    }
}

/// The header that a verified token has: it is refused with any other.
fn said_in_header(state: &AppState, keys: &Keys, verified: &Verified) -> Option<Vec<Said>> {
    let key_set = keys.key_set();
    let Lookup::Verifies(key) = key_set.look_up(&verified.kid, state.clock.now_ms()) else { return None };
    let fields = [("typ", TYP), ("alg", key.algorithm.into_str()), ("kid", &verified.kid)];
    Some(fields.map(|(name, value)| Said { name: name.into(), value: format!("\"{value}\""), time: None }).into())
}

fn said_in_claims(state: &AppState, verified: &Verified) -> Option<Vec<Said>> {
    let json = serde_json::to_value(&verified.claims).ok()?;
    let now_ms = state.clock.now_ms();
    let said = claims::CLAIMS.iter().filter_map(|known| {
        let value = json.get(known.name)?;
        let seconds = value.as_i64().filter(|_| known.is_time);
        let time = seconds.map(|seconds| Time { ms: seconds * 1000, in_ms: seconds * 1000 - now_ms });
        Some(Said { name: known.name.into(), value: value.to_string(), time })
    });
    Some(said.collect())
}
