//! `/not-me`: what will happen, and the button; `/not-me/done`: what has happened. A plain form, so it works without
//! JavaScript, and reading it changes nothing. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{NotMePage, actions::NotMe};
use crate::{
    ui::{
        form::Here,
        frame::{Link, Page, with_content},
        notice::Notice,
        when::Ago,
    },
    web::page::{refused, typed},
};

#[component]
pub fn NotMePage() -> impl IntoView {
    with_content(|page: NotMePage| {
        let NotMePage { entry, event, link, reset_to, goes_back } = page;
        let stays = reset_to.is_none();
        let problem = refused().map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> });
        view! {
            <Page title="This was not you?" narrow=true>
                {problem}
                {entry.is_none().then_some(view! {
                    <p>"You come from the mail that told you of something: a log-in, a changed password, a second factor."</p>
                })}
                {entry.clone().map(|entry| {
                    let from = entry.from_where();
                    view! {
                        <blockquote class="card">
                            <p>{entry.words}</p>
                            <p class="muted"><Ago ms=entry.at />" " {from}</p>
                        </blockquote>
                    }
                })}
                <p>"If somebody else did this, they know your password or use a browser of yours. The button takes everything away from them at once:"</p>
                <ul class="steps">
                    <li>{if stays {
                        "Every other session and token of your account ends. This one stays."
                    } else {
                        "Every session and token of your account ends, on every device, this one too."
                    }}</li>
                    <li>"No browser is trusted any more."</li>
                    {entry.is_none().then_some(view! {
                        <li>"A second factor that was turned on in the last seven days is turned off, and recovery codes made since then are dead."</li>
                    })}
                    {reset_to.is_some().then_some(view! { <li>"Your password opens nothing any more, until you choose a new one."</li> })}
                    {goes_back.then_some(view! { <li>"Your e-mail address goes back to the one before."</li> })}
                    {match reset_to {
                        Some(email) => view! { <li>"We send a link to " <strong>{email}</strong> " to choose a new password."</li> }.into_any(),
                        None => view! { <li>"You choose a new password next."</li> }.into_any(),
                    }}
                </ul>
                <form method="post" action=NotMe::PATH class="act">
                    <Here />
                    <input type="hidden" name="event" value=event />
                    {link.map(|link| view! { <input type="hidden" name="link" value=link /> })}
                    <button type="submit" class="button danger">"This was not me: end everything"</button>
                </form>
                <p>"If it was you after all, there is nothing to do. " <Link href="/">"To the start page"</Link></p>
            </Page>
        }
    })
}

#[component]
pub fn NotMeDonePage() -> impl IntoView {
    let typed = typed();
    let ended = typed.get("ended").parse::<u64>().ok();
    let reset_to = Some(typed.get("reset_to")).filter(|email| !email.is_empty());
    let (stays, goes_back) = (!typed.get("stays").is_empty(), !typed.get("goes_back").is_empty());
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
            {next}
        </Page>
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
