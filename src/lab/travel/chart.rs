//! Sizes by permissions, drawn as SVG on the server. Server side.
//!
//! Places are percentages, as in the charts by day: the drawing takes the width that there is.

use leptos::prelude::*;

use super::{COOKIE_BYTES_MAX, HEADER_BYTES_MAX, SizeRow, Sizes};
use crate::{
    base::number::grouped,
    lab::section::Ticks,
    ui::chart::{float, percent},
};

/// Of the drawing, in bytes: a little more than the last limit.
const TOP: usize = 10_000;

const LIMITS: [(usize, &str); 2] =
    [(COOKIE_BYTES_MAX, "one cookie, in browsers"), (HEADER_BYTES_MAX, "one header line, in many servers")];

#[component]
pub fn SizeChart(sizes: Sizes) -> impl IntoView {
    let session = y(sizes.session_bytes);
    view! {
        <figure class="lab-chart">
            <figcaption class="chart-keys">
                <span class="chart-key up">"token (all four algorithms are close together)"</span>
                <span class="chart-key down">"session cookie"</span>
            </figcaption>
            <div role="img" aria-label=gist(&sizes)>
                <svg class="lab-lines">
                    <line class="base" x1="0" x2="100%" y1="100%" y2="100%" />
                    {LIMITS.map(|(bytes, what)| view! {
                        <line class="limit" x1="0" x2="100%" y1=y(bytes) y2=y(bytes) />
                        <text x="0" y=y(bytes) dy="-.4em">{format!("{} bytes: {what}", grouped(bytes))}</text>
                    }).collect_view()}
                    {tokens(&sizes)}
                    <line class="session" x1="0" x2="100%" y1=session.clone() y2=session />
                </svg>
                <Ticks ticks=ticks(&sizes) />
                <p class="muted" aria-hidden="true">"permissions in the token"</p>
            </div>
        </figure>
    }
}

fn y(bytes: usize) -> String {
    percent(100.0 - float(bytes.min(TOP)) * 100.0 / float(TOP))
}

fn x(sizes: &Sizes, row: &SizeRow) -> f64 {
    float(row.permissions) * 100.0 / float(sizes.rows.last().map_or(1, |row| row.permissions))
}

/// A line for each algorithm.
fn tokens(sizes: &Sizes) -> impl IntoView + use<> {
    let point = |row: &SizeRow, at: usize| (percent(x(sizes, row)), y(row.bytes[at]));
    let pairs = (0..sizes.algorithms.len()).flat_map(|at| sizes.rows.windows(2).map(move |pair| (at, pair)));
    let lines = pairs.map(|(at, pair)| {
        let ((x1, y1), (x2, y2)) = (point(&pair[0], at), point(&pair[1], at));
        view! { <line class="token" x1=x1 y1=y1 x2=x2 y2=y2 /> }
    });
    lines.collect_view()
}

fn ticks(sizes: &Sizes) -> Vec<(f64, String)> {
    let round = sizes.rows.iter().filter(|row| row.permissions % 100 == 0);
    round.map(|row| (x(sizes, row), row.permissions.to_string())).collect()
}

fn gist(sizes: &Sizes) -> String {
    let (Some(first), Some(last)) = (sizes.rows.first(), sizes.rows.last()) else { return String::new() };
    let (least, most) = (first.largest(), last.largest());
    format!(
        "Size by permissions. A session cookie: always {} bytes. A token: from {} bytes with none to {} bytes with {}, past the \
         limit of a cookie at {} bytes.",
        sizes.session_bytes,
        grouped(least),
        grouped(most),
        last.permissions,
        grouped(COOKIE_BYTES_MAX),
    )
}
