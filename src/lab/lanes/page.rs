//! Section 3 of `/lab`. Server side; the lanes are an island.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    LANES, is_over,
    island::{Lanes, NAMES},
    run::CITES,
};
use crate::{
    lab::{
        actions::StartLanes,
        code::Cited,
        section::{NeedsVisit, Section},
    },
    ui::{draw::Draw, form::ButtonForm},
};

/// How each of [`NAMES`] is asked.
const ASKED: [&str; LANES] = [
    ": requests a page with the cookie alone. The server looks the session up.",
    ": calls the API with the token. The API verifies it, and checks the revocations in its memory.",
    ": gives the same token to a textbook verifier, which checks signature, issuer, audience and times, nothing else.",
];

/// `told`: the lanes as they are now, once they were started. `one_writer`: the database takes one at a time.
#[component]
pub fn Revocation(told: Option<String>, one_writer: bool, can_run: bool) -> impl IntoView {
    let wait = if one_writer { "waiting for the database's one writer" } else { "waiting for a database connection" };
    let (label, class) = match told {
        Some(_) => ("Run the experiment again", "button"),
        None => ("Run the experiment", "button primary"),
    };
    let asked = NAMES.into_iter().zip(ASKED).map(|(what, how)| view! { <li><strong>{what}</strong>{how}</li> });
    view! {
        <Section id="revocation">
            <p>
                "Your demo user logs in on one more device. It gets a session, and a token that is valid for 60 seconds. Then "
                "three credentials are checked again and again:"
            </p>
            <ul>{asked.collect_view()}</ul>
            <p>"Now end the session and see which ones notice."</p>
            {if can_run {
                view! { <ButtonForm action=StartLanes::PATH class>{label}</ButtonForm> }.drawn()
            } else {
                view! { <NeedsVisit what="all three" /> }.drawn()
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
            <Cited cites=CITES />
        </Section>
    }
}
