//! Whether revocations get around: each live instance, and, on PostgreSQL, a notification to ourselves. Server side.

use std::time::Duration;

use uuid::Uuid;

use super::{Finding, PATIENCE, store};
use crate::{
    auth::{
        instances::{confirm::GONE_AFTER_MS, store as instance_store, store::InstanceRow},
        revocations::{set::STALE_AFTER, store as revocation_store},
    },
    base::{
        db::{Kind, in_time},
        number::counted,
        state::{AppState, Stopwatch},
    },
};

/// Who is behind for longer than this does not listen.
const CATCHES_UP: Duration = Duration::from_millis(2_000);

pub async fn look(state: &AppState) -> Vec<Finding> {
    let (instances, told) = tokio::join!(instances(state), notifications(state));
    std::iter::once(instances).chain(told).collect()
}

async fn instances(state: &AppState) -> Finding {
    const WHAT: &str = "feed";
    let looked = async {
        let first = late(state).await?;
        // A beat later: a revocation of this very moment is on its way.
        if !first.1.is_empty() {
            tokio::time::sleep(CATCHES_UP).await;
            return late(state).await;
        }
        Ok::<_, sqlx::Error>(first)
    };
    match looked.await {
        Err(error) => Finding::error(WHAT, format!("cannot read the instances: {error}"), "check the database's log"),
        Ok((0, _)) => Finding::ok(WHAT, "no server is running"),
        Ok((live, late)) if late.is_empty() => {
            let running = counted(live, "running instance is", "running instances are");
            Finding::ok(WHAT, format!("{running} up to date with all revocations"))
        }
        Ok((_, late)) => {
            let (late, seconds) = (late.join(", "), STALE_AFTER.as_secs());
            let words = format!(
                "behind: {late}; after {seconds} s an instance asks the database itself, and rejects what it can't check"
            );
            Finding::warning(WHAT, words, "check its log, and whether it can reach the database")
        }
    }
}

/// How many live, and what is wrong with which.
async fn late(state: &AppState) -> Result<(usize, Vec<String>), sqlx::Error> {
    let newest = revocation_store::newest_seq(&state.db.pool).await?;
    let live = instance_store::seen_since(&state.db.pool, state.clock.now_ms() - GONE_AFTER_MS).await?;
    let stale_ms = STALE_AFTER.as_millis() as i64;
    let is_late = |row: &&InstanceRow| row.seq < newest || row.feed_silent_ms > stale_ms;
    let words =
        |row: &InstanceRow| format!("{} (by {}, no news for {} ms)", row.name, newest - row.seq, row.feed_silent_ms);
    Ok((live.len(), live.iter().filter(is_late).map(words).collect()))
}

/// A round trip of LISTEN and NOTIFY on a channel of our own. A pooler in between can swallow them.
async fn notifications(state: &AppState) -> Option<Finding> {
    const WHAT: &str = "notifications";
    if state.db.kind == Kind::Sqlite {
        return None;
    }
    let channel = format!("latchkey_doctor_{}", Uuid::now_v7().simple());
    let heard = async {
        let mut listener = store::listen(&state.config.database_url(), &channel).await?;
        let watch = Stopwatch::start();
        store::notify(&state.db.pool, &channel).await?;
        listener.recv().await?;
        Ok(watch.elapsed_ms())
    };
    // Within the patience of the whole.
    Some(match in_time(PATIENCE - Duration::from_secs(1), heard).await {
        Ok(ms) => Finding::ok(WHAT, format!("PostgreSQL notifications arrive in {ms} ms")),
        Err(error) => Finding::warning(
            WHAT,
            format!("PostgreSQL notifications don't arrive ({error}), so instances check for revocations every 1.5 s"),
            "connect without a pooler in transaction mode, and keep a connection free for each instance",
        ),
    })
}
