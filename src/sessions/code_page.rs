//! `/login/code`: the second half of a log-in. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::actions::EnterCode;
use crate::{
    error::{AppError, Field},
    ui::{
        field::{Checkbox, CodeField},
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page, with_content},
        wait::wait_of,
    },
    web::page::{refused, typed},
};

#[component]
pub fn CodePage() -> impl IntoView {
    with_content(|super::CodePage { recovery, trust_days }| {
        view! {
            <Page title="Enter a code" narrow=true>
                <p>{if recovery {
                    "Your password is right. Now one of the recovery codes that you saved. Each works once."
                } else {
                    "Your password is right. Now the code that your authenticator app shows for this site."
                }}</p>
                <CodeForm recovery trust_days trust=!typed().get("trust").is_empty() before=refused() />
                {if recovery {
                    view! { <p><Link href="/login/code">"Use the authenticator app"</Link></p> }.into_any()
                } else {
                    view! { <p>"No phone at hand? "<Link href="/login/code?with=recovery">"Use a recovery code"</Link></p> }.into_any()
                }}
                <p>"Not you, or another account? "<Link href="/login">"Start again"</Link></p>
            </Page>
        }
    })
}

#[island]
fn CodeForm(recovery: bool, trust_days: i64, trust: bool, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<EnterCode>::new();
    let error = error_of(action, before);
    let wait = wait_of(error);
    focus_first_error(error, &[(Field::Code, "code")]);
    view! {
        <FormError error wait />
        <ActionForm action attr:class="form" attr:novalidate="">
            {if recovery {
                view! { <CodeField label="Recovery code" recovery=true autofocus=true error=at(error, Field::Code) /> }
            } else {
                view! { <CodeField label="Code" help="Six digits; a new one every 30 seconds." autofocus=true error=at(error, Field::Code) /> }
            }}
            {(trust_days > 0).then(|| view! { <TrustBox days=trust_days checked=trust /> })}
            <SubmitButton label="Log in" pending_label="Checking…" pending=action.pending() wait />
        </ActionForm>
    }
}

#[component]
fn TrustBox(days: i64, checked: bool) -> impl IntoView {
    view! {
        <Checkbox
            name="trust"
            label=format!("Trust this device for {}", if days == 1 { "a day".into() } else { format!("{days} days") })
            help="Log-in asks for the password only, here. Not on a shared computer."
            checked
        />
    }
}
