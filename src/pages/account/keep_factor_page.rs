//! `/second-factor/keep`: a second factor is to be removed, and the button against it; `/second-factor/kept`: it stays. A
//! plain form, so it works without JavaScript, and reading it changes nothing. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{KeepFactor, actions::KeepSecondFactor};
use crate::{
    ui::{
        form::Here,
        frame::{Link, Page},
        notice::Notice,
        when::When,
    },
    web::page::{refused, typed},
};

#[component]
pub fn KeepFactorPage(shown: KeepFactor) -> impl IntoView {
    let KeepFactor { goes_at, link } = shown;
    let problem = refused().map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> });
    view! {
        <Page title="Keep the second factor?" narrow=true>
            {problem}
            <p>"The second factor of your account goes at " <When ms=goes_at /> ": somebody who reads a mail of ours said that something was not them."</p>
            <p>"Is it yours? Keep it. Log-in goes on asking for a code, and nobody gets in without one."</p>
            <form method="post" action=KeepSecondFactor::PATH class="act">
                <Here />
                <input type="hidden" name="link" value=link />
                <button type="submit" class="button primary">"Keep the second factor"</button>
            </form>
            <p>"Did somebody else turn it on? Then there is nothing to do: wait, and log in with your new password. " <Link href="/">"To the start page"</Link></p>
        </Page>
    }
}

/// No dead end: what may have happened, and where to look.
#[component]
pub fn DeadLink() -> impl IntoView {
    view! {
        <Page title="Link to keep a second factor: does not work" heading="This link does not work" narrow=true>
            <Notice kind="error">"We couldn't use this link. It may be incomplete, used or expired."</Notice>
            <p>"If you got a newer email, use its link. Or log in with a 6-digit code: that also keeps two-factor authentication on."</p>
            <p><Link href="/login" class="button">"Log in"</Link></p>
        </Page>
    }
}

#[component]
pub fn FactorKeptPage() -> impl IntoView {
    let is_told = typed().get("second_factor") == "kept";
    view! {
        <Page title="The second factor stays" narrow=true>
            {is_told.then(|| view! {
                <div id="outcome" tabindex="-1" role="status" autofocus>
                    <Notice kind="success">"The removal is called off. Log-in goes on asking for a code."</Notice>
                </div>
            })}
            {(!is_told).then(|| view! { <p>"What was done is told once."</p> })}
            <p>"If it was not you who began the removal, somebody may read your mail: change the password of your mailbox. " <Link href="/login">"Log in"</Link></p>
        </Page>
    }
}
