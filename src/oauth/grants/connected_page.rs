//! `/account/connected`: what applications may do for a user, and the end of it. Plain forms. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::store::GrantRow;
use crate::{
    base::{caller::device_words, text::isolated},
    oauth::{actions::DisconnectApp, clients::apps_page::Outcome, scope::Scopes},
    pages::account::PAGES,
    ui::{
        draw::Draw,
        empty::Empty,
        form::ButtonForm,
        frame::{Card, Link, Page},
        notice::RefusedNotice,
        tabs::Tabs,
        when::{Ago, When},
    },
};

/// What one application may do, over all of its grants.
#[derive(Clone, Debug)]
pub struct Connected {
    pub name: String,
    /// The last used, as old as the first.
    pub grant: GrantRow,
    pub scopes: Scopes,
    /// `false` after a logout: it won't ask again.
    pub has_access: bool,
}

#[component]
pub fn ConnectedPage(
    /// The last used first.
    connected: Vec<Connected>,
    /// Whether the user has registered applications, or may.
    registers: bool,
) -> impl IntoView {
    view! {
        <Page title="Connected applications">
            <Tabs label="Account" pages=PAGES />
            <Outcome />
            <RefusedNotice />
            {if connected.is_empty() {
                view! { <Empty why="No application has access to your account." /> }.drawn()
            } else {
                connected.into_iter().map(|connected| view! { <One connected /> }).collect_view().drawn()
            }}
            {registers.then(|| view! {
                <Card id="own" heading="Your applications">
                    <p>"Applications that you register log users in here, or call the API for them."</p>
                    <p><Link href="/account/apps" class="button">"Your applications"</Link></p>
                </Card>
            })}
        </Page>
    }
}

/// On the page of the user's devices. Nothing stands there for who has none of it.
#[component]
pub fn ConnectedDevices(
    /// The name of each program, and what it was allowed on a device. The last used first.
    rows: Vec<(String, GrantRow)>,
) -> impl IntoView {
    (!rows.is_empty()).then(|| view! {
        <Card id="with-access" heading="Applications with access">
            <p class="help">"They stay connected when you log out of a browser, and for 30 days after their last use."</p>
            <ul class="sessions">{rows.into_iter().map(|(name, grant)| view! { <DeviceRow name grant /> }).collect_view()}</ul>
        </Card>
    })
}

#[component]
fn DeviceRow(name: String, grant: GrantRow) -> impl IntoView {
    let device = device_words(&grant.user_agent);
    view! {
        <li class="session">
            <strong><bdi>{name.clone()}</bdi></strong>
            <span>{device.clone()}</span>
            <span>{grant.ip.clone()}</span>
            <span>"Last used "<Ago ms=grant.last_used_at.unwrap_or(grant.created_at) /></span>
            <span>"Connected "<Ago ms=grant.created_at /></span>
            <ButtonForm action=DisconnectApp::PATH fields=vec![("id", grant.client_id), ("grant", grant.id)]>
                "Disconnect"<span class="visually-hidden">{format!(" {}, {device}, {}", isolated(&name), grant.ip)}</span>
            </ButtonForm>
        </li>
    }
}

#[component]
fn One(connected: Connected) -> impl IntoView {
    let Connected { name, grant, scopes, has_access } = connected;
    let (id, since, last_used_at) = (grant.client_id, grant.created_at, grant.last_used_at.unwrap_or(grant.created_at));
    let (heading, labelled_by) = (format!("app-{id}"), format!("app-{id}"));
    view! {
        <section class="card" aria-labelledby=labelled_by>
            <h2 id=heading><bdi>{name.clone()}</bdi></h2>
            <ul>{scopes.sentences().into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul>
            {(!has_access).then(|| view! { <p>"You're logged out there. When you log in again, it won't ask for this again."</p> })}
            <p class="help">"Connected on "<When ms=since />" · Last used "<Ago ms=last_used_at /></p>
            <ButtonForm action=DisconnectApp::PATH fields=vec![("id", id)] form_class="act" class="button danger">
                "Disconnect"<span class="visually-hidden">" "<bdi>{name}</bdi></span>
            </ButtonForm>
        </section>
    }
}
