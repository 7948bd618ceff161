//! Who serves, and how far each process has heard of revocations.

#[cfg(feature = "ssr")]
pub mod confirm;
#[cfg(feature = "ssr")]
pub mod presence;
#[cfg(feature = "ssr")]
pub mod store;

use serde::{Deserialize, Serialize};

/// What one live instance said to a force logout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Its `LATCHKEY_INSTANCE`.
    pub name: String,
    /// From the beginning of the act until the instance had the revocation in its memory; `None`: it has not said so in time.
    pub milliseconds: Option<u64>,
}
