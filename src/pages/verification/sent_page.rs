//! `/verify/sent`: the end of every sign-up where mails are sent, whatever the address. Server side.

use leptos::prelude::*;

use super::page::ResendForm;
use crate::{
    ui::{
        frame::{Link, Page},
        notice::OutcomeNotice,
    },
    web::page::typed,
};

#[component]
pub fn VerifySentPage() -> impl IntoView {
    let typed = typed();
    let email = typed.get("email");
    let address = if email.is_empty() { "your email address".to_owned() } else { email.clone() };
    let again = !typed.get("again").is_empty();
    view! {
        <Page title="Sign up: check your email" heading="Check your email" narrow=true>
            {again.then(|| view! {
                <OutcomeNotice words="If this address is waiting to be confirmed, we've sent it a new link." />
            })}
            <p>"We've sent a link to " <strong>{address}</strong> ". Open it to continue. It works for 24 hours."</p>
            <h2>"Didn't get it?"</h2>
            <ul>
                <li>"Wait a few minutes and check your spam folder."</li>
                <li>"Wrong address? "<Link href="/signup">"Sign up again"</Link>" with the right one."</li>
                <li>"Or send the link again:"</li>
            </ul>
            <ResendForm email />
            <p>"Already confirmed? "<Link href="/login">"Log in"</Link></p>
        </Page>
    }
}
