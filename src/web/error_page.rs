//! Errors that happen outside the application, told to whoever asked: a problem document to programs, a page to
//! people. Server side.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    action::accepts_html,
    problem::{Detail, Problem},
};
use crate::error::{AppError, RequestNumber};

/// Layer: an error without a body (a panic, a time-out, a failed session write) gets one, and who navigates here
/// with a browser gets a page in place of a problem document. The API speaks JSON to everybody.
pub async fn explain(request: Request, next: Next) -> Response {
    let was_form = request.method() == axum::http::Method::POST;
    let to_person = accepts_html(request.headers()) && !request.uri().path().starts_with("/api/");
    let number = request.extensions().get::<RequestNumber>().copied();
    let response = with_problem(next.run(request).await, number);
    match response.extensions().get::<Detail>().cloned() {
        Some(Detail(words)) if to_person && was_form => {
            as_page(response, &format!("{words} Go back to where you were: your browser keeps what you typed."), number)
        }
        Some(Detail(words)) if to_person => as_page(response, &words, number),
        _ => response,
    }
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

/// No script, no style sheet, no data: this page must work when nothing else does.
fn as_page(response: Response, words: &str, number: Option<RequestNumber>) -> Response {
    let (mut parts, _) = response.into_parts();
    let title = parts.status.canonical_reason().unwrap_or("Error");
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let number = number.map(|number| number.to_string()).unwrap_or_default();
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title} · Latchkey</title></head><body><main><h1>{title}</h1><p>{words}</p>\
         <p>Number of this request: <code>{number}</code></p><p><a href=\"/\">To the start page</a></p></main></body></html>"
    );
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, Body::from(html))
}
