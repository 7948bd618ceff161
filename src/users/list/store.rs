//! The table `user_words`, and lists of users. Server side.
//!
//! One text per way and order, none put together while the program runs. They are written so that both databases go the
//! way that is meant: what must not choose it is a question about one user at a time.

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
            .bind(role.map_or("", Role::into)),
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
    ($from:literal, $to:literal, $id:literal) => {
        concat!(
            "and (",
            $from,
            " = ",
            $to,
            " or (select count(*) from user_words h where h.user_id = ",
            $id,
            " and h.word >= ",
            $from,
            " and h.word < ",
            $to,
            ") > 0) "
        )
    };
}

macro_rules! has_first_word {
    ($id:literal) => {
        has_word!("$3", "$4", $id)
    };
}

macro_rules! has_other_words {
    ($id:literal) => {
        concat!(
            has_word!("$5", "$6", $id),
            has_word!("$7", "$8", $id),
            has_word!("$9", "$10", $id),
            has_word!("$11", "$12", $id),
            has_word!("$13", "$14", $id)
        )
    };
}

/// Whether `u` has the role and the state.
macro_rules! fits {
    () => {
        "u.deleted_at is null and ($1 = '' or u.role = $1) and ($2 <> 'active' or coalesce(u.disabled_at, \
         u.waiting_since, -1) = -1) and ($2 <> 'disabled' or coalesce(u.disabled_at, -1) <> -1) and ($2 <> 'unverified' \
         or coalesce(u.verified_at, -1) = -1) and ($2 <> 'second-factor' or (select count(*) from totp t \
         where t.user_id = u.id and t.confirmed_at is not null) > 0) "
    };
}

/// A page of `page`, which has `id` and `key`.
macro_rules! people {
    ($page:expr, $order:literal) => {
        concat!(
            "with ",
            $page,
            "select u.id, u.email, u.name, u.role, u.verified_at, u.disabled_at, u.created_at, (select count(*) from totp t \
             where t.user_id = u.id and t.confirmed_at is not null) as second_factor from page p cross join users u \
             where u.id = p.id order by ",
            $order
        )
    };
}

/// Along an index that has the order, until the page is full.
macro_rules! walk {
    ($where:literal, $key:literal, $bound:literal, $order:literal, $again:literal) => {
        people!(
            concat!(
                "page as materialized (select u.id, ",
                $key,
                " as key from users u where ",
                $where,
                fits!(),
                has_first_word!("u.id"),
                has_other_words!("u.id"),
                $bound,
                "order by ",
                $order,
                " limit $15) "
            ),
            $again
        )
    };
}

macro_rules! walk_by_id {
    ($query:ident, $where:literal) => {
        match $query.descending {
            false => walk!($where, "u.id", "and u.id > $16 ", "u.id", "p.key"),
            true => walk!($where, "u.id", "and u.id < $16 ", "u.id desc", "p.key desc"),
        }
    };
}

/// Looks at each of the few that are found, and sorts them. Databases would rather go along the order, in the hope that the
/// page is full soon; so each step is told to be done by itself.
macro_rules! sort {
    ($found:expr, $key:literal, $bound:literal, $order:literal, $again:literal) => {
        people!(
            concat!(
                "found as materialized (",
                $found,
                "), keyed as materialized (select f.id, (select ",
                $key,
                " from users u where u.id = f.id and ",
                fits!(),
                ") as key from found f), page as materialized (select k.id, k.key from keyed k where k.key is not null and \
                 (k.key, k.id) ",
                $bound,
                " ($16, $17) order by ",
                $order,
                " limit $15) "
            ),
            $again
        )
    };
}

macro_rules! sort_by {
    ($query:ident, $found:expr) => {
        match ($query.column, $query.descending) {
            (Column::Id, false) => sort!($found, "u.id", ">", "k.key, k.id", "p.key, p.id"),
            (Column::Id, true) => sort!($found, "u.id", "<", "k.key desc, k.id desc", "p.key desc, p.id desc"),
            (Column::Email, false) => sort!($found, "u.email", ">", "k.key, k.id", "p.key, p.id"),
            (Column::Email, true) => sort!($found, "u.email", "<", "k.key desc, k.id desc", "p.key desc, p.id desc"),
            (Column::Name, false) => sort!($found, "u.search_text", ">", "k.key, k.id", "p.key, p.id"),
            (Column::Name, true) => {
                sort!($found, "u.search_text", "<", "k.key desc, k.id desc", "p.key desc, p.id desc")
            }
        }
    };
}

macro_rules! found_users {
    ($where:literal) => {
        concat!("select r.id from users r where ", $where, has_first_word!("r.id"), has_other_words!("r.id"))
    };
}

fn text(query: &Query) -> &'static str {
    let by_id = query.column == Column::Id;
    match query.start {
        Start::Everybody => walk_all(query),
        Start::Word => sort_by!(
            query,
            concat!(
                "select distinct w.user_id as id from user_words w where w.word >= $3 and w.word < $4 ",
                has_other_words!("w.user_id")
            )
        ),
        Start::Role if by_id => walk_by_id!(query, "u.role <> 'user' and u.role = $1 and "),
        Start::Role => sort_by!(query, found_users!("r.role <> 'user' and r.role = $1 ")),
        Start::Disabled if by_id => walk_by_id!(query, "u.disabled_at is not null and "),
        Start::Disabled => sort_by!(query, found_users!("r.disabled_at is not null ")),
        Start::Unverified if by_id => walk_by_id!(query, "u.verified_at is null and "),
        Start::Unverified => sort_by!(query, found_users!("r.verified_at is null ")),
        Start::SecondFactor => sort_by!(
            query,
            concat!(
                "select r.user_id as id from totp r where r.confirmed_at is not null ",
                has_first_word!("r.user_id"),
                has_other_words!("r.user_id")
            )
        ),
    }
}

fn walk_all(query: &Query) -> &'static str {
    match (query.column, query.descending) {
        (Column::Id, _) => walk_by_id!(query, ""),
        (Column::Email, false) => walk!("", "u.email", "and (u.email, u.id) > ($16, $17) ", "u.email, u.id", "p.key"),
        (Column::Email, true) => {
            walk!("", "u.email", "and (u.email, u.id) < ($16, $17) ", "u.email desc, u.id desc", "p.key desc")
        }
        (Column::Name, false) => {
            walk!("", "u.search_text", "and (u.search_text, u.id) > ($16, $17) ", "u.search_text, u.id", "p.key, p.id")
        }
        (Column::Name, true) => walk!(
            "",
            "u.search_text",
            "and (u.search_text, u.id) < ($16, $17) ",
            "u.search_text desc, u.id desc",
            "p.key desc, p.id desc"
        ),
    }
}

impl Query {
    /// Whether the text asks for the id beside the key.
    fn binds_id(&self) -> bool {
        let by_index = matches!(self.start, Start::Everybody | Start::Role | Start::Disabled | Start::Unverified);
        !(by_index && self.column == Column::Id)
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
    let mut statement =
        sqlx::query_as(text(query)).bind(query.role.map_or("", Role::into)).bind(query.state.map_or("", State::into));
    for (from, to) in &query.words {
        statement = statement.bind(&**from).bind(&**to);
    }
    statement = statement.bind(query.limit).bind(&query.bound.key);
    if query.binds_id() {
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
