//! Section 5: when to use which. Both sides; the facts come from the server.

use leptos::prelude::*;

use super::{
    cost::{Measured, Way, words::micros},
    section::Section,
    travel::Sizes,
};
use crate::ui::number::grouped;

/// Settings that the comparison names, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Life of an access token.
    pub token: i64,
    /// So much after its end a token still counts: clocks differ.
    pub leeway: i64,
    /// How long a revocation is remembered.
    pub remembered: i64,
    /// After so long a silence an instance does not trust its memory.
    pub stale: u64,
}

/// What the visitor's own run has shown, as far as cells name it.
struct Own {
    session: Option<String>,
    plain: Option<String>,
    warm: Option<String>,
    cold: Option<String>,
}

impl Own {
    fn of(measured: Option<&Measured>) -> Self {
        let middle = |way| measured.and_then(|measured| measured.middle(way)).map(micros);
        Self {
            session: middle(Way::Session),
            plain: middle(Way::Plain),
            warm: middle(Way::Warm),
            cold: middle(Way::Cold),
        }
    }
}

/// What stands in a cell, and which experiments on this page show it.
struct Cell {
    words: String,
    own: Option<String>,
    shown_by: &'static [&'static str],
}

fn cell(words: impl Into<String>, shown_by: &'static [&'static str]) -> Cell {
    Cell { words: words.into(), own: None, shown_by }
}

impl Cell {
    fn with(self, own: Option<String>) -> Self {
        Self { own, ..self }
    }
}

/// What is compared, and the three answers: session, plain JWT, both.
type Row = (&'static str, [Cell; 3]);

const COLUMNS: [&str; 3] = ["Session cookie", "Plain JWT", "Both, as here"];

/// How the parts of this page are called where a cell leads to them.
fn name_of(id: &str) -> &'static str {
    match id {
        "travel" => "What travels",
        "cost" => "What a request costs",
        "revocation" => "What revocation does",
        "payload" => "Changed payload",
        "none" => "alg: none",
        "other-key" => "Another key",
        "replay" => "Replay after log-out",
        "expired" => "Expired token",
        "cross-site" => "Cross-site POST",
        "steal" => "Stolen cookie",
        "role" => "Changed role",
        _ => "Here",
    }
}

#[component]
pub fn WhenToUseWhich(sizes: Sizes, measured: Option<Measured>, facts: Facts) -> impl IntoView {
    let rows = rows(&sizes, &Own::of(measured.as_ref()), facts);
    view! {
        <Section id="choose">
            <p>
                "Each cell says what it stands on: follow it to the experiment. Where you have measured something yourself, your own
                figure stands there."
            </p>
            <Comparison rows />
            <h3>"Why Latchkey does both"</h3>
            <WhyBoth />
            <h3>"What that costs"</h3>
            <Price facts />
        </Section>
    }
}

fn rows(sizes: &Sizes, own: &Own, facts: Facts) -> Vec<Row> {
    vec![
        ("State", state(facts)),
        ("Scaling", scaling(facts)),
        ("Revocation", revocation(facts)),
        ("Size", size(sizes)),
        ("Cost", cost(own)),
        ("Staleness", staleness(facts)),
        ("When it fails", failure(facts)),
        ("Choose it", choice(facts)),
    ]
}

fn state(facts: Facts) -> [Cell; 3] {
    [
        cell("A row for each log-in, on the server.", &["travel"]),
        cell("None on the server: all of it is in the token.", &["travel"]),
        cell(
            format!("A row for each log-in. In memory only what has died in the last {} seconds.", facts.remembered),
            &["revocation"],
        ),
    ]
}

fn scaling(facts: Facts) -> [Cell; 3] {
    [
        cell("Every request needs the one database, or a store that all servers share.", &["cost"]),
        cell("Whoever has the public key can answer alone, once it has the key.", &["cost"]),
        cell(
            format!(
                "The API as with JWTs. The database sees a browser once in {} seconds, and each page.",
                facts.token
            ),
            &["cost"],
        ),
    ]
}

fn revocation(facts: Facts) -> [Cell; 3] {
    [
        cell("On the next request.", &["revocation", "replay"]),
        cell(
            format!(
                "Not before it expires: up to {} seconds with the tokens of this server, and {} more that clocks may differ. Many live \
                 longer.",
                facts.token, facts.leeway
            ),
            &["revocation", "expired"],
        ),
        cell(
            format!(
                "On the next request, session and token, on each instance; {} seconds at most if the feed is silent.",
                facts.stale
            ),
            &["revocation", "replay"],
        ),
    ]
}

fn size(sizes: &Sizes) -> [Cell; 3] {
    let (session, least) = (sizes.session_bytes, sizes.rows.first().map_or(0, smallest));
    let most = sizes.rows.iter().find(|row| row.permissions == 100).map_or(0, Sizes::largest);
    [
        cell(format!("{session} bytes, always."), &["travel"]),
        cell(
            format!(
                "{least} bytes and more: up to {} with 100 permissions.",
                grouped(i64::try_from(most).unwrap_or(i64::MAX))
            ),
            &["travel"],
        ),
        cell(format!("Both: {} bytes and more, of which pages need only the {session}.", session + least), &["travel"]),
    ]
}

