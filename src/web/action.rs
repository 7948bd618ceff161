//! The frame of every action (server function): its status, its log line, what was typed. Server side.

use std::future::Future;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use super::{
    Typed,
    caller::Caller,
    cookies::{self, Name},
    request_log::RequestId,
};
use crate::{config::Config, error::AppError, state::AppState};

/// Longer text is not kept: a cookie has 4096 bytes, encoded (RFC 6265bis).
const TYPED_BYTES_MAX: usize = 2_500;
const TYPED_SECONDS: i64 = 60;

/// Runs the story of an action and frames its refusal: with the number of the request, with the right status for
/// a program, and with what was typed for a browser without JavaScript (whose 302 must stay a 302).
///
/// # Errors
/// What the story returns.
pub async fn act<T>(typed: Typed, story: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else {
        return story.await;
    };
    let config = expect_context::<AppState>().config;
    let error = match story.await {
        Ok(value) => return Ok(value),
        Err(error) => numbered(error, &parts),
    };
    tracing::info!(?error, "refused");
    if accepts_html(&parts.headers) {
        if !typed.0.is_empty() {
            append_cookie(keep(&config, &typed));
        }
    } else if let Ok(status) = StatusCode::from_u16(error.status()) {
        response.set_status(status);
    }
    Err(error)
}

/// Who calls the action that runs now.
pub fn caller() -> Caller {
    let config = expect_context::<AppState>().config;
    use_context::<Parts>().map(|parts| Caller::of(&parts, &config)).unwrap_or_default()
}

/// Something that a layer put into the request of the action that runs now.
pub fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>()?.extensions.get::<T>().cloned()
}

/// Adds a `Set-Cookie` to the answer of the action that runs now.
pub fn append_cookie(value: HeaderValue) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// Whether a browser navigates here (a plain form post or a page), not a script.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains("text/html"))
}

/// Reads back what [`act`] kept.
pub fn typed_from(parts: &Parts, config: &Config) -> Option<Typed> {
    let text = cookies::get(config, &parts.headers, Name::Typed)?;
    let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Hands `words` to the next page of a browser without JavaScript; with it, the action's value says the same.
pub fn tell_next_page(words: &Typed) {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else { return };
    if accepts_html(&parts.headers) {
        response.append_header(header::SET_COOKIE, keep(&expect_context::<AppState>().config, words));
    }
}

fn keep(config: &Config, typed: &Typed) -> HeaderValue {
    let json = serde_json::to_vec(typed).unwrap_or_default();
    let value = if json.len() > TYPED_BYTES_MAX { String::new() } else { BASE64_URL_SAFE_NO_PAD.encode(json) };
    cookies::set(config, Name::Typed, &value, TYPED_SECONDS)
}

fn numbered(error: AppError, parts: &Parts) -> AppError {
    match error {
        AppError::Internal { .. } => {
            AppError::Internal { request_id: parts.extensions.get::<RequestId>().map(|id| id.0) }
        }
        other => other,
    }
}
