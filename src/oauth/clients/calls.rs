//! How often applications call the API. Counted in memory where their token is let in, and added up in the database once a
//! minute: a call costs no write. Server side.

use std::collections::{BTreeMap, HashMap};

use super::store;
use crate::base::{DAY_MS, db::again, error::AppError, metrics::Metrics, number::grouped, sql::Conn, state::AppState};

/// Days that are shown, in UTC.
const DAYS: u8 = 7;

/// Of the last days, today first.
pub type Calls = [i64; DAYS as usize];

/// Counted again unless it was written, also where that was stopped.
struct Taken<'a>(&'a Metrics, BTreeMap<String, i64>);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.1.iter().for_each(|(client_id, calls)| self.0.called(client_id, *calls));
    }
}

/// Adds what was counted since the last time to this day.
pub async fn write_down(state: &AppState, metrics: &Metrics) -> Result<(), AppError> {
    let (mut taken, day) = (Taken(metrics, metrics.take_calls()), state.clock.now_ms() / DAY_MS);
    if taken.1.is_empty() {
        return Ok(());
    }
    let written = again(|| async {
        let mut tx = state.db.begin_write().await?;
        // In the order of the ids: no two instances wait for each other.
        for (client_id, calls) in &taken.1 {
            store::add_calls(&mut *tx, client_id, day, *calls).await?;
        }
        Ok(tx.commit().await?)
    })
    .await;
    if written.is_ok() {
        taken.1.clear();
    }
    written
}

/// Of all applications that have called, or of one.
pub async fn of(db: impl Conn<'_>, client_id: &str, now_ms: i64) -> sqlx::Result<HashMap<String, Calls>> {
    let (mut all, today) = (HashMap::<String, Calls>::new(), now_ms / DAY_MS);
    for (client_id, day, calls) in store::calls_since(db, client_id, today + 1 - i64::from(DAYS)).await? {
        let place = usize::try_from(today - day).unwrap_or(usize::MAX);
        all.entry(client_id).or_default().get_mut(place).into_iter().for_each(|there| *there = calls);
    }
    Ok(all)
}

/// "1,204 today, 980 yesterday".
pub fn words(calls: &Calls) -> String {
    match calls {
        [0, 0, 0, 0, 0, 0, 0] => format!("none in the last {DAYS} days"),
        [today, yesterday, ..] => format!("{} today, {} yesterday", grouped(*today), grouped(*yesterday)),
    }
}
