//! The token of a link: from the address into a cookie of its own, at once. Server side.
//!
//! So it stands in no Referer, no log and no address that anybody copies (ASVS 3.4.5). Reading the page uses nothing
//! up: programs that look at mails open every link in them.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{AppendHeaders, IntoResponse, Response},
};
use leptos::prelude::{expect_context, use_context};

use super::links::Purpose;
use crate::{
    config::Config,
    error::AppError,
    state::AppState,
    web::{
        action::append_cookie,
        cookies::{self, Name},
    },
};

/// Layer: answers the address in a mail with the address of its page.
pub async fn take_out_of_address(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    let token =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).find(|(name, _)| name == "token");
    let (Some(purpose), Some((_, token)), &Method::GET | &Method::HEAD) =
        (Purpose::of_page(uri.path()), token, request.method())
    else {
        return next.run(request).await;
    };
    let cookie = match is_token(&token) {
        true => cookies::set(&config, Name::Link, &token, purpose.lifetime_ms() / 1000),
        // The page must not speak of a link that was opened before.
        false => cookies::remove(&config, Name::Link),
    };
    let headers = [(header::LOCATION, uri.path().to_owned())];
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie)], AppendHeaders(headers)).into_response()
}

/// The token of the link that this browser opened last.
pub fn token(headers: &HeaderMap, config: &Config) -> Option<String> {
    cookies::get(config, headers, Name::Link).filter(|token| is_token(token))
}

/// As [`token`], for the action that runs now.
///
/// # Errors
/// [`AppError::LinkDead`] when there is none.
pub fn require() -> Result<String, AppError> {
    let config = expect_context::<AppState>().config;
    use_context::<Parts>().and_then(|parts| token(&parts.headers, &config)).ok_or(AppError::LinkDead)
}

/// The link is used up: the browser forgets it.
pub fn forget() {
    append_cookie(cookies::remove(&expect_context::<AppState>().config, Name::Link));
}

/// 256 bits in base64url; nothing else gets into a cookie.
fn is_token(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
