//! `/verify-email`: where the link to a new address leads. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{NewEmail, actions::UseNewEmail};
use crate::{
    base::error::AppError,
    pages::login::actions::LogOut,
    ui::{
        form::{Form, Here, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
    },
};

#[component]
pub fn NewEmailPage(shown: NewEmail) -> impl IntoView {
    let NewEmail { email, is_own, link } = shown;
    view! {
        <Page title="Your new address" narrow=true>
            {match is_own {
                true => view! {
                    <p>"When you press the button, you log in with " <strong>{email}</strong> " from then on, and mail goes there. The address before is told. To keep that one, just close this page."</p>
                    <UseForm link />
                }.into_any(),
                false => view! { <OtherAccount /> }.into_any(),
            }}
        </Page>
    }
}

#[component]
fn UseForm(link: String) -> impl IntoView {
    view! {
        <Form action=UseNewEmail::PATH>
            <input type="hidden" name="link" value=link />
            <SubmitButton label="Use this address from now on" pending_label="Changing…" />
        </Form>
    }
}

#[component]
fn OtherAccount() -> impl IntoView {
    view! {
        <Notice kind="warning">
            <p>"This link was asked for from another account than the one that you are logged in to. Log out, then open the link again and log in to that account."</p>
            <p>"If you did not ask for it, do nothing: no account gets this address without your doing."</p>
        </Notice>
        <form method="post" action=LogOut::PATH>
            <Here />
            <button type="submit" class="button">"Log out"</button>
        </form>
    }
}

/// No dead end: the way to a new link stands here.
#[component]
pub fn DeadLink(why: AppError) -> impl IntoView {
    view! {
        <Page title="Link for your new address: does not work" heading="This link does not work" narrow=true>
            <Notice kind="error">{why.to_string()}</Notice>
            <p><Link href="/account/profile/email" class="button">"Ask for a new link"</Link></p>
        </Page>
    }
}
