//! Section 3 of the Lab: what revocation does. A session, a plain JWT and our JWT are asked again and again while the
//! session is ended.

pub mod client;
pub mod island;
#[cfg(feature = "ssr")]
pub mod load;
pub mod news;
pub mod page;
#[cfg(feature = "ssr")]
pub mod probe;
#[cfg(feature = "ssr")]
pub mod run;
#[cfg(feature = "ssr")]
pub mod stream;
#[cfg(feature = "ssr")]
pub mod told;

use super::code::Citation;

/// Where the stream of the lanes is.
pub const PATH: &str = "/lab/lanes";

/// What section 3 shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LanesPage {
    /// The lanes as they are now, in the lines that [`island`] reads; `None` before they were started.
    pub told: Option<String>,
    /// The database takes one writer at a time.
    pub one_writer: bool,
    pub links: Vec<Citation>,
}
