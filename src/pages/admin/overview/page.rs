//! `/admin`: the state of the installation at a glance; each figure leads to where one can act. Both sides.

use leptos::prelude::*;

use super::{
    Counted, Days, HeldBack, Instance, KEY_OLD_MS, MAIL_LATE_MS, Mails,
    first_steps::{FirstSteps, FirstStepsCard},
    instances::{InstanceTable, health},
};
use crate::{
    auth::tokens::KeyInfo,
    pages::admin::{PAGES, short},
    ui::{
        chart::{Bars, DayChart, Series},
        empty::Empty,
        frame::{Link, Page},
        number::{counted, grouped, share},
        tabs::Tabs,
        when::{minute, span},
    },
};

#[component]
pub fn OverviewPage(
    now_ms: i64,
    first_steps: Option<FirstSteps>,
    /// `None`: the first count takes longer than anybody should wait.
    census: Option<Counted>,
    days: Days,
    /// By name.
    instances: Vec<Instance>,
    key: Option<KeyInfo>,
    mails: Mails,
    held_back: HeldBack,
) -> impl IntoView {
    let revocations = revocation_tile(&instances);
    view! {
        <Page title="Overview">
            <Tabs label="Administration" pages=PAGES />
            {first_steps.map(|steps| view! { <FirstStepsCard steps /> })}
            <dl class="tiles">
                {people_tiles(census)}
                {held_tile(held_back)}
                {revocations}
                {key_tile(key, now_ms)}
                {mail_tile(mails)}
            </dl>
            <History id="log-ins" series=LOGINS days=days.log_ins none="No logins in the last 30 days." />
            <History id="sign-ups" series=SIGN_UPS days=days.sign_ups none="No sign-ups in the last 30 days." />
            <section class="stack" aria-labelledby="instances">
                <h2 id="instances">"Instances"</h2>
                <p class="muted">
                    "Time from recording a revocation to enforcing it, over the last 1,000. A force logout waits for every "
                    "instance listed here."
                </p>
                <InstanceTable instances />
            </section>
            <p class="muted">"As of "{minute(now_ms)}". Days begin at midnight UTC."</p>
        </Page>
    }
}

/// A figure, what belongs to it, and what is not as it should be. Its name leads to where one can act, if that is a page.
#[component]
fn Tile(
    name: &'static str,
    #[prop(optional)] href: &'static str,
    #[prop(into)] figure: String,
    more: Vec<More>,
    #[prop(optional_no_strip)] warning: Option<String>,
) -> impl IntoView {
    view! {
        <div class="tile">
            <dt><MayLead words=name href /></dt>
            <dd class="tile-figure">{figure}</dd>
            {more.into_iter().map(|more| view! { <dd class="muted"><MayLead words=more.words href=more.href /></dd> }).collect_view()}
            {warning.map(|words| view! { <dd><span class="badge warning">{words}</span></dd> })}
        </div>
    }
}

/// What belongs to a figure, and where it leads, if anywhere.
#[derive(Clone)]
struct More {
    words: String,
    href: &'static str,
}

impl From<String> for More {
    fn from(words: String) -> Self {
        Self { words, href: "" }
    }
}

#[component]
fn MayLead(#[prop(into)] words: String, href: &'static str) -> impl IntoView {
    if href.is_empty() { words.into_any() } else { view! { <Link href>{words}</Link> }.into_any() }
}

fn people_tiles(census: Option<Counted>) -> AnyView {
    let Some(counted) = census else {
        let more = vec![More::from("Counting. Reload in a moment.".to_owned())];
        return view! {
            <Tile name="Active sessions" href="/admin/sessions" figure="…" more=more.clone() />
            <Tile name="Users" href="/admin/users" figure="…" more />
        }
        .into_any();
    };
    let Counted { live_sessions, people, confirmed, disabled, with_second_factor, age_ms } = counted;
    let age: Vec<More> = (age_ms > 0).then(|| format!("Counted {} ago", span(age_ms)).into()).into_iter().collect();
    let of_people = [
        More {
            words: format!(
                "{} confirmed ({}), {} not confirmed",
                grouped(confirmed),
                share(confirmed, people),
                grouped(people - confirmed)
            ),
            href: "/admin/users?state=unverified",
        },
        More {
            words: format!("{} use 2FA", share(with_second_factor, people)),
            href: "/admin/users?state=second-factor",
        },
        More { words: format!("{} disabled", grouped(disabled)), href: "/admin/users?state=disabled" },
    ];
    view! {
        <Tile name="Active sessions" href="/admin/sessions" figure=grouped(live_sessions) more=age.clone() />
        <Tile name="Users" href="/admin/users" figure=grouped(people) more=of_people.into_iter().chain(age).collect() />
    }
    .into_any()
}

