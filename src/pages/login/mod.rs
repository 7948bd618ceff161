//! Log in, give the second factor, prove again who one is, log out: the pages and their actions.

pub mod actions;
pub mod code_page;
pub mod confirm_page;
pub mod load;
pub mod page;
