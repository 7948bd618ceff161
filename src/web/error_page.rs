//! The page for errors that happen outside the application: a panic, a time-out, a database that is away. Server side.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};

use super::{
    action::accepts_html,
    problem::{Problem, RETRY_AFTER_SECONDS},
};
use crate::error::{AppError, RequestNumber};

/// The answer for `error`: a page for people, a problem document for programs.
pub fn answer(parts: &Parts, error: AppError) -> Response {
    if !accepts_html(&parts.headers) {
        return Problem::from(error).into_response();
    }
    let id = parts.extensions.get::<RequestNumber>().map(ToString::to_string).unwrap_or_default();
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Html(page(status, &error, &id))).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    response
}

/// Layer: gives a body to errors that have none (a panic, a time-out, a failed session write).
pub async fn fill_empty(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let copy = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let has_type = response.headers().contains_key(header::CONTENT_TYPE);
    match response.status() {
        // tower-http says this one in plain text.
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This is more than the server takes at once.")
                .into_response()
        }
        status if has_type || status.as_u16() < 400 => response,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            answer(&copy, AppError::Busy)
        }
        status if status.is_server_error() => {
            answer(&copy, AppError::Internal { request_id: copy.extensions.get::<RequestNumber>().copied() })
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            let mut problem = Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address does not take that method; the Allow header names those that it takes.",
            )
            .into_response();
            if let Some(allow) = response.headers().get(header::ALLOW) {
                problem.headers_mut().insert(header::ALLOW, allow.clone());
            }
            problem
        }
        _ => response,
    }
}

/// No script, no style sheet, no data: this page must work when nothing else does.
fn page(status: StatusCode, error: &AppError, id: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title} · Latchkey</title></head><body><main><h1>{title}</h1><p>{words}</p>\
         <p>Number of this request: <code>{id}</code></p><p><a href=\"/\">To the start page</a></p></main></body></html>",
        title = status.canonical_reason().unwrap_or("Error"),
        words = error,
    )
}
