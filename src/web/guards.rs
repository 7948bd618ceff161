//! What finds out who calls, and whether they still may. Server side.

use std::sync::Arc;

use super::{
    crowd::Crowd,
    session::{cache::SessionCache, open_streams::OpenStreams},
};
use crate::{
    auth::{revocations::set::Revocations, sessions::terminate::Terminator, tokens::keys::Keys},
    base::metrics::Metrics,
};

/// Every request carries them. Cheap to clone.
pub type Guards = Arc<Held>;

#[derive(Clone)]
pub struct Held {
    pub crowd: Crowd,
    pub keys: Keys,
    pub metrics: Metrics,
    pub session_cache: SessionCache,
    pub revocations: Revocations,
    pub streams: OpenStreams,
    pub terminator: Terminator,
}
