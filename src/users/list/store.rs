//! The table `user_words`, and lists of users. Server side.
//!
//! One text per way and order, none put together while the program runs. Conditions that must not choose the way are
//! written so that no index answers them.

use sqlx::{Any, AnyConnection, Executor, FromRow};

use super::{Person, State, words};
use crate::users::Role;

/// Writes down by which words a user is found, in the place of those before.
///
/// # Errors
/// When the database does not take it.
pub async fn replace_words(
    db: &mut AnyConnection,
    user_id: &str,
    name: &str,
    email: &str,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from user_words where user_id = $1").bind(user_id).execute(&mut *db).await?;
    for word in words::of(name, email) {
        // For nobody it writes nothing, with the same work: a sign-up must not tell by its time that an address is taken.
        sqlx::query("insert into user_words (user_id, word) select id, $2 from users where id = $1")
            .bind(user_id)
            .bind(word.into_bytes())
            .execute(&mut *db)
            .await?;
    }
    let statement = "update users set words_at = $2 where id = $1";
    sqlx::query(statement).bind(user_id).bind(now_ms).execute(&mut *db).await.map(|_| ())
}

/// A user from before there were words.
#[derive(Clone, Debug, FromRow)]
pub struct Wordless {
    pub id: String,
    pub name: String,
    pub email: String,
}

/// Some of those whose words are still to be made.
///
/// # Errors
/// When the database cannot be read.
pub async fn without_words(db: impl Executor<'_, Database = Any>, limit: i64) -> Result<Vec<Wordless>, sqlx::Error> {
    sqlx::query_as(
        "select id, name, email from users where words_at is null and deleted_at is null order by id limit $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Locks a user whose words are still to be made of just these; `false` when another instance has made them, or the
/// user has another name or address by now.
///
/// # Errors
/// When the database does not take it.
pub async fn claim_words(
    db: impl Executor<'_, Database = Any>,
    user: &Wordless,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    let statement = "update users set words_at = $4 where id = $1 and name = $2 and email = $3 and words_at is null";
    let query = sqlx::query(statement).bind(&user.id).bind(&user.name).bind(&user.email).bind(now_ms);
    Ok(query.execute(db).await?.rows_affected() == 1)
}

/// A range of words; an empty one asks for nothing.
pub type Range = (Vec<u8>, Vec<u8>);

/// Where a list starts from. All but the first look only at those whom they name, and sort them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Along the order, until the page is full.
    Everybody,
    /// Who has a word in the first range.
    Word,
    /// Auditors or administrators.
    Role,
    Disabled,
    Unverified,
    SecondFactor,
}

/// Counts the entries that a list would start from, up to `limit`.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_up_to(
    db: impl Executor<'_, Database = Any>,
    start: Start,
    role: Option<Role>,
    (from, to): &Range,
    limit: i64,
) -> Result<i64, sqlx::Error> {
    macro_rules! count {
        ($what:literal) => {
            concat!("select count(*) from (select 1 as one from ", $what, " limit $1) as few")
        };
    }
    let query = match start {
        Start::Everybody => return Ok(limit),
        Start::Word => {
            sqlx::query_as(count!("user_words where word >= $2 and word < $3")).bind(limit).bind(&**from).bind(&**to)
        }
        Start::Role => sqlx::query_as(count!("users where role <> 'user' and role = $2"))
            .bind(limit)
            .bind(role.map_or("", Role::as_text)),
        Start::Disabled => sqlx::query_as(count!("users where disabled_at is not null")).bind(limit),
        Start::Unverified => sqlx::query_as(count!("users where verified_at is null")).bind(limit),
        Start::SecondFactor => sqlx::query_as(count!("totp where confirmed_at is not null")).bind(limit),
    };
    let (count,): (i64,) = query.fetch_one(db).await?;
    Ok(count)
}

/// By what a list is sorted. The id sorts by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Id,
    Name,
    Email,
}

/// Behind this the list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub key: String,
    pub id: String,
}

/// One page to be read.
#[derive(Clone, Debug)]
pub struct Query {
    pub start: Start,
    pub column: Column,
    pub descending: bool,
    pub role: Option<Role>,
    pub state: Option<State>,
    pub words: [Range; words::TYPED_MAX],
    pub bound: Bound,
    pub limit: i64,
}

/// A range that is empty asks for nothing. The count keeps databases from turning the question round: it is asked of one
/// user at a time.
macro_rules! has_word {
    ($from:literal, $to:literal) => {
        concat!(
            "and (",
            $from,
            " = ",
            $to,
            " or (select count(*) from user_words w where w.user_id = u.id and w.word >= ",
            $from,
            " and w.word < ",
            $to,
            ") > 0) "
        )
    };
}

