//! A point in time, the same text on both sides, so that hydration finds what the server wrote.

use leptos::prelude::*;
use time::OffsetDateTime;

/// Shows milliseconds since the epoch as "2026-11-21 22:46 UTC".
#[component]
pub fn When(ms: i64) -> impl IntoView {
    let at = OffsetDateTime::from_unix_timestamp(ms / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let date = format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day());
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    view! { <time datetime=format!("{date}T{clock}:{:02}Z", at.second())>{format!("{date} {clock} UTC")}</time> }
}
