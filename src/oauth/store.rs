//! What is removed of the tables of applications when no one can ask about it any more. Server side.

use crate::base::{DAY_MS, db::Tx, sql::Change};

/// Refresh tokens are kept a month after their end, and grants two; an application that is gone is kept as long as its
/// grants.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;
/// A code that no one has redeemed in an hour is forgotten with its grant.
const UNREDEEMED_MS: i64 = 3_600_000;

/// First what names a grant or an application, then these.
pub async fn delete_old(tx: &mut Tx, now_ms: i64) -> sqlx::Result<()> {
    let (kept_since, unredeemed_since) = (now_ms - KEEP_MS, now_ms - UNREDEEMED_MS);
    for (statement, before) in [
        ("delete from device_codes where expires_at < $1", unredeemed_since),
        ("delete from authorization_codes where expires_at < $1", unredeemed_since),
        ("delete from refresh_tokens where expires_at < $1", kept_since),
        (
            "delete from grants where created_at < $1 and last_used_at is null and not exists \
             (select 1 from authorization_codes where grant_id = grants.id) and not exists \
             (select 1 from device_codes where grant_id = grants.id)",
            unredeemed_since,
        ),
        ("delete from refresh_tokens where grant_id in (select id from grants where ended_at < $1)", kept_since),
        (
            "delete from grants where coalesce(ended_at, last_used_at) < $1 and not exists \
             (select 1 from authorization_codes where grant_id = grants.id) and not exists \
             (select 1 from refresh_tokens where grant_id = grants.id) and not exists \
             (select 1 from sessions where sid = grants.log_in_sid and ended_at is null)",
            kept_since - KEEP_MS,
        ),
        // The clock of another instance may be behind.
        ("delete from client_assertions where expires_at < $1", unredeemed_since),
        ("delete from client_calls where day < $1", kept_since / DAY_MS),
        (
            "delete from clients where ((name = '' and disabled_at < $1) or (disabled_at is null and fetched_at < $1)) \
             and not exists (select 1 from grants where client_id = clients.id)",
            kept_since,
        ),
    ] {
        sqlx::query(statement).bind(before).run(&mut **tx).await?;
    }
    Ok(())
}
