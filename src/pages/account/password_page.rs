//! `/account/password`. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, actions::ChangePassword};
use crate::{
    base::error::Field,
    ui::{
        field::PasswordField,
        form::{Form, SubmitButton},
        frame::{Card, Page},
        password_field::NewPasswordField,
        tabs::Tabs,
    },
};

#[component]
pub fn PasswordPage(email: String, name: String) -> impl IntoView {
    view! {
        <Page title="Password">
            <Tabs label="Account" pages=PAGES />
            <Card id="change" heading="Change password">
                <p>"This logs you out on all other devices. You stay logged in here."</p>
                <Form action=ChangePassword::PATH>
                    // Tells a password manager whose password this is.
                    <input type="text" name="username" value=email.clone() autocomplete="username" hidden />
                    <PasswordField label="Current password" field=Field::CurrentPassword />
                    <NewPasswordField name="new_password" label="New password" email person=name />
                    <SubmitButton label="Change password" pending_label="Changing…" />
                </Form>
            </Card>
        </Page>
    }
}
