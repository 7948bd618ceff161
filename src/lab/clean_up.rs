//! Removes visits that are over. Server side.

use super::{store, visit::LIFETIME_MS, world::Lab};

pub async fn clean_once(lab: &Lab) -> Result<usize, sqlx::Error> {
    let over = store::over(&lab.state.db.pool, lab.state.clock.now_ms()).await?;
    for user_id in &over {
        let mut tx = lab.state.db.begin_write().await?;
        store::remove(&mut tx, user_id).await?;
        tx.commit().await?;
    }
    let mut tx = lab.state.db.begin_write().await?;
    store::remove_old(&mut tx, lab.state.clock.now_ms() - 2 * LIFETIME_MS).await?;
    tx.commit().await?;
    if !over.is_empty() {
        tracing::info!(visits = over.len(), "visits to the Lab have ended");
    }
    Ok(over.len())
}
