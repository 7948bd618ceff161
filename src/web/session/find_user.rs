//! Who is logged in: found once per request, before anything else runs. Server side.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    stream,
    tower_session::{Session, keep_cookie, secret_hash},
};
use crate::{
    auth::{
        cause::Cause,
        event::Actor,
        revocations::EndReason,
        sessions::{
            Ended,
            guard::LoggedIn,
            secret,
            secret::NewSecret,
            session::{CookieState, LogIn},
            store,
            store::Target,
            terminate::Terminator,
        },
    },
    base::{
        caller::{Caller, device_words, network_of},
        error::AppError,
        state::AppState,
    },
    web::{
        action,
        caller::caller_of,
        cookies,
        cookies::Name,
        crowd::{Crowd, Place},
        guards::{Guards, Held},
        problem::Problem,
    },
};

/// Layer: finds the session's user and notes that the session is in use. When the database is away the answer is
/// 503 and the cookie stays: an outage logs no one out (ASVS 16.5.2).
pub async fn find_user(
    State(state): State<AppState>,
    Extension(guards): Extension<Guards>,
    Extension(session): Extension<Session>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = caller_of(&parts, &state.config);
    let is_use = parts.uri.path() != stream::PATH;
    let someone = match look_up(&guards, &session, &caller, is_use).await {
        Ok(found) => found.somebody(&mut parts),
        Err(_) => return Problem::from(AppError::Busy).into_response(),
    };
    let place = match place(&guards.crowd, someone.as_ref(), &parts, &caller).await {
        Ok(place) => place,
        Err(error) => return action::refuse(&parts, error),
    };
    // A session that has ended while the request waited for its turn is over for it, too.
    let someone = match (someone, &place) {
        (Some(_), Some(place)) if place.has_waited => match look_up(&guards, &session, &caller, is_use).await {
            Ok(found) => found.somebody(&mut parts),
            Err(_) => return Problem::from(AppError::Busy).into_response(),
        },
        (someone, _) => someone,
    };
    let Some(someone) = someone else { return next.run(Request::from_parts(parts, body)).await };
    if someone.in_grace && !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return action::refuse(&parts, AppError::SessionRenewed);
    }
    let new_secret = match renew_outgrown(&guards.terminator, &someone).await {
        Ok(cookie) => cookie,
        Err(error) => return Problem::from(error).into_response(),
    };
    let cookie_seconds = someone.log_in.cookie_seconds(state.clock.now_ms());
    parts.extensions.insert(someone);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if session.is_modified() {
        keep_cookie(&session, cookie_seconds);
    }
    // A login has brought a session of its own: the one before is over.
    if let Some(value) = new_secret
        && !cookies::sets(&state.config, response.headers(), Name::Session)
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Until the answer begins: however many requests one person sends, others find a connection. Of no one's only those
/// count that have no body, or who sends one slowly would keep their neighbours out; what no one's forms write waits for
/// its turn in `throttle`, without a connection.
async fn place(
    crowd: &Crowd,
    someone: Option<&LoggedIn>,
    parts: &Parts,
    caller: &Caller,
) -> Result<Option<Place>, AppError> {
    match someone {
        Some(someone) => crowd.enter(&someone.user.id, &someone.log_in.sid).await.map(Some),
        None if matches!(parts.method, Method::GET | Method::HEAD) => {
            let network = network_of(&caller.ip);
            crowd.enter(&network, &network).await.map(Some)
        }
        None => Ok(None),
    }
}

enum Found {
    LoggedIn(Box<LoggedIn>),
    Ended(Ended),
    Nobody,
}

impl Found {
    /// Who is logged in. How a session ended is put into the request.
    fn somebody(self, parts: &mut Parts) -> Option<LoggedIn> {
        match self {
            Self::LoggedIn(someone) => return Some(*someone),
            Self::Ended(ended) => drop(parts.extensions.insert(ended)),
            Self::Nobody => {}
        }
        None
    }
}

