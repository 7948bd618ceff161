//! The end of an account, whoever brings it about: one transaction, and a look for what comes in late. Server side.

pub mod clean_up;
pub mod erase;
pub mod store;
