//! Who is logged in: found before any handler runs, and once more for whoever has waited. Server side.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, Method, header, request::Parts},
    response::Response,
};

use super::{
    stream,
    tower_session::{Session, secret_hash},
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
        config::Config,
        error::AppError,
        state::AppState,
    },
    web::{
        caller::{caller_of, ip_of},
        cookies,
        cookies::Name,
        crowd::Place,
        guards::{Guards, Held},
    },
};

/// A request whose user has been looked for.
pub struct Arrival {
    _place: Option<Place>,
    new_secret: Option<HeaderValue>,
}

/// Puts the session's user, or how it ended, into the request, and notes that the session is in use. When the database is
/// away the answer is 503 and the cookie stays: an outage logs no one out (ASVS 16.5.2).
pub async fn find_user(guards: &Guards, session: &Session, parts: &mut Parts) -> Result<Arrival, AppError> {
    let mut someone = who(guards, session, parts).await?;
    let place = place(guards, someone.as_ref(), parts).await?;
    // A session that has ended while the request waited for its turn is over for it, too.
    if someone.is_some() && place.as_ref().is_some_and(|place| place.has_waited) {
        someone = who(guards, session, parts).await?;
    }
    let Some(someone) = someone else { return Ok(Arrival { _place: place, new_secret: None }) };
    // An act with a secret that was replaced a moment ago.
    if someone.in_grace && !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Err(AppError::SessionRenewed);
    }
    let new_secret = renew_outgrown(&guards.terminator, &someone).await?;
    parts.extensions.insert(someone);
    Ok(Arrival { _place: place, new_secret })
}

impl Arrival {
    /// Gives the answer its cookies. Only now it's the turn of others.
    pub fn leave(self, config: &Config, answer: &mut Response) {
        // A login has brought a session of its own: the one before is over.
        if let Some(value) = self.new_secret
            && !cookies::sets(config, answer.headers(), Name::Session)
        {
            answer.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// Who is logged in. How a session ended is put into the request.
async fn who(guards: &Guards, session: &Session, parts: &mut Parts) -> Result<Option<LoggedIn>, AppError> {
    look_up(guards, session, parts).await.map_err(|error| match error {
        AppError::Unwritable(_) => error,
        _ => AppError::Busy,
    })
}

/// Until the answer begins: however many requests one person sends, others find a connection. Of no one's only those
/// count that have no body, or who sends one slowly would keep their neighbours out; what no one's forms write waits for
/// its turn in `throttle`, without a connection.
async fn place(guards: &Guards, someone: Option<&LoggedIn>, parts: &Parts) -> Result<Option<Place>, AppError> {
    let Held { crowd, terminator, .. } = &**guards;
    match someone {
        Some(someone) => crowd.enter(&someone.user.id, &someone.log_in.sid).await.map(Some),
        None if matches!(parts.method, Method::GET | Method::HEAD) => {
            let network = network_of(&ip_of(parts, &terminator.state.config));
            crowd.enter(&network, &network).await.map(Some)
        }
        None => Ok(None),
    }
}

async fn look_up(guards: &Guards, session: &Session, parts: &mut Parts) -> Result<Option<LoggedIn>, AppError> {
    let Some(secret_hash) = secret_hash(session) else { return Ok(None) };
    let Held { session_cache, revocations, terminator, .. } = &**guards;
    let state = &terminator.state;
    if let Some(someone) = session_cache.find(state, revocations, &secret_hash) {
        return Ok(Some(someone));
    }
    // Before the read: what happens after it is news.
    let (now_ms, seq) = (state.clock.now_ms(), revocations.seq());
    let Some(found) = state.db.at_hand.read(async |db| store::find(db, &secret_hash).await).await? else {
        return Ok(None);
    };
    if let Some(ended) = found.session.ended(now_ms) {
        parts.extensions.insert(ended);
        return Ok(None);
    }
    let secret = found.session.secret(&secret_hash, now_ms);
    let caller = caller_of(parts, &state.config);
    if let Some(reason) = end_of_replaced(secret, &found.session.log_in, &caller) {
        parts.extensions.insert(end_now(terminator, &found.session.log_in, reason, &caller).await?);
        return Ok(None);
    }
    let Some(mut user) = found.user else { return Ok(None) };
    if let Some(at) = user.disabled_at {
        parts.extensions.insert(Ended { reason: EndReason::Disabled, at });
        return Ok(None);
    }
    // Who checks a password reads the hash that is stored now.
    user.password_hash.clear();
    let (user, log_in) = (Arc::new(user), Arc::new(found.session.log_in.clone()));
    let in_grace = secret == CookieState::InGrace;
    let someone = LoggedIn { user, log_in, in_grace, secret_hash: secret_hash.into() };
    session_cache.keep(state, found.session, &someone, seq);
    if secret == CookieState::New {
        store::note_secret_used(&state.db.pool, &someone.secret_hash, now_ms).await?;
    }
    // Reading pages keeps a session from going idle.
    let (log_in, now_ms) = (&someone.log_in, state.clock.now_ms());
    if parts.uri.path() != stream::PATH && !in_grace && !log_in.use_is_noted(&state.config, now_ms) {
        store::touch(&state.db.pool, &log_in.sid, now_ms, log_in.idle_end(&state.config, now_ms)).await?;
    }
    Ok(Some(someone))
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
) -> Result<Ended, AppError> {
    tracing::warn!(
        user = log_in.user_id,
        sid = log_in.sid,
        reason = reason.into_str(),
        "a replaced secret came back: the session is ended"
    );
    let cause = Cause { actor: Actor::Unknown, reason, words: caller.device(), caller: caller.clone() };
    terminator.terminate(Target::Session(&log_in.sid), cause).await?;
    Ok(Ended { reason, at: terminator.state.clock.now_ms() })
}

/// After a change of role the session goes on under a new secret (ASVS 7.2.4). The cookie to set, if so.
async fn renew_outgrown(terminator: &Terminator, someone: &LoggedIn) -> Result<Option<HeaderValue>, AppError> {
    let role = someone.user.role();
    if someone.in_grace || !someone.log_in.outgrown_by(role) {
        return Ok(None);
    }
    let log_in = LogIn { secret_role: role.into_str().to_owned(), ..(*someone.log_in).clone() };
    let new = secret::rotate(terminator, &someone.secret_hash, log_in).await?;
    Ok(new.map(|new| secret_cookie(&terminator.state, &new)))
}

/// The `Set-Cookie` of a session's new secret.
pub fn secret_cookie(state: &AppState, new: &NewSecret) -> HeaderValue {
    cookies::set(&state.config, Name::Session, &new.secret, new.log_in.cookie_seconds(state.clock.now_ms()))
}
