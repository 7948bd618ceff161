//! The page of an application. It works without JavaScript. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    Client, RS256,
    app_form::{Change, ExpiryField},
    apps_page::{Outcome, StateBadge},
    assertion::algorithm_of,
    calls,
    calls::Calls,
    store::SecretRow,
};
use crate::{
    base::{
        DAY_MS,
        error::Field,
        number::{counted, grouped},
        text::isolated,
    },
    oauth::{
        actions::{AddAppKey, AddAppSecret, ChangeApp, DeleteApp, DisableApp, EnableApp, RemoveAppSecret},
        addresses::CONNECTED,
    },
    pages::account,
    ui::{
        code::CodeBlock,
        draw::Draw,
        field::{LinesField, TextField},
        form::{ButtonForm, Form, Here, ProofField, SubmitButton},
        frame::{Card, Page},
        notice::{Notice, RefusedNotice},
        table::{Cell, Row, Table},
        tabs::Tabs,
        when::{Ago, Now, When, day},
    },
    web::page::{Held, refused, refused_by, typed},
};

#[component]
pub fn AppPage(
    client: Client,
    secrets: Vec<SecretRow>,
    /// Created by the act before this page, and shown now alone.
    new_secret: Option<String>,
    may_change: bool,
    /// Logout notices that it has not taken yet.
    waiting: i64,
    /// Its back-channel address isn't public, and the server calls no other.
    never_told: bool,
    calls: Calls,
) -> impl IntoView {
    // What is wrong in a form stands there.
    let in_form = [ChangeApp::PATH, AddAppKey::PATH, DeleteApp::PATH].into_iter().find_map(refused_by);
    let problem = refused().filter(|_| in_form.is_none());
    let id = client.id.clone();
    view! {
        <Page title="Application" heading=isolated(&client.name)>
            <Tabs label="Account" pages=account::PAGES below=CONNECTED />
            <Outcome />
            <RefusedNotice error=problem />
            {new_secret.map(|secret| view! {
                <Notice kind="warning"><p>"Copy the secret now. We don't show it again."</p></Notice>
                <CodeBlock text=secret what="the secret of the application" />
            })}
            <Details client=client.clone() waiting never_told calls />
            {client.kind.has_secret().then(|| view! { <Secrets id=id.clone() secrets may_change /> })}
            {(may_change && !client.is_ours()).then(|| view! { <Change client=client.clone() /> })}
            {may_change.then(|| view! { <Disable id=id.clone() is_disabled=client.disabled_at.is_some() /> })}
            {(may_change && !client.is_ours()).then(|| view! { <Delete id name=client.name /> })}
        </Page>
    }
}

#[component]
fn Details(client: Client, waiting: i64, never_told: bool, calls: Calls) -> impl IntoView {
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    view! {
        <Card id="facts" heading="Details">
            <dl class="facts">
                <div><dt>"Client ID"</dt><dd><code>{client.id.clone()}</code></dd></div>
                <div><dt>"Kind"</dt><dd>{client.kind.words()}</dd></div>
                <div><dt>"State"</dt><dd><StateBadge is_active=client.is_active() /></dd></div>
                <div><dt>"Owner"</dt><dd>{client.owner_name.clone()}</dd></div>
                <div><dt>"Registered"</dt><dd>{match client.comes_along() {
                    true => "It comes with Latchkey.".drawn(),
                    false => view! { <When ms=client.created_at /> }.drawn(),
                }}</dd></div>
                <div><dt>"Redirect addresses"</dt><dd>{or_none(client.redirects.join(", "))}</dd></div>
                <div><dt>"Logout addresses"</dt><dd>{or_none(client.logouts.join(", "))}</dd></div>
                <div><dt>"Back-channel logout address"</dt><dd>{or_none(client.backchannel_logout_uri.clone())}</dd></div>
                {(!client.backchannel_logout_uri.is_empty()).then(|| view! {
                    <div><dt>"Logout notices"</dt><dd><Notices client=client.clone() waiting /></dd></div>
                })}
                <div><dt>"Scopes"</dt><dd>{or_none(client.scopes.text())}</dd></div>
                {(client.id_token_alg == RS256).then(|| view! { <div><dt>"Algorithm of ID tokens"</dt><dd>{RS256}</dd></div> })}
                <div><dt>"API calls"</dt><dd>{calls::words(&calls)}</dd></div>
            </dl>
            {(calls != Calls::default()).then(|| view! { <Days calls /> })}
            {never_told.then(|| view! { <Notice kind="warning">"We can't tell the application of logouts: its back-channel logout address isn't public. LATCHKEY_CALL_PRIVATE_ADDRESSES=true on the server allows private addresses."</Notice> })}
        </Card>
    }
}

/// The days are those of UTC, wherever the reader is.
#[component]
fn Days(calls: Calls) -> impl IntoView {
    let Now(now) = use_context().unwrap_or(Now(0));
    let rows = calls.into_iter().zip(0..).map(move |(calls, ago)| {
        view! {
            <Row>
                <Cell label="Day (UTC)">{day(now - ago * DAY_MS)}</Cell>
                <Cell label="API calls">{grouped(calls)}</Cell>
            </Row>
        }
    });
    view! { <Table label="API calls" columns=&["Day (UTC)", "API calls"]>{rows.collect_view()}</Table> }
}

