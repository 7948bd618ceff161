//! Make an account.

pub mod actions;
pub mod load;
pub mod page;
pub mod setup_link;
pub mod sign_up;
pub mod store;
