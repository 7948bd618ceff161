//! Active sessions, as the dashboard, the devices page and the administrator see them. Server side.

use leptos::prelude::*;

use super::{
    draw::Draw,
    empty::Empty,
    when::{Ago, When},
};
use crate::auth::sessions::LiveSession;

#[component]
pub fn SessionList(sessions: Vec<LiveSession>, empty: &'static str) -> impl IntoView {
    if sessions.is_empty() {
        return view! { <Empty why=empty /> }.drawn();
    }
    view! {
        <ul class="sessions">
            {sessions
                .into_iter()
                .map(|session| view! { <li class="session"><SessionFacts session /></li> })
                .collect_view()}
        </ul>
    }
    .drawn()
}

/// Which device, from where, since when.
#[component]
pub fn SessionFacts(session: LiveSession) -> impl IntoView {
    view! {
        <strong>{session.device}</strong>
        <span>{session.ip}</span>
        <span>"Active "<Ago ms=session.last_seen_at /></span>
        <span>"Logged in "<Ago ms=session.created_at /></span>
        {session.remembered.then(|| view! { <span>"Stays logged in until "<When ms=session.expires_at /></span> })}
    }
}
