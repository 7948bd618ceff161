//! The core. Accounts, sessions, tokens and the revocations that end both; the second factor; how often someone may try;
//! what is written down as an event or as a mail to send. And the stories of getting in and of proving who one is: they
//! take what they need as arguments and return what happened. [`web::border`](crate::web::border) makes cookies, redirects
//! and pages of it.
//!
//! In reading order; docs/ARCHITECTURE.md ("Rooms") names the files that an afternoon is enough for.

pub mod users;
#[cfg(feature = "ssr")]
pub mod visit;
#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod cause;
#[cfg(feature = "ssr")]
pub mod event;
pub mod sessions;
pub mod revocations;
pub mod instances;
pub mod tokens;
#[cfg(feature = "ssr")]
pub mod throttle;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
pub mod log_in;
pub mod second_factor;
#[cfg(feature = "ssr")]
pub mod enter_code;
#[cfg(feature = "ssr")]
pub mod reauthenticate;
#[cfg(feature = "ssr")]
pub mod known_devices;
#[cfg(feature = "ssr")]
pub mod links;
#[cfg(feature = "ssr")]
pub mod outbox;
#[cfg(feature = "ssr")]
pub mod grants;
