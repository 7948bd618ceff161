//! `/admin/audit`: who did what to whom, when, from where, why. What is looked for stands in the address. Both sides.

use leptos::prelude::*;

use super::{AuditAsked, AuditEntry, AuditPage as Shown, PAGE, Part, WORDS_MAX_CHARS};
use crate::{
    pages::admin::{
        PAGES,
        search::{Choice, SearchField},
    },
    ui::{
        empty::Empty,
        frame::{Link, Page},
        notice::Notice,
        table::{Cell, Row, Table},
        tabs::Tabs,
        turn::Turn,
        when::{Exactly, moment},
    },
};

#[component]
pub fn AuditPage(shown: Shown) -> impl IntoView {
    let Shown { asked, kinds, problems, several, entries, older, searched_to, newest, is_filtered, csv, json_lines } =
        shown;
    let is_understood = problems.is_empty() && several.is_empty();
    let none = entries.is_empty() && is_understood;
    let has_events = !entries.is_empty() || older.is_some();
    view! {
        <Page title="Audit log">
            <Tabs label="Administration" pages=PAGES />
            <Search asked kinds is_filtered />
            <Misunderstood problems several />
            {searched_to.map(|ms| view! {
                <Notice kind="info">
                    {format!("Searched 10,000 events, back to {}. Choose “Older” to continue, or narrow the dates.", moment(ms))}
                </Notice>
            })}
            {none.then(|| view! { <Nothing is_filtered is_first=newest.is_none() /> })}
            {(!entries.is_empty()).then(|| view! { <Events entries /> })}
            <Turn first_label="Newest" next_label="Older" first=newest next=older />
            {has_events.then(|| view! { <Download csv json_lines is_filtered /> })}
        </Page>
    }
}

/// A plain form that asks for this page: it works without JavaScript, and the address can be shared.
#[component]
fn Search(asked: AuditAsked, kinds: Vec<(&'static str, &'static str)>, is_filtered: bool) -> impl IntoView {
    let AuditAsked { event, actor, subject, from, to, ip, q, .. } = asked;
    let kinds = kinds.into_iter().map(|(name, words)| (name, words, name == event)).collect();
    view! {
        <form class="filter" method="get" action=PAGE role="search">
            <Choice name="event" label="Event" all="All events" options=kinds />
            <SearchField name="actor" kind="text" label="Actor" value=actor placeholder="Name, email or command line" />
            <SearchField name="subject" kind="text" label="User" value=subject placeholder="Name or email" />
            <SearchField name="from" label="From (UTC)" value=from kind="date" />
            <SearchField name="to" label="To (UTC)" value=to kind="date" />
            <SearchField name="ip" kind="text" label="IP address" value=ip placeholder="192.0.2.7" />
            <SearchField name="q" kind="text" label="Reason contains" value=q maxlength=WORDS_MAX_CHARS />
            <div class="buttons">
                <button type="submit" class="button">"Apply"</button>
                {is_filtered.then(|| view! { <Link href=PAGE class="button quiet">"Clear filters"</Link> })}
            </div>
        </form>
    }
}

/// Nothing is shown then: what was meant might be less than everything.
#[component]
fn Misunderstood(problems: Vec<String>, several: Vec<Part>) -> impl IntoView {
    (!(problems.is_empty() && several.is_empty())).then(|| {
        view! {
            <div role="alert">
                <Notice kind="warning">
                    {problems.into_iter().map(|words| view! { <p>{words}</p> }).collect_view()}
                    {(!several.is_empty()).then(|| view! {
                        <p>"Which user do you mean?"</p>
                        <ul class="steps">{several.into_iter().map(|part| view! { <li><Words part /></li> }).collect_view()}</ul>
                    })}
                </Notice>
            </div>
        }
    })
}

#[component]
fn Nothing(is_filtered: bool, is_first: bool) -> impl IntoView {
    let why = match (is_filtered, is_first) {
        (true, true) => "No events match.",
        (true, false) => "No earlier events match.",
        (false, _) => "No earlier events.",
    };
    view! { <Empty why next=is_filtered.then_some((PAGE, "Clear filters")) /> }
}

#[component]
fn Events(entries: Vec<AuditEntry>) -> impl IntoView {
    view! {
        <Table label="Events" columns=&["Time (UTC)", "Event", "Reason", "Device and IP"]>{entries.into_iter().map(|entry| view! { <Event entry /> }).collect_view()}</Table>
    }
}

#[component]
fn Event(entry: AuditEntry) -> impl IntoView {
    let AuditEntry { at, what, reason, details, device, ip, is_sealed } = entry;
    view! {
        <Row>
            <Cell label="Time (UTC)"><Exactly ms=at /></Cell>
            <Cell label="Event">
                <div>
                    {what.into_iter().map(|part| view! { <Words part /> }).collect_view()}
                    {(!is_sealed).then(|| view! { " " <span class="badge quiet">"Not sealed yet"</span> })}
                    {(!details.is_empty()).then(|| view! { <Details details /> })}
                </div>
            </Cell>
            <Cell label="Reason">{(!reason.is_empty()).then_some(reason)}</Cell>
            <Cell label="Device and IP">
                {(!device.is_empty() || !ip.is_empty()).then(|| view! {
                    <div>
                        {device}
                        {(!ip.is_empty()).then(|| view! { <p class="muted any-break">{ip}</p> })}
                    </div>
                })}
            </Cell>
        </Row>
    }
}

#[component]
fn Details(details: Vec<(String, String)>) -> impl IntoView {
    let words: Vec<String> = details.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    view! { <p class="muted any-break">{words.join(" · ")}</p> }
}

/// Some words of a sentence, which may lead somewhere.
#[component]
pub fn Words(part: Part) -> impl IntoView {
    let Part { text, href } = part;
    match href {
        Some(href) => view! { <Link href=href>{text}</Link> }.into_any(),
        None => text.into_any(),
    }
}

#[component]
fn Download(csv: String, json_lines: String, is_filtered: bool) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="download">
            <h2 id="download">"Export"</h2>
            <p>
                {if is_filtered { "Exports all matching events, not just this page. " } else { "Exports the whole log, not just this page. " }}
                "The export is recorded in the log."
            </p>
            // No `download`: the answer may lead to the page that asks for the password.
            <p class="buttons">
                <Link href=csv class="button">"Export as CSV"</Link>
                <Link href=json_lines class="button">"Export as JSON Lines"</Link>
            </p>
            <p class="muted">
                "Events are chained with a keyed hash. Run " <code>"latchkey audit verify"</code>
                " to detect changes or deletions."
            </p>
        </section>
    }
}
