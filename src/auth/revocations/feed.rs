//! Hear of revocations that other processes wrote. SQLite is asked several times a second; PostgreSQL tells. Server side.

use std::{convert::Infallible, str::FromStr, time::Duration};

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::{task::JoinHandle, time::MissedTickBehavior};
use tracing::Instrument;

use super::{set::Revocations, store};
use crate::base::{
    db::{Kind, SILENCE_MAX, in_time},
    jobs::Outage,
    state::AppState,
};

/// Notifications can be lost without a word, so the database is asked all the same, this often.
const CATCH_UP: Duration = Duration::from_millis(1_500);

/// From the loss of the connection to the next try, and at most between two tries.
const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// Follows the feed until the task is dropped, whatever happens to the database.
pub fn follow(state: &AppState, revocations: Revocations) -> JoinHandle<()> {
    let config = &state.config;
    match state.db.kind {
        Kind::Sqlite => poll_every(Duration::from_millis(config.revocation_poll_ms), revocations),
        Kind::Postgres => listen(config.database_url(), config.instance_name(), revocations),
    }
}

/// Asks every `interval`.
pub fn poll_every(interval: Duration, revocations: Revocations) -> JoinHandle<()> {
    tokio::spawn(
        async move {
            let mut ticks = tokio::time::interval(interval);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut outage = outage_of_feed();
            loop {
                ticks.tick().await;
                outage.note(&revocations.sync().await);
            }
        }
        .in_current_span(),
    )
}

/// Listens, and begins again when the connection is lost.
pub fn listen(database_url: String, name: String, revocations: Revocations) -> JoinHandle<()> {
    tokio::spawn(
        async move {
            let mut outage = outage_of_feed();
            let mut back_off = BACK_OFF_MIN;
            loop {
                let ended: Result<Infallible, sqlx::Error> = async {
                    let listener = connect(&database_url, &name).await?;
                    // What was said while no one listened is lost.
                    revocations.reload().await?;
                    outage.note(&Ok::<_, sqlx::Error>(()));
                    back_off = BACK_OFF_MIN;
                    hear(listener, &revocations).await
                }
                .await;
                outage.note(&ended);
                tokio::time::sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_MAX);
                // Where only listening fails (a pooler in between, too many connections), asking still works.
                let _ = revocations.sync().await;
            }
        }
        .in_current_span(),
    )
}

/// A connection of its own, which `pg_stat_activity` shows by name.
async fn connect(database_url: &str, name: &str) -> Result<PgListener, sqlx::Error> {
    let options = PgConnectOptions::from_str(database_url)?.application_name(&format!("latchkey feed {name}"));
    in_time(SILENCE_MAX, async {
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let mut listener = PgListener::connect_with(&pool.connect_with(options).await?).await?;
        // By itself it would connect again and say nothing of what was lost meanwhile.
        listener.eager_reconnect(false);
        listener.listen(store::CHANNEL).await?;
        Ok(listener)
    })
    .await
}

/// Returns when the connection or the database is lost.
async fn hear(mut listener: PgListener, revocations: &Revocations) -> Result<Infallible, sqlx::Error> {
    let mut ticks = tokio::time::interval(CATCH_UP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // `try_recv` is safe to drop: a message is taken off the buffer when it is complete.
            heard = listener.try_recv() => {
                heard?.ok_or_else(|| sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()))?;
                while listener.next_buffered().is_some() {}
            }
            _ = ticks.tick() => {
                // A connection whose other end is gone without a word stays silent for ever, so it is asked.
                in_time(SILENCE_MAX, store::ping(&mut listener)).await?;
            }
        }
        revocations.sync().await?;
    }
}

fn outage_of_feed() -> Outage {
    Outage::new("the revocation feed is cut", "the revocation feed is back")
}
