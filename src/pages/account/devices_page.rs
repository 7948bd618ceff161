//! `/account/devices`: where one is logged in, and the way to end it. Plain forms, so it works without JavaScript.
//! Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES,
    actions::{EndOtherSessions, EndSession},
};
use crate::{
    auth::sessions::LiveSession,
    base::number::counted,
    pages::login::actions::LogOut,
    ui::{
        draw::{Content, Draw},
        empty::Empty,
        form::ButtonForm,
        frame::{Card, Link, Page},
        notice::{OutcomeNotice, RefusedNotice},
        session_list::SessionFacts,
        tabs::Tabs,
    },
    web::page::typed,
};

#[component]
pub fn DevicesPage(
    /// The session of this browser; `None` only when it has ended at this moment.
    here: Option<LiveSession>,
    /// The others, the last used first.
    elsewhere: Vec<LiveSession>,
    /// So many sessions one may have at once.
    limit: i64,
    /// Of the parts.
    more: Vec<Content>,
) -> impl IntoView {
    view! {
        <Page title="Devices">
            <Tabs label="Account" pages=PAGES />
            <Outcome />
            <RefusedNotice />
            <Card id="here" heading="This device">
                {match here {
                    Some(session) => view! { <div class="session"><SessionFacts session /></div> }.drawn(),
                    None => view! { <Empty why="This session has just ended." /> }.drawn(),
                }}
                <ButtonForm action=LogOut::PATH form_class="act">"Log out this device"</ButtonForm>
            </Card>
            <Card id="elsewhere" heading="Other devices">
                <Others sessions=elsewhere />
                <p class="help">{format!(
                    "You can be logged in on {limit} devices. If you log in on another, the one you haven't used for longest is logged out."
                )}</p>
            </Card>
            {more.into_iter().map(Content::drawn).collect_view()}
        </Page>
    }
}

#[component]
fn Others(sessions: Vec<LiveSession>) -> impl IntoView {
    if sessions.is_empty() {
        return view! { <Empty why="You're not logged in on any other device." /> }.drawn();
    }
    view! {
        <p>"Don't recognise a device? Log it out and "<Link href="/account/password">"change your password"</Link>"."</p>
        <ul class="sessions">
            {sessions.into_iter().map(|session| view! { <li class="session"><Other session /></li> }).collect_view()}
        </ul>
        <ButtonForm action=EndOtherSessions::PATH form_class="act" class="button danger" confirm_label="Log out all other devices">
            "Log out all other devices"
        </ButtonForm>
    }
    .drawn()
}

#[component]
fn Other(session: LiveSession) -> impl IntoView {
    let (sid, words) = (session.sid.clone(), format!(" {}, {}", session.device, session.ip));
    view! {
        <SessionFacts session />
        <ButtonForm action=EndSession::PATH fields=vec![("sid", sid)] confirm_label="Log out device">
            "Log out"<span class="visually-hidden">{words}</span>
        </ButtonForm>
    }
}

#[component]
fn Outcome() -> impl IntoView {
    let typed = typed();
    let count = |name: &str| typed.get(name).parse::<u64>().ok();
    let words = match (count("changed"), count("ended")) {
        (Some(0), _) => "Password changed. You weren't logged in on any other device.".to_owned(),
        (Some(n), _) => format!("Password changed. You're logged out on {}.", other_devices(n)),
        (None, Some(0)) => "That device was already logged out.".to_owned(),
        (None, Some(n)) => format!("You're logged out on {}.", other_devices(n)),
        (None, None) => return None,
    };
    Some(view! { <OutcomeNotice words /> })
}

fn other_devices(n: u64) -> String {
    counted(n, "other device", "other devices")
}
