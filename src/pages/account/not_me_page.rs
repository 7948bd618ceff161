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
            <p>"You come from the mail that told you of something: a log-in, a changed password, a second factor."</p>
        }
        .into_any(),
        Some(entry) => view! { <Denied entry /> }.into_any(),
    };
    view! {
        <Page title="This was not you?" narrow=true>
            {problem}
            {denied}
            <p>"If somebody else did this, they know your password or use a browser of yours. The button takes everything away from them at once:"</p>
            <WhatHappens page />
            <form method="post" action=NotMe::PATH class="act">
                <Here />
                <input type="hidden" name="event" value=event />
                {link.map(|link| view! { <input type="hidden" name="link" value=link /> })}
                {more.map(|more| view! { <Prove more /> })}
                <button type="submit" class="button danger" name=Held::BUTTON value="End everything">"This was not me: end everything"</button>
            </form>
            <p>"If it was you after all, there is nothing to do. " <Link href="/">"To the start page"</Link></p>
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
                "Every other session and token of your account ends. This one stays."
            } else {
                "Every session and token of your account ends, on every device, this one too."
            }}</li>
            <li>"No browser is trusted any more."</li>
            {entry.is_none().then_some(view! {
                <li>"A second factor that was turned on in the last seven days goes three days from now, with the recovery codes made since then. Until then a code is asked for, and whoever has one, or reads mail of your account, can call it off."</li>
            })}
            {(!stays && !needs_more).then_some(view! { <li>"Your password opens nothing any more, until you choose a new one."</li> })}
            {goes_back.then_some(view! { <li>"Your e-mail address goes back to the one before."</li> })}
            {match reset_to {
                Some(email) => view! { <li>"We send a link to " <strong>{email}</strong> " to choose a new password."</li> }.into_any(),
                None => view! { <li>"You choose a new password next."</li> }.into_any(),
            }}
        </ul>
    }
}

/// The same button does more with the password. Whoever knows none that counts any more leaves it empty.
#[component]
fn Prove(more: More) -> impl IntoView {
    view! {
        <p>"Your password goes on working until you choose a new one, since you entered it here a while ago and anybody could sit at this browser. Enter it now, and it opens nothing any more."</p>
        {more.back_to.map(|email| view! {
            <p>"With your password your e-mail address goes back to the one before, too, and the link to a new password is sent to " <strong>{email}</strong> ". If the password was changed, use the link in the mail that went there."</p>
        })}
        <PasswordField
            label="Your password, if you want that"
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
