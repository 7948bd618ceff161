//! `/.well-known/security.txt`: whom to tell of a weakness (RFC 9116). Server side.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::problem::Problem;
use crate::base::{DAY_MS, error::AppError, rfc3339::seconds, state::AppState};

/// Where it is looked for (RFC 9116 3).
pub const PATH: &str = "/.well-known/security.txt";

/// Who has kept a copy asks again then. The file is made anew at each request, so it never runs out here.
const GOOD_FOR_MS: i64 = 30 * DAY_MS;

/// Whom the settings name; 404 where they name no one.
pub async fn security_txt(State(state): State<Arc<AppState>>) -> Result<Response, Problem> {
    let Some(contact) = &state.config.security_contact else { return Err(AppError::NotFound.into()) };
    // A midnight, so that copies of one day are the same.
    let expires = seconds((state.clock.now_ms() + GOOD_FOR_MS) / DAY_MS * DAY_MS);
    let canonical = format!("{}{PATH}", state.config.issuer());
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {canonical}\n");
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
