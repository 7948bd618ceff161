//! What comes in after a deletion: requests that were under way, and tombstones that no one needs. Server side.

use super::store;
use crate::base::state::AppState;

/// What a request under way may still have written after a deletion is gone by then, and so is the last mail.
const LATE_MS: i64 = 25 * 3_600_000;

/// One round: erases once more what belongs to people who have just gone (a request may have been under way), and
/// removes the tombstones that no session needs to say why it ended.
pub async fn clean_once(state: &AppState) -> Result<(), sqlx::Error> {
    for (id, sessions) in store::tombstones(&state.db.pool, state.clock.now_ms() - LATE_MS).await? {
        let mut tx = state.db.begin_write().await?;
        store::erase(&mut tx, &id).await?;
        if sessions == 0 {
            store::remove_tombstone(&mut *tx, &id).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
