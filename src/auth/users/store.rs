//! The users table. Server side.

use sqlx::{AnyConnection, AnyPool, QueryBuilder};
use sqlx_macros::FromRow;
use uuid::Uuid;

use super::Role;
use crate::base::{
    display_name::DisplayName,
    email::Email,
    sql::{Change, Conn},
    words,
    words::sort_text,
};

/// A row of `users`.
#[derive(Clone, Debug, FromRow)]
pub struct User {
    pub id: String,
    pub email: String,
    pub name: String,
    pub password_hash: String,
    role: String,
    pub epoch: i64,
    /// When the email was confirmed.
    pub verified_at: Option<i64>,
    /// Since when the account waits for that, if it lets no one in before.
    pub waiting_since: Option<i64>,
    pub disabled_at: Option<i64>,
    // A name of its own, since sessions have such a time, too, and are read together with their user.
    #[sqlx(rename = "user_created_at")]
    pub created_at: i64,
}

impl User {
    pub fn role(&self) -> Role {
        Role::from_text(&self.role)
    }

    /// Lost the address to the account that confirmed it; see [`free_email`].
    pub fn gave_way(&self) -> bool {
        self.email.starts_with(GAVE_WAY)
    }

    pub fn may_log_in(&self) -> bool {
        self.why_shut().is_none()
    }

    /// Why it lets no one in: disabled, or its address isn't confirmed, so that it may be anybody's. Stored.
    pub fn why_shut(&self) -> Option<&'static str> {
        let waits = self.waiting_since.map(|_| "unconfirmed");
        self.disabled_at.map(|_| "disabled").or(waits)
    }
}

/// What stands in the place of an address that was lost. No address begins so.
const GAVE_WAY: &str = "gave way ";

/// The columns of [`User`].
macro_rules! user_columns {
    () => {
        "users.id, email, name, password_hash, role, epoch, verified_at, waiting_since, disabled_at, \
         users.created_at as user_created_at"
    };
}
pub(in crate::auth) use user_columns;

macro_rules! select_users {
    ($rest:literal) => {
        concat!("select ", user_columns!(), " from users where deleted_at is null ", $rest)
    };
}

/// Adds a user, with the words that find them, and returns the id; `None` when the email is taken. Pass a transaction.
pub async fn insert(
    db: &mut AnyConnection,
    email: &Email,
    name: &DisplayName,
    password_hash: &str,
    role: Role,
    now_ms: i64,
) -> sqlx::Result<Option<String>> {
    let id = Uuid::now_v7().to_string();
    let result = sqlx::query(
        "insert into users (id, email, name, search_text, password_hash, role, epoch, created_at) \
         values ($1, $2, $3, $4, $5, $6, 0, $7) on conflict (email) do nothing",
    )
    .bind(&id)
    .bind(email.as_str())
    .bind(name.as_str())
    .bind(sort_text(name.as_str(), email.as_str()))
    .bind(password_hash)
    .bind(role.into_str())
    .bind(now_ms)
    .execute(&mut *db)
    .await?;
    // In either case: the time must not tell.
    replace_words(db, &id, name.as_str(), email.as_str(), now_ms).await?;
    Ok((result.rows_affected() == 1).then_some(id))
}

pub async fn find_by_email(db: impl Conn<'_>, email: &Email) -> sqlx::Result<Option<User>> {
    sqlx::query_as(select_users!("and email = $1")).bind(email.as_str()).fetch_optional(db).await
}

/// As [`find_by_email`], with an address that was normalised before it was stored.
pub async fn find_by_address(db: impl Conn<'_>, email: &str) -> sqlx::Result<Option<User>> {
    sqlx::query_as(select_users!("and email = $1")).bind(email).fetch_optional(db).await
}

