//! Questions that cost little and prove nothing, such as how strong a password is while it is typed. Server side.
//!
//! Counted in memory: there is nothing to guess, so neither a restart nor a second instance gives anything away; the
//! limit only keeps one network from using up the processor.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::base::{caller::networks_of, error::AppError, lock::lock};

/// About one per second from one network: someone types a password, with a pause behind each question.
const PER_MINUTE: i64 = 60;

const MINUTE_MS: i64 = 60_000;

/// How many questions came from each network in the minute that runs. Cheap to clone.
#[derive(Clone, Default)]
pub struct Questions(Arc<Mutex<Minute>>);

#[derive(Default)]
struct Minute {
    number: i64,
    asked: HashMap<String, i64>,
}

impl Questions {
    /// Counts a question from there.
    pub fn admit(&self, ip: &str, now_ms: i64) -> Result<(), AppError> {
        let networks = networks_of(ip);
        let mut minute = lock(&self.0);
        if minute.number != now_ms / MINUTE_MS {
            *minute = Minute { number: now_ms / MINUTE_MS, asked: HashMap::new() };
        }
        let is_full = |(network, share): &(String, i64)| {
            minute.asked.get(network).is_some_and(|asked| *asked >= PER_MINUTE * share)
        };
        if networks.iter().any(is_full) {
            let left_ms = MINUTE_MS - now_ms.rem_euclid(MINUTE_MS);
            let seconds = u32::try_from(left_ms.div_euclid(1000) + 1).unwrap_or(1);
            return Err(AppError::TooManyTries { seconds });
        }
        for (network, _) in networks {
            *minute.asked.entry(network).or_default() += 1;
        }
        Ok(())
    }
}
