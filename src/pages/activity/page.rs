//! The line of time, as the dashboard and the activity page show it. Server side.

use leptos::prelude::*;

use super::{Entry, Tone};
use crate::ui::{
    frame::Link,
    when::{Ago, TimeOfDay},
};

/// The short one: what and when.
#[component]
pub fn ShortTimeline(entries: Vec<Entry>) -> impl IntoView {
    view! {
        <ul class="timeline">
            {entries
                .into_iter()
                .map(|entry| view! { <li class=class(entry.tone)><span>{entry.words}</span><Ago ms=entry.at /></li> })
                .collect_view()}
        </ul>
    }
}

/// Everything that is known, and the way to say that it was someone else. The day stands above.
#[component]
pub fn Timeline(entries: Vec<Entry>) -> impl IntoView {
    view! {
        <ul class="timeline full">
            {entries
                .into_iter()
                .map(|entry| {
                    let class = class(entry.tone);
                    view! { <li class=class><Line entry /></li> }
                })
                .collect_view()}
        </ul>
    }
}

#[component]
fn Line(entry: Entry) -> impl IntoView {
    let from = entry.from_where();
    let Entry { id, at, words, here, deniable, .. } = entry;
    view! {
        <TimeOfDay ms=at />
        <p class="what">
            {words.clone()} " "
            {here.then(|| view! { <span class="badge">"This device"</span> })}
        </p>
        {(!from.is_empty()).then(|| view! { <p class="from">{from}</p> })}
        {deniable.then(|| view! {
            <Link href=format!("/not-me?event={id}") class="button quiet">
                "This wasn't me"<span class="visually-hidden">{format!(": {words}")}</span>
            </Link>
        })}
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Quiet => "quiet",
        Tone::Plain => "",
        Tone::Alarm => "alarm",
    }
}
