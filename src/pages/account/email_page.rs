//! `/account/profile/email`: ask for another address. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, actions::ChangeEmail};
use crate::{
    base::error::Field,
    ui::{
        draw::Draw,
        field::TextField,
        form::{Form, ProofField, SubmitButton},
        frame::{Card, Link, Page},
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
        <Page title="Change your email address">
            <Tabs label="Account" pages=PAGES />
            <Card id="change" heading="Change email">
                <p>"Your current email address is "<strong class="any-break"><bdi>{email}</bdi></strong>"."</p>
                {match sends_mail {
                    true => view! {
                        <p>"We'll send a link to your new address. Once you open it, that's the address you log in with. We'll notify your old address."</p>
                        <Form action=ChangeEmail::PATH>
                            <TextField name="email" label="New email address" field=Field::Email kind="email" autocomplete="email" value=typed().get("email") />
                            <ProofField />
                            <SubmitButton label="Send link" pending_label="Sending…" />
                        </Form>
                    }.drawn(),
                    false => view! {
                        <Notice kind="warning">"This server can't send email, so you can't confirm a new address. Ask an administrator for help."</Notice>
                    }.drawn(),
                }}
                <p><Link href="/account/profile">"Back to profile"</Link></p>
            </Card>
        </Page>
    }
}
