//! `/api/v1/sessions`: one's own sessions, for programs. Server side.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde::Serialize;

use super::end_sessions::{Own, end_all_but, end_own};
use crate::{
    error::AppError,
    sessions::{
        LiveSession, Receipt,
        end::Ender,
        store::{self, Row},
    },
    state::AppState,
    tokens::bearer::{ApiCaller, FreshCaller},
    web::problem::Problem,
};

/// The answer of `GET /api/v1/sessions`.
#[derive(Serialize)]
pub struct Sessions {
    /// The `sid` of the token that asked.
    current: String,
    sessions: Vec<LiveSession>,
}

/// The caller's live sessions, the last used first.
///
/// # Errors
/// 401; 503 when the database is away.
pub async fn list(caller: ApiCaller, State(state): State<AppState>) -> Result<Json<Sessions>, Problem> {
    let live = store::live_of(&state.db.pool, &caller.user_id, state.clock.now_ms()).await?;
    Ok(Json(Sessions { current: caller.sid, sessions: live.into_iter().map(Row::into_live).collect() }))
}

/// Ends one session of the caller's, be it that of the token that asks.
///
/// # Errors
/// 401, with `insufficient_user_authentication` (RFC 9470) when the proof of identity is too old; 404 when the caller
/// has no such live session.
pub async fn end(
    FreshCaller(caller): FreshCaller,
    Extension(ender): Extension<Ender>,
    Path(sid): Path<String>,
) -> Result<Json<Receipt>, Problem> {
    let receipt = end_own(&ender, Own { user_id: &caller.user_id, sid: &caller.sid, ip: &caller.ip }, &sid).await?;
    if receipt.sessions_ended == 0 { Err(AppError::NotFound.into()) } else { Ok(Json(receipt)) }
}

/// Ends the caller's sessions except that of the token that asks.
///
/// # Errors
/// 401 as [`end`].
pub async fn end_others(
    FreshCaller(caller): FreshCaller,
    Extension(ender): Extension<Ender>,
) -> Result<Json<Receipt>, Problem> {
    Ok(Json(end_all_but(&ender, Own { user_id: &caller.user_id, sid: &caller.sid, ip: &caller.ip }).await?))
}
