//! The story of a run: requests in each of the ways, one round after the other, then signatures. Server side.

use axum::http::{Method, StatusCode};
use strum::VariantArray;
use tower::ServiceExt;
use tracing::{Dispatch, instrument::WithSubscriber};

use super::{Measured, NAME, ROUNDS, STEPS, Spread, Way, signing, step};
use crate::{
    base::{db::Kind, error::AppError, state::Stopwatch},
    lab::{
        begin::{here, visit_for_experiment},
        browser::{Ask, Browser},
        visit::Visit,
        world::Lab,
    },
};

const WAYS: usize = Way::VARIANTS.len();

/// So many rounds do not count: connections are opened and memory is touched.
const WARM_UP: usize = 10;

/// The requests of a run take no longer, in milliseconds; nor do its signatures.
const REQUESTS_MS: u64 = 1_300;
const SIGNATURES_MS: u64 = 600;

/// `rounds`: requests each way.
pub async fn measure_cost(rounds: u32) -> Result<(), AppError> {
    if !ROUNDS.contains(&rounds) {
        return Err(AppError::BadRequest);
    }
    let lab = here()?;
    let visit = visit_for_experiment(&lab).await?;
    let measured = measure(&lab, &visit, rounds).await?;
    visit.keep_result(&lab, NAME, &measured).await?;
    leptos_axum::redirect(&format!("/lab?run={}#cost", measured.at_ms));
    Ok(())
}

/// One run at a time in this process; who comes second is told to wait.
async fn measure(lab: &Lab, visit: &Visit, asked: u32) -> Result<Measured, AppError> {
    let _alone = lab.measuring.try_acquire().map_err(|_| AppError::Measuring)?;
    let keys = lab.samples.keys().await?;
    let mut browser = visit.browser.clone();
    browser.send(lab, Ask::api(Method::POST, "/api/v1/token")).await?;
    // What the requests log would be measured with them, and would fill the log.
    let times = send(lab, &browser, asked).with_subscriber(Dispatch::none()).await?;
    let state = lab.state.clone();
    let signatures =
        tokio::task::spawn_blocking(move || signing::measure(&keys, &state, asked, SIGNATURES_MS)).await??;
    let rounds = times.first().map_or(0, Vec::len);
    Ok(Measured {
        at_ms: lab.state.clock.now_ms(),
        asked,
        rounds: u32::try_from(rounds).unwrap_or(u32::MAX),
        database: if lab.state.db.kind == Kind::Sqlite { "SQLite" } else { "PostgreSQL" }.into(),
        debug: cfg!(debug_assertions),
        algorithm: lab.keys.signing().await?.algorithm.into_str().into(),
        ways: Way::VARIANTS.iter().copied().zip(times).map(|(way, times)| spread(way, times)).collect(),
        signatures: signatures.rounds,
        signing: signatures.algorithms,
    })
}

/// Nanoseconds of each request, by way. A round has one of each way, so that whatever else happens on this machine
/// concerns all alike; each begins with another way.
async fn send(lab: &Lab, browser: &Browser, asked: u32) -> Result<[Vec<u64>; WAYS], AppError> {
    let mut times: [Vec<u64>; WAYS] = Default::default();
    let watch = Stopwatch::start();
    for round in 0..WARM_UP + asked as usize {
        for place in 0..WAYS {
            let at = (round + place) % WAYS;
            let ns = time(lab, browser, Way::VARIANTS[at]).await?;
            if round >= WARM_UP {
                times[at].push(ns);
            }
        }
        if watch.elapsed_ms() >= REQUESTS_MS && round >= WARM_UP {
            break;
        }
    }
    Ok(times)
}

/// All ways get the same request, with both cookies.
async fn time(lab: &Lab, browser: &Browser, way: Way) -> Result<u64, AppError> {
    let (request, router) = (browser.request(lab, &Ask::api(Method::GET, way.into_str()))?, lab.probes.clone());
    let _place = lab.requests.acquire().await.map_err(|_| AppError::Busy)?;
    let watch = Stopwatch::start();
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let ns = watch.elapsed_ns();
    // The session was ended meanwhile, in another tab: what would be measured is the refusal.
    if response.status() == StatusCode::OK { Ok(ns) } else { Err(AppError::Busy) }
}

fn spread(way: Way, mut times: Vec<u64>) -> Spread {
    times.sort_unstable();
    let mut counts = vec![0; usize::from(STEPS)];
    for ns in &times {
        counts[step(*ns)] += 1;
    }
    let at = |percent| signing::percentile(&times, percent);
    Spread { way, p50_ns: at(50), p95_ns: at(95), p99_ns: at(99), counts }
}