async fn look_up(guards: &Guards, session: &Session, caller: &Caller, is_use: bool) -> Result<Found, AppError> {
    let Some(secret_hash) = secret_hash(session) else { return Ok(Found::Nobody) };
    let Held { session_cache, revocations, terminator, .. } = &**guards;
    let state = &terminator.state;
    if let Some(someone) = session_cache.find(state, revocations, &secret_hash) {
        return Ok(Found::LoggedIn(Box::new(someone)));
    }
    // Before the read: what happens after it is news.
    let (now_ms, seq) = (state.clock.now_ms(), revocations.seq());
    let Some(found) = state.db.read(async |db| store::find(db, &secret_hash).await).await? else {
        return Ok(Found::Nobody);
    };
    if let Some(ended) = found.session.ended(now_ms) {
        return Ok(Found::Ended(ended));
    }
    let secret = found.session.secret(&secret_hash, now_ms);
    if let Some(reason) = end_of_replaced(secret, &found.session.log_in, caller) {
        return end_now(terminator, &found.session.log_in, reason, caller).await;
    }
    let Some(mut user) = found.user else { return Ok(Found::Nobody) };
    if let Some(at) = user.disabled_at {
        return Ok(Found::Ended(Ended { reason: EndReason::Disabled, at }));
    }
    // Who checks a password reads the hash that is stored now.
    user.password_hash.clear();
    session_cache.keep(state, &secret_hash, &found.session, &user, seq);
    let log_in = found.session.log_in;
    if secret == CookieState::New {
        store::note_secret_used(&state.db.pool, &secret_hash, now_ms).await?;
    }
    note_use(state, &log_in, secret, is_use).await?;
    Ok(Found::LoggedIn(Box::new(LoggedIn { user, log_in, in_grace: secret == CookieState::InGrace, secret_hash })))
}

/// Reading pages keeps a session from going idle.
async fn note_use(state: &AppState, log_in: &LogIn, secret: CookieState, is_use: bool) -> Result<(), AppError> {
    let now_ms = state.clock.now_ms();
    if is_use && secret != CookieState::InGrace && now_ms - log_in.last_seen_at >= log_in.touch_every_ms(&state.config)
    {
        store::touch(&state.db.pool, &log_in.sid, now_ms, log_in.idle_end(&state.config, now_ms)).await?;
    }
    Ok(())
}

/// Why the session ends, if it is a replaced secret that came. No one is let in with one: whoever it is may be a thief. A
/// browser that was killed before it stored the new one is the same browser as at the login, and is not called a thief.
fn end_of_replaced(secret: CookieState, log_in: &LogIn, caller: &Caller) -> Option<EndReason> {
    match secret {
        CookieState::Current | CookieState::New | CookieState::InGrace => None,
        CookieState::Copied => Some(EndReason::TheftSuspected),
        CookieState::NotStored if device_words(&log_in.user_agent) != caller.device() => {
            Some(EndReason::TheftSuspected)
        }
        CookieState::NotStored | CookieState::Lost => Some(EndReason::SecretLost),
    }
}

/// A replaced secret came back. Where the new one was in use, no one can tell the thief from the owner, so both are
/// out; where it never was, no one holds the session any more. The owner can log in again.
async fn end_now(
    terminator: &Terminator,
    log_in: &LogIn,
    reason: EndReason,
    caller: &Caller,
) -> Result<Found, AppError> {
    tracing::warn!(
        user = log_in.user_id,
        sid = log_in.sid,
        reason = reason.into_str(),
        "a replaced secret came back: the session is ended"
    );
    let cause = Cause { actor: Actor::Unknown, reason, words: caller.device(), caller: caller.clone() };
    terminator.terminate(Target::Session(&log_in.sid), cause).await?;
    Ok(Found::Ended(Ended { reason, at: terminator.state.clock.now_ms() }))
}

/// After a change of role the session goes on under a new secret (ASVS 7.2.4). The cookie to set, if so.
async fn renew_outgrown(terminator: &Terminator, someone: &LoggedIn) -> Result<Option<HeaderValue>, AppError> {
    let role = someone.user.role();
    if someone.in_grace || !someone.log_in.outgrown_by(role) {
        return Ok(None);
    }
    let log_in = LogIn { secret_role: role.into_str().to_owned(), ..someone.log_in.clone() };
    let new = secret::rotate(terminator, &someone.secret_hash, log_in).await?;
    Ok(new.map(|new| secret_cookie(&terminator.state, &new)))
}

/// The `Set-Cookie` of a session's new secret.
pub fn secret_cookie(state: &AppState, new: &NewSecret) -> HeaderValue {
    cookies::set(&state.config, Name::Session, &new.secret, new.log_in.cookie_seconds(state.clock.now_ms()))
}
