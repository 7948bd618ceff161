//! Whose token verifies, as a textbook has it: no one asks the revocations. Server side; only to be measured.

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    auth::tokens::verify::verify,
    base::{error::AppError, state::AppState},
    web::{cookies, cookies::Name, guards::Guards, problem::Problem},
};

/// A token came along that is ours and in its time. It may be dead all the same, so no real route takes this.
pub struct Verifies;

impl FromRequestParts<AppState> for Verifies {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let token = cookies::get(&state.config, &parts.headers, Name::Access).ok_or(AppError::NotLoggedIn)?;
        let guards = parts.extensions.get::<Guards>().ok_or_else(AppError::internal)?;
        let verified = verify(state, &guards.keys, token);
        Ok(verified.map(|_| Self).map_err(|_| AppError::NotLoggedIn)?)
    }
}
