//! A point in time in words: exactly, or as people say it. Both sides.

use time::OffsetDateTime;

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
pub fn datetime(ms: i64) -> String {
    minute(ms).replacen(' ', "T", 1).replace(" UTC", "Z")
}

/// The same for columns, and for what is sorted: "2026-11-21 22:46 UTC".
pub fn minute(ms: i64) -> String {
    let at = instant(ms);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", at.hour(), at.minute())
}

/// The day in UTC: "Saturday, 21 November 2026".
pub fn day(ms: i64) -> String {
    format!("{}, {}", instant(ms).weekday(), date_words(ms))
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

pub(super) fn instant(ms: i64) -> OffsetDateTime {
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
