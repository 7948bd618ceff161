//! Counts over whole tables that no one waits for: exact where it is quick, from memory where it is not. Server side.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use super::{Counted, store};
use crate::base::{
    error::AppError,
    lock::lock,
    state::{AppState, Stopwatch},
};

/// A count that took longer is shown from memory from then on.
const QUICK_MS: u64 = 50;

/// A dear count is made anew this often at most, or, if that is longer, when so many times of what it took have passed:
/// the database spends one per cent of its time on it.
const AGAIN_AFTER_MS: u64 = 10_000;
const AGAIN_AFTER_TIMES: u64 = 100;

/// Who comes before the first count is done waits no longer.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// The counts of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Census(Arc<Inner>);

#[derive(Default)]
struct Inner {
    kept: Mutex<Option<Kept>>,
    flight: Mutex<Option<Flight>>,
    #[cfg(test)]
    trial: Trial,
}

/// A count under way: everyone who asks meanwhile gets its result.
type Flight = Shared<BoxFuture<'static, Result<Counted, AppError>>>;

#[derive(Clone, Copy)]
struct Kept {
    counted: Counted,
    /// When it began, in milliseconds since the epoch.
    at_ms: i64,
    took_ms: u64,
}

impl Kept {
    fn is_old(&self, now_ms: i64) -> bool {
        let again_after = AGAIN_AFTER_MS.max(self.took_ms.saturating_mul(AGAIN_AFTER_TIMES));
        // A clock that has jumped back must not keep it for good.
        now_ms < self.at_ms || now_ms.abs_diff(self.at_ms) >= again_after
    }
}

impl Census {
    /// The counts of now, or those in memory with their age; `None` while the first count takes longer than anybody
    /// should wait.
    pub async fn counts(&self, state: &AppState) -> Result<Option<Counted>, AppError> {
        let now_ms = state.clock.now_ms();
        let kept = *lock(&self.0.kept);
        match kept {
            Some(kept) if kept.took_ms > QUICK_MS => {
                if kept.is_old(now_ms) {
                    // The task goes on without who waits for it.
                    drop(self.join(state));
                }
                Ok(Some(Counted { age_ms: (now_ms - kept.at_ms).max(0), ..kept.counted }))
            }
            _ => tokio::time::timeout(WAIT_MAX, self.join(state)).await.ok().transpose(),
        }
    }

    /// The count that is under way, or a new one. It is a task of its own: whoever began it may go away.
    fn join(&self, state: &AppState) -> Flight {
        let mut flight = lock(&self.0.flight);
        if let Some(under_way) = flight.as_ref().filter(|flight| flight.peek().is_none()) {
            return under_way.clone();
        }
        let task = tokio::spawn(self.clone().count(state.clone()));
        let new = async move { task.await? }.boxed().shared();
        *flight = Some(new.clone());
        new
    }

    async fn count(self, state: AppState) -> Result<Counted, AppError> {
        let (watch, at_ms) = (Stopwatch::start(), state.clock.now_ms());
        #[cfg(test)]
        self.0.trial.begin().await;
        let counted = store::count_all(&state.db.pool, at_ms).await?;
        *lock(&self.0.kept) = Some(Kept { counted, at_ms, took_ms: self.cost(watch) });
        Ok(counted)
    }

    #[cfg(not(test))]
    fn cost(&self, watch: Stopwatch) -> u64 {
        watch.elapsed_ms()
    }

    /// What the test says, and not how busy the machine is: otherwise "exact at once" would be so now and then.
    #[cfg(test)]
    fn cost(&self, _: Stopwatch) -> u64 {
        self.0.trial.delay_ms.load(std::sync::atomic::Ordering::SeqCst)
    }
}

/// For tests: how many counts there were, and how long each takes at least.
#[cfg(test)]
#[derive(Default)]
struct Trial {
    counts: std::sync::atomic::AtomicUsize,
    delay_ms: std::sync::atomic::AtomicU64,
}

#[cfg(test)]
impl Trial {
    async fn begin(&self) {
        self.counts.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let delay_ms = self.delay_ms.load(std::sync::atomic::Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
}

#[cfg(test)]
impl Census {
    /// As if there were a million rows.
    pub fn slow_down(&self, delay_ms: u64) {
        self.0.trial.delay_ms.store(delay_ms, std::sync::atomic::Ordering::SeqCst);
    }

    /// Counts that were begun so far.
    pub fn begun(&self) -> usize {
        self.0.trial.counts.load(std::sync::atomic::Ordering::SeqCst)
    }
}
