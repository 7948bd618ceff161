//! Everything that a request may need, opened once at the start. Server side.

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use crate::{
    admin::overview::census::Census,
    lab::world::Lab,
    mail::post::Post,
    metrics::{Levels, Metrics},
    revocations::set::Revocations,
    sealed::SecretKey,
    sessions::{end::Ender, open_streams::OpenStreams},
    state::AppState,
    tokens::keys::Keys,
    users::{password::Passwords, questions::Questions},
};

/// What the features need besides [`AppState`]; every request carries it.
#[derive(Clone)]
pub struct Services {
    pub state: AppState,
    pub metrics: Metrics,
    pub passwords: Passwords,
    pub revocations: Revocations,
    pub ender: Ender,
    pub streams: OpenStreams,
    pub keys: Keys,
    pub questions: Questions,
    pub secret: SecretKey,
    pub post: Post,
    pub census: Census,
    /// Where there is one.
    pub lab: Option<Lab>,
    pub options: LeptosOptions,
}

impl Services {
    /// What is measured at the moment of asking.
    pub fn levels(&self) -> Levels {
        let pool = &self.state.db.pool;
        let (open, idle) = (i64::from(pool.size()), count(pool.num_idle()));
        let (running, waiting) = self.passwords.at_work();
        Levels {
            connections_in_use: (open - idle).max(0),
            connections_idle: idle,
            connections_max: i64::from(self.state.config.database_connections),
            revocations: count(self.revocations.count()),
            feed_silent_seconds: self.revocations.silent_seconds(),
            hashes_running: count(running),
            hashes_waiting: count(waiting),
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl FromRef<Services> for AppState {
    fn from_ref(services: &Services) -> Self {
        services.state.clone()
    }
}

impl FromRef<Services> for LeptosOptions {
    fn from_ref(services: &Services) -> Self {
        services.options.clone()
    }
}
