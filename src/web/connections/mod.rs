//! Who may hold a connection, and for how long: a limit of all and one of each address, and an end for who takes nothing
//! of an answer. Server side.
//!
//! Where a limit is reached, the connection that has waited longest for a request gives way, so whoever opens many and
//! says nothing keeps no one out. One that is at work never gives way. How long a request may take to arrive is hyper's
//! part (`accept.rs`).

mod accept;
mod open_files;
mod seats;
mod stream;

pub use self::{
    accept::{Stop, answer_on},
    open_files::{ask_for_open_files, fitting, open_files},
    seats::Door,
};
