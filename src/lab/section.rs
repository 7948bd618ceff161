//! What the sections of the Lab are made of. Server side.

use leptos::prelude::*;

use super::Exchange;
use crate::ui::{chart::percent, draw::Content};

const SECTIONS: [(&str, &str, &str); 5] = [
    ("travel", "1. What's in the cookies", "Both cookies decoded, and how they grow"),
    ("cost", "2. What a request costs here", "Five ways to recognise a caller, measured"),
    ("revocation", "3. What revocation does", "Three credentials, one logout, in real time"),
    ("attacks", "4. What can go wrong", "Nine attacks, and what stops each"),
    ("choose", "5. Which should you use?", "The comparison, with your own figures"),
];

/// The title of a section, without its number.
pub fn title_of(id: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|section| section.0 == id).map(|(_, title, _)| &title[3..])
}

/// A section that folds. `open`: something in it has to be seen at once.
#[component]
pub fn Section(id: &'static str, #[prop(optional)] open: bool, children: Content) -> impl IntoView {
    let (_, title, what) = SECTIONS.into_iter().find(|section| section.0 == id).unwrap_or((id, id, id));
    let heading = format!("{id}-heading");
    let labelled_by = heading.clone();
    view! {
        <section class="lab-section" aria-labelledby=labelled_by>
            <details class="lab-fold" open=open>
                <summary>
                    <h2 id=heading>{title}</h2>
                    <span class="muted">{what}</span>
                </summary>
                // The address stands within: browsers unfold what lies around the place that an address leads to.
                <div id=id class="lab-body" tabindex="-1">
                    {children.drawn()}
                </div>
            </details>
        </section>
    }
}

/// Leads to the one place where a visit begins. `what`: what one would see here, as "your own figures".
#[component]
pub fn NeedsVisit(what: &'static str) -> impl IntoView {
    view! {
        <p class="empty">
            <a href="#visit">"Start a demo session"</a>
            " to see "
            {what}
            " here."
        </p>
    }
}

/// A table of figures, which a phone moves sideways within itself. The first cell of a row names it; `label` is for who
/// hears the page.
#[component]
pub fn Figures(
    id: &'static str,
    label: &'static str,
    caption: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
) -> impl IntoView {
    let head = head.into_iter().map(|name| view! { <th scope="col">{name}</th> });
    let rows = rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        let name = cells.next();
        view! { <tr><th scope="row">{name}</th>{cells.map(|text| view! { <td>{text}</td> }).collect_view()}</tr> }
    });
    view! {
        <div class="lab-scroll" tabindex="0" role="region" aria-label=label>
            <table class="lab-figures" id=id>
                <caption>{caption}</caption>
                <thead><tr>{head.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Below a drawing. `ticks`: where they are, in per cent of its width, and how they are written.
#[component]
pub fn Ticks(ticks: Vec<(f64, String)>) -> impl IntoView {
    let ticks = ticks.into_iter().map(|(place, text)| {
        // So that the letters stay in the drawing.
        let anchor = match place {
            ..6.0 => "start",
            94.0.. => "end",
            _ => "middle",
        };
        view! { <text x=percent(place) y="1em" text-anchor=anchor>{text}</text> }
    });
    view! { <svg class="lab-axis">{ticks.collect_view()}</svg> }
}

/// `{name}` in these words stands for a value.
pub fn filled(words: &str, value: impl Fn(&str) -> String) -> String {
    let parts = words.split('}').map(|part| match part.split_once('{') {
        Some((text, name)) => format!("{text}{}", value(name)),
        None => part.to_owned(),
    });
    parts.collect()
}

/// `by`: who sends it, in words: "Your demo browser", "A thief, on a device of their own".
///
/// Closed it is one line, which says who was answered what; `open` for the one that decides.
#[component]
pub fn Shown(exchange: Exchange, #[prop(into)] by: String, open: bool) -> impl IntoView {
    let (class, word) = verdict(exchange.status);
    let halves = [("Request", exchange.request), ("Response", exchange.answer)].map(|(what, text)| {
        view! {
            <div class="exchange-half">
                <p class="exchange-word">{what}</p>
                <pre><code>{text}</code></pre>
            </div>
        }
    });
    view! {
        <details class="exchange" open=open>
            <summary>
                <span>{by}</span>
                <span class=class>{format!("{} {word}", exchange.status)}</span>
                <span class="muted">{milliseconds(exchange.microseconds)}</span>
            </summary>
            {halves.collect_view()}
        </details>
    }
}

/// The class of the badge, and the word that says the same without colour.
fn verdict(status: u16) -> (&'static str, &'static str) {
    match status {
        200..300 => ("badge", "accepted"),
        300..400 => ("badge quiet", "redirected"),
        400..500 => ("badge warning", "refused"),
        _ => ("badge warning", "failed"),
    }
}

/// "0.4 ms", "12 ms": as exact as it means something.
pub fn milliseconds(microseconds: u64) -> String {
    match microseconds {
        0..10_000 => format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100),
        _ => format!("{} ms", microseconds / 1000),
    }
}
