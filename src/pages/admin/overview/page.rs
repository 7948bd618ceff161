//! `/admin`: the state of the installation at a glance; each figure leads to where one can act. Both sides.

use leptos::prelude::*;

use super::{
    Counted, Day, HeldBack, Instance, KEY_OLD_MS, MAIL_LATE_MS, Mails,
    instances::{InstanceTable, health},
};
use crate::{
    auth::tokens::KeyInfo,
    pages::admin::{PAGES, keys_page::short},
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
    /// `None`: the first count takes longer than anybody should wait.
    census: Option<Counted>,
    /// The oldest first, without a gap.
    days: Vec<Day>,
    /// By name.
    instances: Vec<Instance>,
    key: Option<KeyInfo>,
    mails: Mails,
    held_back: HeldBack,
) -> impl IntoView {
    let (log_ins, sign_ups) = (log_ins(&days), sign_ups(&days));
    let revocations = revocation_tile(&instances);
    view! {
        <Page title="Overview">
            <Tabs label="Administration" pages=PAGES />
            <dl class="tiles">
                {people_tiles(census)}
                {held_tile(held_back)}
                {revocations}
                {key_tile(key, now_ms)}
                {mail_tile(mails)}
            </dl>
            <section class="card" aria-labelledby="log-ins">
                <h2 id="log-ins">"Log-ins"</h2>
                <History series=Series { up: "Log-ins", down: Some("Failed") } days=log_ins none="Nobody has logged in within 30 days." />
            </section>
            <section class="card" aria-labelledby="sign-ups">
                <h2 id="sign-ups">"Sign-ups"</h2>
                <History series=Series { up: "Sign-ups", down: None } days=sign_ups none="Nobody has signed up within 30 days." />
            </section>
            <section class="stack" aria-labelledby="instances">
                <h2 id="instances">"Instances"</h2>
                <p class="muted">
                    "From the writing of a revocation until the instance refuses what it names, of the newest thousand. "
                    "A force-logout waits for all of these."
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
        let more = vec![More::from("being counted; look again in a moment".to_owned())];
        return view! {
            <Tile name="Live sessions" href="/admin/sessions" figure="…" more=more.clone() />
            <Tile name="People" href="/admin/users" figure="…" more />
        }
        .into_any();
    };
    let Counted { live_sessions, people, confirmed, disabled, with_second_factor, age_ms } = counted;
    let age: Vec<More> = (age_ms > 0).then(|| format!("counted {} ago", span(age_ms)).into()).into_iter().collect();
    let of_people = [
        More {
            words: format!("{} confirmed, {} not", share(confirmed, people), grouped(people - confirmed)),
            href: "/admin/users?state=unverified",
        },
        More {
            words: format!("{} with a second factor", share(with_second_factor, people)),
            href: "/admin/users?state=second-factor",
        },
        More { words: format!("{} disabled", grouped(disabled)), href: "/admin/users?state=disabled" },
    ];
    view! {
        <Tile name="Live sessions" href="/admin/sessions" figure=grouped(live_sessions) more=age.clone() />
        <Tile name="People" href="/admin/users" figure=grouped(people) more=of_people.into_iter().chain(age).collect() />
    }
    .into_any()
}

/// A wait ends by itself; what was tried stands in the log.
fn held_tile(HeldBack { accounts, networks }: HeldBack) -> impl IntoView {
    let figure = grouped(accounts + networks);
    let of = format!("{}, {}", counted(accounts, "account", "accounts"), counted(networks, "network", "networks"));
    let more = vec![of.into(), "have to wait after wrong tries".to_owned().into()];
    view! { <Tile name="Held back" href="/admin/audit?event=log_in_failed" figure more /> }
}

/// The slowest of those that have heard of any: who is thrown out is out when the last one knows.
fn revocation_tile(instances: &[Instance]) -> AnyView {
    let live = || instances.iter().filter(|instance| !instance.gone);
    let slowest = |count: fn(&Instance) -> super::Times| {
        live().map(count).filter(|times| times.count > 0).max_by_key(|times| (times.p99_ms, times.p50_ms))
    };
    let (heard, made) = (slowest(|instance| instance.heard), slowest(|instance| instance.made));
    let figure = heard
        .or(made)
        .map_or("none yet".to_owned(), |times| format!("{} / {} ms", grouped(times.p50_ms), grouped(times.p99_ms)));
    let more = match (heard, made) {
        (Some(_), _) => format!("p50 / p99, heard by the slowest of {}", instance_count(live().count())),
        (None, Some(_)) => "p50 / p99, where they were made; no other instance had to hear".to_owned(),
        (None, None) => "since the start".to_owned(),
    };
    let of =
        heard.or(made).map(|times| counted(times.count, "revocation since its start", "revocations since its start"));
    let ill = instances.iter().filter(|instance| health(instance).is_some()).count();
    let warning = (ill > 0).then(|| format!("{} not well", instance_count(ill)));
    let more = std::iter::once(more).chain(of).map(More::from).collect();
    view! { <Tile name="Revocations" href="#instances" figure more warning /> }.into_any()
}

fn instance_count(count: usize) -> String {
    counted(i64::try_from(count).unwrap_or(i64::MAX), "instance", "instances")
}

fn key_tile(key: Option<KeyInfo>, now_ms: i64) -> impl IntoView {
    let Some(key) = key else {
        let (figure, more) = ("none", vec!["no access token can be made".to_owned().into()]);
        return view! { <Tile name="Signing key" href="/admin/keys" figure more warning=Some("broken".to_owned()) /> };
    };
    let signs_for = (now_ms - key.signs_from).max(0);
    let next = key.ends_at.map(|_| "the next one is published".to_owned());
    let signs = format!("{} has signed for {}", short(&key.kid), span(signs_for));
    let more = std::iter::once(signs).chain(next).map(More::from).collect();
    let warning = (signs_for > KEY_OLD_MS).then(|| "time to rotate".to_owned());
    view! { <Tile name="Signing key" href="/admin/keys" figure=key.algorithm more warning /> }
}

fn mail_tile(mails: Mails) -> impl IntoView {
    let Mails { off, waiting, oldest_ms, given_up, sent } = mails;
    let oldest = oldest_ms.map(|ms| format!("the oldest for {}", span(ms)));
    let more = oldest
        .into_iter()
        .chain([format!("{} sent in 24 hours", grouped(sent)), format!("{} given up in 30 days", grouped(given_up))]);
    let warning = match () {
        () if off => Some("no mail server is set"),
        () if given_up > 0 => Some("see latchkey mail list"),
        () if oldest_ms.is_some_and(|ms| ms > MAIL_LATE_MS) => Some("they do not get through"),
        () => None,
    };
    let (figure, warning) = (format!("{} waiting", grouped(waiting)), warning.map(str::to_owned));
    view! { <Tile name="Mail" figure more=more.map(More::from).collect() warning /> }
}

/// The chart; a sentence where there is nothing to draw.
#[component]
fn History(series: Series, days: Vec<Bars>, none: &'static str) -> impl IntoView {
    if days.iter().all(|bars| bars.up + bars.down == 0) {
        return view! { <Empty why=none /> }.into_any();
    }
    view! { <DayChart series days /> }.into_any()
}

fn log_ins(days: &[Day]) -> Vec<Bars> {
    days.iter().map(|day| Bars { day: day.day, up: day.log_ins, down: day.failed }).collect()
}

fn sign_ups(days: &[Day]) -> Vec<Bars> {
    days.iter().map(|day| Bars { day: day.day, up: day.sign_ups, down: 0 }).collect()
}
