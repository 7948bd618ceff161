//! The story of a run: requests in each of the ways, one round after the other, then signatures. Server side.

use axum::http::{Method, StatusCode};
use strum::VariantArray;
use tower::ServiceExt;
use tracing::{Dispatch, instrument::WithSubscriber};

use super::{Measured, NAME, ROUNDS, STEPS, Signing, Spread, Way, step};
use crate::{
    auth::tokens::{KeyPurpose, key_set::Key, mint::sign, verify::verify_with},
    base::{
        db::Kind,
        error::AppError,
        number::percentiles,
        state::{AppState, Stopwatch},
    },
    lab::{
        browser::{Ask, Browser},
        samples,
        visit::{self, Visit},
        world::Lab,
    },
};

const WAYS: usize = Way::VARIANTS.len();

/// So many rounds do not count: connections are opened and memory is touched.
const WARM_UP: usize = 10;

/// The requests of a run take no longer, in milliseconds; nor do its signatures.
const REQUESTS_MS: u64 = 1_300;
const SIGNATURES_MS: u64 = 600;

pub async fn measure_cost(rounds: u32) -> Result<(), AppError> {
    if !ROUNDS.contains(&rounds) {
        return Err(AppError::BadRequest);
    }
    let (lab, visit) = visit::experiment().await?;
    let measured = measure(&lab, &visit, rounds).await?;
    visit.keep_result(&lab, NAME, &measured).await?;
    visit::show(measured.at_ms, NAME)
}

async fn measure(lab: &Lab, visit: &Visit, asked: u32) -> Result<Measured, AppError> {
    let keys = lab.samples.keys().await?;
    let (browser, _) = visit.renewed(lab).await?;
    // What the requests log would be measured with them, and would fill the log.
    let times = send(lab, &browser, asked).with_subscriber(Dispatch::none()).await?;
    let state = lab.state.clone();
    let (signatures, signing) = tokio::task::spawn_blocking(move || sign_and_verify(&keys, &state, asked)).await??;
    Ok(Measured {
        at_ms: lab.now_ms(),
        asked,
        rounds: u32::try_from(times[0].len()).unwrap_or(u32::MAX),
        database: if lab.state.db.kind == Kind::Sqlite { "SQLite" } else { "PostgreSQL" }.into(),
        debug: cfg!(debug_assertions),
        algorithm: lab.keys.signing(KeyPurpose::All).await?.algorithm.into_str().into(),
        ways: Way::VARIANTS.iter().copied().zip(times).map(|(way, times)| spread(way, times)).collect(),
        signatures,
        signing,
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
    let Ok(response) = router.oneshot(request).await;
    let ns = watch.elapsed_ns();
    // The session was ended meanwhile, in another tab: what would be measured is the refusal.
    if response.status() == StatusCode::OK { Ok(ns) } else { Err(AppError::Busy) }
}

fn spread(way: Way, times: Vec<u64>) -> Spread {
    let mut counts = vec![0; usize::from(STEPS)];
    for ns in &times {
        counts[step(*ns)] += 1;
    }
    let [p50_ns, p95_ns, p99_ns] = percentiles(times, [50, 95, 99]);
    Spread { way, p50_ns, p95_ns, p99_ns, counts }
}

/// Rounds that were made, `asked` or fewer when the time is up before, and what each algorithm took. Not for an async
/// thread.
fn sign_and_verify(keys: &[Key], state: &AppState, asked: u32) -> Result<(u32, Vec<Signing>), AppError> {
    let claims = samples::claims(state);
    let mut times: Vec<(Vec<u64>, Vec<u64>, usize)> = keys.iter().map(|_| Default::default()).collect();
    let (watch, mut rounds) = (Stopwatch::start(), 0);
    while rounds < asked && (rounds == 0 || watch.elapsed_ms() < SIGNATURES_MS) {
        for (key, (signed, verified, bytes)) in keys.iter().zip(&mut times) {
            let watch = Stopwatch::start();
            let token = sign(key, &claims)?;
            signed.push(watch.elapsed_ns());
            let watch = Stopwatch::start();
            let result = verify_with(state, key, &token);
            verified.push(watch.elapsed_ns());
            result.map_err(|_| AppError::internal())?;
            *bytes = token.len();
        }
        rounds += 1;
    }
    let signing = keys.iter().zip(times).map(|(key, (signed, verified, bytes))| {
        let ([sign_ns], [verify_ns]) = (percentiles(signed, [50]), percentiles(verified, [50]));
        Signing { algorithm: key.algorithm.into_str().into(), sign_ns, verify_ns, bytes }
    });
    Ok((rounds, signing.collect()))
}
