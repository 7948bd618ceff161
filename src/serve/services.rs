//! Everything that a request may need, opened once at the start. Server side.

use std::{fmt, ops::Deref};

use leptos::config::LeptosOptions;

use crate::{
    auth::{app::App, revocations::set::Revocations, sessions::terminate::Terminator, tokens::keys::Keys},
    base::{db::Db, logging, metrics::Metrics, state::AppState},
    mail::worker::MailWorker,
    pages::{admin::overview::census::Census, part::Parts},
    web::{
        crowd::Crowd,
        guards::{Guards, Held},
        session::{cache::SessionCache, open_streams::OpenStreams},
    },
};

/// What HTTP and the features need besides [`App`].
#[derive(Clone)]
pub struct Services {
    pub app: App,
    /// For what must not wait behind pages and API calls; see [`Self::vital`].
    pub vital_db: Db,
    /// For what clears up behind everyone.
    pub jobs: AppState,
    pub crowd: Crowd,
    pub session_cache: SessionCache,
    pub metrics: Metrics,
    pub revocations: Revocations,
    pub streams: OpenStreams,
    pub keys: Keys,
    pub mail_worker: MailWorker,
    pub census: Census,
    pub parts: Parts,
    pub options: LeptosOptions,
}

impl Deref for Services {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl Services {
    /// The same for requests that everything else stands on: connections of their own, and a crowd of their own, so that
    /// neither what others do nor what the same person does elsewhere keeps them waiting.
    pub fn vital(&self) -> Self {
        let on_vital = |state: &AppState| AppState { db: self.vital_db.clone(), ..state.clone() };
        let terminator = Terminator { state: on_vital(&self.terminator.state), ..self.terminator.clone() };
        let crowd = Crowd::new(self.vital_db.connections() / 2);
        let app = App { state: on_vital(&self.state), terminator, ..self.app.clone() };
        Self { app, crowd, ..self.clone() }
    }

    /// What finds out who calls.
    pub fn guards(&self) -> Guards {
        let Self { crowd, keys, metrics, session_cache, revocations, streams, .. } = self.clone();
        let terminator = self.terminator.clone();
        Held { crowd, keys, metrics, session_cache, revocations, streams, terminator }.into()
    }

    pub async fn close_databases(&self) {
        for db in [&self.state.db, &self.vital_db, &self.jobs.db] {
            db.close().await;
        }
    }

    /// What monitoring reads, with what is measured at the moment of asking.
    pub fn measured(&self) -> Result<String, fmt::Error> {
        let databases = [&self.state.db, &self.vital_db, &self.jobs.db];
        let open: i64 = databases.iter().map(|db| i64::from(db.pool.size())).sum();
        let idle: i64 = databases.iter().map(|db| count(free(db))).sum();
        let (running, waiting) = self.passwords.at_work();
        let metrics = &self.metrics;
        metrics.connections_in_use.set((open - idle).max(0));
        metrics.connections_idle.set(idle);
        metrics.connections_max.set(self.state.config.database_connections.into());
        metrics.revocations.set(count(self.revocations.count()));
        metrics.feed_silent_seconds.set(self.revocations.silent_seconds());
        metrics.log_lines_dropped.set(i64::try_from(logging::dropped_lines()).unwrap_or(i64::MAX));
        metrics.hashes_running.set(count(running));
        metrics.hashes_waiting.set(count(waiting));
        metrics.render()
    }
}

/// The pool counts without a lock, and for a moment less than none.
fn free(db: &Db) -> usize {
    db.pool.num_idle().min(db.pool.size() as usize) + db.at_hand.count()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
