//! Finds one page of a list of people, and stays quick with a million of them. Server side.
//!
//! Either few fit one condition, and those are read and sorted; or many do, and an index is walked along that has the order
//! of the list, until the page is full. Which of the conditions leads is found out first, by counting a little way.

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

/// So many are read and sorted where an index has the order. Where more fit, a walk along it costs less.
const FEW: i64 = 500;

/// So many where none has, and one condition is set. Of more, in a million, a walk along everyone has met a page's worth
/// after a few thousand.
const FEW_UNORDERED: i64 = 4_000;

/// The same where that walk may take long: what several conditions share may be rare although none of them is, and all who
/// are called Zoë stand together at the end of the names.
const FEW_FAR_APART: i64 = 25_000;

/// After so many entries it's seen which of several conditions is the rarer one around here.
const STEPS: i64 = 200;

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
    let words: Vec<Range> = words::typed(&wanted.words).iter().map(|word| words::range(word)).collect();
    let (role, state) = (wanted.role, wanted.state);
    let start = Start::Everybody;
    // Each place has a range; an empty one asks for nothing.
    let places = std::array::from_fn(|place| words.get(place).cloned().unwrap_or_default());
    let all = Query { start, column, descending, role, state, words: places, bound, limit: 0 };
    let query = rarest(db, led(&all, words.len())).await?.unwrap_or(all);
    let rows = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let mut people = store::page(db, &Query { limit: rows, ..query }).await?;
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

/// Before everyone. Only ids are ever walked from their end, and none begins like this. Nor has anybody a name without a
/// letter: what stands there is all the deleted, and is passed over.
fn outermost(descending: bool) -> Bound {
    let key = if descending { "zzzz" } else { "" };
    Bound { key: key.to_owned(), id: "zzzz".to_owned() }
}

/// The list as each of its conditions would lead to it.
fn led(all: &Query, words: usize) -> Vec<Query> {
    let by_role = all.role.filter(|role| *role != Role::User).map(|_| Start::Role);
    let by_state = match all.state {
        Some(State::Disabled) => Some(Start::Disabled),
        Some(State::Unverified) => Some(Start::Unverified),
        Some(State::SecondFactor) => Some(Start::SecondFactor),
        // Not narrow, or without an index.
        Some(State::Active) | None => None,
    };
    let by_filters = by_role.into_iter().chain(by_state).map(|start| Query { start, ..all.clone() });
    let by_words = (0..words).map(|place| {
        let mut query = Query { start: Start::Word, ..all.clone() };
        query.words.swap(0, place);
        query
    });
    by_filters.chain(by_words).collect()
}

/// The way that passes fewest people; `None` when it's that along everyone.
async fn rarest(db: &AnyPool, ways: Vec<Query>) -> Result<Option<Query>, sqlx::Error> {
    let ordered: Vec<Query> = ways.iter().filter_map(in_order).collect();
    let alone = ways.len() == 1;
    if alone && ways.iter().all(Query::walks) {
        return Ok(ordered.into_iter().next());
    }
    let by_id = ways.iter().all(|way| way.column == Column::Id);
    let few = match () {
        () if by_id && !ordered.is_empty() => FEW,
        () if alone && (by_id || ways.iter().all(|way| way.start != Start::Word)) => FEW_UNORDERED,
        () => FEW_FAR_APART,
    };
    let mut least = (few + 1, None);
    for way in ways {
        let count = store::count_up_to_limit(db, &Query { limit: least.0, ..way.clone() }).await?;
        if count < least.0 {
            least = (count, Some(way));
        }
    }
    match least.1 {
        None if by_id => furthest(db, ordered).await,
        None => Ok(ordered.into_iter().next()),
        few => Ok(few),
    }
}

/// The same way along an index that has the order of the list, if there is one.
fn in_order(way: &Query) -> Option<Query> {
    let start = if way.start == Start::Word && way.word_goes_by_id() { Start::WordById } else { way.start };
    Some(Query { start, ..way.clone() }).filter(Query::walks)
}

/// The way along ids that has come furthest after the same number of entries.
async fn furthest(db: &AnyPool, ways: Vec<Query>) -> Result<Option<Query>, sqlx::Error> {
    let mut best: Option<(Option<String>, Query)> = None;
    for way in ways {
        let id = store::id_at_limit(db, &Query { limit: STEPS, ..way.clone() }).await?;
        // None has come to the end.
        let is_further = |than: &Option<String>| match (&id, than) {
            (_, None) => false,
            (None, _) => true,
            (Some(id), Some(than)) => (id < than) == way.descending,
        };
        if best.as_ref().is_none_or(|(than, _)| is_further(than)) {
            best = Some((id, way));
        }
    }
    Ok(best.map(|(_, way)| way))
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
