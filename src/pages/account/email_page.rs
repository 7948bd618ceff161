//! `/account/profile/email`: ask for another address. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, actions::ChangeEmail};
use crate::{
    base::error::Field,
    ui::{
        field::TextField,
        form::{Form, ProofField, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
        tabs::Tabs,
    },
    web::page::typed,
};

#[component]
pub fn EmailPage(
    email: String,
    /// Without mail no new address can be confirmed.
    sends_mail: bool,
) -> impl IntoView {
    view! {
        <Page title="Change your address">
            <Tabs label="Account" pages=PAGES />
            <section class="card" aria-labelledby="change">
                <h2 id="change">"E-mail"</h2>
                <p>"Your address is " <strong>{email}</strong> "."</p>
                {match sends_mail {
                    true => view! {
                        <p>"We send a link to the new one. When you have opened it, you log in with the new address, and we tell the old one."</p>
                        <EmailForm email=typed().get("email") />
                    }.into_any(),
                    false => view! {
                        <Notice kind="warning">"This server sends no mail, so a new address cannot be confirmed. Ask an administrator to help you."</Notice>
                    }.into_any(),
                }}
                <p><Link href="/account/profile">"Back to your profile"</Link></p>
            </section>
        </Page>
    }
}

#[component]
fn EmailForm(email: String) -> impl IntoView {
    view! {
        <Form action=ChangeEmail::PATH>
            <TextField name="email" label="New address" field=Field::Email kind="email" autocomplete="email" value=email />
            <ProofField />
            <SubmitButton label="Send the link" pending_label="Sending…" />
        </Form>
    }
}
