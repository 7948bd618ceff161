//! What kind of answer the caller wants. Server side.

use axum::http::{HeaderMap, HeaderName, header};

use super::refusal::MEDIA_TYPE;

/// What programs and our own scripts ask for by name.
const DATA: [&[u8]; 3] = [b"application/json", MEDIA_TYPE.as_bytes(), b"text/event-stream"];

/// Whether a person's browser asks (for a page, or with a plain form), and not a program or a script. Those name the kind
/// of data that they want. Old browsers name nothing and take everything (`*/*`).
pub fn page(headers: &HeaderMap) -> bool {
    let mut is_data = is_for_script(headers);
    for kind in kinds(headers) {
        if kind.eq_ignore_ascii_case(b"text/html") {
            return true;
        }
        is_data |= DATA.iter().any(|data| kind.eq_ignore_ascii_case(data));
    }
    !is_data
}

/// Whether one of our own forms asks, which shows the words of a refusal.
pub fn words(headers: &HeaderMap) -> bool {
    kinds(headers).any(|kind| kind.eq_ignore_ascii_case(MEDIA_TYPE.as_bytes()))
}

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Where the browser says that the answer is for a script, an image or the like.
fn is_for_script(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_DEST).is_some_and(|place| place != "document")
}

/// The kinds of data that are accepted.
fn kinds(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let ranges =
        headers.get_all(header::ACCEPT).into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    ranges.map(|range| range.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii())
}
