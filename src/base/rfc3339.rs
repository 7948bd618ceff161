//! Points in time as machines read and write them (RFC 3339). Server side.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since the epoch as "2026-11-21T22:46:05Z".
pub fn seconds(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default()
}

/// As "2026-11-21T22:46:05.123Z".
pub fn milliseconds(ms: i64) -> String {
    format!("{}.{:03}Z", seconds(ms).trim_end_matches('Z'), ms.rem_euclid(1000))
}

/// Milliseconds since the epoch, or before it, at the beginning of a day, written as 2026-11-21.
pub fn midnight(day: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(&format!("{day}T00:00:00Z"), &Rfc3339).ok()?;
    Some(at.unix_timestamp() * 1000)
}
