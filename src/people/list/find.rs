//! Finds one page of a list of people, and stays quick with a million of them. Server side.
//!
//! Either few fit, and those are read and sorted; or many do, and the order is walked along until the page is full. Which
//! of the two is found out first, by counting a little way.

use sqlx::AnyPool;
use uuid::Uuid;

use super::{
    Order, Page, Place, State, Wanted, store,
    store::{Bound, Column, Query, Range, Start},
};
use crate::{
    auth::users::{Role, store::replace_words},
    base::{db::Db, words},
};

/// So many are read and sorted where one condition is set that has nothing to do with the order. Of more, in a million, a
/// walk has met a page's worth after a few thousand.
const FEW: i64 = 4_000;

/// The same where a walk may take long: what several conditions share may be rare although none of them is, and all who
/// are called Zoë stand together at the end of the names.
const FEW_OF_SEVERAL: i64 = 25_000;

/// People on the page at `place`, `limit` at most. A place that no one has by now is the beginning.
pub async fn find(db: &AnyPool, wanted: &Wanted, place: &Place, limit: usize) -> Result<Page, sqlx::Error> {
    if !wanted.words.trim().is_empty() && words::typed(&wanted.words).is_empty() {
        // Signs alone begin no word.
        return Ok(Page::default());
    }
    let (column, descending) = match wanted.order {
        Order::Newest => (Column::Id, true),
        Order::Oldest => (Column::Id, false),
        Order::Name => (Column::Name, false),
        Order::Email => (Column::Email, false),
    };
    let found = bound(db, place, column).await?;
    let place = if found.is_some() { place } else { &Place::First };
    let backwards = matches!(place, Place::Before(_));
    let descending = descending != backwards;
    let bound = found.unwrap_or_else(|| outermost(descending));
    let (start, words) = start(db, wanted, column).await?;
    let rows = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let (role, state) = (wanted.role, wanted.state);
    let query = Query { start, column, descending, role, state, words, bound, limit: rows };
    let mut people = store::page(db, &query).await?;
    let more = people.len() > limit;
    people.truncate(limit);
    if backwards {
        people.reverse();
    }
    let (first, last) = (people.first().map(|one| one.id.clone()), people.last().map(|one| one.id.clone()));
    let (behind, ahead) = if backwards { (true, more) } else { (more, *place != Place::First) };
    Ok(Page { after: last.filter(|_| behind), before: first.filter(|_| ahead), people })
}

/// What stands at the place; `None` at the beginning, and for what is no place.
async fn bound(db: &AnyPool, place: &Place, column: Column) -> Result<Option<Bound>, sqlx::Error> {
    let (Place::After(id) | Place::Before(id)) = place else { return Ok(None) };
    // In one spelling, and nothing that a database would choke on.
    let Ok(id) = Uuid::parse_str(id).map(|id| id.to_string()) else { return Ok(None) };
    if column == Column::Id {
        return Ok(Some(Bound { key: id.clone(), id }));
    }
    let keys = store::keys_of(db, &id).await?;
    Ok(keys.map(|(name, email)| Bound { key: if column == Column::Name { name } else { email }, id }))
}

/// Before everyone. Only ids are ever walked from their end, and none begins like this.
fn outermost(descending: bool) -> Bound {
    let key = if descending { "zzzz" } else { "" };
    Bound { key: key.to_owned(), id: key.to_owned() }
}

/// Where to start from, and the words with the one first that fewest have.
async fn start(
    db: &AnyPool,
    wanted: &Wanted,
    column: Column,
) -> Result<(Start, [Range; words::TYPED_MAX]), sqlx::Error> {
    let mut words: Vec<Range> = words::typed(&wanted.words).iter().map(|word| words::range(word)).collect();
    let filters = filters(wanted);
    let several = words.len() + filters.len() > 1 || (!words.is_empty() && column != Column::Id);
    let few = if several { FEW_OF_SEVERAL } else { FEW };
    // Their indexes have the order of ids: the page is full after its own rows, however many there are.
    let walks = |start: &Start| column == Column::Id && *start != Start::SecondFactor;
    let walk = filters.iter().copied().find(walks);
    let mut least = (few + 1, walk.unwrap_or(Start::Everybody));
    for filter in filters.into_iter().filter(|filter| Some(*filter) != walk || !words.is_empty()) {
        let count = store::count_up_to(db, filter, wanted.role, &Range::default(), few + 1).await?;
        if count < least.0 {
            least = (count, filter);
        }
    }
    for place in 0..words.len() {
        let count = store::count_up_to(db, Start::Word, None, &words[place], few + 1).await?;
        if count < least.0 {
            least = (count, Start::Word);
            words.swap(0, place);
        }
    }
    words.resize(words::TYPED_MAX, Range::default());
    let words = words.try_into().unwrap_or_default();
    Ok((least.1, words))
}

/// What narrows the list and has an index.
fn filters(wanted: &Wanted) -> Vec<Start> {
    let role = wanted.role.filter(|role| *role != Role::User).map(|_| Start::Role);
    let state = match wanted.state {
        Some(State::Disabled) => Some(Start::Disabled),
        Some(State::Unverified) => Some(Start::Unverified),
        Some(State::SecondFactor) => Some(Start::SecondFactor),
        Some(State::Active) | None => None,
    };
    role.into_iter().chain(state).collect()
}

/// How many are done in one transaction.
const BATCH: i64 = 500;

/// Makes the words of users from before there were any. Cheap where there are none of those; several instances may do it
/// at once.
pub async fn make_missing_words(db: &Db, now_ms: i64) -> Result<(), sqlx::Error> {
    let mut done = 0;
    loop {
        let users = store::without_words(&db.pool, BATCH).await?;
        if users.is_empty() {
            return Ok(());
        }
        let mut tx = db.begin_write().await?;
        for user in &users {
            if store::claim_words(&mut *tx, user, now_ms).await? {
                replace_words(&mut tx, &user.id, &user.name, &user.email, now_ms).await?;
            }
        }
        tx.commit().await?;
        done += users.len();
        tracing::info!(done, "older users can be found now");
    }
}
