//! `/lab`. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    DEMO_USER,
    actions::{BeginVisit, EndVisit, MeasureCost},
    attacks::{Attack, page::Attacks},
    choose::{Facts, WhenToUseWhich},
    cost::{Measured, page::WhatItCosts},
    lanes::page::Revocation,
    travel::{Cookies, Sizes, page::WhatTravels},
};
use crate::{
    ui::{
        draw::Draw,
        form::ButtonForm,
        frame::Page,
        notice::{Notice, OutcomeNotice},
        when::Ago,
    },
    web::page::{refused, refused_by, typed},
};

#[component]
pub fn LabPage(
    visit_ends_at: Option<i64>,
    logged_in: bool,
    cookies: Option<Cookies>,
    sizes: Sizes,
    cost: Option<Measured>,
    told: Option<String>,
    one_writer: bool,
    attacks: Vec<Attack>,
    facts: Facts,
) -> impl IntoView {
    let has_visit = visit_ends_at.is_some();
    // Beside its button, which is there in a visit alone. Whatever else was refused is said above.
    let not_measured = refused_by(MeasureCost::PATH).filter(|_| has_visit);
    let refused = refused().filter(|_| not_measured.is_none());
    view! {
        <Page title="The Lab" heading="Sessions or JWTs? Try both.">
            <p class="lead">
                "A server can recognise you by a session it looks up, or by a token it verifies. Run both side by side and see the difference. Every
                response and number on this page comes live from this server."
            </p>
            {refused.map(|error| view! { <div role="alert"><Notice kind="error">{error.to_string()}</Notice></div> })}
            <div id="visit" class="card lab-visit">
                {match visit_ends_at {
                    None => view! { <Start /> }.drawn(),
                    Some(ends_at) => view! { <Under ends_at logged_in /> }.drawn(),
                }}
            </div>
            <WhatTravels cookies sizes visit=has_visit />
            <WhatItCosts measured=cost.clone() visit=has_visit refused=not_measured />
            <Revocation told one_writer can_run=has_visit />
            <Attacks attacks can_run=has_visit />
            <WhenToUseWhich measured=cost facts />
        </Page>
    }
}

#[component]
fn Start() -> impl IntoView {
    let was_deleted = typed().get("visit") == "deleted";
    view! {
        {was_deleted.then(|| view! { <OutcomeNotice words="Your visit has ended, and all its data has been deleted." /> })}
        <ButtonForm action=BeginVisit::PATH class="button primary">"Start demo session"</ButtonForm>
        <p>
            "No account needed. You get a demo user in a sandbox: the same program with its own database and keys. Break what you like. Your own
            account isn't affected."
        </p>
        <p class="muted">
            "We delete everything after 30 minutes, or when you end the visit. Until then we keep the demo user, its sessions, your results and your
            IP range (for rate limits). To read this page you don't need a visit."
        </p>
    }
}

#[component]
fn Under(ends_at: i64, logged_in: bool) -> impl IntoView {
    view! {
        <p>
            "You're " <strong>{DEMO_USER}</strong> ". Your visit ends " <Ago ms=ends_at /> ". "
            {if logged_in {
                view! { <span class="badge">"Logged in"</span> }.drawn()
            } else {
                view! { <span class="badge quiet">"Logged out"</span> " The next experiment logs you in again." }.drawn()
            }}
        </p>
        <ButtonForm action=EndVisit::PATH>"End visit and delete everything"</ButtonForm>
    }
}
