//! Sizes by permissions, drawn as SVG on the server. Both sides; nothing of it reacts.
//!
//! Places are percentages, as in the charts by day: the drawing takes the width that there is.

use leptos::prelude::*;

use super::{COOKIE_BYTES_MAX, HEADER_BYTES_MAX, Sizes};
use crate::ui::number::grouped;

/// Of the drawing, in bytes: a little more than the last limit.
const TOP: usize = 10_000;

#[component]
pub fn SizeChart(sizes: Sizes) -> impl IntoView {
    let most = sizes.rows.last().map_or(1, |row| row.permissions).max(1);
    let x = move |permissions: usize| percent(permissions, most);
    let y = |bytes: usize| percent(TOP.saturating_sub(bytes), TOP);
    let limits =
        [(COOKIE_BYTES_MAX, "one cookie, in browsers"), (HEADER_BYTES_MAX, "one header line, in many servers")];
    let session = y(sizes.session_bytes);
    let lines = limits.map(|(bytes, what)| {
        view! {
            <line class="limit" x1="0" x2="100%" y1=y(bytes) y2=y(bytes) />
            <text x="0" y=y(bytes) dy="-.4em">{format!("{} bytes: {what}", grouped(whole(bytes)))}</text>
        }
    });
    let tokens = (0..sizes.algorithms.len()).map(|at| {
        let points: Vec<(String, String)> =
            sizes.rows.iter().map(|row| (x(row.permissions), y(row.bytes.get(at).copied().unwrap_or_default()))).collect();
        points
            .windows(2)
            .map(|pair| view! {
                <line class="token" x1=pair[0].0.clone() y1=pair[0].1.clone() x2=pair[1].0.clone() y2=pair[1].1.clone() />
            })
            .collect_view()
    });
    let ticks = sizes.rows.iter().filter(|row| row.permissions % 100 == 0).map(|row| {
        let anchor = if row.permissions == 0 {
            "start"
        } else if row.permissions == most {
            "end"
        } else {
            "middle"
        };
        view! { <text x=x(row.permissions) y="1em" text-anchor=anchor>{row.permissions}</text> }
    });
    view! {
        <figure class="lab-chart">
            <figcaption class="chart-keys">
                <span class="chart-key up">"token (all four algorithms are close together)"</span>
                <span class="chart-key down">"session cookie"</span>
            </figcaption>
            <div role="img" aria-label=gist(&sizes)>
                <svg class="lab-lines">
                    <line class="base" x1="0" x2="100%" y1="100%" y2="100%" />
                    {lines.collect_view()}
                    {tokens.collect_view()}
                    <line class="session" x1="0" x2="100%" y1=session.clone() y2=session />
                </svg>
                <svg class="lab-axis">{ticks.collect_view()}</svg>
                <p class="muted" aria-hidden="true">"permissions in the token"</p>
            </div>
        </figure>
    }
}

/// What the drawing says.
fn gist(sizes: &Sizes) -> String {
    let (Some(first), Some(last)) = (sizes.rows.first(), sizes.rows.last()) else { return String::new() };
    let (least, most) = (Sizes::largest(first), Sizes::largest(last));
    format!(
        "Size by permissions. A session cookie: always {} bytes. A token: from {} bytes with none to {} bytes with {}, past the \
         limit of a cookie at {} bytes.",
        sizes.session_bytes,
        grouped(whole(least)),
        grouped(whole(most)),
        last.permissions,
        grouped(whole(COOKIE_BYTES_MAX)),
    )
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// In tenths of a per cent, which is finer than a pixel.
fn percent(part: usize, of: usize) -> String {
    let tenths = part * 1000 / of;
    format!("{}.{}%", tenths / 10, tenths % 10)
}
