//! What administrators read and write of a user. Server side.

use crate::{
    auth::users::Role,
    base::sql::{Change, Conn},
};

/// Since when nothing of this user counts; `None`: it counts again.
pub async fn set_disabled(db: impl Conn<'_>, id: &str, since: Option<i64>) -> sqlx::Result<()> {
    let statement = "update users set disabled_at = $2 where id = $1";
    sqlx::query(statement).bind(id).bind(since).run(db).await
}

pub async fn set_role(db: impl Conn<'_>, id: &str, role: Role) -> sqlx::Result<()> {
    sqlx::query("update users set role = $2 where id = $1").bind(id).bind(role.into_str()).run(db).await
}

/// When a user was seen last, by the sessions that there are rows of.
pub async fn last_seen(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("select max(last_seen_at) from sessions where user_id = $1").bind(user_id).fetch_one(db).await
}
