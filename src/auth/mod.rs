//! The stories of getting in and of proving who one is. They take what they need as arguments and return what happened;
//! cookies, redirects and pages are made of that elsewhere. Server side.

pub mod app;
pub mod enter_code;
pub mod log_in;
pub mod password;
pub mod reauthenticate;
pub mod visit;
