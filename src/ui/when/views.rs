//! A point in time on a page. Both sides.

use leptos::prelude::*;

use super::words::{ago, datetime, instant, minute, moment};

/// Shows milliseconds since the epoch as "21 November 2026 at 22:46 UTC".
#[component]
pub fn When(ms: i64) -> impl IntoView {
    view! { <time class="moment" datetime=datetime(ms)>{moment(ms)}</time> }
}

/// What time it is for the page that is being rendered, in milliseconds since the epoch. The server puts it into the
/// context.
#[derive(Clone, Copy)]
pub struct Now(pub i64);

/// Shows milliseconds since the epoch as "5 minutes ago", with the exact time in its title; after a week, the day. For
/// what the server alone renders: an island would find other words than the server wrote.
#[component]
pub fn Ago(ms: i64) -> impl IntoView {
    let exact = moment(ms);
    let words = use_context::<Now>().map_or_else(|| exact.clone(), |Now(now)| ago(ms, now));
    view! { <time class="ago" datetime=datetime(ms) title=exact data-at=ms>{words}</time> }
}

/// As [`When`], to the second: "2026-11-21 22:46:05", for a column that says that it is UTC.
#[component]
pub fn Exactly(ms: i64) -> impl IntoView {
    let shown = format!("{}:{:02}", minute(ms).trim_end_matches(" UTC"), instant(ms).second());
    let datetime = format!("{}Z", shown.replacen(' ', "T", 1));
    view! { <time datetime=datetime>{shown}</time> }
}

/// The time of day, below a heading that names the day: "22:46", with the second in its title.
#[component]
pub fn TimeOfDay(ms: i64) -> impl IntoView {
    let at = instant(ms);
    let title = format!("{}:{:02} UTC", minute(ms).trim_end_matches(" UTC"), at.second());
    view! { <time datetime=datetime(ms) title=title>{format!("{:02}:{:02}", at.hour(), at.minute())}</time> }
}
