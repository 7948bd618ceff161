//! `/admin/sessions`: find live sessions. What is asked for is in the address, so it works without JavaScript and can
//! be shared. Server side.

use leptos::prelude::*;

use super::{Age, SessionRow, SessionsAsked};
use crate::{
    auth::sessions::everyone::store::Sweep,
    base::number::{counted, grouped},
    pages::admin::{Act, PAGES, ReceiptNotice, may_act, search::SearchField},
    ui::{
        draw::Draw,
        empty::Empty,
        field::SelectField,
        frame::{Card, Link, Page},
        table::{Cell, Row, Table},
        tabs::Tabs,
        turn,
        turn::Turn,
        when::Ago,
    },
    web::page::typed,
};

pub const PATH: &str = "/admin/sessions";

#[component]
pub fn SessionsPage(
    asked: SessionsAsked,
    /// What was not understood: nothing is shown then.
    problem: Option<&'static str>,
    rows: Vec<SessionRow>,
    /// Where the next page begins; `None` on the last one.
    next: Option<String>,
    /// More people are meant than are looked at.
    too_many_people: bool,
    /// How far the tombstones have followed the last time that everyone was logged out.
    progress: Option<Sweep>,
) -> impl IntoView {
    let is_filtered = asked != SessionsAsked::default();
    let next = next.map(|after| address(&SessionsAsked { after, ..asked.clone() }));
    let first = (!asked.after.is_empty()).then(|| address(&SessionsAsked { after: String::new(), ..asked.clone() }));
    let shown = format!("{} on this page", counted(rows.len(), "active session", "active sessions"));
    let none = problem.unwrap_or(if is_filtered { "No active sessions match." } else { "No one is logged in." });
    view! {
        <Page title="Sessions" heading="Active sessions".to_owned()>
            <Tabs label="Administration" pages=PAGES />
            <ReceiptNotice />
            {progress.map(|progress| view! { <Marking progress /> })}
            <Filter asked />
            {too_many_people.then(|| view! {
                <p class="help">"Many users match. Showing the sessions of 20 of them. Enter more of the name or email."</p>
            })}
            {match rows.is_empty() {
                true => view! { <Empty why=none next=is_filtered.then_some((PATH, "Clear filters")) /> }.drawn(),
                false => view! { <p class="help">{shown}", newest first"</p> <SessionTable rows /> }.drawn(),
            }}
            <Turn first next />
            {may_act().then(|| view! { <Everyone /> })}
        </Page>
    }
}

#[component]
fn Everyone() -> impl IntoView {
    view! {
        <Card id="everyone" heading="Log everyone out" danger=true>
            <p>"Logs out every user on every device and revokes all tokens. Use this in an emergency."</p>
            <p><Link href="/admin/sessions/everyone" class="button danger">"Log everyone out…"</Link></p>
        </Card>
    }
}

fn address(asked: &SessionsAsked) -> String {
    let SessionsAsked { person, ip, age, after } = asked;
    turn::address(PATH, &[("person", person), ("ip", ip), ("age", age), ("after", after)])
}

#[component]
fn Filter(asked: SessionsAsked) -> impl IntoView {
    let ages = Age::ALL.map(|(value, words, _)| (value, words)).to_vec();
    view! {
        <form class="filter" method="get" action=PATH role="search">
            <SearchField name="person" label="User" value=asked.person />
            <SearchField name="ip" label="IP address" value=asked.ip />
            <SelectField name="age" label="Started" options=ages chosen=asked.age />
            <button type="submit" class="button">"Search"</button>
        </form>
    }
}

#[component]
fn SessionTable(rows: Vec<SessionRow>) -> impl IntoView {
    let columns: &[&str] = match may_act() {
        true => &["User", "Device", "IP address", "Started", "Last seen", "Action"],
        false => &["User", "Device", "IP address", "Started", "Last seen"],
    };
    view! {
        <Table label="Active sessions" columns=columns>{rows.into_iter().map(|row| view! { <TableRow row /> }).collect_view()}</Table>
    }
}

#[component]
fn TableRow(row: SessionRow) -> impl IntoView {
    let SessionRow { session, user_id, name, email } = row;
    let end = Act::LogOut.page_of_session(&user_id, &session.sid);
    let whose = format!(" of {name}: {}, {}", session.device, session.ip);
    let same_address = address(&SessionsAsked { ip: session.ip.clone(), ..SessionsAsked::default() });
    view! {
        <Row>
            <Cell label="User">
                <Link href=format!("/admin/users/{user_id}")>{name}</Link>
                <span class="muted any-break">{email}</span>
            </Cell>
            <Cell label="Device">
                {session.device}
                {session.remembered.then(|| view! { " " <span class="badge">"Remembered"</span> })}
            </Cell>
            <Cell label="IP address"><Link href=same_address>{session.ip}</Link></Cell>
            <Cell label="Started"><Ago ms=session.created_at /></Cell>
            <Cell label="Last seen"><Ago ms=session.last_seen_at /></Cell>
            {may_act().then(|| view! {
                <Cell label="Action">
                    <Link href=end class="button">"End session"<span class="visually-hidden">{whose}</span></Link>
                </Cell>
            })}
        </Row>
    }
}

/// The tombstones follow what has been dead for a while already.
#[component]
fn Marking(progress: Sweep) -> impl IntoView {
    let Sweep { marked, sessions, .. } = progress;
    let words = match sessions {
        Some(sessions) => {
            format!("Updating records: {} of about {}. Users can log in.", grouped(marked), grouped(sessions))
        }
        None => "Updating records: counting sessions. Users can log in.".to_owned(),
    };
    let most = sessions.unwrap_or_default().max(1);
    view! {
        <Card id="marking" heading="Everyone is logged out">
            <p>{words}</p>
            <progress max=most value=marked.min(most) aria-labelledby="marking"></progress>
            // Not while there is a receipt to read: the next page has it no more.
            {if typed().get("receipt").is_empty() {
                view! { <LookAgain /> }.drawn()
            } else {
                view! { <p><Link href=PATH>"Refresh"</Link></p> }.drawn()
            }}
        </Card>
    }
}

/// Has the page loaded anew every two seconds, until someone stops it (WCAG 2.2.2). Without JavaScript there is the link.
#[component]
fn LookAgain() -> impl IntoView {
    view! {
        <p>
            <a href=PATH rel="external">"Refresh"</a>
            " "
            <button type="button" class="button quiet with-script" data-looks-again="">
                "Stop refreshing every 2 seconds"
            </button>
        </p>
    }
}
