//! What belongs to one account, wherever it stands, to be erased. Server side.

use sqlx::{Any, Executor};

use crate::{
    auth::event,
    base::db::{Tx, lift_limit},
};

/// Erases what is kept of a person outside the row of the user. What remains are ids, times and what happened: the log
/// must still say that somebody did it, and no more who.
///
/// A table that is added and forgotten here fails `after_a_deletion_nothing_of_the_person_is_anywhere`.
pub async fn erase(tx: &mut Tx, user_id: &str) -> Result<(), sqlx::Error> {
    // However much somebody has written, they may go.
    lift_limit(tx).await?;
    for statement in [
        "delete from notes where user_id = $1",
        "delete from throttles where key = 'notes of ' || $1",
        "delete from links where user_id = $1",
        "delete from totp where user_id = $1",
        "delete from recovery_codes where user_id = $1",
        "delete from known_devices where user_id = $1",
        "delete from user_words where user_id = $1",
        "delete from outbox where user_id = $1 and (sent_at is not null or given_up_at is not null)",
        "update sessions set ip = '', user_agent = '', data = '{}' where user_id = $1",
    ] {
        sqlx::query(statement).bind(user_id).execute(&mut **tx).await?;
    }
    // The reason, too: it is what others wrote about them.
    event::store::forget(tx, user_id).await
}

/// Removes every mail to a person, or about their account, sent or not.
pub async fn delete_mails(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    email: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from outbox where user_id = $1 or email = $2")
        .bind(user_id)
        .bind(email)
        .execute(db)
        .await
        .map(|_| ())
}
