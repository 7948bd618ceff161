//! Sessions at the border: out of the cookie, into the store of tower-sessions, and the stream that tells of their end.

pub mod client;
#[cfg(feature = "ssr")]
pub mod find_user;
#[cfg(feature = "ssr")]
pub mod open_streams;
#[cfg(feature = "ssr")]
pub mod remembered;
#[cfg(feature = "ssr")]
pub mod stream;
#[cfg(feature = "ssr")]
pub mod tower_session;
