//! The list of applications. Server side.

use leptos::prelude::*;

use super::{Client, page_of};
use crate::{
    oauth::addresses::CONNECTED,
    pages::{account, admin},
    ui::{
        draw::Draw,
        empty::Empty,
        frame::{Link, Page},
        notice::OutcomeNotice,
        table::{Cell, Row, Table},
        tabs::Tabs,
        when::Ago,
    },
    web::page::typed,
};

/// Of those of everyone.
pub const LISTED_MAX: u8 = 200;

#[component]
pub fn AppsPage(
    /// The newest first.
    apps: Vec<Client>,
    may_register: bool,
    /// The page of administrators.
    of_everyone: bool,
) -> impl IntoView {
    let (label, pages) = if of_everyone { ("Administration", admin::PAGES) } else { ("Account", account::PAGES) };
    let is_cut = apps.len() >= usize::from(LISTED_MAX);
    let columns: &[&str] = &["Application", "Kind", "State", "Owner", "Registered", "Last used"];
    view! {
        <Page title=if of_everyone { "Applications" } else { "Your applications" }>
            <Tabs label pages below=CONNECTED />
            <Outcome />
            <p>"These applications log users in here, or call the API for them."</p>
            {if apps.is_empty() {
                view! { <Empty why="No applications are registered." /> }.drawn()
            } else {
                view! {
                    <Table label="Applications" columns>{apps.into_iter().map(|app| view! { <AppRow app /> }).collect_view()}</Table>
                }.drawn()
            }}
            {is_cut.then(|| view! { <p class="help">"Only the newest 200 are listed. On the server “latchkey clients list” lists all of them."</p> })}
            {match (may_register, of_everyone) {
                (true, _) => view! { <p><Link href="/account/apps/new" class="button primary">"Register an application"</Link></p> }.drawn(),
                (false, false) => view! { <p class="help">"Administrators register applications here."</p> }.drawn(),
                (false, true) => ().drawn(),
            }}
        </Page>
    }
}

#[component]
fn AppRow(app: Client) -> impl IntoView {
    let (is_active, comes_along) = (app.is_active(), app.comes_along());
    let Client { id, name, kind, owner_name, created_at, last_used_at, .. } = app;
    view! {
        <Row>
            // Two may have one name, and two of one minute begin alike.
            <Cell label="Application">
                <Link href=page_of(&id)><bdi>{name}</bdi></Link>
                <span class="muted any-break">{id}</span>
            </Cell>
            <Cell label="Kind">{kind.words()}</Cell>
            <Cell label="State"><StateBadge is_active /></Cell>
            <Cell label="Owner">{owner_name}</Cell>
            <Cell label="Registered">{if comes_along { "with Latchkey".drawn() } else { view! { <Ago ms=created_at /> }.drawn() }}</Cell>
            <Cell label="Last used">{last_used_at.map(|ms| view! { <Ago ms /> }.drawn()).unwrap_or_else(|| "never".drawn())}</Cell>
        </Row>
    }
}

#[component]
pub fn StateBadge(is_active: bool) -> impl IntoView {
    let (class, words) = if is_active { ("badge", "Active") } else { ("badge warning", "Disabled") };
    view! { <span class=class>{words}</span> }
}

/// What the act on the page before this one did.
#[component]
pub fn Outcome() -> impl IntoView {
    let words = match &*typed().get("app") {
        "registered" => "Application registered.",
        "changed" => "Application changed.",
        "less" => "Application changed. Its access tokens have been revoked. New ones bring what's left.",
        "secret" => "New secret created. The other one still works.",
        "key" => "Public key added. What the application signs with its private key works now.",
        "removed" => "Removed. It no longer works.",
        "disabled" => "Application disabled. Its tokens have been revoked.",
        "enabled" => "Application enabled.",
        "deleted" => "Application deleted. Its tokens have been revoked.",
        "disconnected" => "Application disconnected. It no longer has access to your account.",
        _ => return None,
    };
    Some(view! { <OutcomeNotice words /> })
}
