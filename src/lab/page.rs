//! `/lab`. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    VisitInfo,
    actions::{BeginVisit, EndVisit},
    attacks::{Attack, page::Attacks},
    choose::{Facts, WhenToUseWhich},
    cost::{Measured, page::WhatItCosts},
    lanes::{LanesPage, page::Revocation},
    travel::{Travel, page::WhatTravels},
};
use crate::{
    base::error::AppError,
    ui::{form::Here, frame::Page, notice::Notice, when::Ago},
    web::page::refused,
};

/// The sections: id, title, what one finds there.
const SECTIONS: [(&str, &str, &str); 5] = [
    ("travel", "What travels", "the two cookies, decoded, and how they grow"),
    ("cost", "What a request costs here", "five ways of knowing who calls, measured"),
    ("revocation", "What revocation does", "three credentials, one log-out, in real time"),
    ("attacks", "What can go wrong", "nine attacks, and what stopped each"),
    ("choose", "When to use which", "the comparison, with your own figures"),
];

#[component]
pub fn LabPage(
    /// The visit of this browser, if there is one.
    visit: Option<VisitInfo>,
    travel: Travel,
    /// The newest result of the visit.
    cost: Option<Measured>,
    lanes: LanesPage,
    attacks: Vec<Attack>,
    facts: Facts,
) -> impl IntoView {
    let (has_visit, sizes) = (visit.is_some(), travel.sizes.clone());
    view! {
        <Page title="The Lab" heading="Session or JWT? Try both.">
            <p class="lead">
                "A server can know you by a session, which it looks up, or by a token, which it verifies. Here both run side by side, for engineers
                who have to choose or want to see it once. Every answer and every figure on this page was made by this server, not written
                down beforehand."
            </p>
            // Section 2 says this one itself.
            {refused().filter(|error| *error != AppError::Measuring).map(|error| view! { <div role="alert"><Notice kind="error">{error.to_string()}</Notice></div> })}
            <Visit visit />
            <Contents />
            <WhatTravels travel visit=has_visit />
            <WhatItCosts measured=cost.clone() visit=has_visit />
            <Revocation lanes can_run=has_visit />
            <Attacks attacks can_run=has_visit />
            <WhenToUseWhich sizes measured=cost facts />
        </Page>
    }
}

#[component]
fn Contents() -> impl IntoView {
    view! {
        <nav class="lab-contents" aria-label="Sections of the Lab">
            <ol>
                {SECTIONS
                    .map(|(id, title, what)| view! { <li><a href=format!("#{id}")>{title}</a>": "<span class="muted">{what}</span></li> })
                    .collect_view()}
            </ol>
        </nav>
    }
}

#[component]
fn Visit(visit: Option<VisitInfo>) -> impl IntoView {
    let content = match visit {
        None => view! { <Start /> }.into_any(),
        Some(visit) => view! { <Under visit /> }.into_any(),
    };
    view! { <div id="visit" class="card lab-visit">{content}</div> }
}

#[component]
fn Start() -> impl IntoView {
    view! {
        <form method="post" action=BeginVisit::PATH>
            <Here />
            <button type="submit" class="button primary">"Start a demo session"</button>
        </form>
        <p>
            "You need no account. A demo user is made for you, in a world apart: the same program with a database and keys of its own, in which
            you may break things. If you have an account here, nothing of it is touched."
        </p>
        <p class="muted">
            "Kept until the visit ends: the demo user, its sessions, what the experiments showed, and the network that you come from, since each
            has a limit. After half an hour all of it is removed, or earlier, when you say so. Reading needs no visit."
        </p>
    }
}

#[component]
fn Under(visit: VisitInfo) -> impl IntoView {
    let VisitInfo { name, ends_at, logged_in } = visit;
    view! {
        <p>
            "You are " <strong>{name}</strong> ". The visit ends " <Ago ms=ends_at /> ". "
            {if logged_in {
                view! { <span class="badge">"Logged in"</span> }.into_any()
            } else {
                view! { <span class="badge quiet">"Logged out"</span> " The next experiment logs you in again." }.into_any()
            }}
        </p>
        <form method="post" action=EndVisit::PATH>
            <Here />
            <button type="submit" class="button">"End the visit and remove everything"</button>
        </form>
    }
}
