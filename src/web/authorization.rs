//! The header `Authorization`. One of its schemes is ours; the others are between the browser and someone else, such as
//! a proxy that asks for a password of its own. Server side.

use axum::http::{HeaderMap, header};

const SCHEME: &[u8] = b"bearer";

/// What follows the scheme Bearer, of each header that has it. Its case does not count (RFC 9110 11.1).
pub fn bearer(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(header::AUTHORIZATION).into_iter().filter_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked(SCHEME.len())?;
        let ends = token.first().is_none_or(|byte| *byte == b' ');
        (ends && scheme.eq_ignore_ascii_case(SCHEME)).then(|| token.trim_ascii())
    })
}
