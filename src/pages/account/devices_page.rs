//! `/account/devices`: where one is logged in, and the way to end it. Plain forms, so it works without JavaScript.
//! Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES,
    actions::{EndOtherSessions, EndSession},
};
use crate::{
    auth::sessions::LiveSession,
    pages::login::actions::LogOut,
    ui::{
        empty::Empty,
        form::Here,
        frame::{Link, Page},
        notice::Notice,
        session_list::SessionFacts,
        tabs::Tabs,
    },
    web::page::{Held, refused, typed},
};

#[component]
pub fn DevicesPage(
    /// The session of this browser; `None` only when it has ended at this moment.
    here: Option<LiveSession>,
    /// The others, the last used first.
    elsewhere: Vec<LiveSession>,
    /// So many sessions one may have at once.
    limit: i64,
) -> impl IntoView {
    let problem = refused().map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> });
    view! {
        <Page title="Devices">
            <Tabs label="Account" pages=PAGES />
            <Outcome />
            {problem}
            <section class="card" aria-labelledby="here">
                <h2 id="here">"This device"</h2>
                {match here {
                    Some(session) => view! { <div class="session"><SessionFacts session /></div> }.into_any(),
                    None => view! { <Empty why="This session has just ended." /> }.into_any(),
                }}
                <form method="post" action=LogOut::PATH class="act">
                    <Here />
                    <button type="submit" class="button">"Log out here"</button>
                </form>
            </section>
            <section class="card" aria-labelledby="elsewhere">
                <h2 id="elsewhere">"Other devices"</h2>
                <Others sessions=elsewhere />
                <p class="help">{format!(
                    "You can be logged in {limit} times at once. Beyond that, the session that was unused for longest gives way."
                )}</p>
            </section>
        </Page>
    }
}

#[component]
fn Others(sessions: Vec<LiveSession>) -> impl IntoView {
    if sessions.is_empty() {
        return view! { <Empty why="You are logged in nowhere else." /> }.into_any();
    }
    view! {
        <p>"Do you know all of them? If not, end it here, and then "<Link href="/account/password">"change your password"</Link>"."</p>
        <ul class="sessions">
            {sessions.into_iter().map(|session| view! { <li class="session"><Other session /></li> }).collect_view()}
        </ul>
        <form method="post" action=EndOtherSessions::PATH class="act">
            <Here />
            <button type="submit" class="button danger" name=Held::BUTTON value="End all other sessions">"End all other sessions"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Other(session: LiveSession) -> impl IntoView {
    let (sid, words) = (session.sid.clone(), one_line(&session));
    view! {
        <SessionFacts session />
        <form method="post" action=EndSession::PATH>
            <Here />
            <input type="hidden" name="sid" value=sid />
            <button type="submit" class="button" name=Held::BUTTON value="End the session">
                "End"<span class="visually-hidden">{format!(" the session of {words}")}</span>
            </button>
        </form>
    }
}

fn one_line(session: &LiveSession) -> String {
    format!("{}, {}", session.device, session.ip)
}

/// What the act on the page before this one did.
#[component]
fn Outcome() -> impl IntoView {
    let typed = typed();
    let count = |name: &str| typed.get(name).parse::<u64>().ok();
    let words = match (count("changed"), count("ended")) {
        (Some(0), _) => "Your password is changed. You were logged in nowhere else.".to_owned(),
        (Some(n), _) => format!("Your password is changed, and {} ended.", sessions(n)),
        (None, Some(0)) => "Nothing was left to end: it was over already.".to_owned(),
        (None, Some(1)) => "1 session was ended. Nothing of it is accepted from now on.".to_owned(),
        (None, Some(n)) => format!("{} ended. Nothing of them is accepted from now on.", sessions(n)),
        (None, None) => return None,
    };
    Some(view! {
        <div id="outcome" tabindex="-1" role="status" autofocus>
            <Notice kind="success">{words}</Notice>
        </div>
    })
}

fn sessions(n: u64) -> String {
    if n == 1 { "1 session was".into() } else { format!("{n} sessions were") }
}
