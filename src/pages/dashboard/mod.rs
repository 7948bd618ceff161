//! The first page after a log-in: rendered by the server, from the session.

#[cfg(feature = "ssr")]
pub mod load;
pub mod page;
