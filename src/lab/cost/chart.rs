//! The distributions on one axis, and the signatures as bars: SVG from the server. Server side.

use leptos::prelude::*;

use super::{Measured, STEPS, Signing, Spread, step_ns, words::micros};
use crate::{
    lab::section::Ticks,
    ui::chart::{float, percent},
};

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

    fn place(self, ns: f64) -> f64 {
        let steps = 10.0 * (ns / 1_000.0).log10() - f64::from(self.from);
        (steps * 100.0 / f64::from(self.to - self.from)).clamp(0.0, 100.0)
    }

    /// Round times, as many as there is room for: where they are, and how they are written.
    fn ticks(self) -> Vec<(f64, String)> {
        let digits: &[u32] = match self.to - self.from {
            ..=12 => &[1, 2, 5],
            13..=32 => &[1, 3],
            _ => &[1],
        };
        let rounds = (0..7).flat_map(|power| digits.iter().map(move |digit| f64::from(*digit) * 10_f64.powi(power)));
        let on_axis = rounds.filter(|us| (step_ns(self.from)..=step_ns(self.to)).contains(&(us * 1_000.0)));
        on_axis.map(|us| (self.place(us * 1_000.0), written(us))).collect()
    }
}

fn written(us: f64) -> String {
    match us {
        1_000_000.0.. => format!("{} s", us / 1_000_000.0),
        1_000.0.. => format!("{} ms", us / 1_000.0),
        _ => format!("{us} µs"),
    }
}

/// A strip of bars for each way, below each other on one axis.
#[component]
pub fn Strips(measured: Measured) -> impl IntoView {
    let (axis, gist) = (Axis::of(&measured.ways), gist(&measured));
    let ticks = axis.ticks();
    let lines: Vec<f64> = ticks.iter().map(|(place, _)| *place).collect();
    let strips = measured.ways.into_iter().map(|spread| view! { <Strip spread axis lines=lines.clone() /> });
    let strips = strips.collect_view();
    view! {
        <figure class="lab-chart">
            <div role="img" aria-label=gist>
                {strips}
                <Ticks ticks />
                <p class="muted" aria-hidden="true">"from request to response; logarithmic scale; the vertical line is the median (p50)"</p>
            </div>
        </figure>
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
    let middle = percent(axis.place(float(spread.p50_ns)));
    let ticks =
        lines.into_iter().map(percent).map(|x| view! { <line class="tick" x1=x.clone() x2=x y1="0" y2="100%" /> });
    view! {
        <p class="lab-strip-name"><strong>{spread.way.title()}</strong> " " {micros(spread.p50_ns)}</p>
        <svg class="lab-strip">
            {ticks.collect_view()}
            {bars.collect_view()}
            <line class="base" x1="0" x2="100%" y1="100%" y2="100%" />
            <line class="middle" x1=middle.clone() x2=middle y1="0" y2="100%" />
        </svg>
    }
}

fn gist(measured: &Measured) -> String {
    let of_way = |spread: &Spread| {
        let [p50, p95, p99] = [spread.p50_ns, spread.p95_ns, spread.p99_ns].map(micros);
        format!(" {}: p50 {p50}, p95 {p95}, p99 {p99}.", spread.way.title())
    };
    format!("How long requests took.{}", measured.ways.iter().map(of_way).collect::<String>())
}

#[component]
pub fn SigningBars(signing: Vec<Signing>) -> impl IntoView {
    let most = float(signing.iter().map(|one| one.sign_ns.max(one.verify_ns)).max().unwrap_or(1).max(1));
    // At least so wide that it is seen.
    let bar = move |ns: u64| percent((float(ns) * 100.0 / most).max(0.4));
    let told = signing.iter().map(|one| {
        format!("{}: signed in {}, verified in {}.", one.algorithm, micros(one.sign_ns), micros(one.verify_ns))
    });
    let gist = told.collect::<Vec<_>>().join(" ");
    let rows = signing.into_iter().map(|one| {
        view! {
            <p class="lab-strip-name"><strong>{one.algorithm}</strong></p>
            <svg class="lab-bars">
                <rect class="up" x="0" y="6%" width=bar(one.sign_ns) height="38%" />
                <rect class="down" x="0" y="50%" width=bar(one.verify_ns) height="38%" />
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
