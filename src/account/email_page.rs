//! `/account/profile/email`: ask for another address. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::{EmailChange, PAGES, actions::ChangeEmail};
use crate::{
    error::{AppError, Field},
    sessions::proof::ProofField,
    ui::{
        field::TextField,
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page, with_content},
        notice::Notice,
        tabs::Tabs,
    },
    web::page::{refused, typed},
};

#[component]
pub fn EmailPage() -> impl IntoView {
    with_content(|EmailChange { email, sends_mail }| {
        view! {
            <Page title="Change your address">
                <Tabs label="Account" pages=PAGES />
                <section class="card" aria-labelledby="change">
                    <h2 id="change">"E-mail"</h2>
                    <p>"Your address is " <strong>{email}</strong> "."</p>
                    {match sends_mail {
                        true => view! {
                            <p>"We send a link to the new one. When you have opened it, you log in with the new address, and we tell the old one."</p>
                            <EmailForm email=typed().get("email") before=refused() />
                        }.into_any(),
                        false => view! {
                            <Notice kind="warning">"This server sends no mail, so a new address cannot be confirmed. Ask an administrator to help you."</Notice>
                        }.into_any(),
                    }}
                    <p><Link href="/account/profile">"Back to your profile"</Link></p>
                </section>
            </Page>
        }
    })
}

#[island]
fn EmailForm(email: String, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<ChangeEmail>::new();
    let error = error_of(action, before);
    focus_first_error(error, &[(Field::Email, "email"), (Field::CurrentPassword, "password")]);
    view! {
        <FormError error />
        <ActionForm action attr:class="form" attr:novalidate="">
            <TextField
                name="email"
                label="New address"
                kind="email"
                autocomplete="email"
                value=email
                error=at(error, Field::Email)
            />
            <ProofField error />
            <SubmitButton label="Send the link" pending_label="Sending…" pending=action.pending() />
        </ActionForm>
    }
}
