//! This process among the instances: it says that it is alive and what it has taken in. Server side.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::{store, store::InstanceRow};
use crate::{
    auth::revocations::set::Revocations,
    base::{
        db::{SILENCE_MAX, in_time},
        jobs::Outage,
        metrics::Via,
        state::AppState,
    },
};

/// Without news the row is written this often.
const BEAT: Duration = Duration::from_millis(1_500);

/// The row of this process. Cheap to clone.
#[derive(Clone)]
pub struct Presence {
    state: AppState,
    revocations: Revocations,
    started_at: i64,
}

impl Presence {
    pub fn new(state: AppState, revocations: Revocations) -> Self {
        let started_at = state.clock.now_ms();
        Self { state, revocations, started_at }
    }

    /// Comes forward. Call it before the first request is answered: from now on every force logout waits for this
    /// instance, and what came before is read once more.
    pub async fn begin(&self) -> Result<(), sqlx::Error> {
        self.write().await?;
        self.revocations.sync().await
    }

    /// Writes the row now. The number is read first and is that of memory: an acknowledgement is never early.
    pub async fn write(&self) -> Result<(), sqlx::Error> {
        let (row, db) = (self.row(), &self.state.db);
        let written = in_time(SILENCE_MAX, store::write(&db.pool, &row)).await;
        db.note_write(&written);
        written
    }

    fn row(&self) -> InstanceRow {
        let Self { state, revocations, started_at } = self;
        let (heard, made) = (revocations.spread(Via::Feed), revocations.spread(Via::Local));
        #[expect(clippy::cast_possible_truncation, reason = "beyond the range it saturates")]
        let feed_silent_ms = (revocations.silent_seconds() * 1000.0) as i64;
        InstanceRow {
            id: revocations.id().to_owned(),
            name: state.config.instance_name(),
            started_at: *started_at,
            seen_at: state.clock.now_ms(),
            seq: revocations.seq(),
            feed_silent_ms,
            heard: heard.count,
            heard_p50_ms: heard.p50_ms,
            heard_p99_ms: heard.p99_ms,
            made: made.count,
            made_p50_ms: made.p50_ms,
            made_p99_ms: made.p99_ms,
        }
    }

    /// Writes the row right after news were taken in, and every second and a half, until the task is dropped.
    pub fn keep(&self) -> JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            let mut changes = this.revocations.changes();
            let mut outage = Outage::new("this instance cannot write its row", "this instance writes its row again");
            loop {
                let written = this.revocations.seq();
                outage.note(&this.write().await);
                let moved = changes.wait_for(|_| this.revocations.seq() != written);
                let _ = tokio::time::timeout(BEAT, moved).await;
            }
        })
    }

    /// Goes: no force logout waits for this instance any more. Without a database the row grows old by itself.
    pub async fn end(&self) {
        if let Err(error) = in_time(SILENCE_MAX, store::delete(&self.state.db.pool, self.revocations.id())).await {
            tracing::warn!(%error, "the row of this instance stays for ten seconds");
        }
    }
}
