//! `/dashboard`. Both sides.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::{Activity, Dashboard, actions::read_dashboard};
use crate::{
    error::AppError,
    sessions::{LiveSession, page::SessionList},
    ui::{
        frame::{Link, Page, Refused},
        when::When,
    },
};

#[component]
pub fn DashboardPage() -> impl IntoView {
    let data = Resource::new_blocking(|| (), |()| read_dashboard());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match data.await {
                    Ok(data) => view! { <Content data /> }.into_any(),
                    Err(AppError::NotLoggedIn) => view! { <Redirect path="/login?next=%2Fdashboard" /> }.into_any(),
                    Err(error) => view! { <Refused error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Content(data: Dashboard) -> impl IntoView {
    let Dashboard { viewer, sessions, activity, member_since } = data;
    let sid = viewer.sid.clone();
    let (here, elsewhere): (Vec<LiveSession>, Vec<LiveSession>) =
        sessions.into_iter().partition(|session| session.sid == sid);
    view! {
        <Page title="Dashboard" heading=format!("Hello, {}", viewer.name)>
            <section class="card" aria-labelledby="account">
                <h2 id="account">"Your account"</h2>
                <dl class="facts">
                    <div><dt>"Name"</dt><dd>{viewer.name.clone()}</dd></div>
                    <div><dt>"E-mail"</dt><dd>{viewer.email.clone()}</dd></div>
                    <div><dt>"Role"</dt><dd>{viewer.role.as_text()}</dd></div>
                    <div><dt>"Member since"</dt><dd><When ms=member_since /></dd></div>
                </dl>
                <p><Link href="/notes" class="button">"Open your notes"</Link></p>
            </section>
            <section class="card" aria-labelledby="here">
                <h2 id="here">"This session"</h2>
                <SessionList sessions=here empty="This session has just ended." />
            </section>
            <section class="card" aria-labelledby="elsewhere">
                <h2 id="elsewhere">"Other devices"</h2>
                <SessionList sessions=elsewhere empty="You are logged in nowhere else." />
            </section>
            <section class="card" aria-labelledby="activity">
                <h2 id="activity">"Recent activity"</h2>
                <ul class="timeline">
                    {activity
                        .into_iter()
                        .map(|Activity { at, words }| view! { <li><span>{words}</span><When ms=at /></li> })
                        .collect_view()}
                </ul>
            </section>
        </Page>
    }
}
