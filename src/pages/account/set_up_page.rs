//! `/account/second-factor/set-up`: the secret for the app, and the first code of it. Server side.

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
        frame::{Card, Link, Page},
        notice::OutcomeNotice,
        tabs::Tabs,
    },
    web::page::{Held, typed},
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
        <Page title="Set up two-factor authentication">
            <Tabs label="Account" pages=PAGES />
            {(typed().get("second_factor") == "again").then(|| view! {
                <OutcomeNotice words="New key created. Codes from the earlier key won't work." />
            })}
            <Card id="scan" heading="1. Scan the QR code">
                <p>"Scan it with an authenticator app on your phone, such as Aegis, Google Authenticator or your password manager."</p>
                <QrCode qr />
                <p class="app-link"><a href=link class="button">"Open in authenticator app"</a></p>
                <p>"Can't scan it? Enter this key in your app:"</p>
                <div class="secret">
                    <code id="secret">{in_groups(&secret)}</code>
                    <CopyButton text=secret what="key" />
                </div>
            </Card>
            <Card id="confirm" heading="2. Enter the 6-digit code">
                <p>"Enter the code from your app. This turns on two-factor authentication and logs you out on all other devices."</p>
                <Form action=TurnOnSecondFactor::PATH>
                    <CodeField label="6-digit code" />
                    <ProofField />
                    <SubmitButton label="Turn on" pending_label="Turning on…" />
                </Form>
            </Card>
            <form method="post" action=StartSecondFactor::PATH class="buttons">
                <Here />
                <button type="submit" class="button quiet" name=Held::BUTTON value="Start over">"Start over with a new key"</button>
                <Link href="/account/second-factor" class="button quiet">"Cancel"</Link>
            </form>
        </Page>
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
            aria-label="QR code with the key. The same key is below as text."
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
