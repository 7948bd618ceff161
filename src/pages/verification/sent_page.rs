//! `/verify/sent`: the end of every sign-up where mails are sent, whatever the address. Both sides.

use leptos::prelude::*;

use super::page::ResendForm;
use crate::{
    ui::{
        frame::{Link, Page},
        notice::Notice,
    },
    web::page::{refused, typed},
};

#[component]
pub fn VerifySentPage() -> impl IntoView {
    let typed = typed();
    let email = typed.get("email");
    let address = if email.is_empty() { "your address".to_owned() } else { email.clone() };
    let again = !typed.get("again").is_empty();
    view! {
        <Page title="Sign up: check your mail" heading="Check your mail" narrow=true>
            {again.then(|| view! {
                <div id="outcome" tabindex="-1" role="status" autofocus>
                    <Notice kind="success">"If this address waits to be confirmed, a new link is on its way."</Notice>
                </div>
            })}
            <p>"We wrote to " <strong>{address}</strong> ". Open the link in that mail to go on. It works for 24 hours."</p>
            <h2>"Nothing comes?"</h2>
            <ul>
                <li>"Give it a few minutes, and look into the spam folder."</li>
                <li>"Is the address wrong? "<Link href="/signup">"Sign up again"</Link>" with the right one."</li>
                <li>"Or have the link sent once more:"</li>
            </ul>
            <ResendForm email before=refused() />
            <p>"Confirmed already? "<Link href="/login">"Log in"</Link></p>
        </Page>
    }
}
