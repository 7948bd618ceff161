//! Finds out what the stored hashes cost, for those who guess at accounts to find out nothing from the time. Server side.

use super::store;
use crate::{
    base::state::AppState,
    passwords::{
        cost::Cost,
        hash::{Passwords, is_blocked},
    },
};

/// One look: as many look-ups as there are costs, however many users there are. What another instance stores before the
/// next look is known when it is first met.
pub async fn look(state: &AppState, passwords: &Passwords) -> Result<(), sqlx::Error> {
    let beginnings = store::beginnings_of_hashes(&state.db.pool).await?;
    // A blocked one opens nothing, and no try is compared with it.
    let counts = beginnings.iter().filter(|beginning| !is_blocked(beginning));
    let found = counts.filter_map(|beginning| Cost::of(beginning).ok()).collect();
    passwords.set_in_use(found);
    Ok(())
}
