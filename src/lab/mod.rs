//! The Lab, `/lab`: sessions and JWTs side by side, on demo users in a world of their own.
//!
//! A demo user's browser is kept by the server: it sends whole requests through the whole router of that world and shows
//! what it sent and what came back. So every answer on the page is one that this program gave.

pub mod actions;
#[cfg(feature = "ssr")]
pub mod attacks;
#[cfg(feature = "ssr")]
pub mod browser;
#[cfg(feature = "ssr")]
pub mod choose;
#[cfg(feature = "ssr")]
pub mod code;
#[cfg(feature = "ssr")]
pub mod cost;
pub mod lanes;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub mod make;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod part;
#[cfg(feature = "ssr")]
pub mod probes;
#[cfg(feature = "ssr")]
pub mod samples;
#[cfg(feature = "ssr")]
pub mod section;
#[cfg(feature = "ssr")]
pub mod send;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod travel;
#[cfg(feature = "ssr")]
pub mod visit;
#[cfg(feature = "ssr")]
pub mod world;

use serde::{Deserialize, Serialize};

/// What the user of every visit is called.
pub const DEMO_USER: &str = "Demo user";

/// One request of a demo browser and its answer, as the page shows them: secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub request: String,
    pub status: u16,
    /// The status line, the headers that matter, and the body as far as it tells something.
    pub answer: String,
    pub microseconds: u64,
}
