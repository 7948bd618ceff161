//! `/admin/audit`: who did what to whom, when, from where, why. What is looked for stands in the address. Server side.

use leptos::prelude::*;
use strum::VariantArray;
use uuid::Uuid;

use super::{
    AuditAsked, EXPORT, PAGE, WORDS_MAX_CHARS,
    filter::{Resolved, address},
    words,
};
use crate::{
    audit::log::{
        Filter, Slice,
        store::{EventRow, LogRow},
    },
    auth::event::Kind,
    pages::admin::{
        PAGES,
        phrase::{Phrase, Words},
        search::SearchField,
    },
    ui::{
        empty::Empty,
        field::SelectField,
        frame::{Card, Link, Page},
        notice::{DownloadAgain, Notice},
        table::{Cell, Row, Table},
        tabs::Tabs,
        turn::Turn,
        when::{Exactly, moment},
    },
};

#[component]
pub fn AuditPage(resolved: Resolved, found: Slice) -> impl IntoView {
    let is_understood = resolved.is_understood();
    let is_filtered = resolved.filter != Filter::default() || !is_understood;
    let Resolved { shown, exact, problems, several, .. } = resolved;
    let before = |id: &str| AuditAsked { before: id.to_owned(), ..exact.clone() };
    let newest = (!exact.before.is_empty()).then(|| address(PAGE, &before(""), &[]));
    let [csv, json_lines] = ["csv", "jsonl"].map(|format| address(EXPORT, &before(""), &[("format", format)]));
    let Slice { rows, next, is_cut_short } = found;
    let older = next.as_deref().map(|id| address(PAGE, &before(id), &[]));
    let searched_to = next.filter(|_| is_cut_short).map(|id| time_of(&id));
    let none = rows.is_empty() && is_understood;
    let has_events = !rows.is_empty() || older.is_some();
    view! {
        <Page title="Audit log">
            <Tabs label="Administration" pages=PAGES />
            <DownloadAgain />
            <Search asked=shown is_filtered />
            {(!is_understood).then(|| view! { <Misunderstood problems several /> })}
            {searched_to.map(|ms| view! {
                <Notice kind="info">
                    {format!("Searched 10,000 events, back to {}. Choose “Older” to continue, or narrow the dates.", moment(ms))}
                </Notice>
            })}
            {none.then(|| view! { <Nothing is_filtered is_first=newest.is_none() /> })}
            {(!rows.is_empty()).then(|| view! {
                <Table label="Events" columns=&["Time (UTC)", "Event", "Reason", "Device and IP"]>
                    {rows.into_iter().map(|entry| view! { <Event entry /> }).collect_view()}
                </Table>
            })}
            <Turn first_label="Newest" next_label="Older" first=newest next=older />
            {has_events.then(|| view! { <Download csv json_lines is_filtered /> })}
        </Page>
    }
}

/// When an event was written, in milliseconds since the epoch, by its id.
fn time_of(id: &str) -> i64 {
    let time = Uuid::parse_str(id).ok().and_then(|id| id.get_timestamp()).map(|time| time.to_unix());
    time.and_then(|(seconds, _)| i64::try_from(seconds).ok()).unwrap_or_default() * 1000
}

/// A plain form that asks for this page: it works without JavaScript, and the address can be shared.
#[component]
fn Search(asked: AuditAsked, is_filtered: bool) -> impl IntoView {
    let AuditAsked { event, actor, subject, from, to, ip, q, .. } = asked;
    let kinds = Kind::VARIANTS.iter().map(|kind| (kind.into_str(), words::label(*kind))).collect();
    view! {
        <form class="filter" method="get" action=PAGE role="search">
            <SelectField name="event" label="Event" all="All events" options=kinds chosen=event />
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
pub fn Misunderstood(problems: Vec<String>, several: Vec<Phrase>) -> impl IntoView {
    view! {
        <div role="alert">
            <Notice kind="warning">
                {problems.into_iter().map(|words| view! { <p>{words}</p> }).collect_view()}
                {(!several.is_empty()).then(|| view! {
                    <p>"Which user do you mean?"</p>
                    <ul class="steps">{several.into_iter().map(|phrase| view! { <li><Words phrase /></li> }).collect_view()}</ul>
                })}
            </Notice>
        </div>
    }
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
fn Event(entry: LogRow) -> impl IntoView {
    let what = words::sentence(&entry).into_iter().map(|phrase| view! { <Words phrase /> }).collect_view();
    let details = words::details(&entry).join(" · ");
    let EventRow { at, reason, device, ip, seq, .. } = entry.row;
    view! {
        <Row>
            <Cell label="Time (UTC)"><Exactly ms=at /></Cell>
            <Cell label="Event">
                <div>
                    {what}
                    {seq.is_none().then(|| view! { " " <span class="badge quiet">"Not sealed yet"</span> })}
                    {(!details.is_empty()).then(|| view! { <p class="muted any-break">{details}</p> })}
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
fn Download(csv: String, json_lines: String, is_filtered: bool) -> impl IntoView {
    view! {
        <Card id="download" heading="Export">
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
        </Card>
    }
}
