//! `/login`. Both sides.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};

use super::{
    Ended,
    actions::{LogIn, who_am_i, why_logged_out},
};
use crate::{
    error::Field,
    ui::{
        field::{PasswordField, TextField},
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page},
        notice::Notice,
        when::When,
    },
    web::typed,
};

#[component]
pub fn LoginPage() -> impl IntoView {
    let viewer = Resource::new_blocking(|| (), |()| who_am_i());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match viewer.await {
                    Ok(Some(_)) => view! { <Redirect path="/dashboard" /> }.into_any(),
                    _ => view! { <LoginForm /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn LoginForm() -> impl IntoView {
    let action = ServerAction::<LogIn>::new();
    let error = error_of(action);
    let next = use_query_map().with_untracked(|query| query.get("next").unwrap_or_default());
    focus_first_error(error, &[(Field::Email, "email"), (Field::Password, "password")]);
    view! {
        <Page title="Log in" narrow=true>
            <WhyLoggedOut />
            <FormError error />
            <ActionForm action attr:class="form" attr:novalidate="">
                <TextField
                    name="email"
                    label="E-mail"
                    kind="email"
                    autocomplete="username"
                    value=typed().get("email")
                    error=at(error, Field::Email)
                />
                <PasswordField
                    label="Password"
                    autocomplete="current-password"
                    error=at(error, Field::Password)
                />
                <input type="hidden" name="next" value=next />
                <SubmitButton label="Log in" pending_label="Checking…" pending=action.pending() />
            </ActionForm>
            <p>"No account yet? "<Link href="/signup">"Sign up"</Link></p>
        </Page>
    }
}

/// Says why this browser was logged out; nothing to everybody else.
#[component]
fn WhyLoggedOut() -> impl IntoView {
    let ended = Resource::new_blocking(|| (), |()| why_logged_out());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                ended.await.ok().flatten().map(|Ended { reason, at }| {
                    view! {
                        <Notice kind="warning">
                            <p id="why">{reason.sentence()}" " <span class="muted">"("<When ms=at />")"</span></p>
                            <p>"Log in to go on."</p>
                        </Notice>
                    }
                })
            })}
        </Suspense>
    }
}
