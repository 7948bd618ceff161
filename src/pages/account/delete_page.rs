//! `/account/delete`: the last page of an account; `/deleted`: the one after it. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, actions::DeleteAccount};
use crate::{
    base::error::Field,
    ui::{
        field::TextField,
        form::{Form, ProofField, SubmitButton},
        frame::{Link, Page},
        tabs::Tabs,
    },
    web::page::typed,
};

#[component]
pub fn DeletePage(email: String) -> impl IntoView {
    view! {
        <Page title="Delete your account">
            <Tabs label="Account" pages=PAGES />
            <section class="card" aria-labelledby="goes">
                <h2 id="goes">"What goes, at once"</h2>
                <ul class="steps">
                    <li>"Your name, your e-mail address and your password."</li>
                    <li>"Your notes."</li>
                    <li>"Every session and token, on every device, with the addresses and browsers that they came from."</li>
                    <li>"Known devices, the second factor, recovery codes, and every link that we have sent you."</li>
                </ul>
                <p>"Nobody can bring it back. " <Link href="/account/data">"Download it before"</Link>", if you want to keep it."</p>
            </section>
            <section class="card" aria-labelledby="remains">
                <h2 id="remains">"What remains"</h2>
                <p>"The audit log: that an account with a random id logged in, changed its password and so on, and when. It names neither you nor an address."</p>
            </section>
            <section class="card danger" aria-labelledby="delete">
                <h2 id="delete">"Delete it"</h2>
                <p>"Your e-mail address is " <strong class="any-break">{email}</strong>"."</p>
                <DeleteForm typed=typed().get("confirmation") />
            </section>
        </Page>
    }
}

#[component]
fn DeleteForm(typed: String) -> impl IntoView {
    view! {
        <Form action=DeleteAccount::PATH>
            <TextField
                name="confirmation"
                label="Type it here"
                field=Field::Confirmation
                kind="email"
                autocomplete="off"
                help="So that nobody deletes an account by mistake."
                value=typed
            />
            <ProofField />
            <SubmitButton label="Delete my account for good" pending_label="Deleting…" class="button danger" />
        </Form>
    }
}

#[component]
pub fn DeletedPage() -> impl IntoView {
    view! {
        <Page title="Your account is deleted" narrow=true>
            <p>"You are logged out everywhere, and what we kept about you is erased. The audit log knows a random id, and no more whose it was."</p>
            <p>"You can sign up again with the same address at any time."</p>
            <p><Link href="/" class="button">"To the start page"</Link></p>
        </Page>
    }
}
