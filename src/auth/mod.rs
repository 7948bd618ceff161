//! The core. Accounts, sessions, tokens and the revocations that end both; the second factor; how often someone may try;
//! what is written down as an event or as a mail to send. And the stories of getting in and of proving who one is: they
//! take what they need as arguments and return what happened. No HTTP: [`web::border`](crate::web::border) makes cookies,
//! redirects and pages of it.

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod cause;
#[cfg(feature = "ssr")]
pub mod enter_code;
#[cfg(feature = "ssr")]
pub mod event;
#[cfg(feature = "ssr")]
pub mod grants;
pub mod instances;
#[cfg(feature = "ssr")]
pub mod known_devices;
#[cfg(feature = "ssr")]
pub mod links;
#[cfg(feature = "ssr")]
pub mod log_in;
#[cfg(feature = "ssr")]
pub mod outbox;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
pub mod reauthenticate;
pub mod revocations;
pub mod second_factor;
pub mod sessions;
#[cfg(feature = "ssr")]
pub mod throttle;
pub mod tokens;
pub mod users;
#[cfg(feature = "ssr")]
pub mod visit;
