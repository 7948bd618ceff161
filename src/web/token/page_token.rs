//! A page brings its token along: minted before the first byte, so that the SPA section starts without a detour.
//! Server side.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};

use crate::{
    auth::{
        revocations::set::Revocations,
        sessions::{Ended, guard::LoggedIn},
        tokens::{keys::Keys, mint::mint, verify::recognise},
    },
    base::state::AppState,
    web::{cookies, cookies::Name, guards::Guards, session::stream, wants},
};

/// Put into the request of a page: seconds that its access token has left.
#[derive(Clone, Copy, Debug)]
pub struct TokenLife(pub i64);

/// A token with less than this left is replaced by the page, in seconds.
const NEARLY_SPENT: i64 = 60;

/// Layer over the pages: mints where the session lives and the token is missing, nearly spent, or someone else's;
/// removes the token of a session that has ended.
pub async fn bring_token(
    State(state): State<AppState>,
    Extension(guards): Extension<Guards>,
    mut request: Request,
    next: Next,
) -> Response {
    let (keys, revocations) = (&guards.keys, &guards.revocations);
    let mut set_cookie = None;
    let someone = request.extensions().get::<LoggedIn>().cloned();
    if is_page(&request)
        && let Some(someone) = someone
    {
        let mut life = remaining(&state, keys, revocations, request.headers(), &someone);
        if life < NEARLY_SPENT {
            // A page works without a token; the SPA asks for one and says what is wrong.
            if let Ok(Some(token)) = mint(&state, keys, &someone).await {
                life = token.expires_in;
                set_cookie = Some(cookies::set(&state.config, Name::Access, &token.jwt, life));
            }
        }
        request.extensions_mut().insert(TokenLife(life));
    } else if request.extensions().get::<Ended>().is_some()
        && cookies::get(&state.config, request.headers(), Name::Access).is_some()
    {
        set_cookie = Some(cookies::remove(&state.config, Name::Access));
    }
    let mut response = next.run(request).await;
    if let Some(value) = set_cookie {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

fn is_page(request: &Request) -> bool {
    request.method() == Method::GET && wants::page(request.headers()) && request.uri().path() != stream::PATH
}

/// Seconds that the token in the cookie has left for this session; 0 when it is of no use.
fn remaining(state: &AppState, keys: &Keys, revocations: &Revocations, headers: &HeaderMap, someone: &LoggedIn) -> i64 {
    let Some(token) = cookies::get(&state.config, headers, Name::Access) else { return 0 };
    let Ok(verified) = recognise(state, keys, token) else { return 0 };
    let claims = &verified.claims;
    let ours = claims.grant.is_none()
        && claims.sid == someone.log_in.sid
        && claims.epoch == someone.user.epoch
        && claims.global_epoch == someone.log_in.global_epoch
        && !revocations.is_dead(verified.revocation_subject(), &verified.kid);
    if ours { claims.exp - state.clock.now_ms() / 1000 } else { 0 }
}
