//! Wait until every live instance has taken a revocation in. Server side.

use std::{collections::BTreeMap, time::Duration};

use super::{Confirmation, store, store::InstanceRow};
use crate::base::state::{AppState, Stopwatch};

/// The receipt names the instances that have not confirmed by then.
pub const WAIT: Duration = Duration::from_secs(1);

/// An instance that was not seen for this long is gone: it writes every second or two, and from the fifth second
/// without a database it trusts no memory.
pub const GONE_AFTER_MS: i64 = 10_000;

/// Between two looks; a notification takes a few milliseconds, a poll a quarter of a second, or what the setting says.
const PAUSE_MIN: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(20);

/// What is waited for, and who waits.
#[derive(Clone, Copy)]
pub struct Awaited<'a> {
    /// The number of the revocation.
    pub seq: i64,
    /// The id of this process.
    pub own_id: &'a str,
    /// When this process had taken it in, after the request. It counts if it serves.
    pub own_milliseconds: u64,
    /// Started with the act.
    pub watch: Stopwatch,
}

/// The word of every live instance, after [`WAIT`] at the latest.
pub async fn confirmations(state: &AppState, awaited: Awaited<'_>) -> Vec<Confirmation> {
    let mut heard = None;
    let _ = tokio::time::timeout(WAIT, hear_all(state, awaited, &mut heard)).await;
    match heard {
        Some(heard) => heard.into_values().collect(),
        None => vec![Confirmation { name: "other instances (the database is silent)".into(), milliseconds: None }],
    }
}

type Heard = BTreeMap<String, Confirmation>;

async fn hear_all(state: &AppState, awaited: Awaited<'_>, heard: &mut Option<Heard>) {
    let mut pause = PAUSE_MIN;
    loop {
        match store::seen_since(&state.db.pool, state.clock.now_ms() - GONE_AFTER_MS).await {
            Ok(rows) => {
                let now = note(rows, awaited, &heard.take().unwrap_or_default());
                let all = now.values().all(|confirmation| confirmation.milliseconds.is_some());
                *heard = Some(now);
                if all {
                    return;
                }
            }
            Err(error) => tracing::warn!(%error, "the instances cannot be read; trying again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// An instance that has gone meanwhile is not waited for; one that confirmed keeps its time.
fn note(rows: Vec<InstanceRow>, awaited: Awaited<'_>, before: &Heard) -> Heard {
    let confirm = |row: InstanceRow| {
        let earlier = before.get(&row.id).and_then(|confirmation| confirmation.milliseconds);
        let own = (row.id == awaited.own_id).then_some(awaited.own_milliseconds);
        let now = (row.seq >= awaited.seq).then(|| awaited.watch.elapsed_ms());
        let milliseconds = earlier.or(own).or(now);
        (row.id, Confirmation { name: row.name, milliseconds })
    };
    rows.into_iter().map(confirm).collect()
}
