//! The forms of an application: a new one, and what is changed of one. They work without JavaScript. Server side.

use leptos::{prelude::*, server_fn::ServerFn};
use strum::VariantArray;

use super::{Client, ClientKind, RS256};
use crate::{
    base::error::Field,
    oauth::{
        actions::{ChangeApp, RegisterApp},
        addresses::CONNECTED,
        scope::OURS,
    },
    pages::account,
    ui::{
        field::{LinesField, SelectField, TextField},
        form::{Form, ProofField, SubmitButton},
        frame::{Card, Page},
        tabs::Tabs,
    },
    web::page::{Flash, refused_by, typed},
};

#[component]
pub fn NewAppPage(services: bool) -> impl IntoView {
    let is = typed();
    let expires = is.get("expires");
    view! {
        <Page title="Register an application" narrow=true>
            <Tabs label="Account" pages=account::PAGES below=CONNECTED />
            <Form action=RegisterApp::PATH>
                <Fields is is_new=true logs_users_in=true services />
                <ExpiryField chosen=expires />
                <ProofField />
                <SubmitButton label="Register application" pending_label="Registering…" class="button primary" />
            </Form>
        </Page>
    }
}

/// What the application is, or what was typed. Its kind is chosen where it's new; `services`: whether that may be one.
#[component]
fn Fields(is: Flash, is_new: bool, logs_users_in: bool, services: bool) -> impl IntoView {
    let kinds = ClientKind::VARIANTS.iter().filter(|kind| services || kind.logs_users_in());
    let kinds = kinds.map(|kind| (kind.into_str(), kind.words())).collect();
    let (secrets, none) = match services {
        true => ("Web servers and services get a secret. The others can't keep one.", " A service has none."),
        false => ("Web servers get a secret. The others can't keep one.", ""),
    };
    let ours = OURS.map(|(name, _)| name).join(", ");
    let scopes =
        format!("What it may ask for, separated by spaces. Ours are {ours}. For an API of your own, add your own.");
    let algorithms = vec![("", "Same as access tokens"), (RS256, RS256)];
    view! {
        <TextField
            name="name" label="Name" field=Field::Name autocomplete="off" autofocus=is_new value=is.get("name")
            help="Users see it when they're asked to allow access."
        />
        {is_new.then(|| view! {
            <SelectField
                name="kind" label="Kind" options=kinds chosen=is.get("kind") help=secrets
            />
        })}
        {logs_users_in.then(|| view! {
            <LinesField
                name="redirects" label="Redirect addresses" field=Field::Redirects value=is.get("redirects")
                help=format!("One per line, at most 10. Users are sent back to these addresses only. https, http://127.0.0.1 or, for an app, com.example.app:/path.{none}")
            />
            <LinesField
                name="logouts" label="Logout addresses" field=Field::Logouts value=is.get("logouts")
                help="Where users may be sent after they log out. One per line. You can leave this empty."
            />
            <TextField
                name="backchannel" label="Back-channel logout address" field=Field::Backchannel autocomplete="off" value=is.get("backchannel") optional=true
                help="We tell your server there when a user has been logged out. https, or http://127.0.0.1. You can leave this empty."
            />
        })}
        <TextField name="scopes" label="Scopes" field=Field::Scopes autocomplete="off" value=is.get("scopes") help=scopes />
        {logs_users_in.then(|| view! {
            <SelectField
                name="id_token_alg" label="Algorithm of ID tokens" field=Field::IdTokenAlg options=algorithms chosen=is.get("id_token_alg")
                help="Choose RS256 if your library expects it. Logout tokens are signed in the same way."
            />
        })}
    }
}

#[component]
pub fn ExpiryField(chosen: String) -> impl IntoView {
    let options = vec![("", "Never"), ("90", "After 90 days"), ("365", "After 1 year")];
    view! { <SelectField name="expires" label="Secret expires" options chosen /> }
}

/// Everything but the kind. After a refusal it has what was typed.
#[component]
pub fn Change(client: Client) -> impl IntoView {
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
        <Card id="change" heading="Change application">
            <p>"What you remove stops working at once: the application's access tokens are revoked, and new ones bring what's left. Users stay connected, unless you remove offline_access."</p>
            <Form action=ChangeApp::PATH before>
                <input type="hidden" name="id" value=client.id />
                <input type="hidden" name="kind" value=client.kind.into_str() />
                <Fields is is_new=false logs_users_in=client.kind.logs_users_in() services=false />
                <ProofField />
                <SubmitButton label="Change application" pending_label="Changing…" />
            </Form>
        </Card>
    }
}
