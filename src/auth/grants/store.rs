//! The end of grants, beside that of sessions. Server side.

use sqlx_macros::FromRow;

use crate::{
    auth::{
        revocations::EndReason,
        sessions::store::{EndedRow, Target},
    },
    base::{db::Tx, sql::Conn},
};

/// A grant that ended just now.
#[derive(Clone, Debug, FromRow)]
pub struct EndedGrant {
    pub id: String,
    pub client_id: String,
    /// Until when its refresh token would have worked.
    pub refresh_until: Option<i64>,
}

/// Ends what stands on the sessions that `target` has ended, and, where it names more than them, what outlives a session.
pub async fn end_with(
    tx: &mut Tx,
    target: Target<'_>,
    sessions: &[EndedRow],
    reason: EndReason,
    now_ms: i64,
) -> sqlx::Result<Vec<EndedGrant>> {
    macro_rules! end_where {
        ($condition:literal) => {
            concat!(
                "update grants set ended_at = $1, end_reason = $2 where ended_at is null and ",
                $condition,
                " returning id, client_id, refresh_until"
            )
        };
    }
    let (statement, keys) = match target {
        Target::Tokens(_) => return Ok(Vec::new()),
        Target::User(id) => (end_where!("user_id = $3"), vec![[id, ""]]),
        Target::Others { user_id, keep } => (end_where!("user_id = $3 and sid <> $4"), vec![[user_id, keep]]),
        Target::Secret(_) | Target::Session(_) | Target::Surplus { .. } => {
            (end_where!("sid = $3 and sid <> ''"), sessions.iter().map(|row| [&*row.sid, ""]).collect())
        }
    };
    let mut ended = Vec::new();
    for [key, keep] in keys {
        let query = sqlx::query_as(statement).bind(now_ms).bind(reason.into_str()).bind(key);
        let query = if matches!(target, Target::Others { .. }) { query.bind(keep) } else { query };
        ended.extend(query.fetch_all(&mut **tx).await?);
    }
    Ok(ended)
}

/// Raises the epoch of a user's own applications: id, and the epoch of now.
pub async fn raise_of_owner(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as("update clients set epoch = epoch + 1 where owner_id = $1 returning id, epoch")
        .bind(user_id)
        .fetch_all(db)
        .await
}
