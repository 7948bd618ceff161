//! Wait until applications were told that their user is logged out. Server side.

use std::time::Duration;

use super::store;
use crate::{
    auth::instances::{Confirmation, confirm::WAIT},
    base::state::{AppState, Stopwatch},
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Notes in `applications` who was told and when, for as long as confirmations are waited for. Whoever tells them goes on.
pub async fn wait(state: &AppState, act: &str, applications: &mut [Confirmation], watch: Stopwatch) {
    let all = async {
        while applications.iter().any(|one| one.milliseconds.is_none()) {
            match store::waiting(&state.db.pool, act).await {
                Ok(names) => {
                    for told in applications.iter_mut().filter(|one| !names.contains(&one.name)) {
                        told.milliseconds.get_or_insert_with(|| watch.elapsed_ms());
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot read which applications were told; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let _ = tokio::time::timeout(WAIT, all).await;
}
