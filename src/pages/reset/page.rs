//! `/reset`: where the link of a mail leads. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{actions::ResetPassword, forgot_page::ForgotForm};
use crate::{
    auth::sessions::Viewer,
    base::error::AppError,
    ui::{
        contact::OfferHelp,
        draw::Draw,
        form::{Form, OnlyAfter, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
        password_field::NewPasswordField,
    },
};

#[component]
pub fn ResetPage(
    /// Whose password it is.
    email: String,
    name: String,
    /// Names the link that opened it.
    link: String,
) -> impl IntoView {
    view! {
        <Page title="Choose a new password" narrow=true>
            <p>"New password for " <strong>{email.clone()}</strong> ". You'll be logged out everywhere and can log in with it."</p>
            <Form action=ResetPassword::PATH>
                <OnlyAfter error=AppError::LinkDead><p><Link href="/reset">"Request a new link"</Link></p></OnlyAfter>
                <input type="hidden" name="link" value=link />
                // Tells a password manager whose password this is.
                <input type="text" name="username" value=email.clone() autocomplete="username" hidden />
                <NewPasswordField label="New password" email person=name autofocus=true />
                <SubmitButton label="Save password" pending_label="Saving…" />
            </Form>
        </Page>
    }
}

/// No dead end: the way to a new link stands here.
#[component]
pub fn DeadLink(why: AppError) -> impl IntoView {
    let logged_in = use_context::<Viewer>().is_some();
    view! {
        <Page title="Password reset link: doesn't work" heading="This link doesn't work" narrow=true>
            <Notice kind="error">{why.to_string()}</Notice>
            {match logged_in {
                true => view! {
                    <p>"You're logged in. If you know your password, " <Link href="/account/password">"change it"</Link> " without a link."</p>
                }
                .drawn(),
                false => view! {
                    <p>"If you've already chosen a new password, just " <Link href="/login">"log in"</Link> "."</p>
                }
                .drawn(),
            }}
            <p>"Enter your email address and we'll send you a new link."</p>
            <ForgotForm />
            <OfferHelp />
        </Page>
    }
}
