//! Lists of users, and those who cannot be found by words yet. Server side.
//!
//! The texts are put together from the words of this file, and everything else is bound. They are written so that both
//! databases go the way that is meant: what must not choose it is a question about one user at a time.

use sqlx::QueryBuilder;
use sqlx_macros::FromRow;

use super::{Person, State};
use crate::{
    auth::users::Role,
    base::{
        sql::{Change, Conn},
        words,
    },
};

/// A user from before there were words.
#[derive(Clone, Debug, FromRow)]
pub struct Wordless {
    pub id: String,
    pub name: String,
    pub email: String,
}

/// Some of those whose words are still to be made.
pub async fn without_words(db: impl Conn<'_>, limit: i64) -> sqlx::Result<Vec<Wordless>> {
    sqlx::query_as(
        "select id, name, email from users where words_at is null and deleted_at is null order by id limit $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Locks a user whose words are still to be made of just these; `false` when another instance has made them, or the
/// user has another name or address by now.
pub async fn claim_words(db: impl Conn<'_>, user: &Wordless, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "update users set words_at = $4 where id = $1 and name = $2 and email = $3 and words_at is null";
    let query = sqlx::query(statement).bind(&user.id).bind(&user.name).bind(&user.email).bind(now_ms);
    query.hits(db).await
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
pub async fn count_up_to(
    db: impl Conn<'_>,
    start: Start,
    role: Option<Role>,
    (from, to): &Range,
    limit: i64,
) -> sqlx::Result<i64> {
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

/// For each range of words from this one on. A range that is empty asks for nothing. The count keeps databases from turning
/// the question round: it is asked of one user at a time.
fn has_words(first: usize, id: &str) -> String {
    let has_word = |place: usize| {
        let (from, to) = (2 * place + 3, 2 * place + 4);
        format!(
            " and (${from} = ${to} or (select count(*) from user_words h where h.user_id = {id} and h.word >= ${from} \
             and h.word < ${to}) > 0)"
        )
    };
    (first..words::TYPED_MAX).map(has_word).collect()
}

/// Whether `u` has the role and the state.
const FITS: &str = "u.deleted_at is null and ($1 = '' or u.role = $1) and ($2 <> 'active' or coalesce(u.disabled_at, \
    u.waiting_since, -1) = -1) and ($2 <> 'disabled' or coalesce(u.disabled_at, -1) <> -1) and ($2 <> 'unverified' \
    or coalesce(u.verified_at, -1) = -1) and ($2 <> 'second-factor' or (select count(*) from totp t \
    where t.user_id = u.id and t.confirmed_at is not null) > 0)";

impl Query {
    fn text(&self) -> String {
        let (beyond, way) = if self.descending { ("<", " desc") } else { (">", "") };
        let key = match self.column {
            Column::Id => "u.id",
            Column::Name => "u.search_text",
            Column::Email => "u.email",
        };
        let (from, id) = match self.start {
            Start::Everybody => ("users u where 1 = 1", "u.id"),
            Start::Role => ("users u where u.role <> 'user' and u.role = $1", "u.id"),
            Start::Disabled => ("users u where u.disabled_at is not null", "u.id"),
            Start::Unverified => ("users u where u.verified_at is null", "u.id"),
            Start::SecondFactor => ("totp s where s.confirmed_at is not null", "s.user_id"),
            Start::Word => ("user_words w where w.word >= $3 and w.word < $4", "w.user_id"),
        };
        let (distinct, words) = match self.start {
            Start::Word => ("distinct ", has_words(1, id)),
            _ => ("", has_words(0, id)),
        };
        let page = if self.walks() {
            // Along an index that has the order, until the page is full.
            let (bound, order) = match self.binds_id() {
                true => (format!("({key}, u.id) {beyond} ($16, $17)"), format!("{key}{way}, u.id{way}")),
                false => (format!("u.id {beyond} $16"), format!("u.id{way}")),
            };
            format!(
                "page as materialized (select u.id, {key} as key from {from} and {FITS}{words} and {bound} order by {order} \
                 limit $15)"
            )
        } else {
            // Looks at each of the few that are found, and sorts them. Databases would rather go along the order, in the
            // hope that the page is full soon; so each step is told to be done by itself.
            format!(
                "found as materialized (select {distinct}{id} as id from {from}{words}), keyed as materialized (select f.id, \
                 (select {key} from users u where u.id = f.id and {FITS}) as key from found f), page as materialized \
                 (select k.id, k.key from keyed k where k.key is not null and (k.key, k.id) {beyond} ($16, $17) \
                 order by k.key{way}, k.id{way} limit $15)"
            )
        };
        format!(
            "with {page} select u.id, u.email, u.name, u.role, u.verified_at, u.disabled_at, u.created_at, (select count(*) \
             from totp t where t.user_id = u.id and t.confirmed_at is not null) as second_factor from page p \
             cross join users u where u.id = p.id order by p.key{way}, p.id{way}"
        )
    }

    fn walks(&self) -> bool {
        match self.start {
            Start::Everybody => true,
            Start::Role | Start::Disabled | Start::Unverified => self.column == Column::Id,
            Start::Word | Start::SecondFactor => false,
        }
    }

    /// Whether the text asks for the id beside the key.
    fn binds_id(&self) -> bool {
        !self.walks() || self.column != Column::Id
    }
}

#[derive(FromRow)]
struct PersonRow {
    id: String,
    email: String,
    name: String,
    role: String,
    verified_at: Option<i64>,
    disabled_at: Option<i64>,
    created_at: i64,
    second_factor: i64,
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        let PersonRow { id, email, name, role, verified_at, disabled_at, created_at, second_factor } = row;
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

pub async fn page(db: impl Conn<'_>, query: &Query) -> sqlx::Result<Vec<Person>> {
    let mut builder = QueryBuilder::new(query.text());
    let mut statement =
        builder.build_query_as().bind(query.role.map_or("", Role::into)).bind(query.state.map_or("", State::into));
    for (from, to) in &query.words {
        statement = statement.bind(&**from).bind(&**to);
    }
    statement = statement.bind(query.limit).bind(&query.bound.key);
    if query.binds_id() {
        statement = statement.bind(&query.bound.id);
    }
    let rows: Vec<PersonRow> = statement.fetch_all(db).await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Name, as it is sorted, and address of a person.
pub async fn keys_of(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<(String, String)>> {
    sqlx::query_as("select search_text, email from users where id = $1 and deleted_at is null")
        .bind(id)
        .fetch_optional(db)
        .await
}
