//! Work on a schedule: one loop for all of it, and what the log says when it fails. Server side.

use std::{fmt::Display, time::Duration};

use futures::future::BoxFuture;
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep},
};
use tracing::Instrument;

use super::DAY_MS;

/// When a piece of work is done, and what the log calls it.
pub struct Job {
    name: &'static str,
    first_after: Duration,
    every: Duration,
}

impl Job {
    /// Now, and then again and again.
    pub fn every(every: Duration, name: &'static str) -> Self {
        Self { name, first_after: Duration::ZERO, every }
    }

    /// Not now, but after this long.
    pub fn first_after(self, first_after: Duration) -> Self {
        Self { first_after, ..self }
    }

    /// Does the work until the task is aborted. A round that fails is logged, and the next one comes all the same.
    pub fn start<C, T, E>(
        self,
        with: C,
        work: impl for<'a> Fn(&'a C) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    ) -> JoinHandle<()>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
        E: Display + Send + 'static,
    {
        // With a span of a lower level, a log of errors alone would not say which job it was.
        let span = tracing::error_span!("job", what = self.name);
        let rounds = async move {
            sleep(self.first_after).await;
            let mut ticks = interval(self.every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut outage = Outage::new("a job failed; trying again", "the job works again");
            loop {
                ticks.tick().await;
                outage.note(&work(&with).await);
            }
        };
        tokio::spawn(rounds.instrument(span))
    }
}

/// Stops tasks wherever they are. When it returns, none of them writes any more.
pub async fn stop(tasks: impl IntoIterator<Item = JoinHandle<()>>) {
    for task in tasks {
        task.abort();
        let _ = task.await;
    }
}

/// When something that has to be sent is tried again: after each failed try so many seconds, then always the last; for a day.
pub struct Tries(pub &'static [i64]);

impl Tries {
    /// When the next one is, after so many; `None` once that is too long after `since_ms`.
    pub fn next(&self, attempts: i64, since_ms: i64, now_ms: i64) -> Option<i64> {
        let place = usize::try_from(attempts - 1).unwrap_or_default();
        let pause = self.0.get(place).or(self.0.last()).copied().unwrap_or_default();
        Some(now_ms + pause * 1000).filter(|due_ms| *due_ms < since_ms + DAY_MS)
    }
}

/// Logs an outage once when it begins and once when it ends.
pub struct Outage {
    begins: &'static str,
    ends: &'static str,
    lasts: bool,
}

impl Outage {
    pub fn new(begins: &'static str, ends: &'static str) -> Self {
        Self { begins, ends, lasts: false }
    }

    pub fn note<T, E: Display>(&mut self, result: &Result<T, E>) {
        match result {
            Ok(_) if self.lasts => tracing::info!("{}", self.ends),
            Err(error) if !self.lasts => tracing::error!(%error, "{}", self.begins),
            _ => {}
        }
        self.lasts = result.is_err();
    }
}
