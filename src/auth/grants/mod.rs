//! What users have let applications do, as far as it ends with their sessions. `oauth` makes them. Server side.

/// Of [`store::EndedGrant`].
macro_rules! ended_columns {
    () => {
        "id, client_id, user_id, log_in_sid, scopes, last_used_at, refresh_until"
    };
}
#[cfg(feature = "oauth")]
pub(crate) use ended_columns;

pub mod store;
pub mod told;
