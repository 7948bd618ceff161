//! What people are told by mail: the worker takes it from the outbox, writes it, and has it sent. Server side.

pub mod news;
pub mod store;
pub mod worker;
pub mod words;
pub mod write;
