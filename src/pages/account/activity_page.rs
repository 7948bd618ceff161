//! `/account/activity`: what happened to one's account, the newest first. Server side.

use leptos::prelude::*;

use super::PAGES;
use crate::{
    pages::activity::{Entry, page::Timeline},
    ui::{empty::Empty, frame::Page, tabs::Tabs, turn::Turn, when::day},
};

#[component]
pub fn ActivityPage(
    /// The newest first.
    entries: Vec<Entry>,
    /// The event before which the next page begins; `None` on the last one.
    older: Option<String>,
    is_newest: bool,
) -> impl IntoView {
    let nothing = entries.is_empty();
    let newest = (!is_newest).then(|| "/account/activity".to_owned());
    let older = older.map(|id| format!("/account/activity?before={id}"));
    let days: Vec<Vec<Entry>> =
        entries.chunk_by(|one, next| day(one.at) == day(next.at)).map(<[Entry]>::to_vec).collect();
    view! {
        <Page title="Activity">
            <Tabs label="Account" pages=PAGES />
            <p>"Recent activity on your account. See something you don't recognise? Choose “This wasn't me” and we'll log you out everywhere."</p>
            {nothing.then(|| view! { <Empty why="There is no earlier activity." next=Some(("/account/activity", "Show latest activity")) /> })}
            {days.into_iter().map(|entries| view! { <Day entries /> }).collect_view()}
            <Turn first_label="Newest" next_label="Older" first=newest next=older />
        </Page>
    }
}

#[component]
fn Day(entries: Vec<Entry>) -> impl IntoView {
    let name = entries.first().map(|entry| day(entry.at)).unwrap_or_default();
    let id = entries.first().map(|entry| format!("day-{}", entry.id)).unwrap_or_default();
    let (heading, words) = (id.clone(), name.clone());
    view! {
        // The script that knows the reader's zone puts the events below other days, where they belong to those there.
        <section class="card" aria-labelledby=heading data-day=name>
            <h2 id=id>{words} " " <small class="muted">"UTC"</small></h2>
            <Timeline entries />
        </section>
    }
}
