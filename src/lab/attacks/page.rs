//! Section 4 of `/lab`. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{Attack, Outcome, Step, Verdict};
use crate::{
    lab::{
        actions::TryAttack,
        code::page::Cited,
        exchange::Shown,
        section::{NeedsVisit, Section},
    },
    ui::{form::Here, notice::Notice},
};

/// `can_run`: there is a visit to run them in.
#[component]
pub fn Attacks(attacks: Vec<Attack>, can_run: bool) -> impl IntoView {
    let attacks = attacks.into_iter().map(|attack| view! { <Experiment attack can_run /> }).collect_view();
    view! {
        <Section id="attacks">
            <p>
                "Each button attacks the session of your own demo user: with real requests through the whole of a server "
                "that runs this very program. The page shows what was sent, what came back, which line of defence acted, "
                "and the code and the test of it."
            </p>
            {(!can_run).then(|| view! { <NeedsVisit what="what the server answers" /> })}
            <div class="lab-experiments">{attacks}</div>
        </Section>
    }
}

#[component]
fn Experiment(attack: Attack, can_run: bool) -> impl IntoView {
    let Attack { id, title, what, button, defence, links, outcome } = attack;
    let (title_id, address) = (format!("{id}-title"), id.clone());
    let has_run = outcome.is_some();
    view! {
        <article class="card experiment" id=address aria-labelledby=title_id tabindex="-1">
            <h3 id=title_id.clone()>{title}</h3>
            <p>{what}</p>
            {can_run
                .then(|| {
                    view! {
                        <form method="post" action=TryAttack::PATH>
                            <Here />
                            <input type="hidden" name="attack" value=id />
                            <button type="submit" class=if has_run { "button" } else { "button primary" }>{button}</button>
                        </form>
                    }
                })}
            {outcome.map(|outcome| view! { <WhatHappened outcome /> })}
            <p class="defence"><strong>"The line of defence: "</strong>{defence}</p>
            <Cited links />
        </article>
    }
}

#[component]
fn WhatHappened(outcome: Outcome) -> impl IntoView {
    let Outcome { verdict, words, steps, .. } = outcome;
    let kind = match verdict {
        Verdict::Held => "success",
        Verdict::Disturbed => "info",
        Verdict::LetIn => "error",
    };
    // The last request is the one that decides.
    let deciding = steps.iter().rposition(|step| step.exchange.is_some());
    let steps = steps.into_iter().enumerate();
    let steps = steps.map(|(at, step)| view! { <OneStep step open=deciding == Some(at) /> }).collect_view();
    view! {
        <Notice kind>{words}</Notice>
        <ol class="steps">{steps}</ol>
    }
}

#[component]
fn OneStep(step: Step, open: bool) -> impl IntoView {
    let Step { by, words, token, exchange } = step;
    let token = match <[String; 3]>::try_from(token) {
        Ok([header, claims, signature]) => Some(view! {
            <dl class="torn">
                <div><dt>"Header"</dt><dd><pre><code>{header}</code></pre></dd></div>
                <div><dt>"Payload"</dt><dd><pre><code>{claims}</code></pre></dd></div>
                <div><dt>"Signature"</dt><dd><pre><code>{signature}</code></pre></dd></div>
            </dl>
        }),
        Err(_) => None,
    };
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
