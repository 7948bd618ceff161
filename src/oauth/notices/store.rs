//! The table `logout_notices`, as whoever sends them sees it, and how that went for an application. Server side.

use sqlx_macros::FromRow;

use crate::base::sql::{Change, Conn};

/// A notice that is to be sent.
#[derive(Clone, Debug, FromRow)]
pub struct NoticeRow {
    pub id: String,
    pub client_id: String,
    pub user_id: String,
    pub sid: String,
    pub created_at: i64,
    /// This one included.
    pub attempts: i64,
}

/// How many wait, and since when the oldest does. Not counted beyond a thousand.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Waiting {
    pub notices: i64,
    pub since: Option<i64>,
}

/// Of all applications, or of one.
pub async fn waiting(db: impl Conn<'_>, client_id: &str) -> sqlx::Result<Waiting> {
    let statement = "select count(*) as notices, min(created_at) as since from (select created_at from logout_notices \
                     where $1 = '' or client_id = $1 order by id limit 1000) as oldest";
    sqlx::query_as(statement).bind(client_id).fetch_one(db).await
}

/// Takes notices that are due, the longest waiting first. Until `until_ms` they are no one else's; then, if this process
/// has died meanwhile, they are due again.
pub async fn claim(db: impl Conn<'_>, limit: i64, now_ms: i64, until_ms: i64) -> sqlx::Result<Vec<NoticeRow>> {
    // The outer condition is asked again when another instance was quicker, the inner one is not.
    let statement = "update logout_notices set due_at = $3, attempts = attempts + 1 where due_at <= $2 and id in \
                     (select id from logout_notices where due_at <= $2 order by due_at, id limit $1) \
                     returning id, client_id, user_id, sid, created_at, attempts";
    sqlx::query_as(statement).bind(limit).bind(now_ms).bind(until_ms).fetch_all(db).await
}

/// Nothing more is to be done for this notice.
pub async fn remove(db: impl Conn<'_>, id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from logout_notices where id = $1").bind(id).run(db).await
}

/// Nothing more is to be said to this application.
pub async fn remove_all_of(db: impl Conn<'_>, client_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from logout_notices where client_id = $1").bind(client_id).run(db).await
}

/// When to try again. No other one of the same application comes before: one that does not answer holds up no one else.
pub async fn set_due(db: impl Conn<'_>, row: &NoticeRow, due_ms: i64) -> sqlx::Result<()> {
    let statement = "update logout_notices set due_at = $3 where id = $1 or (client_id = $2 and due_at < $3)";
    sqlx::query(statement).bind(&row.id).bind(&row.client_id).bind(due_ms).run(db).await
}

/// Notes how it went, for the page of the application.
pub async fn note(db: impl Conn<'_>, client_id: &str, failure: Option<&str>, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update clients set notice_at = $2, notice_failure = $3 where id = $1";
    sqlx::query(statement).bind(client_id).bind(now_ms).bind(failure).run(db).await
}
