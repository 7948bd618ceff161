//! Section 5: the comparison. Server side.

use leptos::prelude::*;

use super::{
    attacks::list,
    cost::{Measured, Way, words::micros},
    section::{Section, filled, title_of},
};

/// Names that stand in the words of the comparison, and what they stand for here.
pub type Facts = [(&'static str, String); 8];

/// What a cell says, and which experiments of this page show it.
type Cell = (&'static str, &'static [&'static str]);

const COLUMNS: [&str; 4] = ["Session cookie", "Plain JWT", "JWT + refresh token", "Both, as here"];

const COST: &str = "Cost";

/// What "both" costs.
const PRICE: [(&str, &str); 4] = [
    (
        "Memory",
        ": each instance keeps an entry per revocation for {remembered} seconds. Logging everyone out is one entry.",
    ),
    (
        "A feed",
        " between instances: they must hear of each revocation. One that has heard nothing for {stale} seconds asks the database on each \
         call, and without a database it answers no one.",
    ),
    (
        "Verifiers outside",
        ", which know only the public keys, hear of no revocation. They accept a token for its whole {token} seconds.",
    ),
    ("Two credentials", " to understand, renew and test, instead of one."),
];

macro_rules! rows {
    ($($what:literal { $($words:literal <= $($shown_by:literal)+;)+ })+) => {
        [$(($what, [$(($words, &[$($shown_by),+])),+])),+]
    };
}

static ROWS: [(&str, [Cell; 4]); 8] = rows! {
    "State" {
        "A row per login, on the server." <= "travel";
        "None on the server. Everything is in the token." <= "travel";
        "A row per refresh token, on the server. None for access tokens." <= "travel";
        "A row per login. In memory, only what was revoked in the last {remembered} seconds." <= "revocation";
    }
    "Scaling" {
        "Every request needs the one database, or a store that all servers share." <= "cost";
        "Anyone with the public key can verify alone, once they have it." <= "cost";
        "As a plain JWT. The database sees a client once per token: every {token} seconds with the lifetime used here." <= "cost";
        "The API as with JWTs. The database sees a browser once in {token} seconds, and for every page." <= "cost";
    }
    "Revocation" {
        "On the next request." <= "revocation" "replay";
        "Not before it expires: up to {token} seconds with this server's tokens, and {leeway} more because clocks may differ. Many are \
         valid for longer." <= "revocation" "expired";
        "The refresh token, on the next renewal. Access tokens already issued work until they expire, as plain JWTs do." <=
         "revocation" "expired";
        "On the next request, session and token, on every instance. Within {stale} seconds if the feed is silent." <= "revocation"
         "replay";
    }
    "Size" {
        "{session} bytes, always." <= "travel";
        "{least} bytes and more: up to {most} with 100 permissions." <= "travel";
        "As a plain JWT, plus the refresh token, which is sent only to renew." <= "travel";
        "Both: {both} bytes and more. Pages need only the {session}." <= "travel";
    }
    "Cost" {
        "A lookup per request. Near the database that's little. Far from it, it's the round trip." <= "cost";
        "A signature check per request, and no lookup once the keys are there." <= "cost";
        "As a plain JWT. Each renewal costs a lookup, a write and a new signature." <= "cost";
        "The API as a warm JWT, revocation included. Pages as a session, cached for up to a minute unless caching is off or \
         the user is an administrator or auditor." <= "cost";
    }
    "Staleness" {
        "None: every request reads the current role." <= "role";
        "What it says was true when it was issued, up to {token} seconds ago." <= "role";
        "As a plain JWT. Each renewal reads the current role." <= "role";
        "None: a role change revokes the old tokens, and the next one has the new role." <= "role";
    }
    "When it fails" {
        "Without the database no one gets in, and no one is logged out. Other sites can try to use the cookie (CSRF). A stolen one \
         works until the session ends." <= "cross-site" "steal";
        "A verifier that trusts the header, or a leaked key, lets anyone be anyone. In a cookie, other sites can try to use it as they \
         do a session's (CSRF). In localStorage, any script on the page can read it (XSS). A stolen one can't be revoked." <= "none"
         "other-key" "payload" "cross-site" "steal";
        "As a plain JWT, for as long as one token lasts. The refresh token is a second secret, valid for days: it must be stored safely \
         and replaced at each use, so that a copy that comes back gives the theft away." <= "old-secret" "steal";
        "As either. After {stale} seconds without news each API call asks the database. Without a database the answer is 503, never \
         yes. A leaked key is revoked like a session." <= "revocation" "other-key" "steal";
    }
    "Choose it" {
        "Best for one application with one database. Nothing is simpler to revoke." <= "cost" "revocation";
        "Machines that call each other, and verifiers that can't ask you. Keep lifetimes short, and accept that a revoked credential \
         works until then." <= "expired" "revocation";
        "Apps outside the browser, and APIs run by others, where a logout may take effect minutes later." <= "expired" "revocation";
        "People on pages, plus an API or several services, where “log out” must mean now and not in {token} seconds." <= "revocation"
         "replay";
    }
};

#[component]
pub fn WhenToUseWhich(measured: Option<Measured>, facts: Facts) -> impl IntoView {
    let price = PRICE.map(|(what, words)| view! { <li><strong>{what}</strong>{told(words, &facts)}</li> });
    let price = price.collect_view();
    view! {
        <Section id="choose">
            <p>
                "Each cell says what it is based on: follow it to the experiment. Where you have measured something yourself, you see your own figure."
            </p>
            <Comparison measured facts />
            <h3>"Why Latchkey does both"</h3>
            <p>
                "A page reads rows anyway, so a session costs it next to nothing, and it can be ended at once. An API that is called all the time, or is
                answered by a service without the table of sessions, should not read one per call. There a token says who is calling. A token that can't be
                revoked would turn every logout into a promise for later. So each token names its session, and each instance keeps a list of the sessions,
                users and keys that have been revoked. That list is exact, and it stays short, because it can forget whatever is older than a token can be.
                The session also renews the token, so the browser needs no refresh token, scripts see neither of the two, and one action ends both."
            </p>
            <h3>"What that costs"</h3>
            <ul class="lab-price">{price}</ul>
        </Section>
    }
}

#[component]
fn Comparison(measured: Option<Measured>, facts: Facts) -> impl IntoView {
    let own = own(measured.as_ref());
    let rows = ROWS.iter().map(|(what, cells)| {
        let cells = COLUMNS.into_iter().zip(cells).enumerate().map(|(at, (column, (words, shown_by)))| {
            let own = own[at].clone().filter(|_| *what == COST);
            view! { <td role="cell" data-label=column><Filled words=told(words, &facts) own shown_by=*shown_by /></td> }
        });
        view! { <tr role="row"><th scope="row" role="rowheader">{*what}</th>{cells.collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <table class="cards lab-comparison" role="table" aria-label="Sessions, plain JWTs, JWTs with a refresh token, and both">
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader"><span class="visually-hidden">"What is compared"</span></th>
                    {COLUMNS.map(|column| view! { <th scope="col" role="columnheader">{column}</th> }).collect_view()}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn own(measured: Option<&Measured>) -> [Option<String>; 4] {
    let middle = |way| measured.and_then(|measured| measured.middle(way)).map(micros);
    let both = middle(Way::Warm).zip(middle(Way::Cold)).map(|(warm, cold)| format!("warm: {warm}, cold: {cold}"));
    [middle(Way::Session), middle(Way::Plain), None, both]
}

fn told(words: &str, facts: &Facts) -> String {
    filled(words, |name| facts.iter().find(|fact| fact.0 == name).map(|(_, value)| value.clone()).unwrap_or_default())
}

#[component]
fn Filled(words: String, own: Option<String>, shown_by: &'static [&'static str]) -> impl IntoView {
    let title = |id: &str| title_of(id).or_else(|| Some(list::ALL.iter().find(|about| about.id == id)?.title));
    let links = shown_by.iter().map(|id| view! { <li><a href=format!("#{id}")>{title(id)}</a></li> });
    view! {
        <div>
            <p>{words}</p>
            {own.map(|own| view! { <p class="lab-own">"Your run: " <strong>{own}</strong></p> })}
            <ul class="lab-shown-by">{links.collect_view()}</ul>
        </div>
    }
}
