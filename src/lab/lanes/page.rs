//! Section 3 of `/lab`. Both sides; the lanes are an island.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    LanesPage,
    island::{Lanes, is_over},
};
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
    let wait =
        if one_writer { "the wait for the database's one writer" } else { "the wait for a connection to the database" };
    let label = if told.is_some() { "Start the three lanes again" } else { "Start the three lanes" };
    let class = if told.is_some() { "button" } else { "button primary" };
    let start = view! {
        <form method="post" action=StartLanes::PATH>
            <Here />
            <button type="submit" class=class>{label}</button>
        </form>
    };
    view! {
        <Section id="revocation" title="3. What revocation does">
            <p>
                "A new device of your demo user logs in. It gets a session, and a token that lives for 60 seconds. Then "
                "three credentials are asked again and again whether they still count:"
            </p>
            <ul>
                <li><strong>"Session cookie"</strong>": a page is asked for with the cookie alone. The server looks the session up."</li>
                <li><strong>"Our JWT"</strong>": the API is asked with the token. It verifies it, and asks the revocations in its memory."</li>
                <li>
                    <strong>"Plain JWT"</strong>
                    ": the very same token, before a textbook verifier: signature, issuer, audience and times, nothing else."
                </li>
            </ul>
            <p>"End the session, and see who notices."</p>
            {match can_run {
                true => start.into_any(),
                false => view! { <NeedsVisit what="the three lanes" /> }.into_any(),
            }}
            {told.map(|told| {
                let goes_on = !is_over(&told);
                view! {
                    <div class="card">
                        <Lanes told />
                        {goes_on.then(|| view! { <noscript><p class="muted">"Load this page again to see how it goes on."</p></noscript> })}
                    </div>
                }
            })}
            <p class="muted">
                "The milliseconds are measured on this server: from the moment before the end is asked for to the first "
                "refused answer. In between lie " {wait} ", the transaction that ends the "
                "session and writes the revocation down (with its flush to the disk), the revocation's way into the memory "
                "of this process, and the refused request itself. Both lanes are asked every millisecond meanwhile. The "
                "plain JWT's verifier is never told; its token dies when its time is over, 2 seconds forgiven."
            </p>
            <Cited links />
        </Section>
    }
}
