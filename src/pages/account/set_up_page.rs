//! `/account/second-factor/set-up`: the secret for the app, and the first code of it. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES, Qr,
    actions::{StartSecondFactor, TurnOnSecondFactor},
};
use crate::{
    ui::{
        copy::CopyButton,
        field::CodeField,
        form::{Form, Here, ProofField, SubmitButton},
        frame::{Link, Page},
        tabs::Tabs,
    },
    web::page::Held,
};

#[component]
pub fn SetUpPage(
    /// In base32.
    secret: String,
    /// `otpauth://`
    link: String,
    qr: Qr,
) -> impl IntoView {
    view! {
        <Page title="Set up the second factor">
            <Tabs label="Account" pages=PAGES />
            <section class="card" aria-labelledby="scan">
                <h2 id="scan">"1. Give your app the secret"</h2>
                <p>"Scan this with an authenticator app on your phone, such as Aegis, Google Authenticator or the one in your password manager."</p>
                <QrCode qr />
                <p><a href=link class="button">"Open in an authenticator app"</a></p>
                <p>"Or type this secret into the app:"</p>
                <div class="secret">
                    <code id="secret">{in_groups(&secret)}</code>
                    <CopyButton text=secret what="the secret".to_owned() />
                </div>
            </section>
            <section class="card" aria-labelledby="confirm">
                <h2 id="confirm">"2. Enter its code"</h2>
                <p>"The app shows six digits now. With them the second factor is on, and every other device is logged out."</p>
                <TurnOnForm />
            </section>
            <form method="post" action=StartSecondFactor::PATH class="buttons">
                <Here />
                <button type="submit" class="button quiet" name=Held::BUTTON value="Start anew">"Start anew with another secret"</button>
                <Link href="/account/second-factor" class="button quiet">"Not now"</Link>
            </form>
        </Page>
    }
}

#[component]
fn TurnOnForm() -> impl IntoView {
    view! {
        <Form action=TurnOnSecondFactor::PATH>
            <CodeField label="Code" />
            <ProofField />
            <SubmitButton label="Turn it on" pending_label="Checking…" />
        </Form>
    }
}

/// Black on white whatever the colours of the page: cameras expect that. Four squares of white around it belong to it
/// (ISO 18004).
#[component]
fn QrCode(qr: Qr) -> impl IntoView {
    let Qr { size, path } = qr;
    let whole = size + 8;
    view! {
        <svg
            class="qr"
            viewBox=format!("-4 -4 {whole} {whole}")
            role="img"
            aria-label="QR code with the secret; the text below it says the same"
            shape-rendering="crispEdges"
        >
            <rect x="-4" y="-4" width=whole height=whole fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    }
}

/// In groups of four, which eyes can follow.
fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
