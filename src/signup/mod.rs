//! Make an account.

pub mod actions;
pub mod page;
#[cfg(feature = "ssr")]
pub mod sign_up;
