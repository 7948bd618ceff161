//! Accounts, besides getting in: lists and search, what an act on one has ended, in words, and the end of an account.

#[cfg(feature = "ssr")]
pub mod deletion;
pub mod list;
#[cfg(feature = "ssr")]
pub mod receipt;
