//! What is measured at the moment of asking. Server side.

use std::sync::atomic::AtomicU64;

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    pub connections_in_use: i64,
    pub connections_idle: i64,
    pub connections_max: i64,
    pub revocations: i64,
    pub feed_silent_seconds: f64,
    pub log_lines_dropped: i64,
    pub hashes_running: i64,
    pub hashes_waiting: i64,
}

#[derive(Default)]
pub struct LevelGauges {
    connections_in_use: Gauge,
    connections_idle: Gauge,
    connections_max: Gauge,
    revocations: Gauge,
    feed_silent_seconds: Gauge<f64, AtomicU64>,
    log_lines_dropped: Gauge,
    hashes_running: Gauge,
    hashes_waiting: Gauge,
}

impl LevelGauges {
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

    pub fn set(&self, levels: Levels) {
        self.connections_in_use.set(levels.connections_in_use);
        self.connections_idle.set(levels.connections_idle);
        self.connections_max.set(levels.connections_max);
        self.revocations.set(levels.revocations);
        self.feed_silent_seconds.set(levels.feed_silent_seconds);
        self.log_lines_dropped.set(levels.log_lines_dropped);
        self.hashes_running.set(levels.hashes_running);
        self.hashes_waiting.set(levels.hashes_waiting);
    }
}
