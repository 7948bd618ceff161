//! The token of a link: from the address into a cookie of its own, at once. Server side.
//!
//! So it stands in no Referer, no log and no address that anybody copies (ASVS 3.4.5). Reading the page uses nothing
//! up: programs that look at mails open every link in them.

use axum::{
    http::{HeaderMap, Method, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{cookies, cookies::Name};
use crate::{auth::links::Purpose, base::config::Config};

/// The page of the first administrator. Its link comes from the command line and not from a mail, and is treated alike.
pub const SETUP: &str = "/setup";

/// Long enough to go from one machine to another.
pub const SETUP_LIFETIME_MS: i64 = 60 * 60_000;

/// Answers the address in a mail with the address of its page; `None` for any other.
pub fn take_out_of_address(config: &Config, parts: &Parts) -> Option<Response> {
    let uri = &parts.uri;
    let (query, lifetime_ms) = (uri.query()?, lifetime_ms(uri.path())?);
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return None;
    }
    let (_, token) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token")?;
    let cookie = match is_token(&token) {
        true => cookies::set(config, Name::Link, &token, lifetime_ms / 1000),
        // The page must not speak of a link that was opened before.
        false => cookies::remove(config, Name::Link),
    };
    Some(([(header::SET_COOKIE, cookie)], Redirect::to(uri.path())).into_response())
}

/// How long a link works that leads to this page, if any does.
fn lifetime_ms(page: &str) -> Option<i64> {
    let of_mail = Purpose::of_page(page).map(Purpose::lifetime_ms);
    of_mail.or_else(|| (page == SETUP).then_some(SETUP_LIFETIME_MS))
}

/// The token of the link that this browser opened last.
pub fn token(headers: &HeaderMap, config: &Config) -> Option<String> {
    cookies::get(config, headers, Name::Link).filter(|token| is_token(token)).map(str::to_owned)
}

/// 256 bits in base64url; nothing else gets into a cookie.
fn is_token(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
