//! The frame of every action (server function): its status, its log line, what was typed. Server side.

use std::{future::Future, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use leptos::{
    prelude::{expect_context, use_context},
    server_fn::error::{FromServerFnError, SERVER_FN_ERROR_HEADER, ServerFnUrlError},
};
use leptos_axum::ResponseOptions;
use url::Url;

use super::{
    caller::Caller,
    cookies::{self, Name},
    form_page::{self, FormPage},
    local_path::{LocalPath, leading_to},
    page::Typed,
    problem::Problem,
    wants,
};
use crate::{
    config::Config,
    error::{AppError, RequestNumber},
    state::AppState,
};

/// Longer text is not kept: a cookie has 4096 bytes, encoded (RFC 6265bis).
const TYPED_BYTES_MAX: usize = 2_500;
const TYPED_SECONDS: i64 = 600;

/// An error is a word or a few.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// Runs the story of an action and frames its refusal: with the number of the request, and with what was typed for
/// a browser without JavaScript.
///
/// # Errors
/// What the story returns.
pub async fn act<T>(typed: Typed, story: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    let Some(parts) = use_context::<Parts>() else { return story.await };
    let config = expect_context::<AppState>().config;
    let error = match story.await {
        Ok(value) => return Ok(value),
        Err(error) => numbered(error, &parts),
    };
    tracing::info!(?error, "refused");
    if wants::page(&parts.headers) && !typed.0.is_empty() {
        append_cookie(keep(&config, &typed));
    }
    Err(error)
}

/// As [`act`], for an act that needs a recent proof of identity. Without JavaScript its refusal leads to `/confirm`,
/// which sends what was typed once more, with the password: the act goes on where it was.
///
/// # Errors
/// What the story returns.
pub async fn act_with_proof<T>(
    mut typed: Typed,
    story: impl Future<Output = Result<T, AppError>>,
) -> Result<T, AppError> {
    let Some(parts) = use_context::<Parts>() else { return story.await };
    typed.0.insert(Typed::ACT.into(), parts.uri.path().into());
    let result = act(typed, story).await;
    if let Err(error) = &result
        && wants::page(&parts.headers)
    {
        let config = expect_context::<AppState>().config;
        leptos_axum::redirect(&where_to_go_on(&config, &parts, error));
    }
    result
}

/// Makes a refusal lead to another page, which says why. With JavaScript the form says it where it is.
pub fn refuse_on(page: &str, error: AppError) -> AppError {
    let Some(parts) = use_context::<Parts>() else { return error };
    if wants::page(&parts.headers) {
        leptos_axum::redirect(&telling(&expect_context::<AppState>().config, &parts, page, &error));
    }
    error
}

/// To `/confirm` where a proof is asked for or tried too often; with every other error to the page that the act was begun on.
fn where_to_go_on(config: &Config, parts: &Parts, error: &AppError) -> String {
    let sent_from = parts.extensions.get::<FormPage>().map(|page| page.0.as_str()).unwrap_or_default();
    let (path, query) = sent_from.split_once('?').unwrap_or((sent_from, ""));
    let waiting = (path == "/confirm").then_some(query);
    // Who has mistyped the password too often goes on there once the wait is over.
    let must_wait_there = matches!(error, AppError::TooManyTries { .. }) && waiting.is_some();
    // Whoever mistypes the password comes from `/confirm`, which knows the page that the act was begun on.
    let begun_on = match waiting {
        Some(query) => {
            url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next").map(|(_, next)| next)
        }
        None => Some(sent_from.into()),
    };
    let begun_on = LocalPath::parse_or_dashboard(begun_on.as_deref());
    let page = if error.asks_for_proof() || must_wait_there {
        leading_to("/confirm", begun_on.as_str())
    } else {
        begun_on.as_str().to_owned()
    };
    telling(config, parts, &page, error)
}

/// The address of `page` with the error in it, as Leptos writes it.
fn telling(config: &Config, parts: &Parts, page: &str, error: &AppError) -> String {
    let told = ServerFnUrlError::new(parts.uri.path(), error.clone()).to_url(&format!("{}{page}", config.issuer()));
    let address = |url: Url| {
        let place = url.fragment().map(|place| format!("#{place}")).unwrap_or_default();
        format!("{}?{}{place}", url.path(), url.query().unwrap_or_default())
    };
    told.map_or_else(|_| page.to_owned(), address)
}

/// Refuses a request before its action or handler runs, in the form that the caller understands.
pub fn refuse(parts: &Parts, error: AppError) -> Response {
    if !parts.uri.path().starts_with("/actions/") || wants::page(&parts.headers) {
        return Problem::from(error).into_response();
    }
    if wants::words(&parts.headers) {
        return Problem::of_form(error).into_response();
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, error.ser()).into_response()
}

/// Layer: gives a refused action the status of its error, where Leptos says 500 to all of them, and the finished words
/// to our own forms. A plain form post has become a redirect by then and stays one.
pub async fn status_of_error(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let request = match form_page::prepare(&config, request).await {
        Ok(request) => request,
        Err(status) => return status.into_response(),
    };
    let wants_words = wants::words(request.headers());
    let response = next.run(request).await;
    let refused = response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    let is_server_error = response.status() == StatusCode::INTERNAL_SERVER_ERROR;
    let (mut parts, body) = response.into_parts();
    if !refused || !is_server_error {
        form_page::lead_back(&config, &mut parts.status, &mut parts.headers);
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = to_bytes(body, ERROR_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let error = AppError::de(bytes.clone());
    if wants_words {
        let (told, words) = Problem::of_form(error).into_response().into_parts();
        parts.status = told.status;
        parts.headers.extend(told.headers);
        return Response::from_parts(parts, words);
    }
    if let Ok(status) = StatusCode::from_u16(error.status()) {
        parts.status = status;
    }
    if let Some(seconds) = error.retry_after() {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Response::from_parts(parts, Body::from(bytes))
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

/// Layer: a page that was brought what somebody had typed takes it out of the browser. What was typed for an act that
/// waits stays there on the pages in between, which may be loaded again.
pub async fn show_typed_once(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let is_page = request.method() == Method::GET && wants::page(request.headers());
    let in_between = matches!(request.uri().path(), "/confirm" | "/login" | "/login/code");
    let typed = typed_from(request.headers(), &config).filter(|typed| !(in_between && typed.waits()));
    let mut response = next.run(request).await;
    if is_page && typed.is_some() && !response.status().is_redirection() {
        response.headers_mut().append(header::SET_COOKIE, cookies::remove(&config, Name::Typed));
    }
    response
}

/// Reads back what [`act`] kept.
pub fn typed_from(headers: &HeaderMap, config: &Config) -> Option<Typed> {
    let text = cookies::get(config, headers, Name::Typed)?;
    let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Hands `words` to the next page.
pub fn tell_next_page(words: &Typed) {
    append_cookie(keep(&expect_context::<AppState>().config, words));
}

fn keep(config: &Config, typed: &Typed) -> HeaderValue {
    let json = serde_json::to_vec(typed).unwrap_or_default();
    let value = if json.len() > TYPED_BYTES_MAX { String::new() } else { BASE64_URL_SAFE_NO_PAD.encode(json) };
    cookies::set(config, Name::Typed, &value, TYPED_SECONDS)
}

fn numbered(error: AppError, parts: &Parts) -> AppError {
    match error {
        AppError::Internal { .. } => {
            AppError::Internal { request_id: parts.extensions.get::<RequestNumber>().copied() }
        }
        other => other,
    }
}
