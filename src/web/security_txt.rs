//! `/.well-known/security.txt`: whom to tell of a weakness (RFC 9116). Server side.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use time::{Duration, OffsetDateTime};

use super::problem::Problem;
use crate::{error::AppError, state::AppState};

/// Where it is looked for (RFC 9116 3).
pub const PATH: &str = "/.well-known/security.txt";

/// Who has kept a copy asks again then. The file is made anew at each request, so it never runs out here.
const GOOD_FOR: Duration = Duration::days(30);

/// Whom the settings name; nothing where they name nobody.
///
/// # Errors
/// 404 without a contact.
pub async fn security_txt(State(state): State<AppState>) -> Result<Response, Problem> {
    let Some(contact) = &state.config.security_contact else { return Err(AppError::NotFound.into()) };
    let expires = expires(state.clock.now_ms());
    let canonical = format!("{}{PATH}", state.config.issuer());
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {canonical}\n");
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// A midnight, so that copies of one day are the same (RFC 3339).
fn expires(now_ms: i64) -> String {
    let now = OffsetDateTime::from_unix_timestamp(now_ms.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let day = (now + GOOD_FOR).date();
    format!("{:04}-{:02}-{:02}T00:00:00Z", day.year(), u8::from(day.month()), day.day())
}
