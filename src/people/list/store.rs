//! Lists of users, and those who cannot be found by words yet. Server side.
//!
//! The texts are put together from the words of this file, and everything else is bound. They are written so that both
//! databases go the way that is meant: what must not choose it is a question about one user at a time.

use sqlx::{Any, QueryBuilder, any::AnyArguments, query::QueryAs};
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
    let statement =
        "select id, name, email from users where words_at is null and deleted_at is null order by id limit $1";
    sqlx::query_as(statement).bind(limit).fetch_all(db).await
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

/// Where a list starts from: everyone, or those whom one condition names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Everybody,
    /// Who has a word in the first range: read to the last of them, and sorted.
    Word,
    /// The same, in the order of their ids.
    WordById,
    /// Auditors or administrators.
    Role,
    Disabled,
    Unverified,
    SecondFactor,
}

impl Start {
    /// The entries, for `$1` as role, `$3` and `$4` as range of words; and whose they are.
    fn entries(self) -> (&'static str, &'static str) {
        match self {
            Self::Everybody => ("users e where 1 = 1", "e.id"),
            Self::Role => ("users e where e.role <> 'user' and e.role = $1 and e.deleted_at is null", "e.id"),
            Self::Disabled => ("users e where e.disabled_at is not null and e.deleted_at is null", "e.id"),
            Self::Unverified => ("users e where e.verified_at is null and e.deleted_at is null", "e.id"),
            Self::SecondFactor => ("totp e where e.confirmed_at is not null", "e.user_id"),
            Self::Word => ("user_words e where e.word >= $3 and e.word < $4", "e.user_id"),
            // As a case, or a database would go along the words.
            Self::WordById => (
                "user_words e where substr(e.word, 1, 2) = substr($3, 1, 2) and (case when e.word >= $3 and e.word < $4 then 1 else 0 end) = 1",
                "e.user_id",
            ),
        }
    }
}

/// By so many bytes of their beginning, words have their people in the order of ids (migration 0018).
const BEGINNING: usize = 2;

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
    /// So many people, or entries that are counted or passed.
    pub limit: i64,
}

/// Whether `u` has the role and the state.
const FITS: &str = "u.deleted_at is null and ($1 = '' or u.role = $1) and ($2 <> 'active' or coalesce(u.disabled_at, \
    u.waiting_since, -1) = -1) and ($2 <> 'disabled' or coalesce(u.disabled_at, -1) <> -1) and ($2 <> 'unverified' \
    or coalesce(u.verified_at, -1) = -1) and ($2 <> 'second-factor' or (select count(*) from totp t \
    where t.user_id = u.id and t.confirmed_at is not null) > 0)";

impl Query {
    pub fn page(&self) -> String {
        let (beyond, way) = self.direction();
        // Not bound: PostgreSQL keeps a plan where it knows how few are wanted, and joins whole tables where it does not.
        let limit = self.limit;
        let (from, id) = self.start.entries();
        let (key, own) = match self.column {
            Column::Id => (id, "u.id"),
            Column::Name => ("e.search_text", "u.search_text"),
            Column::Email => ("e.email", "u.email"),
        };
        let words = self.has_words(id);
        let fits = format!("(select 1 from users u where u.id = {id} and {FITS} limit 1) is not null");
        let (bound, order) = match self.column {
            Column::Id => (format!("{id} {beyond} $16"), format!("{id}{way}")),
            _ => (format!("({key}, {id}) {beyond} ($16, $17)"), format!("{key}{way}, {id}{way}")),
        };
        let page = match self.start {
            // Along an index that has the order, until the page is full. Who has two such words stands there twice.
            Start::WordById => format!(
                "page as materialized (select {id} as id, {id} as key from {from} and {bound} group by {id} \
                 having 1 = 1{words} and {fits} order by {order} limit {limit})"
            ),
            // The same. As a case, or SQLite would read the row of a person first, which stands nowhere near the one before.
            _ if self.walks() => format!(
                "page as materialized (select {id} as id, {key} as key from {from} and {bound} and (case when 1 = 1{words} \
                 then {fits} else 1 = 0 end) order by {order} limit {limit})"
            ),
            // Looks at each of the few that are found, and sorts them. Databases would rather go along the order, in the
            // hope that the page is full soon; so each step is told to be done by itself.
            _ => format!(
                "found as materialized (select distinct {id} as id from {from}{words}), keyed as materialized (select f.id, \
                 (select {own} from users u where u.id = f.id and {FITS}) as key from found f), page as materialized \
                 (select k.id, k.key from keyed k where k.key is not null and (k.key, k.id) {beyond} ($16, $17) \
                 order by k.key{way}, k.id{way} limit {limit})"
            ),
        };
        format!(
            "with {page} select u.id, u.email, u.name, u.role, u.verified_at, u.disabled_at, u.created_at, (select count(*) \
             from totp t where t.user_id = u.id and t.confirmed_at is not null) as second_factor from page p \
             cross join users u where u.id = p.id order by p.key{way}, p.id{way}"
        )
    }

