//! Section 2: what a request costs here. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};
use strum::VariantArray;

use super::{
    Measured, ROUNDS, Signing, Way,
    chart::{SigningBars, Strips},
    words::{micros, of_requests, of_signing},
};
use crate::{
    base::error::AppError,
    lab::{
        actions::MeasureCost,
        section::{Figures, NeedsVisit, Section},
    },
    ui::{
        form::Here,
        notice::Notice,
        number::{counted, grouped},
        when::Exactly,
    },
    web::page::refused,
};

#[component]
pub fn WhatItCosts(
    measured: Option<Measured>,
    /// Whether there is a visit to measure in.
    visit: bool,
) -> impl IntoView {
    view! {
        <Section id="cost" title="2. What a request costs here">
            <p>
                "“A JWT saves the look-up” is said often and measured seldom. This sends requests through this server in five ways. All pass
                the same layers to the same empty handler; only the way of finding out who calls differs."
            </p>
            <dl class="lab-rules">
                {Way::VARIANTS
                    .iter()
                    .map(|way| view! { <div><dt>{way.title()}</dt><dd>{way.told()}</dd></div> })
                    .collect_view()}
            </dl>
            {if visit { view! { <Start /> }.into_any() } else { view! { <NeedsVisit what="figures of this very machine" /> }.into_any() }}
            {measured.map(|measured| view! { <Results measured /> })}
            <p class="muted">
                "Not measured: the network, TLS, the reading of requests from the wire, the writing of the log, and the rendering of pages. Often
                they cost more than all of this."
            </p>
        </Section>
    }
}

#[component]
fn Start() -> impl IntoView {
    view! {
        <form method="post" action=MeasureCost::PATH class="lab-start">
            <Here />
            <fieldset>
                <legend>"Requests each way"</legend>
                {ROUNDS
                    .into_iter()
                    .map(|rounds| view! {
                        <label>
                            <input type="radio" name="rounds" value=rounds checked=rounds == ROUNDS[1] />
                            {grouped(rounds.into())}
                        </label>
                    })
                    .collect_view()}
            </fieldset>
            <button type="submit" class="button primary">"Measure"</button>
            {refused()
                .filter(|error| *error == AppError::Measuring)
                .map(|error| view! { <div role="alert" tabindex="-1" autofocus><Notice kind="error">{error.to_string()}</Notice></div> })}
            <p class="muted">"It takes two seconds at most; when they are over, fewer requests must do."</p>
        </form>
    }
}

#[component]
fn Results(measured: Measured) -> impl IntoView {
    let (requests, signing) = (of_requests(&measured), of_signing(&measured.signing));
    let Measured { at_ms, asked, rounds, database, debug, algorithm, ways, signatures, signing: algorithms } =
        measured.clone();
    view! {
        <div class="lab-result" id="cost-result">
            {debug.then(|| view! {
                <Notice kind="warning">
                    "This is a build for development, without optimisation: its figures are not those of production. "
                    <code>"cargo xtask run --release"</code>
                    " makes the other one."
                </Notice>
            })}
            <p class="muted">
                {counted(rounds.into(), "request", "requests")} " each way"
                {(rounds < asked).then(|| format!(" (of {} that were asked for: the time was up)", grouped(asked.into())))}
                ", tokens with " {algorithm} ", on " {database} ", at " <Exactly ms=at_ms /> " UTC."
            </p>
            <Strips measured />
            <Figures label="What requests cost"><table class="lab-figures" id="cost-requests">
                <caption>"Microseconds from sending to answer"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Way"</th>
                        <th scope="col">"p50"</th>
                        <th scope="col">"p95"</th>
                        <th scope="col">"p99"</th>
                    </tr>
                </thead>
                <tbody>
                    {ways
                        .into_iter()
                        .map(|way| view! {
                            <tr>
                                <th scope="row">{way.way.title()}</th>
                                <td>{micros(way.p50_ns)}</td>
                                <td>{micros(way.p95_ns)}</td>
                                <td>{micros(way.p99_ns)}</td>
                            </tr>
                        })
                        .collect_view()}
                </tbody>
            </table></Figures>
            <p>{requests.join(" ")}</p>
            <h3>"Signing and verifying"</h3>
            <p>
                "The same claims, signed and verified "
                {counted(signatures.into(), "time", "times")}
                " with each algorithm, by the code that makes and reads our tokens. A token is signed once in its life and verified with each request."
            </p>
            <SigningBars signing=algorithms.clone() />
            <SigningTable algorithms />
            {signing.map(|sentence| view! { <p>{sentence}</p> })}
        </div>
    }
}

#[component]
fn SigningTable(algorithms: Vec<Signing>) -> impl IntoView {
    view! {
        <Figures label="What signatures cost"><table class="lab-figures" id="cost-signing">
            <caption>"The middle of all (p50), and the size of the token"</caption>
            <thead>
                <tr>
                    <th scope="col">"Algorithm"</th>
                    <th scope="col">"Sign"</th>
                    <th scope="col">"Verify"</th>
                    <th scope="col">"Bytes"</th>
                </tr>
            </thead>
            <tbody>
                {algorithms
                    .into_iter()
                    .map(|one| view! {
                        <tr>
                            <th scope="row">{one.algorithm}</th>
                            <td>{micros(one.sign_ns)}</td>
                            <td>{micros(one.verify_ns)}</td>
                            <td>{one.bytes}</td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </table></Figures>
    }
}
