//! What kind of answer the caller wants. Server side.

use axum::http::{HeaderMap, header};

use super::refusal::MEDIA_TYPE;

/// What programs and our own scripts ask for by name.
const DATA: [&str; 3] = ["application/json", MEDIA_TYPE, "text/event-stream"];

/// Whether a person's browser asks (for a page, or with a plain form), and not a program or a script. Those name the kind
/// of data that they want. Old browsers name nothing and take everything (`*/*`).
pub fn page(headers: &HeaderMap) -> bool {
    names(headers, "text/html") || !(DATA.iter().any(|kind| names(headers, kind)) || is_for_script(headers))
}

/// Whether one of our own forms asks, which shows the words of a refusal.
pub fn words(headers: &HeaderMap) -> bool {
    names(headers, MEDIA_TYPE)
}

/// Where the browser says that the answer is for a script, an image or the like.
fn is_for_script(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_some_and(|place| place != "document")
}

fn names(headers: &HeaderMap, kind: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT).into_iter().filter_map(|line| line.to_str().ok());
    let mut kinds = lines.flat_map(|line| line.split(',')).map(|range| range.split(';').next().unwrap_or_default());
    kinds.any(|given| given.trim().eq_ignore_ascii_case(kind))
}
