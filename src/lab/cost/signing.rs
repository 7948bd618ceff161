//! Signs and verifies the same claims with each algorithm. Server side; not for an async thread.

use super::Signing;
use crate::{
    auth::tokens::{key_set::Key, mint::sign, verify::verify_with},
    base::{
        error::AppError,
        state::{AppState, Stopwatch},
    },
    lab::samples,
};

/// Rounds that were made, and what each algorithm took.
pub struct Signatures {
    pub rounds: u32,
    pub algorithms: Vec<Signing>,
}

#[derive(Default)]
struct Times {
    sign: Vec<u64>,
    verify: Vec<u64>,
    bytes: usize,
}

/// `asked` rounds, or fewer when the time is up before.
///
/// # Errors
/// When a key does not sign, or what it signed is refused.
pub fn measure(keys: &[Key], state: &AppState, asked: u32, max_ms: u64) -> Result<Signatures, AppError> {
    let claims = samples::claims(&state.config, state.clock.now_ms());
    let mut times: Vec<Times> = keys.iter().map(|_| Times::default()).collect();
    let (watch, mut rounds) = (Stopwatch::start(), 0);
    while rounds < asked && (rounds == 0 || watch.elapsed_ms() < max_ms) {
        for (key, times) in keys.iter().zip(&mut times) {
            let watch = Stopwatch::start();
            let token = sign(key, &claims)?;
            times.sign.push(watch.elapsed_ns());
            let watch = Stopwatch::start();
            let verified = verify_with(&state.config, key, &state.clock, &token);
            times.verify.push(watch.elapsed_ns());
            verified.map_err(|_| AppError::internal())?;
            times.bytes = token.len();
        }
        rounds += 1;
    }
    let algorithms = keys.iter().zip(times).map(|(key, times)| Signing {
        algorithm: key.algorithm.into_str().into(),
        sign_ns: middle(times.sign),
        verify_ns: middle(times.verify),
        bytes: times.bytes,
    });
    Ok(Signatures { rounds, algorithms: algorithms.collect() })
}

fn middle(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    percentile(&times, 50)
}

/// The nearest rank: the least value that so many per cent do not exceed. `sorted` from the least on.
pub fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}
