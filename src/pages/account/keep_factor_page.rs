//! `/second-factor/keep`: a second factor is to be removed, and the button against it; `/second-factor/kept`: it stays. A
//! plain form, so it works without JavaScript, and reading it changes nothing. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::KeepSecondFactor;
use crate::{
    auth::sessions::Viewer,
    ui::{
        contact::OfferHelp,
        draw::Draw,
        form::ButtonForm,
        frame::{Link, Page},
        notice::{Notice, OutcomeNotice, RefusedNotice},
        when::When,
    },
    web::page::typed,
};

#[component]
pub fn KeepFactorPage(goes_at: i64, link: String) -> impl IntoView {
    view! {
        <Page title="Keep two-factor authentication?" narrow=true>
            <RefusedNotice />
            <p>"Two-factor authentication for your account will be turned off on " <When ms=goes_at /> ". Someone used a link in one of our emails to report suspicious activity."</p>
            <p>"If you turned it on yourself, keep it. Login keeps asking for a code, and no one gets in without one."</p>
            <ButtonForm action=KeepSecondFactor::PATH fields=vec![("link", link)] form_class="act" class="button primary">
                "Keep two-factor authentication"
            </ButtonForm>
            <p>"If someone else turned it on, you don't need to do anything. Wait, then log in with your new password. " <Link href="/">"Go to start page"</Link></p>
        </Page>
    }
}

/// No dead end: what may have happened, and where to look.
#[component]
pub fn DeadLink() -> impl IntoView {
    let logged_in = use_context::<Viewer>().is_some();
    view! {
        <Page title="Link to keep two-factor authentication: doesn't work" heading="This link doesn't work" narrow=true>
            <Notice kind="error">"We couldn't use this link. It may be incomplete, used or expired."</Notice>
            {match logged_in {
                true => view! {
                    <p>"Your two-factor authentication page shows if it's still on. If you got a newer email, use its link."</p>
                    <p><Link href="/account/second-factor" class="button">"Go to two-factor authentication"</Link></p>
                }
                .drawn(),
                false => view! {
                    <p>"If you got a newer email, use its link. Or log in with a 6-digit code: that also keeps two-factor authentication on."</p>
                    <p><Link href="/login" class="button">"Log in"</Link></p>
                }
                .drawn(),
            }}
            <OfferHelp />
        </Page>
    }
}

/// The report that began the removal has blocked the password: to log in, most need a new one first.
#[component]
pub fn FactorKeptPage() -> impl IntoView {
    let is_told = typed().get("second_factor") == "kept";
    let blocked = match is_told {
        true => "After a report of suspicious activity your password is blocked. Choose",
        false => "If your password is blocked after a report of suspicious activity, choose",
    };
    view! {
        <Page title="Two-factor authentication: kept" heading="Two-factor authentication" narrow=true>
            {is_told.then(|| view! {
                <OutcomeNotice words="Two-factor authentication stays on. Login keeps asking for a code." />
            })}
            {(!is_told).then(|| view! { <p>"If you've just kept two-factor authentication on, login keeps asking for a code."</p> })}
            <p>{blocked}" a new one with the link we emailed you, or request another link. Then log in."</p>
            <p class="buttons">
                <Link href="/forgot" class="button">"Request another link"</Link>
                <Link href="/login" class="button">"Log in"</Link>
            </p>
            <p>"If you didn't report suspicious activity yourself, someone may be reading your email. Change the password of your mailbox."</p>
        </Page>
    }
}
