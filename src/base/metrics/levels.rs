//! What is measured at the moment of asking. Server side.

use std::sync::atomic::AtomicU64;

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

use super::new;

pub struct Levels {
    pub connections_in_use: Gauge,
    pub connections_idle: Gauge,
    pub connections_max: Gauge,
    pub revocations: Gauge,
    pub feed_silent_seconds: Gauge<f64, AtomicU64>,
    pub log_lines_dropped: Gauge,
    pub hashes_running: Gauge,
    pub hashes_waiting: Gauge,
}

impl Levels {
    pub fn registered(all: &mut Registry) -> Self {
        Self {
            connections_in_use: new(all, "database_connections_in_use", "Connections at work"),
            connections_idle: new(all, "database_connections_idle", "Connections open and free"),
            connections_max: new(all, "database_connections_max", "Connections at most"),
            revocations: new(all, "revocations_in_memory", "Sessions, users and signing keys that are refused"),
            feed_silent_seconds: new(all, "revocation_feed_silent_seconds", "Since the database was last heard"),
            log_lines_dropped: new(all, "log_lines_dropped", "Since the start: whoever reads the log is too slow"),
            hashes_running: new(all, "password_hashes_running", "Passwords hashed at this moment"),
            hashes_waiting: new(all, "password_hashes_waiting", "Passwords that wait for a place"),
        }
    }
}
