//! Who calls the API: cookie or header, verified, not revoked; without I/O unless the feed is silent or the key unknown. Server side.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderMap, HeaderName, StatusCode, request::Parts},
};

use super::{EXPECTED_USER, scopes};
use crate::{
    auth::{
        revocations::set::Revocations,
        tokens::{
            claims::{Claims, Verified, resource},
            keys::Keys,
            verify::{Refusal, check_times, recognise},
        },
        users::Role,
    },
    base::{caller::Caller, error::AppError, state::AppState},
    web::{
        authorization,
        caller::caller_of,
        cookies,
        cookies::Name,
        crowd::Place,
        guards::{Guards, Held},
        problem::Problem,
    },
};

/// The caller of an API route. To take it as an argument is to require it.
#[derive(Clone, Debug)]
pub struct ApiCaller {
    pub user_id: String,
    pub role: Role,
    pub sid: String,
    /// The last proof of identity, in seconds since the epoch.
    auth_time: i64,
    /// Its turn among the requests of this person, for as long as the handler has this.
    _place: Arc<Place>,
}

/// An [`ApiCaller`] who has proven lately who they are, for sensitive acts, and where the call comes from, for the audit log.
#[derive(Clone, Debug)]
pub struct FreshCaller(pub ApiCaller, pub Caller);

/// A [`FreshCaller`] who is an administrator.
#[derive(Clone, Debug)]
pub struct AdminCaller(pub ApiCaller, pub Caller);

impl FromRequestParts<Arc<AppState>> for ApiCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, Problem> {
        let (token, by_header) = token(parts, state)?;
        let guards = parts.extensions.get::<Guards>().ok_or_else(AppError::internal)?;
        let Held { keys, metrics, revocations, crowd, .. } = &**guards;
        let verified = verify_with_news(keys, || recognise(state, keys, token)).await.map_err(refused)?;
        // The token of an application comes in the header alone: a cookie is for our own pages.
        if !by_header && verified.claims.grant.is_some() {
            return Err(refused(Refusal::Invalid));
        }
        expect_alive(revocations, &verified).await?;
        expect_scope(parts, state, &verified.claims)?;
        expect_user(&parts.headers, &verified.claims.sub)?;
        let place = Arc::new(crowd.enter(&verified.claims.sub, verified.claims.turn_of()).await?);
        if place.has_waited {
            // What has ended meanwhile is over.
            check_times(&verified.claims, state.clock.now_ms() / 1000).map_err(refused)?;
            expect_alive(revocations, &verified).await?;
        }
        verified.claims.grant.iter().for_each(|_| metrics.called(&verified.claims.client_id, 1));
        let Claims { sub, role, sid, auth_time, .. } = &verified.claims;
        let (user_id, sid, role, auth_time) = (sub.clone(), sid.clone(), *role, *auth_time);
        Ok(Self { user_id, role, sid, auth_time, _place: place })
    }
}

impl ApiCaller {
    fn require_fresh(&self, state: &AppState) -> Result<(), Problem> {
        let max_age = state.config.reauthentication_minutes * 60;
        let age = state.clock.now_ms() / 1000 - self.auth_time;
        if age < max_age { Ok(()) } else { Err(Problem::insufficient_authentication(max_age)) }
    }
}

impl FromRequestParts<Arc<AppState>> for FreshCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, Problem> {
        let caller = ApiCaller::from_request_parts(parts, state).await?;
        caller.require_fresh(state)?;
        Ok(Self(caller, caller_of(parts, &state.config)))
    }
}

impl FromRequestParts<Arc<AppState>> for AdminCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, Problem> {
        let caller = ApiCaller::from_request_parts(parts, state).await?;
        if caller.role != Role::Admin {
            return Err(AppError::NotAllowed.into());
        }
        caller.require_fresh(state)?;
        Ok(Self(caller, caller_of(parts, &state.config)))
    }
}

/// Asks the revocations, which are in memory.
async fn expect_alive(revocations: &Revocations, verified: &Verified) -> Result<(), Problem> {
    revocations.ensure_fresh().await?;
    if revocations.is_dead(verified.claims.revocation_subject(), &verified.kid) {
        tracing::info!(user = verified.claims.sub, sid = verified.claims.sid, "a revoked token was refused");
        return Err(revoked());
    }
    Ok(())
}

/// Verifies, and once more after reading the keys again when the token names one that another instance may have made.
pub async fn verify_with_news<T>(keys: &Keys, verify: impl Fn() -> Result<T, Refusal>) -> Result<T, Refusal> {
    match verify() {
        Err(Refusal::UnknownKey(kid)) => {
            keys.look_for(&kid).await;
            verify()
        }
        result => result,
    }
}

/// Refuses the token of an application that is for another API, of no user, or without the scope of this route.
fn expect_scope(parts: &Parts, state: &AppState, claims: &Claims) -> Result<(), Problem> {
    let Some(grant) = &claims.grant else { return Ok(()) };
    if claims.aud != resource(&state.site.issuer) {
        return Err(refused(Refusal::Invalid));
    }
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let needed = scopes::needed(&parts.method, route).filter(|_| grant.owner.is_none());
    let has = |needed: &str| claims.scope.as_deref().unwrap_or_default().split(' ').any(|scope| scope == needed);
    if needed.is_some_and(has) { Ok(()) } else { Err(Problem::insufficient_scope(needed.unwrap_or_default())) }
}

/// Refuses when the request names another user than the one whose token it carries; see [`EXPECTED_USER`].
pub fn expect_user(headers: &HeaderMap, user_id: &str) -> Result<(), Problem> {
    const NAME: HeaderName = HeaderName::from_static(EXPECTED_USER);
    let meant = headers.get(NAME).is_none_or(|expected| expected.as_bytes() == user_id.as_bytes());
    if meant {
        return Ok(());
    }
    let detail = "Someone else is now logged in in this browser.";
    Err(Problem::new(StatusCode::CONFLICT, "other_user", detail))
}

/// Exactly one token, and whether it came in the header (RFC 6750 2: more than one way of sending it is an error).
fn token<'a>(parts: &'a Parts, state: &AppState) -> Result<(&'a str, bool), Problem> {
    let cookie = cookies::get(&state.config, &parts.headers, Name::Access);
    match (bearer(&parts.headers)?, cookie) {
        (Some(_), Some(_)) => Err(Problem::bad_request("Send the access token once: as a cookie or as a header.")),
        (Some(token), None) => Ok((token, true)),
        (None, Some(token)) => Ok((token, false)),
        (None, None) => Err(Problem::unauthorized("token_missing", "This needs an access token.", false)),
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut tokens = authorization::bearer(headers);
    let Some(token) = tokens.next() else { return Ok(None) };
    let text = std::str::from_utf8(token).ok().filter(|text| !text.is_empty() && tokens.next().is_none());
    let malformed = || Problem::bad_request("Authorization must be: Bearer <token>.");
    text.map(Some).ok_or_else(malformed)
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Expired => Problem::unauthorized("token_expired", "The access token has expired. Renew it.", true),
        Refusal::RevokedKey => {
            tracing::info!("a token of a revoked key was refused");
            revoked()
        }
        Refusal::Invalid | Refusal::UnknownKey(_) => {
            tracing::info!("an invalid token was refused");
            Problem::unauthorized("token_invalid", "This is not a valid access token.", true)
        }
    }
}

fn revoked() -> Problem {
    Problem::unauthorized("token_revoked", "This token has been revoked.", true)
}