pub async fn find_by_id(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<User>> {
    sqlx::query_as(select_users!("and id = $1")).bind(id).fetch_optional(db).await
}

/// Whether there is an administrator who can log in besides this user. Whoever takes one away asks first, holding the
/// lock of the revocations (after that of the user's row, as everywhere, or two acts would wait for each other): of two
/// administrators who go at this moment, one stays.
pub async fn another_admin_remains(db: impl Conn<'_>, id: &str) -> sqlx::Result<bool> {
    let statement = "select id from users where role = 'admin' and deleted_at is null and disabled_at is null \
                     and waiting_since is null and id <> $1 limit 1";
    sqlx::query(statement).bind(id).finds(db).await
}

/// Raises the user's epoch, which makes every older token and half login dead (sessions end by their tombstones), and
/// returns it; `None` when there is no such user. It locks the row on PostgreSQL, so two acts on one user queue up.
pub async fn raise_epoch(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<i64>> {
    let statement = "update users set epoch = epoch + 1 where id = $1 returning epoch";
    sqlx::query_scalar(statement).bind(id).fetch_optional(db).await
}

/// On PostgreSQL locks the user's row until the transaction ends, so that two acts on one user queue up; SQLite has one
/// writer anyway.
pub async fn lock(db: impl Conn<'_>, id: &str) -> sqlx::Result<()> {
    sqlx::query("update users set epoch = epoch where id = $1").bind(id).run(db).await
}

pub async fn set_password(db: impl Conn<'_>, id: &str, password_hash: &str) -> sqlx::Result<()> {
    let statement = "update users set password_hash = $1 where id = $2";
    sqlx::query(statement).bind(password_hash).bind(id).run(db).await
}

/// As in the index of migration 0010, or it would not be used.
const BEGINNING_OF_HASH: &str =
    "(case when length(password_hash) > 67 then substr(password_hash, 1, length(password_hash) - 67) else '' end)";

/// An end, should something be wrong with the stored hashes. There are two or three beginnings at most.
const BEGINNINGS_MAX: usize = 16;

/// The beginnings of all stored hashes, up to the salt, each once: what they cost. From one to the next along the index.
pub async fn beginnings_of_hashes(db: &AnyPool) -> sqlx::Result<Vec<String>> {
    let next = format!(
        "select {BEGINNING_OF_HASH} from users where {BEGINNING_OF_HASH} > $1 order by {BEGINNING_OF_HASH} limit 1"
    );
    let mut found: Vec<String> = Vec::new();
    while found.len() < BEGINNINGS_MAX {
        let last = found.last().map_or("", String::as_str);
        let Some((beginning,)) = QueryBuilder::new(&*next).build_query_as().bind(last).fetch_optional(db).await? else {
            break;
        };
        found.push(beginning);
    }
    Ok(found)
}

/// Puts a new hash of the same password in the place of `old`; `false` when another one stands there by now.
pub async fn replace_hash(db: impl Conn<'_>, id: &str, old: &str, new: &str) -> sqlx::Result<bool> {
    let statement = "update users set password_hash = $3 where id = $1 and password_hash = $2";
    sqlx::query(statement).bind(id).bind(old).bind(new).hits(db).await
}

/// Notes that the user reads the mail of this address; nothing when the user has another one by now.
pub async fn set_verified(db: impl Conn<'_>, id: &str, email: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement =
        "update users set verified_at = $3, waiting_since = null where id = $1 and email = $2 and verified_at is null";
    sqlx::query(statement).bind(id).bind(email).bind(now_ms).run(db).await
}

/// Pass a transaction: the words that find the user change with it.
pub async fn set_name(db: &mut AnyConnection, user: &User, name: &DisplayName, now_ms: i64) -> sqlx::Result<()> {
    sqlx::query("update users set name = $2, search_text = $3 where id = $1")
        .bind(&user.id)
        .bind(name.as_str())
        .bind(sort_text(name.as_str(), &user.email))
        .execute(&mut *db)
        .await?;
    replace_words(db, &user.id, name.as_str(), &user.email, now_ms).await
}

/// Gives the user another address, whose mail they have just been shown to read; `false` when another account has it.
/// Pass a transaction, as for [`set_name`].
pub async fn set_email(db: &mut AnyConnection, user: &User, email: &str, now_ms: i64) -> sqlx::Result<bool> {
    let result = sqlx::query("update users set email = $2, search_text = $3, verified_at = $4 where id = $1")
        .bind(&user.id)
        .bind(email)
        .bind(sort_text(&user.name, email))
        .bind(now_ms)
        .execute(&mut *db)
        .await;
    match result {
        Ok(_) => replace_words(db, &user.id, &user.name, email, now_ms).await.map(|()| true),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes an address away from another account that has never confirmed it, and disables that account: it was made by
/// someone who does not read this mail, lest its owner take it back. Returns its id: the caller ends what it has open.
/// Pass a transaction, as for [`set_name`].
pub async fn free_email(
    db: &mut AnyConnection,
    email: &str,
    for_id: &str,
    now_ms: i64,
) -> sqlx::Result<Option<String>> {
    let row: Option<(String, String)> = sqlx::query_as(
        // What the address begins with from then on is `GAVE_WAY`.
        "update users set email = 'gave way ' || id, disabled_at = $3 \
         where email = $1 and id <> $2 and verified_at is null returning id, name",
    )
    .bind(email)
    .bind(for_id)
    .bind(now_ms)
    .fetch_optional(&mut *db)
    .await?;
    let Some((id, name)) = row else { return Ok(None) };
    let statement = "update users set search_text = $2 where id = $1";
    sqlx::query(statement).bind(&id).bind(sort_text(&name, "")).execute(&mut *db).await?;
    replace_words(db, &id, &name, "", now_ms).await?;
    Ok(Some(id))
}

/// Writes down by which words a user is found, in the place of those before.
pub async fn replace_words(
    db: &mut AnyConnection,
    user_id: &str,
    name: &str,
    email: &str,
    now_ms: i64,
) -> sqlx::Result<()> {
    sqlx::query("delete from user_words where user_id = $1").bind(user_id).execute(&mut *db).await?;
    for word in words::of(name, email) {
        // For no one it writes nothing, with the same work: a sign-up must not tell by its time that an address is taken.
        let statement = "insert into user_words (user_id, word) select id, $2 from users where id = $1";
        sqlx::query(statement).bind(user_id).bind(word.into_bytes()).execute(&mut *db).await?;
    }
    let statement = "update users set words_at = $2 where id = $1";
    sqlx::query(statement).bind(user_id).bind(now_ms).run(&mut *db).await
}
