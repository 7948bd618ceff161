//! Bars by day, drawn as SVG on the server, with the same numbers as a table. Both sides; nothing of it reacts, so
//! nothing of it goes to the browser.
//!
//! Places are percentages: the drawing takes the width that there is, and its letters keep their size. A second series
//! hangs below the line, in the same scale, so that no colour has to be told from another.

use leptos::prelude::*;

use super::when::{date, day, short_day};
use crate::base::number::grouped;

/// The numbers of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bars {
    /// Days since the epoch, UTC.
    pub day: i64,
    pub up: i64,
    /// Zero where there is no second series.
    pub down: i64,
}

/// What the two series are called: as a heading, and for one day's number ("logins").
#[derive(Clone, Copy, Debug)]
pub struct Series {
    pub up: &'static str,
    pub down: Option<&'static str>,
}

const DAY_MS: i64 = 24 * 3_600_000;

/// What is not nothing is seen: the least height of a bar, in per cent.
const LEAST: f64 = 1.5;

/// The lower half is at least so large, in parts of the upper, and the other way round, or its line would lie on the edge.
const SIDE_MIN: f64 = 0.12;

/// A line of the scale needs so much room, in per cent.
const LINE_ROOM: f64 = 14.0;

#[component]
pub fn DayChart(
    series: Series,
    /// The oldest first, without a gap.
    days: Vec<Bars>,
) -> impl IntoView {
    let scale = Scale::of(&days);
    view! {
        <figure class="chart">
            {series.down.map(|down| view! {
                <figcaption class="chart-keys">
                    <span class="chart-key up">{series.up}</span>
                    <span class="chart-key down">{down}" (below the line)"</span>
                </figcaption>
            })}
            <div class="chart-picture" role="img" aria-label=gist(series, &days)>
                <Lines scale />
                <Plot series days=days.clone() scale />
                <Ticks days=days.clone() />
            </div>
            <Numbers series days />
        </figure>
    }
}

/// From numbers to per cent of the height.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// The numbers of the outermost lines.
    up: i64,
    down: i64,
    /// Where the line of nothing lies.
    base: f64,
    /// Height of one.
    unit: f64,
}

impl Scale {
    fn of(days: &[Bars]) -> Self {
        let up = round_up(days.iter().map(|bars| bars.up).max().unwrap_or_default()).max(1);
        let down = round_up(days.iter().map(|bars| bars.down).max().unwrap_or_default());
        let (above, below) = (float(up), float(down));
        let below = if down > 0 { below.max(above * SIDE_MIN) } else { 0.0 };
        let above = above.max(below * SIDE_MIN);
        let unit = 100.0 / (above + below);
        Self { up, down, base: above * unit, unit }
    }

    /// Height of a bar.
    fn height(self, number: i64) -> f64 {
        if number == 0 { 0.0 } else { (float(number) * self.unit).max(LEAST) }
    }

    /// The numbers of the lines and where they lie.
    fn lines(self) -> Vec<(i64, f64)> {
        let place = |number: i64| self.base - float(number) * self.unit;
        let half = (self.up % 2 == 0).then_some(self.up / 2);
        let halves = half.into_iter().filter(|half| float(*half) * self.unit > 2.0 * LINE_ROOM);
        let outer = [self.up, -self.down].into_iter().filter(|line| float(line.abs()) * self.unit > LINE_ROOM);
        outer.chain(halves).chain([0]).map(|number| (number, place(number))).collect()
    }
}

/// The numbers of lines, in tenths of a power of ten: easy to halve, and close to each other.
const STEPS: [i64; 10] = [10, 12, 16, 20, 30, 40, 50, 60, 80, 100];

/// The least round number that is not less.
fn round_up(number: i64) -> i64 {
    let mut ten: i64 = 1;
    while ten.saturating_mul(10) < number {
        ten = ten.saturating_mul(10);
    }
    let rounds = STEPS.iter().map(|step| ten.saturating_mul(*step)).filter(|tenths| tenths % 10 == 0);
    rounds.map(|tenths| tenths / 10).find(|round| *round >= number).unwrap_or(number) * i64::from(number > 0)
}

/// As exact as it is drawn.
pub fn float(number: impl TryInto<i64>) -> f64 {
    let number = number.try_into().unwrap_or(i64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "only to draw it")]
    let float = number as f64;
    float
}

pub fn percent(place: f64) -> String {
    format!("{place:.2}%")
}

