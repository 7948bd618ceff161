//! Section 3 of `/lab`. Both sides; the lanes are an island.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{LanesPage, island::Lanes, news::is_over};
use crate::{
    lab::{
        actions::StartLanes,
        code::page::Cited,
        section::{NeedsVisit, Section},
    },
    ui::form::Here,
};

/// `can_run`: there is a visit to run them in.
#[component]
pub fn Revocation(lanes: LanesPage, can_run: bool) -> impl IntoView {
    let LanesPage { told, one_writer, links } = lanes;
    let wait = if one_writer { "waiting for the database's one writer" } else { "waiting for a database connection" };
    let label = if told.is_some() { "Run the experiment again" } else { "Run the experiment" };
    let class = if told.is_some() { "button" } else { "button primary" };
    let start = view! {
        <form method="post" action=StartLanes::PATH>
            <Here />
            <button type="submit" class=class>{label}</button>
        </form>
    };
    view! {
        <Section id="revocation">
            <p>
                "Your demo user logs in on one more device. It gets a session, and a token that is valid for 60 seconds. Then "
                "three credentials are checked again and again:"
            </p>
            <ul>
                <li><strong>"Session cookie"</strong>": requests a page with the cookie alone. The server looks the session up."</li>
                <li><strong>"Our JWT"</strong>": calls the API with the token. The API verifies it, and checks the revocations in its memory."</li>
                <li>
                    <strong>"Plain JWT"</strong>
                    ": gives the same token to a textbook verifier, which checks signature, issuer, audience and times, nothing else."
                </li>
            </ul>
            <p>"Now end the session and see which ones notice."</p>
            {match can_run {
                true => start.into_any(),
                false => view! { <NeedsVisit what="all three" /> }.into_any(),
            }}
            {told.map(|told| {
                let goes_on = !is_over(&told);
                view! {
                    <div class="card">
                        <Lanes told />
                        {goes_on.then(|| view! { <noscript><p class="muted">"Reload this page to see what happens next."</p></noscript> })}
                    </div>
                }
            })}
            <p class="muted">
                "The milliseconds are measured on this server, from just before the end is requested to the first refused "
                "response. They include " {wait} ", the transaction that ends the session and records the revocation (with its "
                "flush to the disk), loading the revocation into this process's memory, and the refused request itself. "
                "Meanwhile, both lanes are checked every millisecond. Nothing tells the plain JWT's verifier: its token expires, "
                "with 2 seconds of tolerance."
            </p>
            <Cited links />
        </Section>
    }
}
