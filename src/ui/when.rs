//! A point in time: exactly, the same text on both sides, so that hydration finds what the server wrote; or as people
//! say it, with the exact one a hover away.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use time::OffsetDateTime;
use web_sys::Element;

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

/// A moment in the past or to come, seen from `now`, both in milliseconds since the epoch.
pub fn ago(ms: i64, now: i64) -> String {
    const WEEK: i64 = 7 * 86_400_000;
    const IN_A_WEEK: i64 = -WEEK;
    match now - ms {
        -45_000..45_000 => "just now".to_owned(),
        45_000..120_000 => "a minute ago".to_owned(),
        -120_000..-45_000 => "in a minute".to_owned(),
        past @ 120_000..WEEK => format!("{} ago", span(past)),
        to_come @ IN_A_WEEK..-120_000 => format!("in {}", span(-to_come)),
        _ => date_words(ms),
    }
}

/// The words of every [`Ago`] on the page as they are now. For the browser, which calls it twice a minute: a page may
/// stay open for hours.
pub fn keep_current() {
    let Ok(times) = document().query_selector_all("time[data-at]") else { return };
    let now = js_sys::Date::now() as i64;
    for time in (0..times.length()).filter_map(|index| times.item(index)) {
        let at = time.dyn_ref::<Element>().and_then(|time| time.get_attribute("data-at"));
        if let Some(at) = at.and_then(|at| at.parse().ok()) {
            time.set_text_content(Some(&ago(at, now)));
        }
    }
}

/// The day in UTC: "21 November 2026".
fn date_words(ms: i64) -> String {
    let at = instant(ms);
    format!("{} {} {}", at.day(), at.month(), at.year())
}

/// Milliseconds since the epoch in a sentence: "21 November 2026 at 22:46 UTC".
pub fn moment(ms: i64) -> String {
    let at = instant(ms);
    format!("{} at {:02}:{:02} UTC", date_words(ms), at.hour(), at.minute())
}

/// The same for programs: "2026-11-21T22:46Z".
fn datetime(ms: i64) -> String {
    minute(ms).replacen(' ', "T", 1).replace(" UTC", "Z")
}

/// The same for columns, and for what is sorted: "2026-11-21 22:46 UTC".
pub fn minute(ms: i64) -> String {
    let at = instant(ms);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", at.hour(), at.minute())
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

/// The day in UTC: "Saturday, 21 November 2026".
pub fn day(ms: i64) -> String {
    let at = instant(ms);
    format!("{}, {} {} {}", at.weekday(), at.day(), at.month(), at.year())
}

/// The day in UTC, where there is little room: "21 Nov".
pub fn short_day(ms: i64) -> String {
    let at = instant(ms);
    let month: String = at.month().to_string().chars().take(3).collect();
    format!("{} {month}", at.day())
}

/// The day in UTC, for names of files: "2026-11-21".
pub fn date(ms: i64) -> String {
    minute(ms).split(' ').next().unwrap_or_default().to_owned()
}

fn instant(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(ms / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
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
