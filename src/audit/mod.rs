//! What happened, to whom, from where.

#[cfg(feature = "ssr")]
pub mod event;
#[cfg(feature = "ssr")]
pub mod store;
