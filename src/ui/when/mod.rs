//! A point in time: exactly, the same text on both sides, so that hydration finds what the server wrote; or as people
//! say it, with the exact one a hover away.

#[cfg(feature = "views")]
mod views;
mod words;

#[cfg(feature = "views")]
pub use views::*;
pub use words::*;
