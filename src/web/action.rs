//! The frame of every action (server function). Its answer is the same for everyone; what is made of it depends on who
//! asks: another page for a browser, words for our own script, data for a program. Server side.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use leptos::{
    prelude::{expect_context, use_context},
    server_fn::{
        error::{FromServerFnError, SERVER_FN_ERROR_HEADER},
        redirect::REDIRECT_HEADER,
    },
};
use leptos_axum::ResponseOptions;
use tower::ServiceExt;

use super::{
    caller::caller_of,
    cookies,
    cookies::Name,
    local_path::LocalPath,
    page::{Flash, Held, PAGE, Refused, VIEWER},
    problem::{Problem, status_of},
    wants,
};
use crate::{
    auth::sessions::guard::LoggedIn,
    base::{
        caller::Caller,
        config::Config,
        error::{AppError, Invalid},
        lock::lock,
        log_context::RequestContext,
        random,
        state::AppState,
    },
};

/// Longer text is not kept: a cookie has 4096 bytes, encoded (RFC 6265bis).
const FLASH_BYTES_MAX: usize = 2_500;
const FLASH_SECONDS: i64 = 600;

/// An error is a word or a few.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// The answer to an action, for who asks; any other request goes on as it is. A refused form is answered with the page
/// of `pages` that it stands on.
pub async fn answer(config: &Config, pages: &Router, mut parts: Parts, body: Body, next: Next) -> Response {
    if parts.method != Method::POST || !parts.uri.path().starts_with("/actions/") {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(form) = to_bytes(body, config.body_limit_kib as usize * 1024).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if is_of_someone_else(&parts, &form) {
        tracing::info!("a form on the page of another user was refused");
        return match wants::page(&parts.headers) {
            true => refuse_with_page(pages, parts, &form, AppError::OtherUser).await,
            false => refuse(&parts, AppError::OtherUser),
        };
    }
    parts.extensions.insert(Since::default());
    let asked = parts.clone();
    // Leptos leads a form of a browser away by its Referer. As data, everyone's answer is the same.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = next.run(Request::from_parts(parts, Body::from(form.clone()))).await;
    let was_refused = response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    let (answered, body) = response.into_parts();
    if !was_refused && wants::page(&asked.headers) {
        return go_on(answered.headers, &form);
    }
    if !was_refused || answered.status != StatusCode::INTERNAL_SERVER_ERROR {
        return Response::from_parts(answered, body);
    }
    let Ok(error) = to_bytes(body, ERROR_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = refuse_form(pages, asked, &form, AppError::de(error)).await;
    // What the act gave to the browser before it was refused: a new secret, or that a cookie is of no use any more.
    let cookies = answered.headers.get_all(header::SET_COOKIE).into_iter().cloned();
    response.headers_mut().extend(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// What is wrong, for who asked.
async fn refuse_form(pages: &Router, asked: Parts, form: &Bytes, mut error: AppError) -> Response {
    match &mut error {
        AppError::Internal { request_id, .. } => *request_id = RequestContext::current_number(),
        // Whatever decodes a form takes an empty text for none.
        AppError::ProofNeeded if leaves_password_empty(form) => error = Invalid::CurrentPasswordMissing.into(),
        _ => {}
    }
    tracing::info!(?error, "refused");
    let retry_after = error.retry_after();
    let mut response = if wants::page(&asked.headers) {
        refuse_with_page(pages, asked, form, error).await
    } else {
        tell_program(&asked.headers, error)
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Whether the form stands on a page of a user who is not the one that is logged in now: all tabs of a browser have one
/// session cookie. Where no one is logged in any more the action says so.
fn is_of_someone_else(parts: &Parts, form: &Bytes) -> bool {
    let Some(someone) = parts.extensions.get::<LoggedIn>() else { return false };
    url::form_urlencoded::parse(form).any(|(name, id)| name == VIEWER && id != *someone.user.id)
}

fn leaves_password_empty(form: &Bytes) -> bool {
    url::form_urlencoded::parse(form).any(|(name, password)| name == "password" && password.is_empty())
}

/// To the page that the action leads to, or back to the one of the form. 303: the page is read, and nothing that was typed
/// is sent there (RFC 9110 15.4.4).
fn go_on(mut headers: HeaderMap, form: &Bytes) -> Response {
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(REDIRECT_HEADER);
    if !headers.contains_key(header::LOCATION) {
        let page = page_of(&fields_of(form)).and_then(|page| HeaderValue::try_from(page).ok());
        headers.insert(header::LOCATION, page.unwrap_or(HeaderValue::from_static("/")));
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// In words for our own script, as data for any other.
fn tell_program(headers: &HeaderMap, error: AppError) -> Response {
    if wants::words(headers) {
        return Problem::of_form(error).into_response();
    }
    (status_of(&error), [(header::CONTENT_TYPE, "application/json")], error.ser()).into_response()
}

/// Who is logged in since the action has proven it: a page that is made after it shall know that, too.
#[derive(Clone, Default)]
pub struct Since(pub Arc<Mutex<Option<LoggedIn>>>);

/// The page that the form stands on, with what was typed and what is wrong with it. Nothing of it is in an address or in a
/// cookie, and the form itself says where it stands: browsers, their extensions and proxies leave out the Referer.
async fn refuse_with_page(pages: &Router, mut parts: Parts, form: &Bytes, error: AppError) -> Response {
    let fields = fields_of(form);
    if let Some(someone) = parts.extensions.remove::<Since>().and_then(|since| lock(&since.0).take()) {
        parts.extensions.insert(someone);
    }
    // Whoever mistypes the password where it is asked for stays there, and so does who has to wait.
    let was_held = fields.iter().any(|(name, _)| name == Held::FIELD);
    let mistyped = error.asks_for_proof() || matches!(error, AppError::TooManyTries { .. });
    let is_held =
        matches!(error, AppError::ProofNeeded | AppError::NotLoggedIn | AppError::OtherUser) || (was_held && mistyped);
    let page = match error {
        _ if is_held => Some(Held::PAGE.into()),
        // The password has to be given again, and that is asked for elsewhere.
        AppError::LogInAgain => Some("/login".into()),
        _ => page_of(&fields),
    };
    let Some(uri) = page.and_then(|page| page.parse::<Uri>().ok()) else { return Problem::from(error).into_response() };
    let act = std::mem::replace(&mut parts.uri, uri).path().to_owned();
    let refused = Refused { error, act, fields };
    if is_held {
        parts.extensions.insert(refused.held());
    }
    parts.extensions.insert(refused);
    parts.extensions.remove::<MatchedPath>();
    parts.method = Method::GET;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    let Ok(response) = pages.clone().oneshot(Request::from_parts(parts, Body::empty())).await;
    response
}

fn fields_of(form: &Bytes) -> Vec<(String, String)> {
    url::form_urlencoded::parse(form).into_owned().collect()
}

/// The page that a form says it stands on, if that is one of ours.
fn page_of(fields: &[(String, String)]) -> Option<String> {
    let (_, page) = fields.iter().find(|(name, _)| name == PAGE)?;
    Some(LocalPath::parse(page)?.as_str().to_owned())
}

/// Refuses a request before its action or handler runs, in the form that the caller understands.
pub fn refuse(parts: &Parts, error: AppError) -> Response {
    if !parts.uri.path().starts_with("/actions/") || wants::page(&parts.headers) {
        return Problem::from(error).into_response();
    }
    tell_program(&parts.headers, error)
}

/// Who calls the action that runs now.
pub fn caller() -> Caller {
    let config = expect_context::<AppState>().config;
    use_context::<Parts>().map(|parts| caller_of(&parts, &config)).unwrap_or_default()
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

/// Whether this request is for a page that says what an act has brought about. It takes that out of the browser.
pub fn tells(parts: &Parts, config: &Config) -> bool {
    parts.method == Method::GET && told(parts, config).is_some()
}

/// Reads back what [`tell_next_page`] kept for this page. A browser has one such cookie: of two tabs that act at once, the
/// page of the first may come with what the second was told, and must neither show it nor use it up.
pub fn told(parts: &Parts, config: &Config) -> Option<Flash> {
    let (page, text) = cookies::get(config, &parts.headers, Name::Flash)?.split_once('.')?;
    let here = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let is_for_here = wants::page(&parts.headers) && page == random::hash(here);
    let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|_| is_for_here)?;
    serde_json::from_slice(&json).ok()
}

/// What [`tell_next_page`] hands over; `None` for more than it can.
pub fn for_cookie(words: &Flash) -> Option<Vec<u8>> {
    serde_json::to_vec(words).ok().filter(|json| json.len() <= FLASH_BYTES_MAX)
}

/// Hands `words` to the page at this address.
pub fn tell_next_page(page: &str, words: &Flash) {
    // A browser asks for it without what stands behind the `#`.
    let (page, _) = page.split_once('#').unwrap_or((page, ""));
    let value = for_cookie(words).map(|json| format!("{}.{}", random::hash(page), BASE64_URL_SAFE_NO_PAD.encode(json)));
    let config = expect_context::<AppState>().config;
    append_cookie(cookies::set(&config, Name::Flash, &value.unwrap_or_default(), FLASH_SECONDS));
}
