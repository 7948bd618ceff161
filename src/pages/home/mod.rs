//! The landing page: the idea in one screen.

pub mod drawing;
pub mod page;
