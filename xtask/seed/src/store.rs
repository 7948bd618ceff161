//! Many rows at once.

use latchkey::{
    auth::{revocations, revocations::EndReason},
    base::{
        db::{Db, Kind},
        random,
        words::sort_text,
    },
};
use sqlx::{Any, AssertSqlSafe, Connection, Executor, pool::PoolConnection, query::Query};

pub struct NewUser {
    pub id: String,
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub role: &'static str,
    pub verified_at: Option<i64>,
    pub disabled_at: Option<i64>,
    pub created_at: i64,
}

/// A word, and the id of who has it.
pub type Word<'a> = (Vec<u8>, &'a str);

pub struct NewSession {
    /// What the cookie holds; the database has its hash.
    pub secret: String,
    pub sid: String,
    pub user_id: String,
    pub user_agent: String,
    pub ip: String,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub idle_expires_at: i64,
    pub expires_at: i64,
    pub remembered_at: Option<i64>,
    pub secret_role: &'static str,
    pub ended_at: Option<i64>,
}

pub async fn count_users(db: impl Executor<'_, Database = Any>) -> Result<i64, sqlx::Error> {
    let (count,): (i64,) = sqlx::query_as("select count(*) from users").fetch_one(db).await?;
    Ok(count)
}

/// The one connection that everything goes through.
pub struct Filling {
    connection: PoolConnection<Any>,
    kind: Kind,
    /// The epoch of everyone that counts: sessions of another one are over.
    epoch: i64,
}

type Statement<'q> = Query<'q, Any, <Any as sqlx::Database>::Arguments>;

impl Filling {
    /// What is written now can be made again: nothing waits for the disk.
    pub async fn begin(db: &Db) -> Result<Self, sqlx::Error> {
        let mut connection = db.pool.acquire().await?;
        let settings = match db.kind {
            Kind::Sqlite => "pragma synchronous = off; pragma cache_size = -600000; pragma foreign_keys = off",
            Kind::Postgres => "set synchronous_commit = off",
        };
        connection.execute(settings).await?;
        let (epoch,): (i64,) =
            sqlx::query_as("select max(epoch) from global_epoch").fetch_one(&mut *connection).await?;
        Ok(Self { connection, kind: db.kind, epoch })
    }

    /// One transaction: where the database does not take it, nothing of it is there.
    pub async fn write(
        &mut self,
        users: &[NewUser],
        words: &[Word<'_>],
        sessions: &[NewSession],
    ) -> Result<(), sqlx::Error> {
        let (kind, epoch) = (self.kind, self.epoch);
        let mut tx = self.connection.begin().await?;
        for some in users.chunks(500) {
            let text = many(
                kind,
                "insert into users (id, email, name, search_text, password_hash, role, epoch, verified_at, disabled_at, created_at, words_at)",
                11,
                some.len(),
            );
            some.iter().fold(sqlx::query(AssertSqlSafe(text)), bind_user).execute(&mut *tx).await?;
        }
        for some in words.chunks(2_000) {
            let text = many(kind, "insert into user_words (word, user_id)", 2, some.len());
            some.iter().fold(sqlx::query(AssertSqlSafe(text)), bind_word).execute(&mut *tx).await?;
        }
        for some in sessions.chunks(500) {
            let text = many(
                kind,
                "insert into sessions (id_hash, sid, user_id, data, kind, user_agent, ip, created_at, authenticated_at, last_seen_at, idle_expires_at, expires_at, remembered_at, secret_role, ended_at, ended_by, end_reason, global_epoch)",
                18,
                some.len(),
            );
            let bind = |statement, session| bind_session(statement, session, epoch);
            some.iter().fold(sqlx::query(AssertSqlSafe(text)), bind).execute(&mut *tx).await?;
        }
        tx.commit().await
    }

    /// Revocations that begin to count now.
    pub async fn revoke(&mut self, how_many: u32, now_ms: i64) -> Result<(), sqlx::Error> {
        let mut tx = self.connection.begin().await?;
        let (known,): (i64,) =
            sqlx::query_as("select seq from revocation_clock where id = 1").fetch_one(&mut *tx).await?;
        let last = known + i64::from(how_many);
        let numbers: Vec<i64> = (known + 1..=last).collect();
        for some in numbers.chunks(500) {
            let text = many(
                self.kind,
                "insert into revocations (seq, kind, subject, epoch, reason, actor, revoked_at, keep_until)",
                8,
                some.len(),
            );
            let bind = |statement, seq: &i64| bind_revocation(statement, *seq, now_ms);
            some.iter().fold(sqlx::query(AssertSqlSafe(text)), bind).execute(&mut *tx).await?;
        }
        sqlx::query("update revocation_clock set seq = $1 where id = 1").bind(last).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// PostgreSQL plans by what it knows of its tables, and would learn of these minutes later. SQLite's plans stand in
    /// the statements.
    pub async fn end(mut self) -> Result<(), sqlx::Error> {
        match self.kind {
            Kind::Sqlite => self.connection.execute("pragma wal_checkpoint(truncate)").await?,
            Kind::Postgres => {
                for statement in ["vacuum analyze users", "vacuum analyze user_words", "vacuum analyze sessions"] {
                    self.connection.execute(statement).await?;
                }
                return Ok(());
            }
        };
        Ok(())
    }
}

/// `head values ($1, $2), ($3, $4)`: no data in it. SQLite takes question marks, and is much quicker with them: what has
/// a number it looks up, each time among all of them.
fn many(kind: Kind, head: &str, columns: usize, rows: usize) -> String {
    let place = |number: usize| match kind {
        Kind::Sqlite => "?".to_owned(),
        Kind::Postgres => format!("${number}"),
    };
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns).map(|column| place(row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    format!("{head} values {}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
}

fn bind_user<'q>(statement: Statement<'q>, user: &NewUser) -> Statement<'q> {
    statement
        .bind(user.id.clone())
        .bind(user.email.clone())
        .bind(user.name.clone())
        .bind(sort_text(&user.name, &user.email))
        .bind(user.password_hash.clone())
        .bind(user.role)
        .bind(0_i64)
        .bind(user.verified_at)
        .bind(user.disabled_at)
        .bind(user.created_at)
        .bind(user.created_at)
}

fn bind_word<'q>(statement: Statement<'q>, (word, user_id): &Word<'_>) -> Statement<'q> {
    statement.bind(word.clone()).bind((*user_id).to_owned())
}

fn bind_session<'q>(statement: Statement<'q>, session: &NewSession, epoch: i64) -> Statement<'q> {
    statement
        .bind(random::hash(&session.secret))
        .bind(session.sid.clone())
        .bind(session.user_id.clone())
        .bind("{}")
        .bind("browser")
        .bind(session.user_agent.clone())
        .bind(session.ip.clone())
        .bind(session.created_at)
        .bind(session.created_at)
        .bind(session.last_seen_at)
        .bind(session.idle_expires_at)
        .bind(session.expires_at)
        .bind(session.remembered_at)
        .bind(session.secret_role)
        .bind(session.ended_at)
        .bind(session.ended_at.map(|_| session.user_id.clone()))
        .bind(session.ended_at.map(|_| "logged_out"))
        .bind(epoch)
}

fn bind_revocation(statement: Statement<'_>, seq: i64, now_ms: i64) -> Statement<'_> {
    statement
        .bind(seq)
        .bind("session")
        .bind(crate::id_of(now_ms))
        .bind(0_i64)
        .bind(EndReason::ByAdmin.into_str())
        .bind("system")
        .bind(now_ms)
        .bind(now_ms + revocations::store::KEPT_MS)
}
