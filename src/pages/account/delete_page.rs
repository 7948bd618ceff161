//! `/account/delete`: the last page of an account; `/deleted`: the one after it. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, actions::DeleteAccount};
use crate::{
    base::error::Field,
    ui::{
        field::TextField,
        form::{Form, ProofField, SubmitButton},
        frame::{Card, Link, Page},
        tabs::Tabs,
    },
    web::page::typed,
};

#[component]
pub fn DeletePage(email: String) -> impl IntoView {
    view! {
        <Page title="Delete your account">
            <Tabs label="Account" pages=PAGES below="/account/data" />
            <Card id="goes" heading="What we delete">
                <ul class="steps">
                    <li>"Your name, email address and password."</li>
                    <li>"Your notes."</li>
                    <li>"Your sessions and tokens on all devices, with their IP addresses and browsers."</li>
                    <li>"Your known and trusted devices, your two-factor authentication and recovery codes, and every link we've emailed you."</li>
                </ul>
                <p>"You can't undo this. "<Link href="/account/data">"Download your data"</Link>" first if you want to keep it."</p>
            </Card>
            <Card id="remains" heading="What we keep">
                <p>"An anonymous audit log: a random ID and the time of each event. It doesn't contain your name, email or IP address."</p>
            </Card>
            <Card id="delete" heading="Confirm deletion" danger=true>
                <p>"To confirm, type "<strong class="any-break"><bdi>{email}</bdi></strong>"."</p>
                <Form action=DeleteAccount::PATH>
                    <TextField
                        name="confirmation"
                        label="Your email address"
                        field=Field::Confirmation
                        kind="email"
                        autocomplete="off"
                        help="This makes sure you don't delete your account by mistake."
                        value=typed().get("confirmation")
                    />
                    <ProofField />
                    <SubmitButton label="Delete my account" pending_label="Deleting…" class="button danger" />
                </Form>
            </Card>
        </Page>
    }
}

#[component]
pub fn DeletedPage() -> impl IntoView {
    view! {
        <Page title="Your account has been deleted" narrow=true>
            <p>"You're logged out everywhere and your data has been deleted."</p>
            <p>"You can sign up again with the same email address at any time."</p>
            <p><Link href="/" class="button">"Go to home page"</Link></p>
        </Page>
    }
}
