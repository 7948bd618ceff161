//! The first page after a login: rendered by the server, from the session.

#[cfg(feature = "ssr")]
pub mod load;
pub mod page;
