//! The table `outbox`. Server side.

use uuid::Uuid;

use super::{Mail, Notification, To};
use crate::base::{
    error::AppError,
    sql::{Change, Conn},
};

pub async fn queue(db: impl Conn<'_>, to: To<'_>, mail: &Mail, now_ms: i64) -> Result<(), AppError> {
    let query = sqlx::query(
        "insert into outbox (id, email, user_id, mail, kind, created_at, due_at, attempts) \
         values ($1, $2, $3, $4, $6, $5, $5, 0)",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(to.email)
    .bind(to.user_id)
    .bind(serde_json::to_string(mail)?)
    .bind(now_ms)
    .bind(mail.as_text());
    Ok(query.run(db).await?)
}

/// Calls off the mails of this kind that wait to be sent to a user.
pub async fn call_off(db: impl Conn<'_>, user_id: &str, mail: &Mail, now_ms: i64) -> Result<(), AppError> {
    let statement = "update outbox set given_up_at = $3, last_error = 'called off' \
                     where user_id = $1 and mail = $2 and sent_at is null and given_up_at is null";
    let query = sqlx::query(statement).bind(user_id).bind(serde_json::to_string(mail)?).bind(now_ms);
    Ok(query.run(db).await?)
}

/// Removes the mails about a user that wait to be sent. Word of a changed address stays, unless it was changed after
/// `undone_since`: of several only the first is the owner's for sure. Word that the second factor goes stays always: it is
/// for whoever is against it.
pub async fn call_off_all(db: impl Conn<'_>, user_id: &str, undone_since: i64) -> sqlx::Result<()> {
    let statement = "delete from outbox where user_id = $1 and sent_at is null and kind <> $2 and (kind <> $3 or \
                     created_at >= $4)";
    sqlx::query(statement)
        .bind(user_id)
        .bind(Mail::SecondFactorGoes { at: 0 }.as_text())
        .bind(Notification::EmailChanged.into_str())
        .bind(undone_since)
        .run(db)
        .await
}
