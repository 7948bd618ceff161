//! `/not-me`: what will happen, and the button; `/not-me/done`: what has happened. A plain form, so it works without
//! JavaScript, and reading it changes nothing. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{More, NoLink, NotMePage, actions::NotMe};
use crate::{
    auth::sessions::Viewer,
    base::{
        error::{AppError, Field},
        number::counted,
    },
    pages::activity::Entry,
    ui::{
        contact::{AskForHelp, OfferHelp},
        draw::Draw,
        field::PasswordField,
        form::Here,
        frame::{Link, Page},
        notice::{Notice, OutcomeNotice, RefusedNotice},
        when::{Ago, When},
    },
    web::page::{Held, typed},
};

#[component]
pub fn NotMePage(
    page: NotMePage,
    /// Names the link that opened it; `None` with an event.
    link: Option<String>,
) -> impl IntoView {
    let event = page.entry.as_ref().map(|entry| entry.id.clone()).unwrap_or_default();
    let more = page.more.clone();
    let label = match page.reset_to {
        Some(_) => "Log out everywhere and reset password",
        None => "Log out all other devices",
    };
    let denied = match page.entry.clone() {
        None => view! {
            <p>"You're here because of an email about your account, for example about a new login or a changed password."</p>
        }
        .drawn(),
        Some(entry) => view! { <Denied entry /> }.drawn(),
    };
    view! {
        <Page title="Secure your account" narrow=true>
            <RefusedNotice />
            {denied}
            <p>"If this wasn't you, someone may have your password or access to one of your devices. Securing your account will:"</p>
            <WhatHappens page />
            <form method="post" action=NotMe::PATH class="act">
                <Here />
                <input type="hidden" name="event" value=event />
                {link.map(|link| view! { <input type="hidden" name="link" value=link /> })}
                {more.map(|more| view! { <Prove more /> })}
                <button type="submit" class="button danger" name=Held::BUTTON value=label>{label}</button>
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
            <p class="muted"><Ago ms=entry.at />" · " {from}</p>
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
                Some(email) => view! { <li>"email " <strong class="address">{email}</strong> " a link to choose a new password"</li> }.drawn(),
                None => view! { <li>"let you choose a new password here"</li> }.drawn(),
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
            <p>"With your password we also restore your previous email address and send the link to " <span class="address"><strong>{email}</strong>"."</span> " If someone changed your password, use the link in the email we sent there."</p>
        })}
        <PasswordField label="Your password (optional)" field=Field::CurrentPassword optional=true />
    }
}

#[component]
pub fn NotMeDonePage() -> impl IntoView {
    match typed().get("ended").parse::<u64>() {
        Ok(ended) => view! { <Secured ended /> }.drawn(),
        Err(_) => view! { <NothingToTell /> }.drawn(),
    }
}

#[component]
fn Secured(ended: u64) -> impl IntoView {
    let typed = typed();
    let is_so = |name| !typed.get(name).is_empty();
    let (stays, password_works) = (is_so("stays"), is_so("password_works"));
    let words = words(ended, is_so("goes_back"));
    let factor_goes = typed.get("factor_goes").parse::<i64>().ok();
    let why = typed.get("no_link").parse::<NoLink>().ok();
    let email = typed.get("reset_to");
    view! {
        <Page title="Your account is secured" narrow=true>
            <OutcomeNotice words />
            {factor_goes.map(|ms| view! { <FactorGoes ms /> })}
            {match why {
                Some(why) => view! { <WithoutLink why stays /> }.drawn(),
                None => view! { <LinkSent email password_works /> }.drawn(),
            }}
        </Page>
    }
}

#[component]
fn LinkSent(email: String, password_works: bool) -> impl IntoView {
    view! {
        <p>"We've emailed a link to " <span class="address"><strong>{email}</strong>"."</span> " Open it to choose a new password. The link works for 30 minutes."</p>
        {password_works.then_some(view! {
            <p>"Until then your old password keeps working, because you didn't enter it."</p>
        })}
        <AnotherLink />
    }
}

#[component]
fn AnotherLink() -> impl IntoView {
    view! {
        <p>"Didn't get it? Check your spam folder or " <Link href="/forgot">"request another link"</Link>"."</p>
    }
}

/// Why no link was sent, and how to get to a new password all the same.
#[component]
fn WithoutLink(why: NoLink, stays: bool) -> impl IntoView {
    let because = match why {
        NoLink::MailOff => "We couldn't email you a link because this server doesn't send email",
        NoLink::Unconfirmed => "We couldn't email you a link because your email address isn't confirmed",
        NoLink::AddressTaken => {
            "We couldn't restore your previous email address because another account has confirmed it since"
        }
    };
    if stays {
        return view! {
            <p>"Choose a new password now. " {because} ", so you're still logged in here."</p>
            <p><Link href="/account/password" class="button primary">"Choose a new password"</Link></p>
        }
        .drawn();
    }
    match why {
        NoLink::Unconfirmed => view! {
            <p>{because} ". " <Link href="/forgot">"Request a link"</Link> " to choose a new password."</p>
        }
        .drawn(),
        NoLink::MailOff | NoLink::AddressTaken => view! { <p>{because} ". " <AskForHelp /></p> }.drawn(),
    }
}

/// Whoever comes here later, or in another browser.
#[component]
fn NothingToTell() -> impl IntoView {
    view! {
        <Page title="Account security" narrow=true>
            <p>"If you've just secured your account, use the link we emailed you to choose a new password. It works for 30 minutes."</p>
            <AnotherLink />
            <p>"If you haven't, " <Link href="/account/activity">"go to your activity"</Link> " and choose “This wasn't me” beside what you don't recognise."</p>
        </Page>
    }
}

/// No dead end: what a used link has done already, and what else can be done.
#[component]
pub fn DeadLink(why: AppError) -> impl IntoView {
    let logged_in = use_context::<Viewer>().is_some();
    // Whoever is logged in needs no new one.
    let words = match why {
        AppError::LinkDead if logged_in => "This link has expired or has already been used.".to_owned(),
        why => why.to_string(),
    };
    view! {
        <Page title="Link to secure your account: doesn't work" heading="This link doesn't work" narrow=true>
            <Notice kind="error">{words}</Notice>
            {match logged_in {
                true => view! {
                    <p>"You're still logged in here. If you don't recognise something, choose “This wasn't me” beside it in your activity."</p>
                    <p class="buttons">
                        <Link href="/account/activity" class="button primary">"Go to activity"</Link>
                        <Link href="/account/password" class="button">"Change password"</Link>
                    </p>
                }
                .drawn(),
                false => view! {
                    <p>"If you've already used it, your account is secured. Use the newer link we emailed you to choose a new password."</p>
                    <p class="buttons">
                        <Link href="/forgot" class="button primary">"Request another link"</Link>
                        <Link href="/login" class="button">"Log in"</Link>
                    </p>
                }
                .drawn(),
            }}
            <OfferHelp />
        </Page>
    }
}

#[component]
fn FactorGoes(ms: i64) -> impl IntoView {
    view! {
        <Notice kind="warning">
            "Two-factor authentication will be turned off on " <When ms />
            ", unless someone cancels that. We've told every email address your account has had recently. Until then you need a code to log in. If you have one, log in with it to keep two-factor authentication on."
        </Notice>
    }
}

fn words(count: u64, goes_back: bool) -> String {
    let ended = match count {
        0 => "You had no active sessions. Any remaining tokens have been revoked.".to_owned(),
        n => format!("{} ended.", counted(n, "session", "sessions")),
    };
    if goes_back { format!("{ended} Your previous email address is restored.") } else { ended }
}
