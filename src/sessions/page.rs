//! A list of live sessions, as the dashboard and the administrator see it. Both sides.

use leptos::prelude::*;

use super::LiveSession;
use crate::ui::when::When;

#[component]
pub fn SessionList(sessions: Vec<LiveSession>, empty: &'static str) -> impl IntoView {
    if sessions.is_empty() {
        return view! { <p class="empty">{empty}</p> }.into_any();
    }
    view! {
        <ul class="sessions">
            {sessions
                .into_iter()
                .map(|session| {
                    view! {
                        <li class="session">
                            <strong>{session.device}</strong>
                            <span>{session.ip}</span>
                            <span>"last seen "<When ms=session.last_seen_at /></span>
                            <span>"since "<When ms=session.created_at /></span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}
