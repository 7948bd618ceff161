//! Put the tombstones on what a raised epoch has ended: in small transactions with pauses, so that no one who logs in
//! meanwhile waits. Every instance looks; one works at a time. Server side.

use std::time::Duration;

use super::{store, store::Sweep};
use crate::{
    auth::grants,
    base::state::{AppState, Stopwatch},
};

/// Sessions in one transaction: on SQLite it holds the one write lock for some ten milliseconds.
const STEP: i64 = 500;

/// Whoever raised the epoch counts what it has ended before anything is marked; if they have not by then, they are
/// gone.
const COUNTED_WITHIN_MS: i64 = 60_000;

/// The shortest pause between two steps; a slow database gets as long a pause as the step took.
const PAUSE_MIN: Duration = Duration::from_millis(10);

/// Marks until nothing is left; `tell` hears of each step.
///
/// # Errors
/// When the database does not take it; what is marked stays so.
pub async fn sweep(state: &AppState, mut tell: impl FnMut(&Sweep)) -> Result<(), sqlx::Error> {
    while let Some(sweep) = store::unfinished(&state.db.pool).await? {
        if sweep.sessions.is_none() && state.clock.now_ms() - sweep.raised_at < COUNTED_WITHIN_MS {
            return Ok(());
        }
        tell(&sweep);
        let watch = Stopwatch::start();
        step(state, &sweep).await?;
        tokio::time::sleep(PAUSE_MIN.max(Duration::from_millis(watch.elapsed_ms()))).await;
    }
    Ok(())
}

async fn step(state: &AppState, sweep: &Sweep) -> Result<(), sqlx::Error> {
    let mut tx = state.db.begin_write().await?;
    // Applications first: whoever waits at their doors is still in.
    if store::lock(&mut tx, sweep.epoch).await?
        && grants::store::end_below(&mut tx, sweep.epoch, sweep.raised_at, STEP).await? == 0
    {
        let marked = store::mark(&mut tx, sweep, STEP).await?;
        store::note(&mut tx, sweep.epoch, marked, state.clock.now_ms()).await?;
    }
    tx.commit().await
}
