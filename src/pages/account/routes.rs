//! `/api/v1/sessions`: one's own sessions, for programs; the file of recovery codes. Server side.

use std::sync::Arc;

use axum::{
    Extension, Form, Json,
    extract::{Path, State, rejection::FormRejection},
    response::Response,
};
use serde::{Deserialize, Serialize};

use super::{
    codes,
    end_sessions::{Own, end_all_but, end_own},
};
use crate::{
    auth::sessions::{LiveSession, Receipt, guard::LoggedIn, store},
    base::{error::AppError, sealed::SecretKey, state::AppState},
    web::{
        download,
        guards::Guards,
        problem::Problem,
        token::bearer::{ApiCaller, FreshCaller},
    },
};

#[derive(Serialize)]
pub struct Sessions {
    /// The `sid` of the token that asked.
    current: String,
    sessions: Vec<LiveSession>,
}

/// The caller's live sessions, the last used first.
pub async fn list(caller: ApiCaller, State(state): State<Arc<AppState>>) -> Result<Json<Sessions>, Problem> {
    let sessions = store::live_of(&state.db.pool, &caller.user_id, state.clock.now_ms()).await?;
    Ok(Json(Sessions { current: caller.sid, sessions }))
}

/// Ends one session of the caller's, be it that of the token that asks.
///
/// # Errors
/// 401, with `insufficient_user_authentication` (RFC 9470) when the proof of identity is too old; 404 when the caller
/// has no such live session.
pub async fn end(
    FreshCaller(own, caller): FreshCaller,
    Extension(guards): Extension<Guards>,
    Path(sid): Path<String>,
) -> Result<Json<Receipt>, Problem> {
    let receipt =
        end_own(&guards.terminator, Own { user_id: &own.user_id, sid: &own.sid, caller: &caller }, &sid).await?;
    if receipt.sessions_ended == 0 { Err(AppError::NotFound.into()) } else { Ok(Json(receipt)) }
}

/// Ends the caller's sessions except that of the token that asks.
///
/// # Errors
/// 401 as [`end`].
pub async fn end_others(
    FreshCaller(own, caller): FreshCaller,
    Extension(guards): Extension<Guards>,
) -> Result<Json<Receipt>, Problem> {
    Ok(Json(end_all_but(&guards.terminator, Own { user_id: &own.user_id, sid: &own.sid, caller: &caller }).await?))
}

/// The form beside recovery codes that were made just now.
#[derive(Deserialize)]
pub struct Shown {
    codes: String,
}

/// The recovery codes that the page shows, as a text file. Authenticated by the session.
///
/// # Errors
/// 401 to no one, 404 when they are of another session or too old.
pub async fn codes_file(
    State(key): State<SecretKey>,
    Extension(guards): Extension<Guards>,
    someone: Option<Extension<LoggedIn>>,
    form: Result<Form<Shown>, FormRejection>,
) -> Result<Response, Problem> {
    let Some(Extension(someone)) = someone else { return Err(AppError::NotLoggedIn.into()) };
    let Form(Shown { codes }) = form.map_err(|_| AppError::BadRequest)?;
    let text = codes::file(&guards.terminator.state, &key, &someone, &codes)?;
    Ok(download::file("latchkey-recovery-codes.txt", "text/plain; charset=utf-8", text))
}
