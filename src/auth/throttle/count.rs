//! The arithmetic of waiting: how many tries are left of those counted, and when the next one is looked at. Server side.

use crate::base::{config::Config, error::AppError};

/// How generous a counter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tries without a wait.
    pub free: i64,
    /// The longest wait, in milliseconds.
    pub longest_ms: i64,
    /// Milliseconds after which half of the tries are forgotten.
    pub half_ms: i64,
}

impl Limits {
    /// Who is unsure of their own password gets some tries; a guesser gets five and then about a hundred a day (NIST SP
    /// 800-63B 3.2.2 asks for no more in a row), however patient: half of the tries are forgotten so slowly that it
    /// never pays to wait.
    pub fn of_account(config: &Config) -> Self {
        Self { free: config.tries_per_account, longest_ms: 15 * 60_000, half_ms: 4 * 3_600_000 }
    }

    /// A whole office may stand behind one address, so more are free, and they are forgotten sooner.
    pub fn of_network(free: i64) -> Self {
        Self { free, longest_ms: 5 * 60_000, half_ms: 15 * 60_000 }
    }
}

/// A row of `throttles`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Count {
    pub tries: i64,
    /// Until when tries have been forgotten, in milliseconds since the epoch.
    pub last_at: i64,
    /// No try is looked at before.
    pub free_at: i64,
}

impl Count {
    /// # Errors
    /// [`AppError::TooManyTries`] while a wait lasts.
    pub fn check(&self, limits: &Limits, now_ms: i64) -> Result<(), AppError> {
        let wait_ms = self.free_at - now_ms;
        // A longer wait than there is was set by a clock that has jumped back since.
        if wait_ms <= 0 || wait_ms > limits.longest_ms {
            return Ok(());
        }
        let seconds = u32::try_from(wait_ms.unsigned_abs().div_ceil(1000)).unwrap_or(u32::MAX);
        Err(AppError::TooManyTries { seconds })
    }

    /// The row after another try.
    pub fn with_one_more(&self, limits: &Limits, now_ms: i64) -> Result<Self, AppError> {
        self.check(limits, now_ms)?;
        let Self { tries, last_at, .. } = self.faded(limits, now_ms);
        let tries = tries + 1;
        // Where there is nothing to wait for no time is written: the clock of another instance may be behind this one.
        let free_at = match wait_after(tries, limits) {
            0 => 0,
            wait_ms => now_ms + wait_ms,
        };
        Ok(Self { tries, last_at, free_at })
    }

    /// Forgets half of the tries for each span that has passed. The rest of a span is kept for later, or a counter that
    /// is busy all day would forget nothing.
    fn faded(&self, limits: &Limits, now_ms: i64) -> Self {
        let last_at = self.last_at.min(now_ms);
        let spans = (now_ms - last_at) / limits.half_ms;
        let tries = u32::try_from(spans).ok().and_then(|spans| self.tries.checked_shr(spans)).unwrap_or(0);
        Self { tries, last_at: last_at + spans * limits.half_ms, free_at: self.free_at }
    }
}

/// Nothing, then a second, doubled with each try.
fn wait_after(tries: i64, limits: &Limits) -> i64 {
    let beyond = u32::try_from(tries - limits.free).ok();
    beyond.map_or(0, |beyond| 1000_i64.checked_mul(1 << beyond.min(40)).unwrap_or(i64::MAX).min(limits.longest_ms))
}