/// A wait ends by itself; what was tried stands in the log.
fn held_tile(HeldBack { accounts, networks }: HeldBack) -> impl IntoView {
    let figure = grouped(accounts + networks);
    let of = format!("{}, {}", counted(accounts, "account", "accounts"), counted(networks, "network", "networks"));
    let more = vec![format!("{of}, after failed attempts").into()];
    view! { <Tile name="Rate-limited" href="/admin/audit?event=log_in_failed" figure more /> }
}

/// The slowest of those that have heard of any: who is thrown out is out when the last one knows.
fn revocation_tile(instances: &[Instance]) -> AnyView {
    let live = || instances.iter().filter(|instance| !instance.gone);
    let slowest = |count: fn(&Instance) -> super::Times| {
        live().map(count).filter(|times| times.count > 0).max_by_key(|times| (times.p99_ms, times.p50_ms))
    };
    let (heard, made) = (slowest(|instance| instance.heard), slowest(|instance| instance.made));
    let figure = heard.or(made).map_or("None yet".to_owned(), |times| format!("{} ms", grouped(times.p50_ms)));
    let more = match (heard, made) {
        (Some(times), _) => {
            format!("median, {} ms p99, on the slowest of {}", grouped(times.p99_ms), instance_count(live().count()))
        }
        (None, Some(times)) => format!("median, {} ms p99, on this instance", grouped(times.p99_ms)),
        (None, None) => "since this instance started".to_owned(),
    };
    let of =
        heard.or(made).map(|times| counted(times.count, "revocation since it started", "revocations since it started"));
    let ill = instances.iter().filter(|instance| health(instance).is_some()).count();
    let warning = (ill > 0).then(|| format!("{} with problems", instance_count(ill)));
    let more = std::iter::once(more).chain(of).map(More::from).collect();
    view! { <Tile name="Revocations" href="#instances" figure more warning /> }.into_any()
}

fn instance_count(count: usize) -> String {
    counted(i64::try_from(count).unwrap_or(i64::MAX), "instance", "instances")
}

fn key_tile(key: Option<KeyInfo>, now_ms: i64) -> impl IntoView {
    let Some(key) = key else {
        let (figure, more) = ("None", vec!["Access tokens can't be issued".to_owned().into()]);
        return view! { <Tile name="Signing key" href="/admin/keys" figure more warning=Some("Broken".to_owned()) /> };
    };
    let signs_for = (now_ms - key.signs_from).max(0);
    let next = key.ends_at.map(|_| "Next key published".to_owned());
    let signs = format!("{} in use for {}", short(&key.kid), span(signs_for));
    let more = std::iter::once(signs).chain(next).map(More::from).collect();
    let warning = (signs_for > KEY_OLD_MS).then(|| "Time to rotate".to_owned());
    view! { <Tile name="Signing key" href="/admin/keys" figure=key.algorithm more warning /> }
}

fn mail_tile(mails: Mails) -> impl IntoView {
    let Mails { off, waiting, oldest_ms, given_up, sent } = mails;
    let oldest = oldest_ms.map(|ms| format!("Oldest: {}", span(ms)));
    let more = oldest
        .into_iter()
        .chain([format!("{} sent in 24 hours", grouped(sent)), format!("{} failed in 30 days", grouped(given_up))]);
    let warning = match () {
        () if off => Some("No mail server configured"),
        () if given_up > 0 => Some("Run latchkey mail list"),
        () if oldest_ms.is_some_and(|ms| ms > MAIL_LATE_MS) => Some("Not being delivered"),
        () => None,
    };
    let (figure, warning) = (format!("{} waiting", grouped(waiting)), warning.map(str::to_owned));
    view! { <Tile name="Email" figure more=more.map(More::from).collect() warning /> }
}

const LOGINS: Series = Series { up: "Logins", down: Some("Failed") };
const SIGN_UPS: Series = Series { up: "Sign-ups", down: None };

/// The chart; a sentence where there is nothing to draw.
#[component]
fn History(id: &'static str, series: Series, days: Vec<Bars>, none: &'static str) -> impl IntoView {
    let title = series.up;
    view! {
        <section class="card" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {match days.iter().all(|bars| bars.up + bars.down == 0) {
                true => view! { <Empty why=none /> }.into_any(),
                false => view! { <DayChart series days /> }.into_any(),
            }}
        </section>
    }
}
