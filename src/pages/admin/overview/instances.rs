//! The processes that serve, on the overview: how quick each hears of revocations, and whether it hears. Server side.

use leptos::prelude::*;

use super::Instance;
use crate::{
    base::{
        metrics::Spread,
        number::{counted, grouped},
    },
    ui::{
        draw::Draw,
        empty::Empty,
        table::{Cell, Row, Table},
        when::{Ago, span},
    },
};

/// Longer than a feed is silent by itself: every second and a half it asks, and every second and a half it says so.
const SILENT_MS: i64 = 5_000;

#[component]
pub fn InstanceTable(instances: Vec<Instance>) -> impl IntoView {
    if instances.is_empty() {
        return view! { <Empty why="No instance has reported in the last hour." /> }.drawn();
    }
    view! {
        <Table label="Instances" columns=&["Instance", "From other instances", "Own revocations", "Up to date", "Started"]>
                {instances.into_iter().map(|instance| view! { <InstanceRow instance /> }).collect_view()}
            </Table>
    }
    .drawn()
}

#[component]
fn InstanceRow(instance: Instance) -> impl IntoView {
    let health = health(&instance);
    view! {
        <Row>
            <Cell label="Instance">
                <span class="any-break">{instance.name}</span>
                {health.map(|words| view! { " " <span class="badge warning">{words}</span> })}
            </Cell>
            <Cell label="From other instances"><Took times=instance.heard /></Cell>
            <Cell label="Own revocations"><Took times=instance.made /></Cell>
            <Cell label="Up to date">{heard(instance.behind, instance.silent_ms)}</Cell>
            <Cell label="Started"><Ago ms=instance.started_at /></Cell>
        </Row>
    }
}

#[component]
fn Took(times: Spread) -> impl IntoView {
    if times.count == 0 {
        return view! { <span class="muted">"None yet"</span> }.drawn();
    }
    let words = format!("{} ms median, {} ms p99", grouped(times.p50_ms), grouped(times.p99_ms));
    let of = format!("{} since it started", counted(times.count, "revocation", "revocations"));
    view! {
        <span>
            <span class="times">{words}</span>
            <span class="muted small">{of}</span>
        </span>
    }
    .drawn()
}

/// What is wrong with it, if anything is.
pub fn health(instance: &Instance) -> Option<&'static str> {
    match instance {
        _ if instance.gone => Some("Not responding"),
        _ if instance.silent_ms >= SILENT_MS => Some("No updates"),
        _ if instance.behind.is_none() => Some("Different database history"),
        _ => None,
    }
}

fn heard(behind: Option<i64>, silent_ms: i64) -> String {
    let far = match behind {
        Some(0) => "Yes".to_owned(),
        Some(behind) => format!("{} behind", grouped(behind)),
        None => "Knows revocations this database never recorded".to_owned(),
    };
    if silent_ms < 2_000 { format!("{far}, just now") } else { format!("{far}, {} ago", span(silent_ms)) }
}
