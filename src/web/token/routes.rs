//! `POST /api/v1/token`: session in, access token out, the one bridge between the two halves; `GET /api/v1/me`.
//! Server side.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use serde::Serialize;

use super::{
    TokenAnswer,
    bearer::{ApiCaller, expect_user},
};
use crate::{
    auth::{
        sessions::{Ended, guard::LoggedIn},
        tokens::mint::mint,
        users::Role,
    },
    base::state::AppState,
    web::{cookies, cookies::Name, guards::Guards, problem::Problem},
};

/// Renews the access token of the session in the cookie.
///
/// # Errors
/// 401 when there is no active session, with the `reason` where the cookie is of one that has ended; 409 when the page
/// was made for someone else.
pub async fn issue_token(
    State(state): State<Arc<AppState>>,
    Extension(guards): Extension<Guards>,
    someone: Option<Extension<LoggedIn>>,
    ended: Option<Extension<Ended>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let token = match someone {
        Some(Extension(someone)) => {
            expect_user(&headers, &someone.user.id)?;
            mint(&state, &guards.keys, &someone).await?
        }
        None => None,
    };
    let Some(token) = token else { return Err(session_is_gone(ended.map(|Extension(ended)| ended))) };
    let cookie = cookies::set(&state.config, Name::Access, &token.jwt, token.expires_in);
    Ok(([(header::SET_COOKIE, cookie)], Json(TokenAnswer { expires_in: token.expires_in })))
}

fn session_is_gone(ended: Option<Ended>) -> Problem {
    let problem = Problem::unauthorized("session_ended", "Your session has ended. Log in again.", ended.is_some());
    match ended {
        Some(ended) => problem.with("reason", ended.reason.into_str()),
        None => problem,
    }
}

/// `GET /api/v1/me`: who the token speaks for. Everything is in the token, so nothing is looked up.
pub async fn me(caller: ApiCaller) -> Json<Me> {
    let ApiCaller { user_id, role, sid, .. } = caller;
    Json(Me { id: user_id, role, sid })
}

/// The answer of `GET /api/v1/me`.
#[derive(Serialize)]
pub struct Me {
    id: String,
    role: Role,
    sid: String,
}
