//! A page brings its token along: minted before the first byte, so that what calls the API in it starts without a detour.
//! Server side.

use axum::http::{HeaderMap, HeaderValue, Method, request::Parts};

use crate::{
    auth::{
        sessions::{Ended, guard::LoggedIn},
        tokens::{mint::mint, verify::recognise},
    },
    web::{cookies, cookies::Name, guards::Guards, session::stream, wants},
};

/// Put into the request of a page: seconds that its access token has left.
#[derive(Clone, Copy, Debug)]
pub struct TokenLife(pub i64);

/// A token with less than this left is replaced by the page, in seconds.
const NEARLY_SPENT: i64 = 60;

/// Mints where the session lives and the token is missing, nearly spent, or someone else's; removes the token of a session
/// that has ended. The cookie to set, if so.
pub async fn bring_token(guards: &Guards, parts: &mut Parts) -> Option<HeaderValue> {
    let state = &guards.terminator.state;
    let config = &state.config;
    let Some(someone) = parts.extensions.get::<LoggedIn>() else {
        let is_of_ended = parts.extensions.get::<Ended>().is_some();
        let has_token = || cookies::get(config, &parts.headers, Name::Access).is_some();
        return (is_of_ended && has_token()).then(|| cookies::remove(config, Name::Access));
    };
    if !is_page(parts) {
        return None;
    }
    let mut set_cookie = None;
    let mut life = remaining(guards, &parts.headers, someone);
    if life < NEARLY_SPENT {
        // A page works without a token; whatever calls the API asks for one and says what is wrong.
        if let Ok(Some(token)) = mint(state, &guards.keys, someone).await {
            life = token.expires_in;
            set_cookie = Some(cookies::set(config, Name::Access, &token.jwt, life));
        }
    }
    parts.extensions.insert(TokenLife(life));
    set_cookie
}

fn is_page(parts: &Parts) -> bool {
    parts.method == Method::GET && wants::page(&parts.headers) && parts.uri.path() != stream::PATH
}

/// Seconds that the token in the cookie has left for this session; 0 when it is of no use.
fn remaining(guards: &Guards, headers: &HeaderMap, someone: &LoggedIn) -> i64 {
    let state = &guards.terminator.state;
    let Some(token) = cookies::get(&state.config, headers, Name::Access) else { return 0 };
    let Ok(verified) = recognise(state, &guards.keys, token) else { return 0 };
    let claims = &verified.claims;
    let ours = claims.grant.is_none()
        && claims.sid == someone.log_in.sid
        && claims.epoch == someone.user.epoch
        && claims.global_epoch == someone.log_in.global_epoch
        && !guards.revocations.is_dead(claims.revocation_subject(), &verified.kid);
    if ours { claims.exp - state.clock.now_ms() / 1000 } else { 0 }
}
