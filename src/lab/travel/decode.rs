//! Takes the cookies of a login apart. Server side.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Cookie, Cookies, Token};
use crate::{
    auth::tokens::{keys::Keys, verify::verify},
    base::{config::Config, state::AppState},
    lab::{browser::Browser, send::beginning, world::Lab},
    pages::request::PageRequest,
    web::{cookies, cookies::Name, guards::Guards},
};

/// Enough to tell one secret from another, and leaves enough of it to be one.
const LETTERS_SHOWN: usize = 4;

/// Those of who looks.
pub fn own(page: &PageRequest) -> Option<Cookies> {
    let keys = &page.parts.extensions.get::<Guards>()?.keys;
    let (state, headers, log_in) = (&page.app.state, &page.parts.headers, &page.someone.as_ref()?.log_in);
    let secret = cookies::get(&state.config, headers, Name::Session)?;
    let session = session_cookie(&state.config, secret, log_in.cookie_seconds(state.clock.now_ms()));
    let token = cookies::get(&state.config, headers, Name::Access);
    let token = token.and_then(|jwt| decoded(state, keys, jwt, Some(&log_in.sid)));
    Some(Cookies { own: true, session, token })
}

/// Those of a demo browser.
pub fn demo(lab: &Lab, browser: &Browser) -> Option<Cookies> {
    let session = session_cookie(&lab.state.config, browser.session(lab)?, None);
    let token = browser.token(lab).and_then(|jwt| decoded(&lab.state, &lab.keys, jwt, None));
    Some(Cookies { own: false, session, token })
}

/// The access token, if it is valid, and of the session with this sid where one is given.
fn decoded(state: &AppState, keys: &Keys, jwt: &str, sid: Option<&str>) -> Option<Token> {
    let claims = verify(state, keys, jwt).ok()?.claims;
    if sid.is_some_and(|sid| sid != claims.sid) {
        return None;
    }
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, payload, signature] = *parts.as_slice() else { return None };
    // The signature stays out: without it no one can use what is shown.
    let shown = format!("{}.{}.…", beginning(header, 6), beginning(payload, 6));
    Some(Token {
        cookie: cookie(&state.config, Name::Access, jwt, Some(claims.exp - claims.iat), shown),
        bytes: [header.len(), payload.len(), signature.len()],
        header: json(header)?,
        claims: json(payload)?,
    })
}

fn session_cookie(config: &Config, secret: &str, max_age: Option<i64>) -> Cookie {
    cookie(config, Name::Session, secret, max_age, beginning(secret, LETTERS_SHOWN))
}

fn cookie(config: &Config, name: Name, value: &str, max_age: Option<i64>, shown: String) -> Cookie {
    let line = cookies::set(config, name, value, max_age);
    let attributes = line.to_str().ok().and_then(|line| line.split_once("; ")).map_or("", |(_, attributes)| attributes);
    let name = name.full(config.insecure_cookies).into();
    Cookie { name, attributes: attributes.into(), shown, value_bytes: value.len() }
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
