//! Finds out what the stored hashes cost, for those who guess at accounts to find out nothing from the time. Server side.

use std::time::Duration;

use tokio::{task::JoinHandle, time::MissedTickBehavior};

use super::{cost::Cost, password::Passwords, store};
use crate::state::AppState;

/// What another instance stores in between is known when it is first met.
const EVERY: Duration = Duration::from_secs(60);

/// Looks now and then, until the task is dropped.
pub fn keep_looking(state: AppState, passwords: Passwords) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = look(&state, &passwords).await {
                tracing::warn!(%error, "what the stored passwords cost was not found out; the next round tries again");
            }
        }
    })
}

/// One look: as many look-ups as there are costs, however many users there are.
///
/// # Errors
/// When the database cannot be read.
pub async fn look(state: &AppState, passwords: &Passwords) -> Result<(), sqlx::Error> {
    let beginnings = store::beginnings_of_hashes(&state.db.pool).await?;
    let found = beginnings.iter().filter_map(|beginning| Cost::of(beginning).ok()).collect();
    passwords.set_in_use(found);
    Ok(())
}
