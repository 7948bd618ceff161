//! What users have let applications do, as far as it ends with their sessions. `oauth` makes them. Server side.

/// Of [`store::EndedGrant`].
macro_rules! ended_columns {
    () => {
        "id, client_id, user_id, log_in_sid, scopes, last_used_at, refresh_until"
    };
}
/// What has ended a grant, and does not take back what the user agreed to.
macro_rules! was_only_a_logout {
    () => {
        "end_reason in ('logged_out', 'replaced', 'gave_way')"
    };
}
#[cfg(feature = "oauth")]
pub(crate) use {ended_columns, was_only_a_logout};

pub mod store;
pub mod told;
