//! Sessions at the border: out of the cookie, into the store of tower-sessions, and the stream that tells of their end.

#[cfg(feature = "ssr")]
pub mod cache;
pub mod client;
#[cfg(feature = "ssr")]
pub mod find_user;
#[cfg(feature = "ssr")]
pub mod open_streams;
#[cfg(feature = "ssr")]
pub mod pass;
#[cfg(feature = "ssr")]
pub mod stream;
#[cfg(feature = "ssr")]
pub mod tower_session;
