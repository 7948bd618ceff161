//! The first page after a login: rendered by the server, from the session.

pub mod load;
pub mod page;
