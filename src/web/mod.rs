//! Layers and helpers of HTTP that know no feature.

#[cfg(feature = "ssr")]
pub mod action;
#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod authorization;
#[cfg(feature = "ssr")]
pub mod bare_page;
#[cfg(feature = "ssr")]
pub mod caller;
#[cfg(feature = "ssr")]
pub mod cookies;
#[cfg(feature = "ssr")]
pub mod crowd;
#[cfg(feature = "ssr")]
pub mod csp;
#[cfg(feature = "ssr")]
pub mod error_page;
#[cfg(feature = "ssr")]
pub mod headers;
#[cfg(feature = "ssr")]
pub mod host;
#[cfg(feature = "ssr")]
pub mod json;
#[cfg(feature = "ssr")]
pub mod local_path;
#[cfg(feature = "ssr")]
pub mod measure;
#[cfg(feature = "ssr")]
pub mod offline;
#[cfg(feature = "ssr")]
pub mod origin;
pub mod page;
#[cfg(feature = "ssr")]
pub mod preconditions;
#[cfg(feature = "ssr")]
pub mod problem;
pub mod refusal;
#[cfg(feature = "ssr")]
pub mod request_log;
#[cfg(feature = "ssr")]
pub mod rfc3339;
#[cfg(feature = "ssr")]
pub mod security_txt;
#[cfg(feature = "ssr")]
pub mod seen;
#[cfg(feature = "ssr")]
pub mod to_the_end;
#[cfg(feature = "ssr")]
pub mod wants;

/// Sets the content security policy of the page that is being rendered. The shell calls it; in the browser it does
/// nothing.
pub fn provide_page_policy() {
    #[cfg(feature = "ssr")]
    csp::provide_page_policy();
}
