//! `/admin`: the state of the installation at a glance; each figure leads to where one can act. Server side.

use leptos::prelude::*;

use super::{
    Instance, Tile,
    first_steps::{FirstSteps, FirstStepsCard},
    instances::InstanceTable,
};
use crate::{
    pages::admin::{PAGES, phrase::Words},
    ui::{
        chart::{Bars, DayChart, Series},
        draw::Draw,
        empty::Empty,
        frame::{Card, Page},
        tabs::Tabs,
        when::moment,
    },
};

#[component]
pub fn OverviewPage(
    now_ms: i64,
    first_steps: Option<FirstSteps>,
    tiles: Vec<Tile>,
    /// Day by day, in UTC: the oldest day first, without a gap.
    log_ins: Vec<Bars>,
    /// Where a mail server is set, those with an address that had an account already are among them.
    sign_ups: Vec<Bars>,
    /// By name.
    instances: Vec<Instance>,
) -> impl IntoView {
    view! {
        <Page title="Overview">
            <Tabs label="Administration" pages=PAGES />
            {first_steps.map(|steps| view! { <FirstStepsCard steps /> })}
            <dl class="tiles">{tiles.into_iter().map(|tile| view! { <TileView tile /> }).collect_view()}</dl>
            <History id="logins" series=LOGINS days=log_ins none="No logins in the last 30 days." />
            <History id="sign-ups" series=SIGN_UPS days=sign_ups none="No sign-ups in the last 30 days." />
            <section class="stack" aria-labelledby="instances">
                <h2 id="instances">"Instances"</h2>
                <p class="muted">
                    "Time from recording a revocation to enforcing it, over the last 1,000. A force logout waits for every "
                    "instance listed here."
                </p>
                <InstanceTable instances />
            </section>
            <p class="muted">"As of "{moment(now_ms)}". Days begin at midnight UTC."</p>
        </Page>
    }
}

#[component]
fn TileView(tile: Tile) -> impl IntoView {
    let Tile { name, figure, more, warning } = tile;
    view! {
        <div class="tile">
            <dt><Words phrase=name /></dt>
            <dd class="tile-figure">{figure}</dd>
            {more.into_iter().map(|phrase| view! { <dd class="muted"><Words phrase /></dd> }).collect_view()}
            {warning.map(|words| view! { <dd><span class="badge warning">{words}</span></dd> })}
        </div>
    }
}

const LOGINS: Series = Series { up: "Logins", down: Some("Failed") };
const SIGN_UPS: Series = Series { up: "Sign-ups", down: None };

/// The chart; a sentence where there is nothing to draw.
#[component]
fn History(id: &'static str, series: Series, days: Vec<Bars>, none: &'static str) -> impl IntoView {
    let title = series.up;
    view! {
        <Card id heading=title>
            {match days.iter().all(|bars| bars.up + bars.down == 0) {
                true => view! { <Empty why=none /> }.drawn(),
                false => view! { <DayChart series days /> }.drawn(),
            }}
        </Card>
    }
}
