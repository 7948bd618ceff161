//! Errors that happen outside the application, told to whoever asked: a problem document to programs, a page to
//! people. Server side.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    bare_page::BarePage,
    cookies,
    cookies::Name,
    problem::{Detail, Problem},
    wants,
};
use crate::base::{
    config::Config,
    error::{AppError, RequestNumber},
};

/// Layer: an error without a body (a panic, a time-out, a failed session write) gets one, and who navigates here
/// with a browser gets a page in place of a problem document. The API speaks JSON to everybody.
pub async fn explain(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let was_form = request.method() == Method::POST;
    let to_person = wants::page(request.headers()) && !request.uri().path().starts_with("/api/");
    let number = request.extensions().get::<RequestNumber>().copied();
    let theme = chosen_theme(request.headers(), &config);
    let response = with_problem(next.run(request).await, number);
    match response.extensions().get::<Detail>().cloned() {
        Some(Detail(words)) if to_person => as_page(response, &words, was_form, number, theme),
        _ => response,
    }
}

/// What the person has chosen at the foot of a page, if anything. Nothing else of the cookie reaches the page.
fn chosen_theme(headers: &HeaderMap, config: &Config) -> &'static str {
    let chosen = cookies::get(config, headers, Name::Appearance).unwrap_or_default();
    ["light", "dark"].into_iter().find(|theme| chosen.split('.').next() == Some(*theme)).unwrap_or_default()
}

fn with_problem(response: Response, number: Option<RequestNumber>) -> Response {
    let has_type = response.headers().contains_key(header::CONTENT_TYPE);
    match response.status() {
        // tower-http says this one in plain text.
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This is more than the server takes at once.")
                .into_response()
        }
        status if has_type || status.as_u16() < 400 => response,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Problem::from(AppError::Busy).into_response()
        }
        status if status.is_server_error() => Problem::from(AppError::Internal { request_id: number }).into_response(),
        StatusCode::METHOD_NOT_ALLOWED => with_allow(&response),
        _ => response,
    }
}

fn with_allow(response: &Response) -> Response {
    let words = "This address does not take that method; the Allow header names those that it takes.";
    let mut problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", words).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

fn as_page(
    response: Response,
    words: &str,
    was_form: bool,
    number: Option<RequestNumber>,
    theme: &'static str,
) -> Response {
    let (mut parts, _) = response.into_parts();
    let (title, next) = title_and_next_step(parts.status);
    // Who has followed a link did not choose the method.
    let words = if parts.status == StatusCode::METHOD_NOT_ALLOWED { "Here is nothing to look at." } else { words };
    let words = html_escape::encode_text(words);
    let number = number.map(|number| number.to_string()).unwrap_or_default();
    let next = if was_form { "Go back to where you were: your browser keeps what you typed." } else { next };
    // To repeat a form is for the person to decide. An empty address is that of this page.
    let again = if !was_form && is_worth_another_try(parts.status) { "<a href=\"\">Try again</a>" } else { "" };
    let page = BarePage {
        title,
        content: &format!(
            "<p>{words}</p><p>{next}</p><p class=\"soft\">Number of this request: <code>{number}</code></p>"
        ),
        ways: &format!("{again}<a href=\"/\">To the start page</a>"),
        script: None,
        theme,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&page.policy()) {
        parts.headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Response::from_parts(parts, Body::from(page.html()))
}

/// What the tab says, and what a person can do who was only reading.
fn title_and_next_step(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => (
            "Not understood",
            "Check the address, or begin again at the start page. If this stays, delete the cookies of this site.",
        ),
        StatusCode::UNAUTHORIZED => ("Log in first", "Go to the start page and log in there."),
        StatusCode::FORBIDDEN => ("Refused", "Begin again at the start page."),
        StatusCode::NOT_FOUND => ("Not found", "Check the address, or begin again at the start page."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Not a page", "Programs and forms send something to this address. The pages begin at the start page.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("Too much at once", "Send less, or in several parts."),
        StatusCode::TOO_MANY_REQUESTS => ("Too many tries", "Wait a while, then try again."),
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            ("Busy at the moment", "You are still logged in if you were, and nothing is lost.")
        }
        status if status.is_server_error() => (
            "Something went wrong",
            "Try again in a moment. If it happens again, tell whoever runs this server, with the number below.",
        ),
        _ => ("This did not work", "Begin again at the start page."),
    }
}

fn is_worth_another_try(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}
