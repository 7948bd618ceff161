//! `/admin/users/{id}`: one person, what is live of them, what happened, and what can be done about it. Server side.

use leptos::prelude::*;

use super::{
    Act, PAGES, Person, ReceiptNotice,
    audit_log::words::{details, sentence},
    may_act,
    phrase::Words,
};
use crate::{
    audit::log::store::{EventRow, LogRow},
    auth::sessions::LiveSession,
    ui::{
        draw::{Content, Draw},
        empty::Empty,
        frame::{Card, Link, Page},
        session_list::SessionFacts,
        tabs::Tabs,
        when::Ago,
    },
};

#[component]
pub fn UserPage(
    person: Person,
    sessions: Vec<LiveSession>,
    /// The newest first.
    happened: Vec<LogRow>,
    is_self: bool,
) -> impl IntoView {
    let (id, acts) = (person.user.id.clone(), person.acts(is_self));
    let in_log = format!("/admin/audit?subject={id}");
    view! {
        <Page title="User" heading=person.user.name.clone()>
            <Tabs label="Administration" pages=PAGES />
            <ReceiptNotice user_id=id.clone() />
            <Card id="person" heading="Account">
                <Facts person />
            </Card>
            {may_act().then(|| view! { <Acts id=id.clone() acts is_self /> })}
            <Card id="sessions" heading="Active sessions">
                <Sessions id sessions />
            </Card>
            <Card id="happened" heading="Recent activity">
                <Log happened />
                <p><Link href=in_log>"View all in audit log"</Link></p>
            </Card>
        </Page>
    }
}

#[component]
fn Facts(person: Person) -> impl IntoView {
    let Person { user, last_seen_at, disabled, no_password, factor_since } = person;
    let (role, confirmed, waits, gave_way) =
        (user.role(), user.verified_at.is_some(), user.waiting_since.is_some(), user.gave_way());
    let state = match disabled {
        Some(before) => view! {
            <span class="badge warning">"Disabled"</span> " by " {before.by} ", " <Ago ms=before.at />
            {(!before.reason.is_empty()).then(|| format!(": “{}”", before.reason))}
            {gave_way.then_some(" Another account now uses this email address.")}
        }
        .drawn(),
        None if waits => "Waiting for the email address to be confirmed".drawn(),
        None => view! { <span class="badge">"Active"</span> }.drawn(),
    };
    view! {
        <dl class="facts">
            <Fact name="Email">
                {user.email} " " {(!confirmed).then(|| view! { <span class="badge warning">"Email not confirmed"</span> })}
            </Fact>
            <Fact name="Role">{role.words()}</Fact>
            <Fact name="State">{state}</Fact>
            {no_password.then(|| view! {
                <Fact name="Password">"Removed by a reset. The user can choose a new one with the link we emailed."</Fact>
            })}
            <Fact name="Two-factor authentication">
                {factor_since.map_or_else(|| "Off".drawn(), |ms| view! { "On since " <Ago ms /> }.drawn())}
            </Fact>
            <Fact name="Created"><Ago ms=user.created_at /></Fact>
            <Fact name="Last seen">
                {last_seen_at.map_or_else(|| "Not in the last 30 days".drawn(), |ms| view! { <Ago ms /> }.drawn())}
            </Fact>
            <Fact name="ID"><code>{user.id}</code></Fact>
        </dl>
    }
}

#[component]
fn Fact(name: &'static str, children: Content) -> impl IntoView {
    view! { <div><dt>{name}</dt><dd class="any-break">{children.drawn()}</dd></div> }
}

#[component]
fn Acts(id: String, acts: Vec<Act>, is_self: bool) -> impl IntoView {
    view! {
        <Card id="acts" heading="Actions">
            <ul class="acts">
                {acts
                    .into_iter()
                    .map(|act| view! {
                        <li>
                            <Link href=act.page(&id) class="button">{act.label()}</Link>
                            <span class="help">{act.purpose()}</span>
                        </li>
                    })
                    .collect_view()}
            </ul>
            {is_self.then(|| view! {
                <p class="help">"This is your own account. To delete it, go to " <Link href="/account/data">"Data and privacy"</Link>"."</p>
            })}
        </Card>
    }
}

#[component]
fn Sessions(id: String, sessions: Vec<LiveSession>) -> impl IntoView {
    if sessions.is_empty() {
        return view! { <Empty why="No active sessions." /> }.drawn();
    }
    let may_act = may_act();
    view! {
        <ul class="sessions">
            {sessions
                .into_iter()
                .map(|session| {
                    let href = Act::LogOut.page_of_session(&id, &session.sid);
                    let which = format!(": {}, {}", session.device, session.ip);
                    view! {
                        <li class="session">
                            <SessionFacts session />
                            {may_act.then(|| view! {
                                <Link href class="button">"End session"<span class="visually-hidden">{which}</span></Link>
                            })}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .drawn()
}

/// Who did what, from where and why.
#[component]
fn Log(happened: Vec<LogRow>) -> impl IntoView {
    view! {
        <ul class="timeline">
            {happened
                .into_iter()
                .map(|entry| {
                    let what = sentence(&entry).into_iter().map(|phrase| view! { <Words phrase /> }).collect_view();
                    let mut rest = details(&entry);
                    let EventRow { at, reason, device, ip, .. } = entry.row;
                    let reason = if reason.is_empty() { reason } else { format!("“{reason}”") };
                    rest.extend([reason, device, ip].into_iter().filter(|part| !part.is_empty()));
                    view! {
                        <li>
                            <span class="any-break">
                                {what}
                                {(!rest.is_empty()).then(|| view! { <br /><span class="help">{rest.join(" · ")}</span> })}
                            </span>
                            <Ago ms=at />
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}
