//! Accounts, besides getting in: lists and search, what an act on one has ended, in words, and the end of an account. Server
//! side.
pub mod deletion;
pub mod list;
pub mod receipt;
