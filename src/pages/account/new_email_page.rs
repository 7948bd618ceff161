//! `/verify-email`: where the link to a new address leads. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::UseNewEmail;
use crate::{
    base::error::AppError,
    pages::login::actions::LogOut,
    ui::{
        contact::OfferHelp,
        draw::Draw,
        form::{ButtonForm, Form, OnlyAfter, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
    },
};

#[component]
pub fn NewEmailPage(
    /// The address that the link was sent to.
    email: String,
    /// Whether who is logged in asked for it.
    is_own: bool,
    /// Names the link that opened it.
    link: String,
) -> impl IntoView {
    view! {
        <Page title="Your new email address" narrow=true>
            {match is_own {
                true => view! {
                    <p>"From now on you'll log in with " <strong>{email}</strong> ". We'll notify your old address. To keep it, close this page."</p>
                    <Form action=UseNewEmail::PATH>
                        <OnlyAfter error=AppError::LinkDead>
                            <p><Link href="/account/profile/email">"Request a new link"</Link></p>
                        </OnlyAfter>
                        <input type="hidden" name="link" value=link />
                        <SubmitButton label="Use this address" pending_label="Changing…" />
                    </Form>
                }.drawn(),
                false => view! { <OtherAccount /> }.drawn(),
            }}
        </Page>
    }
}

#[component]
fn OtherAccount() -> impl IntoView {
    view! {
        <Notice kind="warning">
            <p>"This link belongs to a different account than the one you're logged in to. Log out, then open the link again and log in to that account."</p>
            <p>"If you didn't request it, you don't need to do anything. No account gets this address unless you confirm it."</p>
        </Notice>
        <ButtonForm action=LogOut::PATH>"Log out"</ButtonForm>
    }
}

/// No dead end: the way to a new link stands here.
#[component]
pub fn DeadLink(why: AppError) -> impl IntoView {
    view! {
        <Page title="Link for your new email address: doesn't work" heading="This link doesn't work" narrow=true>
            <Notice kind="error">{why.to_string()}</Notice>
            <p>"If you've already used it, your profile shows the new address."</p>
            <p class="buttons">
                <Link href="/account/profile" class="button">"Go to profile"</Link>
                <Link href="/account/profile/email" class="button">"Request a new link"</Link>
            </p>
            <OfferHelp />
        </Page>
    }
}
