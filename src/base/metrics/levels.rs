//! What is measured at the moment of asking. Server side.

use std::sync::atomic::AtomicU64;

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

#[derive(Default)]
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
    pub fn registered(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        for (name, help, gauge) in [
            ("database_connections_in_use", "Connections at work", &gauges.connections_in_use),
            ("database_connections_idle", "Connections open and free", &gauges.connections_idle),
            ("database_connections_max", "Connections at most", &gauges.connections_max),
            ("revocations_in_memory", "Sessions, users and signing keys that are refused", &gauges.revocations),
            ("log_lines_dropped", "Since the start: whoever reads the log is too slow", &gauges.log_lines_dropped),
            ("password_hashes_running", "Passwords hashed at this moment", &gauges.hashes_running),
            ("password_hashes_waiting", "Passwords that wait for a place", &gauges.hashes_waiting),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let silent = gauges.feed_silent_seconds.clone();
        registry.register("revocation_feed_silent_seconds", "Since the database was last heard", silent);
        gauges
    }
}
