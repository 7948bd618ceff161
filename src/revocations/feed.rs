//! Hear of revocations that other processes wrote: ask for one row, several times a second. Server side.

use std::time::Duration;

use tokio::{task::JoinHandle, time::MissedTickBehavior};

use super::set::Revocations;

/// Polls until the task is dropped. An outage is logged when it begins and when it ends, not at every tick.
pub fn poll_every(interval: Duration, revocations: Revocations) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut healthy = true;
        loop {
            ticks.tick().await;
            let result = revocations.sync().await;
            let works = result.is_ok();
            match result {
                Ok(()) if !healthy => tracing::info!("the revocation feed is back"),
                Err(error) if healthy => tracing::error!(%error, "the revocation feed is cut"),
                _ => {}
            }
            healthy = works;
        }
    })
}
