//! Access tokens at the border: out of a cookie or a header, into a page, to the API. In the browser, kept fresh.

#[cfg(feature = "ssr")]
pub mod bearer;
#[cfg(feature = "views")]
pub mod client;
#[cfg(feature = "ssr")]
pub mod jwks;
#[cfg(feature = "ssr")]
pub mod page_token;
#[cfg(feature = "ssr")]
pub mod resource_metadata;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod scopes;

use serde::{Deserialize, Serialize};

/// The answer of `POST /api/v1/token`. The token itself is in the cookie, out of any script's reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// Seconds until the token dies.
    pub expires_in: i64,
}

/// A page names in this header whom it was made for. When someone else has logged in in the same browser since, the
/// API refuses (409) instead of giving one person's text to another.
pub const EXPECTED_USER: &str = "latchkey-expected-user";
