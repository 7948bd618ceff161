//! Forgot the password: a mail, a link, a new one.

pub mod actions;
pub mod forgot_page;
pub mod load;
pub mod page;
pub mod reset_password;
