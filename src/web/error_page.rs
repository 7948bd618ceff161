//! Errors that happen outside the application, told to whoever asked: a problem document to programs, a page to
//! people. Server side.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    bare_page,
    bare_page::BarePage,
    cookies,
    cookies::Name,
    problem::{Detail, Problem},
    wants,
};
use crate::base::{
    config::Config,
    contact::Contact,
    error::{AppError, Fault},
    log_context::RequestContext,
};

/// Who asked, as far as an error is told differently.
pub struct Asker {
    /// A person, and not a program or a script. Addresses for programs speak JSON to everyone.
    is_person: bool,
    has_sent_form: bool,
    theme: &'static str,
}

impl Asker {
    pub fn of(parts: &Parts, config: &Config, for_programs: &[&str]) -> Self {
        let path = parts.uri.path();
        let is_for_programs = path.starts_with("/api/") || for_programs.contains(&path);
        let is_person = !is_for_programs && wants::page(&parts.headers);
        Self {
            is_person,
            has_sent_form: parts.method == Method::POST,
            theme: if is_person { chosen_theme(&parts.headers, config) } else { "" },
        }
    }

    /// An error without a body (a panic, a time-out, a failed session write) gets one, and who navigates here with a browser
    /// gets a page in place of a problem document.
    pub fn explain(self, config: &Config, response: Response) -> Response {
        let response = with_problem(response);
        match response.extensions().get::<Detail>().cloned() {
            Some(detail) if self.is_person => as_page(response, &detail, config.support_contact.as_ref(), &self),
            _ => response,
        }
    }
}

/// What the person has chosen at the foot of a page, if anything. Nothing else of the cookie reaches the page.
fn chosen_theme(headers: &HeaderMap, config: &Config) -> &'static str {
    let chosen = cookies::get(config, headers, Name::Appearance).unwrap_or_default();
    ["light", "dark"].into_iter().find(|theme| chosen.split('.').next() == Some(*theme)).unwrap_or_default()
}

fn with_problem(response: Response) -> Response {
    let has_type = response.headers().contains_key(header::CONTENT_TYPE);
    match response.status() {
        // axum says this one in plain text.
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This is too large for the server.")
                .into_response()
        }
        status if has_type || status.as_u16() < 400 => response,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Problem::from(AppError::Busy).into_response()
        }
        status if status.is_server_error() => {
            Problem::from(AppError::Internal { request_id: RequestContext::current_number(), fault: Fault::default() })
                .into_response()
        }
        StatusCode::METHOD_NOT_ALLOWED => with_allow(&response),
        _ => response,
    }
}

fn with_allow(response: &Response) -> Response {
    let words = "This address doesn't accept that method. The Allow header lists the ones it does.";
    let mut problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", words).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

fn as_page(response: Response, Detail(words, code): &Detail, contact: Option<&Contact>, asker: &Asker) -> Response {
    let Asker { has_sent_form, theme, .. } = *asker;
    let (mut parts, _) = response.into_parts();
    let can_save = *code != AppError::Unwritable(Fault::default()).into_str();
    let (title, next) = if can_save {
        title_and_next_step(parts.status)
    } else {
        ("Nothing can be saved", "What was saved before is still there. If you were logged in, you still are.")
    };
    // Who has followed a link did not choose the method.
    let words = if parts.status == StatusCode::METHOD_NOT_ALLOWED { "There's no page at this address." } else { words };
    let words = html_escape::encode_text(words);
    let number = RequestContext::current_number().map(|number| number.text()).unwrap_or_default();
    let next = if has_sent_form { "Go back to the form. Your browser keeps what you typed." } else { next };
    // The title says what happened, and the number stands below.
    let said = match parts.status {
        StatusCode::INTERNAL_SERVER_ERROR => {
            let whom = contact.map_or_else(|| "your administrator".to_owned(), bare_page::link_to);
            format!("<p>{next}</p><p>If it happens again, contact {whom} and quote the request ID.</p>")
        }
        _ => format!("<p>{words}</p><p>{next}</p>{}", bare_page::offer_help(contact)),
    };
    // To repeat a form is for the person to decide. An empty address is that of this page.
    let again = if can_save && !has_sent_form && is_worth_another_try(parts.status) {
        "<a href=\"\">Try again</a>"
    } else {
        ""
    };
    let page = BarePage {
        title,
        content: &format!("{said}<p class=\"soft\">Request ID: <code>{number}</code></p>"),
        ways: &format!("{again}<a href=\"/\">Go to start page</a>"),
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
            "Bad request",
            "Check the address, or go to the start page. If this keeps happening, delete this site's cookies.",
        ),
        StatusCode::UNAUTHORIZED => ("Log in first", "Go to the start page and log in."),
        StatusCode::FORBIDDEN => ("Request refused", "Go to the start page."),
        StatusCode::NOT_FOUND => ("Page not found", "Check the address, or go to the start page."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Not a page", "Apps and forms send data to this address. Go to the start page.")
        }
        StatusCode::NOT_IMPLEMENTED => ("Unknown method", "Go to the start page."),
        StatusCode::PAYLOAD_TOO_LARGE => ("Too large", "Send less, or send it in parts."),
        StatusCode::TOO_MANY_REQUESTS => ("Too many attempts", "Wait a while, then try again."),
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            ("Server busy", "Nothing is lost. If you were logged in, you still are.")
        }
        status if status.is_server_error() => ("Something went wrong", "Try again in a moment."),
        _ => ("This didn't work", "Go to the start page."),
    }
}

fn is_worth_another_try(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}
