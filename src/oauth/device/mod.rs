//! The device grant (RFC 8628): a program without a browser asks for a user, who says yes or no in a browser of theirs.
//! Server side.

pub mod begin;
pub mod decide;
pub mod page;
pub mod store;
