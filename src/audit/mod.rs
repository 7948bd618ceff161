//! Proof that no one has changed what was written down, and the way to find it again. The events are the core's.

pub mod chain;
pub mod log;