    /// Whether the person has a word in each range but the one that the list starts from. The limit keeps databases from
    /// turning the question round: it's asked of one person at a time.
    fn has_words(&self, id: &str) -> String {
        let first = usize::from(matches!(self.start, Start::Word | Start::WordById));
        let has_word = |place: usize| {
            let (from, to) = (2 * place + 3, 2 * place + 4);
            // Neighbours in the list stand side by side in the index of the beginnings, and far apart in the other one.
            let word = match self.words[place].0.len() {
                0 => return String::new(),
                BEGINNING.. => format!(
                    "substr(h.word, 1, 2) = substr(${from}, 1, 2) and (case when h.word >= ${from} and h.word < ${to} \
                     then 1 else 0 end) = 1"
                ),
                _ => format!("h.word >= ${from} and h.word < ${to}"),
            };
            format!(" and (select 1 from user_words h where h.user_id = {id} and {word} limit 1) is not null")
        };
        (first..words::TYPED_MAX).map(has_word).collect()
    }

    /// Whether an index has the order of the list.
    pub fn walks(&self) -> bool {
        match self.start {
            Start::Everybody | Start::Role | Start::Disabled | Start::Unverified => true,
            Start::WordById | Start::SecondFactor => self.column == Column::Id,
            Start::Word => false,
        }
    }

    /// Whether the first word has its people in the order of their ids.
    pub fn word_goes_by_id(&self) -> bool {
        self.words[0].0.len() >= BEGINNING
    }

    fn direction(&self) -> (&'static str, &'static str) {
        if self.descending { ("<", " desc") } else { (">", "") }
    }

    /// Binds everything, whether the text asks for it or not.
    pub fn bind<'q, O>(
        &'q self,
        mut statement: QueryAs<'q, Any, O, AnyArguments>,
    ) -> QueryAs<'q, Any, O, AnyArguments> {
        statement = statement.bind(self.role.map_or("", Role::into)).bind(self.state.map_or("", State::into));
        for (from, to) in &self.words {
            statement = statement.bind(&**from).bind(&**to);
        }
        statement.bind(self.limit).bind(&self.bound.key).bind(&self.bound.id)
    }
}

/// Counts the entries that the list would start from, up to the limit.
pub async fn count_up_to_limit(db: impl Conn<'_>, query: &Query) -> sqlx::Result<i64> {
    let (from, _) = query.start.entries();
    let mut text = QueryBuilder::new(format!("select count(*) from (select 1 as one from {from} limit $15) as few"));
    let (count,): (i64,) = query.bind(text.build_query_as()).fetch_one(db).await?;
    Ok(count)
}

/// The id that the list would come to after as many entries as the limit says; `None` when there are fewer.
pub async fn id_at_limit(db: impl Conn<'_>, query: &Query) -> sqlx::Result<Option<String>> {
    let ((from, id), (beyond, way)) = (query.start.entries(), query.direction());
    let mut text = QueryBuilder::new(format!(
        "select {id} from {from} and {id} {beyond} $16 order by {id}{way} limit 1 offset $15"
    ));
    let found: Option<(String,)> = query.bind(text.build_query_as()).fetch_optional(db).await?;
    Ok(found.map(|(id,)| id))
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
    let mut text = QueryBuilder::new(query.page());
    let rows: Vec<PersonRow> = query.bind(text.build_query_as()).fetch_all(db).await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Name, as it is sorted, and address of a person.
pub async fn keys_of(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<(String, String)>> {
    let statement = "select search_text, email from users where id = $1 and deleted_at is null";
    sqlx::query_as(statement).bind(id).fetch_optional(db).await
}
