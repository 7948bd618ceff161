//! `/admin/audit`: who did what to whom, when, from where, why. What is looked for stands in the address. Both sides.

use leptos::prelude::*;

use super::{AuditAsked, AuditEntry, AuditPage as Shown, PAGE, Part, WORDS_MAX_CHARS};
use crate::{
    pages::admin::PAGES,
    ui::{
        empty::Empty,
        frame::{Link, Page},
        notice::Notice,
        table::{Cell, Row, Table},
        tabs::Tabs,
        turn::Turn,
        when::{Exactly, minute},
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
                    {format!("Looked through 10,000 events, down to {}. Go on with “Older”, or narrow it by day.", minute(ms))}
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
fn Search(asked: AuditAsked, kinds: Vec<(String, String)>, is_filtered: bool) -> impl IntoView {
    let AuditAsked { event, actor, subject, from, to, ip, q, .. } = asked;
    view! {
        <form class="filter" method="get" action=PAGE role="search">
            <div class="field">
                <label for="event">"What"</label>
                <select id="event" name="event">
                    <option value="">"Anything"</option>
                    {kinds
                        .into_iter()
                        .map(|(name, words)| {
                            let selected = name == event;
                            view! { <option value=name selected=selected>{words}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
            <Input name="actor" label="Who did it" value=actor placeholder="name, e-mail, command line" />
            <Input name="subject" label="To whom" value=subject placeholder="name or e-mail" />
            <Input name="from" label="From (day, UTC)" value=from kind="date" />
            <Input name="to" label="To (day, UTC)" value=to kind="date" />
            <Input name="ip" label="From the address" value=ip placeholder="192.0.2.7" />
            <Input name="q" label="In the reason" value=q maxlength=WORDS_MAX_CHARS />
            <div class="buttons">
                <button type="submit" class="button">"Show"</button>
                {is_filtered.then(|| view! { <Link href=PAGE class="button quiet">"Show everything"</Link> })}
            </div>
        </form>
    }
}

#[component]
fn Input(
    name: &'static str,
    label: &'static str,
    value: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] placeholder: &'static str,
    #[prop(optional)] maxlength: Option<u16>,
) -> impl IntoView {
    let placeholder = (!placeholder.is_empty()).then_some(placeholder);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                value=value
                placeholder=placeholder
                maxlength=maxlength
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
            />
        </div>
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
                        <p>"Who is meant?"</p>
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
        (true, true) => "Nothing like that has happened.",
        (true, false) => "Nothing like that happened before.",
        (false, _) => "Nothing happened before that.",
    };
    view! { <Empty why next=is_filtered.then_some((PAGE, "Show everything")) /> }
}

#[component]
fn Events(entries: Vec<AuditEntry>) -> impl IntoView {
    view! {
        <Table label="Events" columns=&["When (UTC)", "What", "Why", "From where"]>{entries.into_iter().map(|entry| view! { <Event entry /> }).collect_view()}</Table>
    }
}

#[component]
fn Event(entry: AuditEntry) -> impl IntoView {
    let AuditEntry { at, what, reason, details, device, ip, is_sealed } = entry;
    view! {
        <Row>
            <Cell label="When"><Exactly ms=at /></Cell>
            <Cell label="What">
                <div>
                    {what.into_iter().map(|part| view! { <Words part /> }).collect_view()}
                    {(!is_sealed).then(|| view! { " " <span class="badge quiet">"not sealed yet"</span> })}
                    {(!details.is_empty()).then(|| view! { <Details details /> })}
                </div>
            </Cell>
            <Cell label="Why">{(!reason.is_empty()).then_some(reason)}</Cell>
            <Cell label="From">
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
            <h2 id="download">"Take it along"</h2>
            <p>
                {if is_filtered { "Everything that is looked for above, " } else { "The whole log, " }}
                "not only this page: the file is written while it is sent, however long it is. That it was taken is written down, too."
            </p>
            // No `download`: the answer may lead to the page that asks for the password.
            <p class="buttons">
                <Link href=csv class="button">"Download as CSV"</Link>
                <Link href=json_lines class="button">"Download as JSON lines"</Link>
            </p>
            <p class="muted">
                "Each event is sealed with a keyed hash over itself and the one before. " <code>"latchkey audit verify"</code>
                " finds whatever was changed or removed since."
            </p>
        </section>
    }
}
