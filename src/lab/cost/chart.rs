//! The distributions on one axis, and the signatures as bars: SVG from the server. Both sides; nothing of it reacts.

use leptos::prelude::*;

use super::{Measured, STEPS, Signing, Spread, step_ns, words::micros};

/// Part of the time axis that has something on it, in steps.
#[derive(Clone, Copy)]
struct Axis {
    from: u8,
    to: u8,
}

impl Axis {
    fn of(ways: &[Spread]) -> Self {
        let filled =
            |step: &u8| ways.iter().any(|way| way.counts.get(usize::from(*step)).is_some_and(|count| *count > 0));
        let (from, to) = ((0..STEPS).find(filled).unwrap_or(0), (0..STEPS).rfind(filled).unwrap_or(0));
        Self { from, to: to + 1 }
    }

    /// Per cent of the width.
    fn place(self, ns: f64) -> f64 {
        let steps = 10.0 * (ns / 1_000.0).log10() - f64::from(self.from);
        (steps * 100.0 / f64::from(self.to - self.from)).clamp(0.0, 100.0)
    }

    /// Round times on the axis: nanoseconds, and how they are written.
    fn ticks(self) -> Vec<(f64, String)> {
        // As many as there is room for.
        let digits: &[u32] = match self.to - self.from {
            ..=12 => &[1, 2, 5],
            13..=32 => &[1, 3],
            _ => &[1],
        };
        let rounds = (0..7).flat_map(|power| digits.iter().map(move |digit| f64::from(*digit) * 10_f64.powi(power)));
        let fits = |us: &f64| {
            let ns = us * 1_000.0;
            step_ns(self.from) <= ns && ns <= step_ns(self.to)
        };
        rounds.filter(fits).map(|us| (us * 1_000.0, written(us))).collect()
    }
}

fn written(us: f64) -> String {
    match us {
        1_000_000.0.. => format!("{} s", us / 1_000_000.0),
        1_000.0.. => format!("{} ms", us / 1_000.0),
        _ => format!("{us} µs"),
    }
}

fn percent(place: f64) -> String {
    format!("{place:.2}%")
}

/// A strip of bars for each way, below each other on one axis. The scale of times is logarithmic.
#[component]
pub fn Strips(measured: Measured) -> impl IntoView {
    let axis = Axis::of(&measured.ways);
    let gist = gist(&measured);
    let ticks = axis.ticks();
    let lines: Vec<f64> = ticks.iter().map(|(ns, _)| axis.place(*ns)).collect();
    view! {
        <figure class="lab-chart">
            <div role="img" aria-label=gist>
                {measured
                    .ways
                    .into_iter()
                    .map(|spread| view! { <Strip spread axis lines=lines.clone() /> })
                    .collect_view()}
                <svg class="lab-axis">
                    {ticks
                        .into_iter()
                        .map(|(ns, text)| {
                            let place = axis.place(ns);
                            view! { <text x=percent(place) y="1em" text-anchor=anchor(place)>{text}</text> }
                        })
                        .collect_view()}
                </svg>
                <p class="muted" aria-hidden="true">"from request to response; logarithmic scale; the vertical line is the median (p50)"</p>
            </div>
        </figure>
    }
}

/// So that the letters stay in the drawing.
fn anchor(place: f64) -> &'static str {
    match place {
        ..6.0 => "start",
        94.0.. => "end",
        _ => "middle",
    }
}

#[component]
fn Strip(spread: Spread, axis: Axis, lines: Vec<f64>) -> impl IntoView {
    let most = f64::from(spread.counts.iter().copied().max().unwrap_or(1).max(1));
    let bars = spread.counts.iter().zip(0_u8..).filter(|(count, _)| **count > 0).map(|(count, step)| {
        let (left, right) = (axis.place(step_ns(step)), axis.place(step_ns(step + 1)));
        // What is not nothing is seen.
        let height = (f64::from(*count) * 100.0 / most).max(3.0);
        view! {
            <rect class="up" x=percent(left) y=percent(100.0 - height) width=percent((right - left) * 0.94) height=percent(height)>
                <title>{format!("{count} requests")}</title>
            </rect>
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "only to draw it")]
    let middle = percent(axis.place(spread.p50_ns as f64));
    view! {
        <p class="lab-strip-name"><strong>{spread.way.title()}</strong> " " {micros(spread.p50_ns)}</p>
        <svg class="lab-strip">
            {lines.into_iter().map(|place| view! { <line class="tick" x1=percent(place) x2=percent(place) y1="0" y2="100%" /> }).collect_view()}
            {bars.collect_view()}
            <line class="base" x1="0" x2="100%" y1="100%" y2="100%" />
            <line class="middle" x1=middle.clone() x2=middle y1="0" y2="100%" />
        </svg>
    }
}

/// What the drawing says, with its figures.
fn gist(measured: &Measured) -> String {
    let of_way = |spread: &Spread| {
        format!(
            "{}: p50 {}, p95 {}, p99 {}.",
            spread.way.title(),
            micros(spread.p50_ns),
            micros(spread.p95_ns),
            micros(spread.p99_ns)
        )
    };
    let sentences: Vec<String> = measured.ways.iter().map(of_way).collect();
    format!("How long requests took. {}", sentences.join(" "))
}

/// Two bars for each algorithm, on one scale.
#[component]
pub fn SigningBars(signing: Vec<Signing>) -> impl IntoView {
    let most = signing.iter().map(|one| one.sign_ns.max(one.verify_ns)).max().unwrap_or(1).max(1);
    let told = signing.iter().map(|one| {
        format!("{}: signed in {}, verified in {}.", one.algorithm, micros(one.sign_ns), micros(one.verify_ns))
    });
    let gist = told.collect::<Vec<_>>().join(" ");
    let rows = signing.into_iter().map(|one| {
        let (sign, verify) = (bar(one.sign_ns, most), bar(one.verify_ns, most));
        view! {
            <p class="lab-strip-name"><strong>{one.algorithm}</strong></p>
            <svg class="lab-bars">
                <rect class="up" x="0" y="6%" width=sign height="38%" />
                <rect class="down" x="0" y="50%" width=verify height="38%" />
            </svg>
        }
    });
    view! {
        <figure class="lab-chart">
            <figcaption class="chart-keys">
                <span class="chart-key up">"Sign"</span>
                <span class="chart-key down">"Verify (the lower bar)"</span>
            </figcaption>
            <div role="img" aria-label=gist>{rows.collect_view()}</div>
        </figure>
    }
}

/// At least so wide that it is seen.
fn bar(ns: u64, most: u64) -> String {
    let hundredths = (ns.saturating_mul(10_000) / most).max(40);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}
