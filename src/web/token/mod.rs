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
