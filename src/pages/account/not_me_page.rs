//! `/not-me`: what will happen, and the button; `/not-me/done`: what has happened. A plain form, so it works without
//! JavaScript, and reading it changes nothing. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{More, NotMePage, actions::NotMe};
use crate::{
    base::error::Field,
    pages::activity::Entry,
    ui::{
        field::PasswordField,
        form::Here,
        frame::{Link, Page},
        notice::Notice,
        when::{Ago, When},
    },
    web::page::{Held, refused, typed},
};

#[component]
pub fn NotMePage(page: NotMePage) -> impl IntoView {
    let link = page.link.clone();
    let problem = refused().map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> });
    let (event, more) = (page.event.clone(), page.more.clone());
    let denied = match page.entry.clone() {
        None => view! {
            <p>"You're here because of an email about your account, for example about a new login or a changed password."</p>
        }
        .into_any(),
        Some(entry) => view! { <Denied entry /> }.into_any(),
    };
    view! {
        <Page title="Secure your account" narrow=true>
            {problem}
            {denied}
            <p>"If this wasn't you, someone may have your password or access to one of your devices. Securing your account will:"</p>
            <WhatHappens page />
            <form method="post" action=NotMe::PATH class="act">
                <Here />
                <input type="hidden" name="event" value=event />
                {link.map(|link| view! { <input type="hidden" name="link" value=link /> })}
                {more.map(|more| view! { <Prove more /> })}
                <button type="submit" class="button danger" name=Held::BUTTON value="Secure account">"Log out everywhere and reset password"</button>
            </form>
            <p>"If it was you, you don't need to do anything. " <Link href="/">"Go to start page"</Link></p>
        </Page>
    }
}

#[component]
fn Denied(entry: Entry) -> impl IntoView {
    let from = entry.from_where();
    view! {
        <blockquote class="card">
            <p>{entry.words}</p>
            <p class="muted"><Ago ms=entry.at />" " {from}</p>
        </blockquote>
    }
}

#[component]
fn WhatHappens(page: NotMePage) -> impl IntoView {
    let NotMePage { entry, reset_to, goes_back, more, .. } = page;
    let (stays, needs_more) = (reset_to.is_none(), more.is_some());
    view! {
        <ul class="steps">
            <li>{if stays {
                "log you out on all other devices (you stay logged in here)"
            } else {
                "log you out on all devices, including this one"
            }}</li>
            <li>"remove all trusted devices"</li>
            {entry.is_none().then_some(view! {
                <li>"turn off two-factor authentication and recovery codes added in the last 7 days, after 3 days in which anyone with a code, or with access to your email, can cancel that"</li>
            })}
            {(!stays && !needs_more).then_some(view! { <li>"block your current password until you choose a new one"</li> })}
            {goes_back.then_some(view! { <li>"restore your previous email address"</li> })}
            {match reset_to {
                Some(email) => view! { <li>"email " <strong class="breaks">{email}</strong> " a link to choose a new password"</li> }.into_any(),
                None => view! { <li>"let you choose a new password here"</li> }.into_any(),
            }}
        </ul>
    }
}

/// The same button does more with the password. Whoever knows none that counts any more leaves it empty.
#[component]
fn Prove(more: More) -> impl IntoView {
    view! {
        <p>"Your password keeps working until you choose a new one, because it's been a while since you entered it on this device. Enter it now to block it at once."</p>
        {more.back_to.map(|email| view! {
            <p>"With your password we also restore your previous email address and send the link to " <strong class="breaks">{email}</strong> ". If someone changed your password, use the link in the email we sent there."</p>
        })}
        <PasswordField
            label="Your password (optional)"
            field=Field::CurrentPassword
            autocomplete="current-password"
            optional=true
        />
    }
}

#[component]
pub fn NotMeDonePage() -> impl IntoView {
    let typed = typed();
    let ended = typed.get("ended").parse::<u64>().ok();
    let reset_to = Some(typed.get("reset_to")).filter(|email| !email.is_empty());
    let is_so = |name| !typed.get(name).is_empty();
    let (stays, goes_back, password_works) = (is_so("stays"), is_so("goes_back"), is_so("password_works"));
    let factor_goes = typed.get("factor_goes").parse::<i64>().ok();
    let next = match (ended, reset_to, stays) {
        (None, ..) => view! { <p>"What was done is told once. " <Link href="/login">"Log in"</Link></p> }.into_any(),
        (_, Some(email), _) => view! {
            <p>"We have sent a link to " <strong>{email}</strong> ". Open it and choose a new password: the old one may be known to somebody."</p>
            <p>"The link works for 30 minutes. Nothing there? Look among the unwanted mails, or " <Link href="/forgot">"ask for another one"</Link>"."</p>
        }.into_any(),
        (_, None, true) => view! {
            <p>"This server cannot send you a link, so you are still logged in here. Choose a new password now: the old one may be known to somebody."</p>
            <p><Link href="/account/password" class="button primary">"Choose a new password"</Link></p>
        }.into_any(),
        (_, None, false) => view! {
            <p>"Another account has confirmed the address before, so it could not go back. Ask an administrator for help."</p>
        }.into_any(),
    };
    view! {
        <Page title="Everything is ended" narrow=true>
            {ended.map(|count| view! {
                <div id="outcome" tabindex="-1" role="status" autofocus>
                    <Notice kind="success">{words(count, goes_back)}</Notice>
                </div>
            })}
            {password_works.then_some(view! {
                <p>"Until then the old password goes on working: you did not enter it."</p>
            })}
            {factor_goes.map(|ms| view! { <FactorGoes ms /> })}
            {next}
        </Page>
    }
}

#[component]
fn FactorGoes(ms: i64) -> impl IntoView {
    view! {
        <Notice kind="warning">
            "The second factor goes at " <When ms />
            ", unless somebody calls it off: every address that your account has had lately is told now. Until then a log-in asks for a code. If you have one, log in with it, and the second factor stays."
        </Notice>
    }
}

fn words(count: u64, goes_back: bool) -> String {
    let ended = match count {
        0 => "No session was live. Whatever token may still be out there is refused from now on.".to_owned(),
        1 => "1 session was ended. Nothing of it is accepted from now on.".to_owned(),
        n => format!("{n} sessions were ended. Nothing of them is accepted from now on."),
    };
    if goes_back { format!("{ended} Your e-mail address is the one before again.") } else { ended }
}
