//! A point in time, the same text on both sides, so that hydration finds what the server wrote.

use leptos::prelude::*;
use time::OffsetDateTime;

/// Shows milliseconds since the epoch as "2026-11-21 22:46 UTC".
#[component]
pub fn When(ms: i64) -> impl IntoView {
    let shown = minute(ms);
    let datetime = shown.replacen(' ', "T", 1).replace(" UTC", "Z");
    view! { <time datetime=datetime>{shown}</time> }
}

/// Milliseconds since the epoch as "2026-11-21 22:46 UTC".
pub fn minute(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(ms / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", at.hour(), at.minute())
}

/// A length of time in the largest unit that it fills: "40 seconds", "3 hours", "12 days".
pub fn span(ms: i64) -> String {
    let seconds = (ms / 1000).max(0);
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
