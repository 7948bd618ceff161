//! Files to keep. Server side.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Redirect, Response},
};

use super::local_path::leading_to;

/// A file that a browser keeps under this name.
pub fn file(name: &str, content_type: &str, content: impl Into<Body>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, &disposition)];
    (headers, content.into()).into_response()
}

/// A link to a file cannot show a form: leads to that of logging in or of a proof, and from there to the page with the link.
pub fn first(form: &str, page: &str) -> Response {
    Redirect::to(&leading_to(form, page)).into_response()
}