/// How the last one went, and how many wait.
#[component]
fn Notices(client: Client, waiting: i64) -> impl IntoView {
    let last = match (client.notice_at, client.notice_failure) {
        (None, _) => "None sent yet.".drawn(),
        (Some(ms), None) => view! { "Last sent "<Ago ms />"." }.drawn(),
        (Some(ms), Some(why)) => view! { "Failed "<Ago ms />": "{why}"." }.drawn(),
    };
    let wait = counted(waiting, "notice waits", "notices wait");
    view! {
        {last}
        {(waiting > 0).then(|| format!(" {wait}. We try for a day."))}
    }
}

#[component]
fn Secrets(id: String, secrets: Vec<SecretRow>, may_change: bool) -> impl IntoView {
    let has_room = secrets.len() < 2;
    let Now(now) = use_context().unwrap_or(Now(0));
    let working = secrets.iter().filter(|row| !row.has_expired(now)).count();
    let rows = secrets.into_iter().map(|row| {
        let has_expired = row.has_expired(now);
        let is_needed = may_change && working == 1 && !has_expired;
        let SecretRow { prefix, created_at, expires_at, public_key } = row;
        let id = id.clone();
        let (what, begins, algorithm) = match public_key {
            Some(jwk) => ("public key", prefix.clone(), format!("Public key, {} ", algorithm_of(&jwk))),
            None => ("secret", format!("{prefix}…"), String::new()),
        };
        view! {
            <li class="session">
                <span>{algorithm}<code>{begins.clone()}</code></span>
                <span>"Created "<Ago ms=created_at /></span>
                <span>{match expires_at {
                    None => "Never expires".drawn(),
                    Some(ms) if has_expired => view! { "Expired "<Ago ms /> }.drawn(),
                    Some(ms) => view! { "Expires on "<When ms /> }.drawn(),
                }}</span>
                {is_needed.then(|| view! { <span>"If you remove it, the application can't authenticate any more."</span> })}
                {may_change.then(|| view! {
                    <ButtonForm action=RemoveAppSecret::PATH fields=vec![("id", id), ("prefix", prefix)] confirm_label=format!("Remove {what}")>
                        "Remove"<span class="visually-hidden">{format!(" {what} {begins}")}</span>
                    </ButtonForm>
                })}
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <Card id="secrets" heading="Secrets and keys">
            <p class="help">"Two can work at a time: create the second, change your application, then remove the first."</p>
            <ul class="sessions">{rows}</ul>
            {(may_change && has_room).then(|| view! {
                <form method="post" action=AddAppSecret::PATH class="act form">
                    <Here />
                    <input type="hidden" name="id" value=id.clone() />
                    <ExpiryField chosen=String::new() />
                    <button type="submit" class="button" name=Held::BUTTON value="Create secret">"Create secret"</button>
                </form>
                <Form action=AddAppKey::PATH before=refused_by(AddAppKey::PATH)>
                    <input type="hidden" name="id" value=id />
                    <LinesField
                        name="public_key" label="Public key" field=Field::PublicKey value=typed().get("public_key")
                        help="As PEM or JWK. Your application signs with the private key (private_key_jwt), so there's no secret to send."
                    />
                    <ProofField id="password-for-key" />
                    <SubmitButton label="Add public key" pending_label="Adding…" />
                </Form>
            })}
        </Card>
    }
}

#[component]
fn Disable(id: String, is_disabled: bool) -> impl IntoView {
    let (action, label, class) = match is_disabled {
        true => (EnableApp::PATH, "Enable application", "button"),
        false => (DisableApp::PATH, "Disable application", "button danger"),
    };
    view! {
        <Card id="disable" heading="Disable" danger=true>
            <p>"A disabled application gets no tokens, and those it has are revoked."</p>
            <ButtonForm action fields=vec![("id", id)] form_class="act" class confirm_label=label>{label}</ButtonForm>
        </Card>
    }
}

#[component]
fn Delete(id: String, name: String) -> impl IntoView {
    view! {
        <Card id="delete" heading="Delete" danger=true>
            <p>"This revokes the application's tokens and removes all access that users have allowed. You can't undo it."</p>
            <p>"To confirm, type "<strong class="any-break"><bdi>{name}</bdi></strong>"."</p>
            <Form action=DeleteApp::PATH before=refused_by(DeleteApp::PATH)>
                <input type="hidden" name="id" value=id />
                <TextField
                    name="confirmation" label="Application name" field=Field::Confirmation autocomplete="off" value=typed().get("confirmation")
                    help="This makes sure you don't delete the wrong application."
                />
                <ProofField id="password-for-deletion" />
                <SubmitButton label="Delete application" pending_label="Deleting…" class="button danger" />
            </Form>
        </Card>
    }
}
