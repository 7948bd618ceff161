//! The page that a form was sent from, where a person without JavaScript comes back to. Server side.
//!
//! The form carries it. The Referer is not asked: browsers, their extensions and proxies leave it out.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use url::{Position, Url};

use super::{local_path::LocalPath, page::PAGE, wants};
use crate::config::Config;

/// Put into the request of an action.
#[derive(Clone, Debug)]
pub struct FormPage(pub String);

/// Makes the request of an action one that Leptos understands: it sends a form back to the Referer, and takes for a
/// plain form what accepts HTML.
///
/// # Errors
/// 413 when the form is larger than what the server takes.
pub async fn prepare(config: &Config, request: Request) -> Result<Request, StatusCode> {
    let is_form = request.method() == Method::POST && request.uri().path().starts_with("/actions/");
    if !is_form || !wants::page(request.headers()) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let form =
        to_bytes(body, config.body_limit_kib as usize * 1024).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let page = page_in(&form).unwrap_or_else(|| page_of(parts.uri.path()).to_owned());
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    if let Ok(referer) = HeaderValue::from_str(&format!("{}{page}", config.issuer())) {
        parts.headers.insert(header::REFERER, referer);
    }
    parts.extensions.insert(FormPage(page));
    Ok(Request::from_parts(parts, Body::from(form)))
}

/// Leptos leads a plain form away with 302, and back to its page by a whole address. 303: the page is read, and nothing
/// that was typed is sent there (RFC 9110 15.4.4). The path alone: the browser may know this site by another name.
pub fn lead_back(config: &Config, status: &mut StatusCode, headers: &mut HeaderMap) {
    if *status != StatusCode::FOUND {
        return;
    }
    *status = StatusCode::SEE_OTHER;
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let ours = location.and_then(|text| Url::parse(text).ok()).filter(|url| config.origins().contains(&url.origin()));
    if let Some(path) = ours.and_then(|url| HeaderValue::from_str(&url[Position::BeforePath..]).ok()) {
        headers.insert(header::LOCATION, path);
    }
}

/// A path without what Leptos has written into it about a form that was refused.
pub fn without_error(path: &str) -> String {
    let url = Url::parse("http://latchkey.invalid").and_then(|base| base.join(path));
    let Some(mut url) = url.ok().filter(|url| url.query_pairs().any(|(name, _)| is_error(&name))) else {
        return path.to_owned();
    };
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    url.set_query(None);
    for (name, value) in pairs.iter().filter(|(name, _)| !is_error(name)) {
        url.query_pairs_mut().append_pair(name, value);
    }
    url[Position::BeforePath..].to_owned()
}

fn is_error(name: &str) -> bool {
    matches!(name, "__path" | "__err")
}

/// What the form says, if that is a page of ours.
fn page_in(form: &Bytes) -> Option<String> {
    let (_, page) = url::form_urlencoded::parse(form).find(|(name, _)| name == PAGE)?;
    Some(without_error(LocalPath::parse(&page)?.as_str()))
}

/// The page of an action, for a form that does not say where it was.
fn page_of(action: &str) -> &'static str {
    match action {
        "/actions/log_in" => "/login",
        "/actions/enter_code" => "/login/code",
        "/actions/begin_visit"
        | "/actions/end_visit"
        | "/actions/measure_cost"
        | "/actions/try_attack"
        | "/actions/start_lanes"
        | "/actions/end_lanes" => "/lab",
        "/actions/sign_up" | "/actions/password_strength" => "/signup",
        "/actions/set_up" => "/setup",
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
        "/actions/delete_account" => "/account/delete",
        "/actions/rotate_keys" | "/actions/kill_key" => "/admin/keys",
        _ => "/",
    }
}
