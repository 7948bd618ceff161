//! The pages of applications: a list, the form for a new one, and one of them. They work without JavaScript. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    Client, ClientKind, RS256,
    assertion::algorithm_of,
    calls,
    calls::Calls,
    page_of,
    store::{DAY_MS, SecretRow},
};
use crate::{
    base::{error::Field, text::isolated},
    oauth::{
        actions::{AddAppKey, AddAppSecret, ChangeApp, DeleteApp, DisableApp, EnableApp, RegisterApp, RemoveAppSecret},
        discovery,
        scope::OURS,
    },
    pages::{account, admin},
    ui::{
        code::CodeBlock,
        empty::Empty,
        field::{LinesField, SelectField, TextField},
        form::{Form, Here, ProofField, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
        number::{counted, grouped},
        table::{Cell, Row, Table},
        tabs::Tabs,
        when::{Ago, Now, When, day},
    },
    web::page::{Flash, Held, refused, refused_by, typed},
};

#[component]
pub fn AppsPage(
    /// The newest first.
    apps: Vec<Client>,
    may_register: bool,
    /// The page of administrators.
    of_everyone: bool,
) -> impl IntoView {
    let (label, pages) = if of_everyone { ("Administration", admin::PAGES) } else { ("Account", account::PAGES) };
    let columns: &[&str] = &["Application", "Kind", "State", "Owner", "Registered", "Last used"];
    view! {
        <Page title=if of_everyone { "Applications" } else { "Your applications" }>
            <Tabs label pages />
            <Outcome />
            <p>"These applications log users in here, or call the API for them."</p>
            {if apps.is_empty() {
                view! { <Empty why="No applications are registered." /> }.into_any()
            } else {
                view! {
                    <Table label="Applications" columns>{apps.into_iter().map(|app| view! { <AppRow app /> }).collect_view()}</Table>
                }.into_any()
            }}
            {match (may_register, of_everyone) {
                (true, _) => view! { <p><Link href="/account/apps/new" class="button primary">"Register an application"</Link></p> }.into_any(),
                (false, false) => view! { <p class="help">"Administrators register applications here."</p> }.into_any(),
                (false, true) => ().into_any(),
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
            <Cell label="Application"><Link href=page_of(&id)><bdi>{name}</bdi></Link></Cell>
            <Cell label="Kind">{kind.words()}</Cell>
            <Cell label="State"><StateBadge is_active /></Cell>
            <Cell label="Owner">{owner_name}</Cell>
            <Cell label="Registered">{if comes_along { "with Latchkey".into_any() } else { view! { <Ago ms=created_at /> }.into_any() }}</Cell>
            <Cell label="Last used">{last_used_at.map(|ms| view! { <Ago ms /> }.into_any()).unwrap_or_else(|| "never".into_any())}</Cell>
        </Row>
    }
}

#[component]
fn StateBadge(is_active: bool) -> impl IntoView {
    if is_active {
        view! { <span class="badge">"Active"</span> }
    } else {
        view! { <span class="badge warning">"Disabled"</span> }
    }
}

/// What the act on the page before this one did.
#[component]
fn Outcome() -> impl IntoView {
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
        _ => return None,
    };
    Some(view! {
        <div id="outcome" tabindex="-1" role="status" autofocus>
            <Notice kind="success">{words}</Notice>
        </div>
    })
}

#[component]
pub fn NewAppPage() -> impl IntoView {
    let typed = typed();
    let (kinds, help) =
        (discovery::kinds().collect(), "Web servers and services get a secret. The others can't keep one.");
    view! {
        <Page title="Register an application" narrow=true>
            <Tabs label="Account" pages=account::PAGES />
            <Form action=RegisterApp::PATH>
                <NameField value=typed.get("name") autofocus=true />
                <SelectField name="kind" label="Kind" help options=kinds chosen=typed.get("kind") />
                <AddressFields typed=typed.clone() />
                <ScopesField value=typed.get("scopes") />
                <AlgorithmField chosen=typed.get("id_token_alg") />
                <ExpiryField chosen=typed.get("expires") />
                <ProofField />
                <SubmitButton label="Register application" pending_label="Registering…" class="button primary" />
            </Form>
        </Page>
    }
}

#[component]
fn NameField(value: String, autofocus: bool) -> impl IntoView {
    let help = "Users see it when they're asked to allow access.";
    view! { <TextField name="name" label="Name" field=Field::Name autocomplete="off" autofocus value help /> }
}

#[component]
fn AddressFields(typed: Flash) -> impl IntoView {
    view! {
        <LinesField
            name="redirects" label="Redirect addresses" field=Field::Redirects value=typed.get("redirects")
            help="One a line, at most 10. Users are sent back to these addresses only. https, http://127.0.0.1 or, for an app, com.example.app:/path. A service has none."
        />
        <LinesField
            name="logouts" label="Logout addresses" field=Field::Logouts value=typed.get("logouts")
            help="Where users may be sent after they log out. One a line. You can leave this empty."
        />
        <TextField
            name="backchannel" label="Back-channel logout address" field=Field::Backchannel autocomplete="off" value=typed.get("backchannel")
            help="We tell your server there when a user has been logged out. https, or http://127.0.0.1. You can leave this empty."
        />
    }
}

#[component]
fn ScopesField(value: String) -> impl IntoView {
    let ours = OURS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let help = format!("What it may ask for, with blanks between. Ours are {ours}. A service has words of its own.");
    view! { <TextField name="scopes" label="Scopes" field=Field::Scopes autocomplete="off" value help /> }
}

#[component]
fn AlgorithmField(chosen: String) -> impl IntoView {
    let options = vec![("", "Same as access tokens"), (RS256, RS256)];
    let help = "Choose RS256 if your library expects it. Logout tokens are signed in the same way.";
    view! { <SelectField name="id_token_alg" label="Algorithm of ID tokens" field=Field::IdTokenAlg help options chosen /> }
}

#[component]
fn ExpiryField(chosen: String) -> impl IntoView {
    let options = vec![("", "Never"), ("90", "After 90 days"), ("365", "After 1 year")];
    view! { <SelectField name="expires" label="Secret expires" options chosen /> }
}

/// Everything but the kind. After a refusal it has what was typed.
#[component]
fn Change(client: Client) -> impl IntoView {
    let before = refused_by(ChangeApp::PATH);
    let (redirects, logouts, scopes) = (client.redirects.join("\n"), client.logouts.join("\n"), client.scopes.text());
    let is = match before {
        Some(_) => typed(),
        None => Flash::new(&[
            ("name", &client.name),
            ("redirects", &redirects),
            ("logouts", &logouts),
            ("backchannel", &client.backchannel_logout_uri),
            ("scopes", &scopes),
            ("id_token_alg", &client.id_token_alg),
        ]),
    };
    view! {
        <section class="card" aria-labelledby="change">
            <h2 id="change">"Change application"</h2>
            <p>"What you remove stops working at once: the application's access tokens are revoked, and new ones bring what's left. Users stay connected, unless you remove offline_access."</p>
            <Form action=ChangeApp::PATH before>
                <input type="hidden" name="id" value=client.id />
                <input type="hidden" name="kind" value=client.kind.into_str() />
                <NameField value=is.get("name") autofocus=false />
                {(client.kind != ClientKind::Service).then(|| view! { <AddressFields typed=is.clone() /> })}
                <ScopesField value=is.get("scopes") />
                {(client.kind != ClientKind::Service).then(|| view! { <AlgorithmField chosen=is.get("id_token_alg") /> })}
                <ProofField />
                <SubmitButton label="Change application" pending_label="Changing…" />
            </Form>
        </section>
    }
}

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
    let in_form = [ChangeApp::PATH, AddAppKey::PATH].into_iter().find_map(refused_by);
    let problem = refused().filter(|_| in_form.is_none());
    let problem = problem.map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> });
    let id = client.id.clone();
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    view! {
        <Page title="Application" heading=isolated(&client.name)>
            <Tabs label="Account" pages=account::PAGES />
            <Outcome />
            {problem}
            {new_secret.map(|secret| view! {
                <Notice kind="warning"><p>"Copy the secret now. We don't show it again."</p></Notice>
                <CodeBlock text=secret what="the secret of the application" />
            })}
            <section class="card" aria-labelledby="facts">
                <h2 id="facts">"Details"</h2>
                <dl class="facts">
                    <div><dt>"Client ID"</dt><dd><code>{client.id.clone()}</code></dd></div>
                    <div><dt>"Kind"</dt><dd>{client.kind.words()}</dd></div>
                    <div><dt>"State"</dt><dd><StateBadge is_active=client.is_active() /></dd></div>
                    <div><dt>"Owner"</dt><dd>{client.owner_name.clone()}</dd></div>
                    <div><dt>"Registered"</dt><dd>{match client.comes_along() {
                        true => "It comes with Latchkey.".into_any(),
                        false => view! { <When ms=client.created_at /> }.into_any(),
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
            </section>
            {client.kind.has_secret().then(|| view! { <Secrets id=id.clone() secrets may_change /> })}
            {(may_change && !client.is_ours()).then(|| view! { <Change client=client.clone() /> })}
            {may_change.then(|| view! { <Ends id is_disabled=client.disabled_at.is_some() is_ours=client.is_ours() /> })}
        </Page>
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
        (None, _) => "None sent yet.".into_any(),
        (Some(ms), None) => view! { "Last sent "<Ago ms />"." }.into_any(),
        (Some(ms), Some(why)) => view! { "Failed "<Ago ms />": "{why}"." }.into_any(),
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
    let rows = secrets.into_iter().map(|row| {
        let has_expired = row.has_expired(now);
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
                    None => "Never expires".into_any(),
                    Some(ms) if has_expired => view! { "Expired "<Ago ms /> }.into_any(),
                    Some(ms) => view! { "Expires on "<When ms /> }.into_any(),
                }}</span>
                {may_change.then(|| view! {
                    <form method="post" action=RemoveAppSecret::PATH>
                        <Here />
                        <input type="hidden" name="id" value=id />
                        <input type="hidden" name="prefix" value=prefix />
                        <button type="submit" class="button" name=Held::BUTTON value=format!("Remove {what}")>"Remove"<span class="visually-hidden">{format!(" {what} {begins}")}</span></button>
                    </form>
                })}
            </li>
        }
    });
    view! {
        <section class="card" aria-labelledby="secrets">
            <h2 id="secrets">"Secrets and keys"</h2>
            <p class="help">"Two can work at a time: create the second, change your application, then remove the first."</p>
            <ul class="sessions">{rows.collect_view()}</ul>
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
        </section>
    }
}

#[component]
fn Ends(id: String, is_disabled: bool, is_ours: bool) -> impl IntoView {
    view! {
        <section class="card danger" aria-labelledby="ends">
            <h2 id="ends">{if is_ours { "Disable" } else { "Disable or delete" }}</h2>
            <p>"A disabled application gets no tokens, and those it has are revoked."{(!is_ours).then_some(" Deleting it also removes all access that users have allowed. You can't undo that.")}</p>
            {match is_disabled {
                true => view! { <Act action=EnableApp::PATH id=id.clone() label="Enable application" class="button" /> },
                false => view! { <Act action=DisableApp::PATH id=id.clone() label="Disable application" class="button danger" /> },
            }}
            {(!is_ours).then(|| view! { <Act action=DeleteApp::PATH id label="Delete application" class="button danger" /> })}
        </section>
    }
}

#[component]
fn Act(action: &'static str, id: String, label: &'static str, class: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=action class="act">
            <Here />
            <input type="hidden" name="id" value=id />
            <button type="submit" class=class name=Held::BUTTON value=label>{label}</button>
        </form>
    }
}
