//! What every part needs and no part owns. Server side; knows no feature.

#[cfg(test)]
use std::sync::atomic::{AtomicI64, Ordering};
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::Notify;

use super::{config::Config, db::Db, site::Site};

/// Handed to every handler and, as a context, to every action.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub site: Arc<Site>,
    pub db: Db,
    pub clock: Clock,
    /// Rings where a mail was queued, so that no one waits for the next look at the outbox.
    pub bell: Arc<Notify>,
}

/// The only place where the time is read, so that a test can set it.
#[derive(Clone, Default)]
pub struct Clock {
    #[cfg(test)]
    fixed_ms: Option<Arc<AtomicI64>>,
    /// How far each reading moves a clock that stands.
    #[cfg(test)]
    step_ms: Arc<AtomicI64>,
    /// Milliseconds that it is behind the time.
    behind_ms: i64,
}

impl Clock {
    /// This clock, set back by so much: to see what was made a while ago without waiting for it.
    pub fn behind(&self, by_ms: i64) -> Self {
        let mut clock = self.clone();
        clock.behind_ms += by_ms;
        clock
    }

    /// A clock that stands still until [`Clock::advance_ms`] moves it. For tests.
    #[cfg(test)]
    pub fn standing_at(now_ms: i64) -> Self {
        Self { fixed_ms: Some(Arc::new(AtomicI64::new(now_ms))), ..Self::default() }
    }

    /// From now on each reading moves it by a millisecond: no two are the same.
    #[cfg(test)]
    pub fn tick(&self) {
        self.step_ms.store(1, Ordering::SeqCst);
    }

    #[cfg(test)]
    pub fn advance_ms(&self, by: i64) {
        if let Some(fixed) = &self.fixed_ms {
            fixed.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Milliseconds since the Unix epoch, UTC.
    pub fn now_ms(&self) -> i64 {
        #[cfg(test)]
        if let Some(fixed) = &self.fixed_ms {
            return fixed.fetch_add(self.step_ms.load(Ordering::SeqCst), Ordering::SeqCst) - self.behind_ms;
        }
        i64::try_from(time_of_day().as_millis()).unwrap_or(i64::MAX) - self.behind_ms
    }
}

/// Since the Unix epoch, UTC. For lines of the log; all else asks a [`Clock`].
#[expect(clippy::disallowed_methods, reason = "the one place that reads the time of day")]
pub fn time_of_day() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Time that only moves forward, for durations: receipts, staleness, log lines.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub fn elapsed_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    pub fn elapsed_seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
