//! `GET /.well-known/jwks.json`: what others need to verify our tokens by themselves (RFC 7517 5). Server side.

use axum::{Extension, Json, http::header, response::IntoResponse};

use crate::{base::config::KEY_LEAD_MIN_SECONDS, web::guards::Guards};

/// The document may be kept for so long, in seconds: half of the shortest lead that any process may be set to. Who has read
/// it just before a key was added, by whatever process, reads it again before that key signs.
pub const MAX_AGE_SECONDS: i64 = KEY_LEAD_MIN_SECONDS / 2;

/// Public: no cookie is read, and a script of any site may read it.
pub async fn jwks(Extension(guards): Extension<Guards>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json".to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={MAX_AGE_SECONDS}")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ];
    (headers, Json(guards.keys.public()))
}
