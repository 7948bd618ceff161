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
    local_path::{LocalPath, leading_to},
    page::Typed,
    problem::Problem,
    refusal::MEDIA_TYPE,
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
    if accepts_html(&parts.headers) && !typed.0.is_empty() {
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
        && accepts_html(&parts.headers)
    {
        let config = expect_context::<AppState>().config;
        leptos_axum::redirect(&where_to_go_on(&config, &parts, error));
    }
    result
}

/// Makes a refusal lead to another page, which says why. With JavaScript the form says it where it is.
pub fn refuse_on(page: &str, error: AppError) -> AppError {
    let Some(parts) = use_context::<Parts>() else { return error };
    if accepts_html(&parts.headers) {
        leptos_axum::redirect(&telling(&expect_context::<AppState>().config, &parts, page, &error));
    }
    error
}

/// To `/confirm` where a proof is asked for or tried too often; with every other error to the page that the act was begun on.
fn where_to_go_on(config: &Config, parts: &Parts, error: &AppError) -> String {
    let from = parts.headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let from = from.and_then(|text| Url::parse(text).ok());
    // Who has mistyped the password too often goes on there once the wait is over.
    let must_wait_there =
        matches!(error, AppError::TooManyTries { .. }) && from.as_ref().is_some_and(|url| url.path() == "/confirm");
    let from = from.map(way_back);
    let begun_on = LocalPath::parse_or_dashboard(from.as_deref());
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

/// The page that the act was begun on, without the error that it may have in its address. Who mistypes the password
/// comes from `/confirm`, which knows that page.
fn way_back(mut from: Url) -> String {
    let pairs: Vec<(String, String)> = from.query_pairs().into_owned().collect();
    if from.path() == "/confirm" {
        return pairs.into_iter().find(|(name, _)| name == "next").map(|(_, next)| next).unwrap_or_default();
    }
    forget_error(&mut from);
    from.query().map_or_else(|| from.path().to_owned(), |query| format!("{}?{query}", from.path()))
}

/// Takes out of an address what Leptos has written there about a form that was refused.
pub fn forget_error(url: &mut Url) {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    url.set_query(None);
    for (name, value) in pairs.iter().filter(|(name, _)| name != "__path" && name != "__err") {
        url.query_pairs_mut().append_pair(name, value);
    }
}

/// Refuses a request before its action or handler runs, in the form that the caller understands.
pub fn refuse(parts: &Parts, error: AppError) -> Response {
    if !parts.uri.path().starts_with("/actions/") || accepts_html(&parts.headers) {
        return Problem::from(error).into_response();
    }
    if accepts_problem(&parts.headers) {
        return Problem::of_form(error).into_response();
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, error.ser()).into_response()
}

/// Layer: gives a refused action the status of its error, where Leptos says 500 to all of them, and the finished words
/// to our own forms. A plain form post has become a 302 by then and stays one.
pub async fn status_of_error(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    come_back_to_a_page(&config, &mut request);
    let wants_words = accepts_problem(request.headers());
    let mut response = next.run(request).await;
    keep_last_error(response.headers_mut());
    let refused = response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    if !refused || response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
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

/// Leptos sends a plain form post back to its Referer. Where that is missing, or of another site, the page of the
/// action stands in, or the error would be lost, or lead away.
fn come_back_to_a_page(config: &Config, request: &mut Request) {
    let referer = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let ours =
        referer.and_then(|text| Url::parse(text).ok()).is_some_and(|url| config.origins().contains(&url.origin()));
    if ours || request.method() != Method::POST {
        return;
    }
    let page = match request.uri().path() {
        "/actions/log_in" => "/login",
        "/actions/enter_code" => "/login/code",
        "/actions/begin_visit"
        | "/actions/end_visit"
        | "/actions/measure_cost"
        | "/actions/try_attack"
        | "/actions/start_lanes"
        | "/actions/end_lanes" => "/lab",
        "/actions/sign_up" | "/actions/password_strength" => "/signup",
        "/actions/verify" | "/actions/send_verification" => "/verify",
        "/actions/resend_verification" => "/dashboard",
        "/actions/forgot_password" => "/forgot",
        "/actions/reset_password" => "/reset",
        "/actions/force_log_out"
        | "/actions/disable_user"
        | "/actions/enable_user"
        | "/actions/change_role"
        | "/actions/start_reset"
        | "/actions/remove_second_factor"
        | "/actions/delete_user" => "/admin/users",
        "/actions/log_out_everyone" => "/admin/sessions/everyone",
        "/actions/confirm" => "/confirm",
        "/actions/end_session" | "/actions/end_other_sessions" => "/account/devices",
        "/actions/change_password" => "/account/password",
        "/actions/change_name" => "/account/profile",
        "/actions/change_email" => "/account/profile/email",
        "/actions/use_new_email" => "/verify-email",
        "/actions/turn_on_second_factor" => "/account/second-factor/set-up",
        "/actions/start_second_factor"
        | "/actions/make_recovery_codes"
        | "/actions/turn_off_second_factor"
        | "/actions/forget_device" => "/account/second-factor",
        "/actions/not_me" => "/not-me",
        "/actions/keep_second_factor" => "/second-factor/keep",
        "/actions/delete_account" => "/account/delete",
        "/actions/rotate_keys" | "/actions/kill_key" => "/admin/keys",
        _ => "/",
    };
    if let Ok(value) = HeaderValue::from_str(&format!("{}{page}", config.issuer())) {
        request.headers_mut().insert(header::REFERER, value);
    }
}

/// Leptos adds the error of a plain form post to the address that the form was sent from, where that of the post
/// before may stand already.
fn keep_last_error(headers: &mut HeaderMap) {
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let Some(mut url) = location.filter(|text| text.contains("__err=")).and_then(|text| Url::parse(text).ok()) else {
        return;
    };
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let last = |name: &str| pairs.iter().rfind(|(given, _)| given == name);
    let others = pairs.iter().filter(|(name, _)| name != "__path" && name != "__err");
    url.query_pairs_mut().clear().extend_pairs(others.chain(last("__path")).chain(last("__err")));
    if let Ok(value) = HeaderValue::from_str(url.as_str()) {
        headers.insert(header::LOCATION, value);
    }
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

/// Whether one of our own forms asks, which shows the words of a refusal.
fn accepts_problem(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|value| value == MEDIA_TYPE)
}

/// Layer: a page that was brought what somebody had typed takes it out of the browser. What was typed for an act that
/// waits stays there on the pages in between, which may be loaded again.
pub async fn show_typed_once(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let is_page = request.method() == Method::GET && accepts_html(request.headers());
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
