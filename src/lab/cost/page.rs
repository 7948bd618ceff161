//! Section 2: what a request costs here. Server side.

use leptos::{prelude::*, server_fn::ServerFn};
use strum::VariantArray;

use super::{
    Measured, ROUNDS, Signing, Spread, Way,
    chart::{SigningBars, Strips},
    words::{micros, of_requests, of_signing},
};
use crate::{
    base::{
        error::AppError,
        number::{counted, grouped},
    },
    lab::{
        actions::MeasureCost,
        section::{Figures, NeedsVisit, Section},
    },
    ui::{draw::Draw, form::Here, notice::Notice, when::When},
};

#[component]
pub fn WhatItCosts(measured: Option<Measured>, visit: bool, refused: Option<AppError>) -> impl IntoView {
    view! {
        <Section id="cost" open=refused.is_some()>
            <p>
                "People say JWTs save a database lookup. Few measure it. This sends requests through this server in five ways. All pass the same
                middleware to the same empty handler. Only the way of recognising the caller differs."
            </p>
            <dl class="lab-rules">
                {Way::VARIANTS
                    .iter()
                    .map(|way| view! { <div><dt>{way.title()}</dt><dd>{way.told()}</dd></div> })
                    .collect_view()}
            </dl>
            {if visit { view! { <Start refused /> }.drawn() } else { view! { <NeedsVisit what="figures from this machine" /> }.drawn() }}
            {measured.map(|measured| view! { <Results measured /> })}
            <p class="muted">
                "Not measured: the network, TLS, reading requests from the wire, writing the log, and rendering pages. Often they cost more than all
                of this."
            </p>
        </Section>
    }
}

#[component]
fn Start(refused: Option<AppError>) -> impl IntoView {
    view! {
        <form method="post" action=MeasureCost::PATH class="lab-start">
            <Here />
            <fieldset>
                <legend>"Requests per way"</legend>
                {ROUNDS
                    .into_iter()
                    .map(|rounds| view! {
                        <label>
                            <input type="radio" name="rounds" value=rounds checked=rounds == ROUNDS[1] />
                            {grouped(rounds)}
                        </label>
                    })
                    .collect_view()}
            </fieldset>
            <button type="submit" class="button primary">"Measure requests"</button>
            {refused
                .map(|error| view! { <div role="alert" tabindex="-1" autofocus><Notice kind="error">{error.to_string()}</Notice></div> })}
            <p class="muted">"Takes up to 2 seconds. On a slow machine it sends fewer requests."</p>
        </form>
    }
}

#[component]
fn Results(measured: Measured) -> impl IntoView {
    let Measured { at_ms, asked, rounds, database, debug, algorithm, signatures, signing, ways } = measured.clone();
    let rows = ways.into_iter().map(|Spread { way, p50_ns, p95_ns, p99_ns, .. }| {
        vec![way.title().to_owned(), micros(p50_ns), micros(p95_ns), micros(p99_ns)]
    });
    let (rows, sentences) = (rows.collect(), of_requests(&measured).join(" "));
    view! {
        <div class="lab-result" id="cost-result">
            {debug.then(|| view! {
                <Notice kind="warning">
                    "This is a development build without optimisation: its figures are not those of production. For a release build, run "
                    <code>"cargo xtask run --release"</code>
                    "."
                </Notice>
            })}
            <p class="muted">
                {counted(rounds, "request", "requests")} " per way"
                {(rounds < asked).then(|| format!(" (of {} asked for: time ran out)", grouped(asked)))}
                ", tokens signed with " {algorithm} ", on " {database} ", " <When ms=at_ms /> "."
            </p>
            <Strips measured />
            <Figures
                id="cost-requests"
                label="What requests cost"
                caption="Microseconds from request to response"
                head=vec!["Way", "p50", "p95", "p99"]
                rows
            />
            <p>{sentences}</p>
            <Signatures signing signatures />
        </div>
    }
}

#[component]
fn Signatures(signing: Vec<Signing>, signatures: u32) -> impl IntoView {
    let rows = signing.iter().map(|Signing { algorithm, sign_ns, verify_ns, bytes }| {
        vec![algorithm.clone(), micros(*sign_ns), micros(*verify_ns), grouped(*bytes)]
    });
    let (rows, sentence) = (rows.collect(), of_signing(&signing));
    view! {
        <h3>"Signing and verifying"</h3>
        <p>
            "The same claims, signed and verified "
            {counted(signatures, "time", "times")}
            " with each algorithm, by the code that issues and checks our tokens. A token is signed once and verified with every request."
        </p>
        <SigningBars signing />
        <Figures
            id="cost-signing"
            label="What signatures cost"
            caption="The median (p50), and the size of the token"
            head=vec!["Algorithm", "Sign", "Verify", "Bytes"]
            rows
        />
        {sentence.map(|sentence| view! { <p>{sentence}</p> })}
    }
}
