//! `GET /.well-known/jwks.json`: what others need to verify our tokens by themselves (RFC 7517 5). Server side.

use axum::{
    Extension, Json,
    extract::State,
    http::header,
    response::{AppendHeaders, IntoResponse},
};

use super::keys::Keys;
use crate::{config::Config, state::AppState};

/// The document may be kept for so long at most, in seconds.
const MAX_AGE_SECONDS: i64 = 300;

/// Public: no cookie is read, and a script of any site may read it.
pub async fn jwks(State(state): State<AppState>, Extension(keys): Extension<Keys>) -> impl IntoResponse {
    let headers = AppendHeaders([
        (header::CACHE_CONTROL, format!("public, max-age={}", max_age_seconds(&state.config))),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ]);
    ([(header::CONTENT_TYPE, "application/jwk-set+json")], headers, Json(keys.public()))
}

/// At most half of the lead time: who keeps the document for as long as it may be kept, and has read it just before a
/// key was added, reads it again before that key signs.
pub fn max_age_seconds(config: &Config) -> i64 {
    MAX_AGE_SECONDS.min(config.key_lead_seconds / 2)
}
