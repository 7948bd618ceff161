//! What belongs to one account, wherever it stands, to be erased. Server side.

use crate::{
    audit::chain::store::lock_chain,
    base::{
        db::{Tx, lift_limit},
        sql::{Change, Conn},
    },
};

/// Erases what is kept of a person outside the row of the user. What remains are ids, times and what happened: the log
/// must still say that someone did it, and no more who.
///
/// A table that is added and forgotten here fails `after_a_deletion_nothing_of_the_person_is_anywhere`.
pub async fn erase(tx: &mut Tx, user_id: &str) -> sqlx::Result<()> {
    // However much someone has written, they may go.
    lift_limit(tx).await?;
    for statement in [
        "delete from notes where user_id = $1",
        "delete from throttles where key = 'notes of ' || $1",
        "delete from links where user_id = $1",
        "delete from refresh_tokens where grant_id in (select id from grants where user_id = $1)",
        "delete from authorization_codes where grant_id in (select id from grants where user_id = $1)",
        "delete from device_codes where grant_id in (select id from grants where user_id = $1)",
        "delete from grants where user_id = $1",
        "delete from client_secrets where client_id in (select id from clients where owner_id = $1)",
        "delete from logout_notices where client_id in (select id from clients where owner_id = $1)",
        "delete from client_calls where client_id in (select id from clients where owner_id = $1)",
        "update clients set name = '', redirects = '', logouts = '', backchannel_logout_uri = '', disabled_at = created_at \
         where owner_id = $1",
        "delete from email_changes where user_id = $1",
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
    forget(tx, user_id).await
}

/// Removes every mail to a person, or about their account, sent or not.
pub async fn delete_mails(db: impl Conn<'_>, user_id: &str, email: &str) -> sqlx::Result<()> {
    sqlx::query("delete from outbox where user_id = $1 or email = $2").bind(user_id).bind(email).run(db).await
}

/// Blanks what the log says of a person in others' words and of where they were. Ids, times and what happened remain, and
/// the chain holds. The rows of the chain are not touched while they are being sealed.
pub async fn forget(tx: &mut Tx, user_id: &str) -> sqlx::Result<()> {
    lock_chain(tx).await?;
    let statement = "update audit_events set ip = '', device = '', origin_salt = '', reason = '', details = 'null', words_salt = '' \
                     where subject = $1 and not (event = 'account_deleted' and actor <> $1) and \
                     (ip <> '' or device <> '' or origin_salt <> '' or reason <> '' or details <> 'null' or words_salt <> '')";
    sqlx::query(statement).bind(user_id).run(&mut **tx).await
}

/// Blanks from where a person did something to others. What they did, and why, remains: it is the others' business.
pub async fn forget_origin(tx: &mut Tx, user_id: &str) -> sqlx::Result<()> {
    lock_chain(tx).await?;
    let statement = "update audit_events set ip = '', device = '', origin_salt = '' where actor = $1";
    sqlx::query(statement).bind(user_id).run(&mut **tx).await
}

/// Makes a tombstone of a user: nothing in it says who it was, nothing opens it, and the address is free again.
pub async fn bury(db: impl Conn<'_>, id: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update users set email = 'deleted ' || id, name = '', search_text = '', password_hash = '', role \
                     = 'user', verified_at = null, disabled_at = $2, deleted_at = $2 where id = $1";
    sqlx::query(statement).bind(id).bind(now_ms).run(db).await
}

/// The tombstones that are new, and those that no session needs any more; with how many sessions each has a reason to tell of.
pub async fn tombstones(db: impl Conn<'_>, newer_than: i64) -> sqlx::Result<Vec<(String, i64)>> {
    let statement = "select id, sessions from (select id, deleted_at, \
                     (select count(*) from sessions where user_id = users.id) as sessions \
                     from users where deleted_at is not null) as gone where deleted_at > $1 or sessions = 0";
    sqlx::query_as(statement).bind(newer_than).fetch_all(db).await
}

/// Removes a tombstone; refused while something belongs to it.
pub async fn remove_tombstone(db: impl Conn<'_>, id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from users where id = $1 and deleted_at is not null").bind(id).run(db).await
}