/// The numbers at the left edge.
#[component]
fn Lines(scale: Scale) -> impl IntoView {
    view! {
        <svg class="chart-scale">
            {scale
                .lines()
                .into_iter()
                .map(|(number, place)| view! {
                    <text x="100%" y=percent(place) dy=".35em" text-anchor="end">{grouped(number.abs())}</text>
                })
                .collect_view()}
        </svg>
    }
}

#[component]
fn Plot(series: Series, days: Vec<Bars>, scale: Scale) -> impl IntoView {
    let width = 100.0 / float(days.len().max(1));
    let mut left = -width;
    let bars = days.into_iter().map(|bars| {
        left += width;
        let (x, inner) = (percent(left + width * 0.14), percent(width * 0.72));
        let (up, down) = (scale.height(bars.up), scale.height(bars.down));
        view! {
            <g class="chart-day">
                <title>{told(series, bars)}</title>
                <rect class="room" x=percent(left) y="0" width=percent(width) height="100%" />
                {(bars.up > 0).then(|| view! {
                    <rect class="up" x=x.clone() y=percent(scale.base - up) width=inner.clone() height=percent(up) />
                })}
                {(bars.down > 0).then(|| view! {
                    <rect class="down" x=x.clone() y=percent(scale.base) width=inner.clone() height=percent(down) />
                })}
            </g>
        }
    });
    let lines = scale.lines().into_iter().map(|(number, place)| {
        let class = if number == 0 { "base" } else { "line" };
        view! { <line class=class x1="0" x2="100%" y1=percent(place) y2=percent(place) /> }
    });
    view! { <svg class="chart-plot">{lines.collect_view()} {bars.collect_view()}</svg> }
}

/// The first day, the middle, and the last.
#[component]
fn Ticks(days: Vec<Bars>) -> impl IntoView {
    let at = |place: usize| days.get(place).map(|bars| short_day(bars.day * DAY_MS)).unwrap_or_default();
    let last = days.len().saturating_sub(1);
    view! {
        <svg class="chart-days">
            <text x="0" y="1em" text-anchor="start">{at(0)}</text>
            <text x="50%" y="1em" text-anchor="middle">{at(last.div_ceil(2))}</text>
            <text x="100%" y="1em" text-anchor="end">{at(last)}</text>
        </svg>
    }
}

/// The numbers for everyone: who does not see the drawing, and who wants to know exactly.
#[component]
fn Numbers(series: Series, days: Vec<Bars>) -> impl IntoView {
    view! {
        <details class="numbers">
            <summary>"Numbers"</summary>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Day (UTC)"</th>
                        <th scope="col">{series.up}</th>
                        {series.down.map(|down| view! { <th scope="col">{down}</th> })}
                    </tr>
                </thead>
                <tbody>
                    {days
                        .into_iter()
                        .rev()
                        .map(|bars| view! {
                            <tr>
                                <th scope="row"><time>{date(bars.day * DAY_MS)}</time></th>
                                <td>{grouped(bars.up)}</td>
                                {series.down.map(|_| view! { <td>{grouped(bars.down)}</td> })}
                            </tr>
                        })
                        .collect_view()}
                </tbody>
            </table>
        </details>
    }
}

/// What one sees when the pointer rests on a day.
fn told(series: Series, bars: Bars) -> String {
    let (day, up) = (day(bars.day * DAY_MS), grouped(bars.up));
    let first = format!("{day}: {} {up}", series.up);
    series.down.map_or(first.clone(), |down| format!("{first}, {} {}", down.to_lowercase(), grouped(bars.down)))
}

/// What the drawing says, in a sentence per series.
fn gist(series: Series, days: &[Bars]) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return series.up.to_owned() };
    let span = format!("Per day, {} to {}.", short_day(first.day * DAY_MS), short_day(last.day * DAY_MS));
    let sentence = |name: &str, number: fn(&Bars) -> i64| {
        let sum: i64 = days.iter().map(number).sum();
        let most = days.iter().max_by_key(|bars| number(bars)).filter(|_| sum > 0);
        let most = most.map(|bars| format!(", at most {} on {}", grouped(number(bars)), short_day(bars.day * DAY_MS)));
        format!(" {name}: {} in all{}.", grouped(sum), most.unwrap_or_default())
    };
    let up = sentence(series.up, |bars| bars.up);
    let down = series.down.map(|down| sentence(down, |bars| bars.down)).unwrap_or_default();
    format!("{span}{up}{down}")
}