macro_rules! page {
    ($start:expr, $bound:literal, $order:literal, $again:literal) => {
        concat!(
            "select p.id, p.email, p.name, p.role, p.verified_at, p.disabled_at, p.created_at, (select count(*) \
             from totp t where t.user_id = p.id and t.confirmed_at is not null) as second_factor from (select u.id, \
             u.email, u.name, u.search_text, u.role, u.verified_at, u.disabled_at, u.created_at from users u \
             where u.deleted_at is null and ($1 = '' or u.role = $1) and ($2 <> 'active' or coalesce(u.disabled_at, \
             u.waiting_since, -1) = -1) and ($2 <> 'disabled' or coalesce(u.disabled_at, -1) <> -1) and ($2 <> \
             'unverified' or coalesce(u.verified_at, -1) = -1) and ($2 <> 'second-factor' or (select count(*) \
             from totp t where t.user_id = u.id and t.confirmed_at is not null) > 0) ",
            $start,
            has_word!("$5", "$6"),
            has_word!("$7", "$8"),
            has_word!("$9", "$10"),
            has_word!("$11", "$12"),
            has_word!("$13", "$14"),
            $bound,
            "order by ",
            $order,
            " limit $15) as p order by ",
            $again
        )
    };
}

macro_rules! in_order {
    ($query:ident, $start:expr) => {
        match ($query.column, $query.descending) {
            (Column::Id, false) => page!($start, "and u.id > $16 ", "u.id", "p.id"),
            (Column::Id, true) => page!($start, "and u.id < $16 ", "u.id desc", "p.id desc"),
            (Column::Email, false) => page!($start, "and u.email > $16 ", "u.email", "p.email"),
            (Column::Email, true) => page!($start, "and u.email < $16 ", "u.email desc", "p.email desc"),
            (Column::Name, false) => {
                page!($start, "and (u.search_text, u.id) > ($16, $17) ", "u.search_text, u.id", "p.search_text, p.id")
            }
            (Column::Name, true) => page!(
                $start,
                "and (u.search_text, u.id) < ($16, $17) ",
                "u.search_text desc, u.id desc",
                "p.search_text desc, p.id desc"
            ),
        }
    };
}

fn text(query: &Query) -> &'static str {
    match query.start {
        Start::Everybody => in_order!(query, has_word!("$3", "$4")),
        Start::Word => {
            in_order!(query, "and u.id in (select w.user_id from user_words w where w.word >= $3 and w.word < $4) ")
        }
        Start::Role => in_order!(query, concat!("and u.role <> 'user' and u.role = $1 ", has_word!("$3", "$4"))),
        // In the order of ids these two go along their index. In another one SQLite would go along that of the order, and
        // pass a million to find a handful.
        Start::Disabled if query.column == Column::Id => {
            in_order!(query, concat!("and u.disabled_at is not null ", has_word!("$3", "$4")))
        }
        Start::Disabled => in_order!(
            query,
            concat!("and u.id in (select d.id from users d where d.disabled_at is not null) ", has_word!("$3", "$4"))
        ),
        Start::Unverified if query.column == Column::Id => {
            in_order!(query, concat!("and u.verified_at is null ", has_word!("$3", "$4")))
        }
        Start::Unverified => in_order!(
            query,
            concat!("and u.id in (select d.id from users d where d.verified_at is null) ", has_word!("$3", "$4"))
        ),
        Start::SecondFactor => in_order!(
            query,
            concat!(
                "and u.id in (select t.user_id from totp t where t.confirmed_at is not null) ",
                has_word!("$3", "$4")
            )
        ),
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    email: String,
    name: String,
    role: String,
    verified_at: Option<i64>,
    disabled_at: Option<i64>,
    created_at: i64,
    second_factor: i64,
}

impl From<Row> for Person {
    fn from(row: Row) -> Self {
        let Row { id, email, name, role, verified_at, disabled_at, created_at, second_factor } = row;
        Self {
            id,
            name,
            email,
            role: Role::from_text(&role),
            disabled: disabled_at.is_some(),
            verified: verified_at.is_some(),
            second_factor: second_factor > 0,
            created_at,
        }
    }
}

/// # Errors
/// When the database cannot be read.
pub async fn page(db: impl Executor<'_, Database = Any>, query: &Query) -> Result<Vec<Person>, sqlx::Error> {
    let mut statement = sqlx::query_as(text(query))
        .bind(query.role.map_or("", Role::as_text))
        .bind(query.state.map_or("", State::as_text));
    for (from, to) in &query.words {
        statement = statement.bind(&**from).bind(&**to);
    }
    statement = statement.bind(query.limit).bind(&query.bound.key);
    if query.column == Column::Name {
        statement = statement.bind(&query.bound.id);
    }
    let rows: Vec<Row> = statement.fetch_all(db).await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Name, as it is sorted, and address of a person.
///
/// # Errors
/// When the database cannot be read.
pub async fn keys_of(db: impl Executor<'_, Database = Any>, id: &str) -> Result<Option<(String, String)>, sqlx::Error> {
    sqlx::query_as("select search_text, email from users where id = $1 and deleted_at is null")
        .bind(id)
        .fetch_optional(db)
        .await
}
