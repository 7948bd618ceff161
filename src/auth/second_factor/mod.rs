//! The second factor: codes of an authenticator app, recovery codes, devices that are trusted for a while.

#[cfg(feature = "ssr")]
pub mod authenticator;
#[cfg(feature = "ssr")]
pub mod check;
#[cfg(feature = "ssr")]
pub mod code;
#[cfg(feature = "ssr")]
pub mod recovery;
#[cfg(feature = "ssr")]
pub mod removal;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod trust;

/// So few recovery codes left are worth a word.
pub const FEW_RECOVERY_CODES: i64 = 3;

/// A device that is asked for no code, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDevice {
    /// Its public name.
    pub id: String,
    /// Browser and system in words.
    pub device: String,
    pub ip: String,
    /// Milliseconds since the epoch.
    pub last_seen_at: i64,
    pub trusted_until: i64,
    /// The browser that asks.
    pub here: bool,
}