fn smallest(row: &super::travel::SizeRow) -> usize {
    row.bytes.iter().copied().min().unwrap_or_default()
}

fn cost(own: &Own) -> [Cell; 3] {
    let of = |figure: &Option<String>, what: &str| figure.as_ref().map(|figure| format!("{what}: {figure}"));
    let warm = of(&own.warm, "warm");
    let both = warm.zip(of(&own.cold, "cold")).map(|(warm, cold)| format!("{warm}, {cold}"));
    [
        cell(
            "A look-up with each request. Near the database that is little; far from it, it is the way there and back.",
            &["cost"],
        )
        .with(own.session.clone()),
        cell("A signature to check with each request, and no look-up once the keys are there.", &["cost"])
            .with(own.plain.clone()),
        cell("The API as a warm JWT, revocations included; pages as a session.", &["cost"]).with(both),
    ]
}

fn staleness(facts: Facts) -> [Cell; 3] {
    [
        cell("None: each request reads the role as it is.", &["role"]),
        cell(format!("What it says was true when it was made, up to {} seconds ago.", facts.token), &["role"]),
        cell("None: a changed role kills the tokens of before, and the next one says the new role.", &["role"]),
    ]
}

fn failure(facts: Facts) -> [Cell; 3] {
    [
        cell(
            "Without the database nobody gets in, and nobody is logged out. Other sites can try to use the cookie (CSRF). A stolen one works until it is ended.",
            &["cross-site", "steal"],
        ),
        cell(
            "A verifier that believes the header, or a key that leaks, lets anybody be anybody. In a cookie other sites can try to use it as they \
             do a session's (CSRF); in localStorage any script on the page can read it (XSS). A stolen one cannot be called back.",
            &["none", "other-key", "payload", "cross-site", "steal"],
        ),
        cell(
            format!(
                "Of both. After {} seconds without news each API call asks the database; without a database the answer is 503, never yes. A leaked \
                 key is killed like a session.",
                facts.stale
            ),
            &["revocation", "other-key", "steal"],
        ),
    ]
}

fn choice(facts: Facts) -> [Cell; 3] {
    [
        cell("One application, one database: most of all. There is nothing simpler to end.", &["cost", "revocation"]),
        cell(
            "Machines that call each other, and verifiers that cannot ask you; with short lives, and where a dead credential may live on for so long.",
            &["expired", "revocation"],
        ),
        cell(
            format!(
                "People on pages, and an API or several services beside them, where “log out” must mean now and not in {} seconds.",
                facts.token
            ),
            &["revocation", "replay"],
        ),
    ]
}

#[component]
fn Comparison(rows: Vec<Row>) -> impl IntoView {
    view! {
        <table class="cards lab-comparison" role="table" aria-label="Sessions, plain JWTs, and both">
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader"><span class="visually-hidden">"What is compared"</span></th>
                    {COLUMNS.map(|column| view! { <th scope="col" role="columnheader">{column}</th> }).collect_view()}
                </tr>
            </thead>
            <tbody role="rowgroup">
                {rows
                    .into_iter()
                    .map(|(what, cells)| view! {
                        <tr role="row">
                            <th scope="row" role="rowheader">{what}</th>
                            {COLUMNS
                                .into_iter()
                                .zip(cells)
                                .map(|(column, cell)| view! { <td role="cell" data-label=column><Filled cell /></td> })
                                .collect_view()}
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn Filled(cell: Cell) -> impl IntoView {
    let Cell { words, own, shown_by } = cell;
    view! {
        <div>
            <p>{words}</p>
            {own.map(|own| view! { <p class="lab-own">"Your run: " <strong>{own}</strong></p> })}
            <ul class="lab-shown-by">
                {shown_by
                    .iter()
                    .map(|id| view! { <li><a href=format!("#{id}")>{name_of(id)}</a></li> })
                    .collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn WhyBoth() -> impl IntoView {
    view! {
        <p>
            "A page reads rows anyway, so a session costs it next to nothing, and it can be ended on the spot. An API that is called all the time,
            or answered by a service without the table of sessions, should not read one per call: there a token says who calls. A token that
            cannot be called back would make every log-out a promise for later, so each names its session, and each instance keeps a list of the
            sessions, users and keys that have died. That list is exact and stays short, because it may forget whatever is older than a token can
            be. And the session is what renews the token, so the browser needs no other secret, scripts see neither of the two, and one act ends
            both."
        </p>
    }
}

#[component]
fn Price(facts: Facts) -> impl IntoView {
    let Facts { token, remembered, stale, .. } = facts;
    view! {
        <ul class="lab-price">
            <li><strong>"Memory"</strong> {format!(": each instance keeps an entry per revocation for {remembered} seconds. To log everyone out is one entry.")}</li>
            <li>
                <strong>"A feed"</strong>
                {format!(
                    " between instances: they must hear of each revocation. One that has heard nothing for {stale} seconds asks the database \
                     with each call, and without a database it answers nobody.",
                )}
            </li>
            <li>
                <strong>"Verifiers outside"</strong>
                {format!(", who know nothing but the public keys, hear of no revocation. They live with the {token} seconds of a token.")}
            </li>
            <li><strong>"Two credentials"</strong> " to understand, to renew and to test, instead of one."</li>
        </ul>
    }
}
