//! Section 4 of `/lab`. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{Attack, Outcome, Step, Verdict};
use crate::{
    lab::{
        actions::TryAttack,
        code::Cited,
        section::{NeedsVisit, Section, Shown},
    },
    ui::{form::ButtonForm, notice::Notice},
};

#[component]
pub fn Attacks(attacks: Vec<Attack>, can_run: bool) -> impl IntoView {
    let attacks = attacks.into_iter().map(|attack| view! { <Experiment attack can_run /> }).collect_view();
    view! {
        <Section id="attacks">
            <p>
                "Each button attacks your own demo user's session, with real requests through a complete server that runs this "
                "program. The page shows what was sent, what came back, what stopped it, and the code and the test for that."
            </p>
            {(!can_run).then(|| view! { <NeedsVisit what="what the server answers" /> })}
            <div class="lab-experiments">{attacks}</div>
        </Section>
    }
}

#[component]
fn Experiment(attack: Attack, can_run: bool) -> impl IntoView {
    let Attack { about, button, outcome } = attack;
    let title_id = format!("{}-title", about.id);
    let labelled_by = title_id.clone();
    let class = if outcome.is_some() { "button" } else { "button primary" };
    view! {
        <article class="card experiment" id=about.id aria-labelledby=labelled_by tabindex="-1">
            <h3 id=title_id>{about.title}</h3>
            <p>{about.what}</p>
            {can_run.then(|| view! {
                <ButtonForm action=TryAttack::PATH fields=vec![("attack", about.id.to_owned())] class>{button}</ButtonForm>
            })}
            {outcome.map(|outcome| view! {
                <WhatHappened outcome />
                <p class="defence"><strong>"What stops it: "</strong>{about.defence}</p>
            })}
            <Cited cites=about.cites />
        </article>
    }
}

#[component]
fn WhatHappened(outcome: Outcome) -> impl IntoView {
    let Outcome { verdict, words, steps, point, .. } = outcome;
    let kind = match verdict {
        Verdict::Held => "success",
        Verdict::Disturbed => "info",
        Verdict::LetIn => "error",
    };
    let steps = steps.into_iter().enumerate().map(|(at, step)| view! { <OneStep step open=point == Some(at) /> });
    view! {
        <Notice kind>{words}</Notice>
        <ol class="steps">{steps.collect_view()}</ol>
    }
}

#[component]
fn OneStep(step: Step, open: bool) -> impl IntoView {
    let Step { by, words, token, exchange } = step;
    let token = token.map(|parts| {
        let parts = ["Header", "Payload", "Signature"].into_iter().zip(parts);
        let parts =
            parts.map(|(what, text)| view! { <div><dt>{what}</dt><dd><pre><code>{text}</code></pre></dd></div> });
        view! { <dl class="torn">{parts.collect_view()}</dl> }
    });
    // Who sends a request stands above it.
    let teller = exchange.is_none().then(|| view! { <strong>{by.clone()}": "</strong> });
    view! {
        <li>
            <p>{teller}{words}</p>
            {token}
            {exchange.map(|exchange| view! { <Shown exchange by=by.clone() open /> })}
        </li>
    }
}
