//! What users have let applications do, as far as it ends with their sessions. `oauth` makes them. Server side.

pub mod store;
pub mod told;
