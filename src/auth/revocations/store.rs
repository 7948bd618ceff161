//! The revocations table and its clock. Server side.

use sqlx::{Executor, postgres::PgListener};
use sqlx_macros::FromRow;

use crate::{
    auth::event::Actor,
    base::{
        config::TOKEN_LIFETIME_MAX_SECONDS,
        db,
        db::{Kind, Tx},
        sql::{Change, Conn},
    },
};

/// PostgreSQL tells who listens here the number of each revocation, at its commit.
pub const CHANNEL: &str = "latchkey_revocations";

/// A token may be minted by a request that began before the end, so what stops it is kept for one life of a token, the
/// longest that a request can take, and clock differences.
pub const KEEP_EXTRA_MS: i64 = 60_000 + 30_000;

/// How long a revocation is kept, whoever writes it: the longest life that any instance may give a token. A command line,
/// or an instance before or after a rolling restart, may have other settings than the one that minted it.
pub const KEPT_MS: i64 = TOKEN_LIFETIME_MAX_SECONDS * 1000 + KEEP_EXTRA_MS;

/// A revocation, without its sequence number.
#[derive(Clone, Debug)]
pub struct New<'a> {
    pub subject: Subject<'a>,
    /// An [`EndReason`](super::EndReason), if something ended.
    pub reason: &'static str,
    pub actor: &'a Actor,
    /// Milliseconds since the epoch.
    pub revoked_at: i64,
}

#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    Session(&'a str),
    /// A user, and the least epoch that still counts.
    User(&'a str, i64),
    /// Nothing ended: what a process has cached of the sessions of this user is out of date.
    Changed(&'a str),
    /// Every token that this signing key has signed, by its kid.
    Key(&'a str),
    /// What a user has let an application do, by its id.
    Grant(&'a str),
    /// Every token of an application, and the least epoch that still counts.
    Client(&'a str, i64),
    /// Everyone, and the least epoch that still counts.
    Everyone(i64),
}

/// Kinds of rows, as they are stored.
pub const KEY: &str = "key";
pub const CHANGED: &str = "changed";
pub const EVERYONE: &str = "everyone";

/// A row as it is read back.
#[derive(Clone, Debug, FromRow)]
pub struct RevocationRow {
    pub seq: i64,
    pub kind: String,
    pub subject: String,
    pub epoch: i64,
    pub revoked_at: i64,
    pub keep_until: i64,
}

/// Writes a revocation in the caller's transaction. It takes the lock of the revocation clock until the commit,
/// so call it last: numbers then become visible in the order in which they were given.
pub async fn insert(tx: &mut Tx, new: &New<'_>) -> sqlx::Result<RevocationRow> {
    let statement = "update revocation_clock set seq = seq + 1 where id = 1 returning seq";
    let (seq,): (i64,) = sqlx::query_as(statement).fetch_one(&mut **tx).await?;
    // After it no token that this could stop is alive.
    let keep_until = new.revoked_at + KEPT_MS;
    let (kind, subject, epoch) = match new.subject {
        Subject::Session(sid) => ("session", sid, 0),
        Subject::User(id, least_epoch) => ("user", id, least_epoch),
        Subject::Changed(user_id) => (CHANGED, user_id, 0),
        Subject::Key(kid) => (KEY, kid, 0),
        Subject::Grant(id) => ("grant", id, 0),
        Subject::Client(id, least_epoch) => ("client", id, least_epoch),
        Subject::Everyone(least_epoch) => (EVERYONE, "", least_epoch),
    };
    sqlx::query(
        "insert into revocations (seq, kind, subject, epoch, reason, actor, revoked_at, keep_until) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(seq)
    .bind(kind)
    .bind(subject)
    .bind(epoch)
    .bind(new.reason)
    .bind(new.actor.as_text())
    .bind(new.revoked_at)
    .bind(keep_until)
    .execute(&mut **tx)
    .await?;
    if db::kind_of_connection(tx) == Kind::Postgres {
        // Part of the transaction: whoever is told finds the row, and a rollback tells no one.
        sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(seq.to_string()).execute(&mut **tx).await?;
    }
    Ok(RevocationRow { seq, kind: kind.into(), subject: subject.into(), epoch, revoked_at: new.revoked_at, keep_until })
}

/// Whether a listening connection still has another end.
pub async fn ping(listener: &mut PgListener) -> sqlx::Result<()> {
    listener.execute("select 1").await.map(|_| ())
}

/// The newest sequence number: the one row that each instance asks for again and again.
pub async fn newest_seq(db: impl Conn<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar("select seq from revocation_clock where id = 1").fetch_one(db).await
}

/// Every revocation after `seq` that can still matter, in order.
pub async fn after(db: impl Conn<'_>, seq: i64, now_ms: i64) -> sqlx::Result<Vec<RevocationRow>> {
    let statement = "select seq, kind, subject, epoch, revoked_at, keep_until from revocations where seq > $1 and \
                     keep_until > $2 order by seq";
    sqlx::query_as(statement).bind(seq).bind(now_ms).fetch_all(db).await
}

/// A clock that is a day off forgets nothing that still matters.
const KEEP_MS: i64 = 24 * 3_600_000;

/// Removes what has not mattered for a day.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    sqlx::query("delete from revocations where keep_until < $1").bind(now_ms - KEEP_MS).count(db).await
}

/// Takes the lock that every revocation takes, until the transaction ends: the one mutex that all instances share.
pub async fn lock(tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::query("update revocation_clock set seq = seq where id = 1").run(&mut **tx).await
}
