//! Finds what `/admin/sessions` shows. Server side; reads only.

use leptos::prelude::*;

use super::{
    Age, SessionRow, SessionsAsked,
    everyone_page::EveryonePage,
    page::SessionsPage,
    store,
    store::{FoundRow, Of, Wanted},
};
use crate::{
    auth::sessions,
    base::{error::AppError, state::AppState},
    pages::{
        admin::{overview::census::Census, search::parse_ip},
        request::{Found, PageRequest, shows},
    },
    people::{
        list as people,
        list::{Place, find::find as find_people},
    },
};

/// Sessions on one page.
const PAGE_ROWS: usize = 50;

/// People whose sessions are shown together.
const PEOPLE_MAX: usize = 20;

const HOUR_MS: i64 = 3_600_000;

/// After every sid.
const LAST_SID: &str = "~";

pub async fn sessions(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let (state, asked) = (&page.app.state, page.asked::<SessionsAsked>());
    let problem = parse_ip(&asked.ip).err();
    let (mut rows, too_many_people) = match problem {
        Some(_) => Default::default(),
        None => find(state, &asked, PAGE_ROWS + 1).await?,
    };
    let more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next = rows.last().filter(|_| more).map(|row| format!("{}.{}", row.created_at, row.sid));
    let rows: Vec<SessionRow> = rows.into_iter().map(Into::into).collect();
    let progress = sessions::everyone::store::unfinished(&state.db.pool).await?;
    shows(move || view! { <SessionsPage asked problem rows next too_many_people progress /> })
}

/// The newest first, and whether more people are meant than were looked at.
pub async fn find(state: &AppState, asked: &SessionsAsked, limit: usize) -> Result<(Vec<FoundRow>, bool), AppError> {
    let (pool, now_ms) = (&state.db.pool, state.clock.now_ms());
    let (from, until) = match Age::of(&asked.age) {
        Age::Any => (0, i64::MAX),
        Age::Within(hours) => (now_ms - hours * HOUR_MS, i64::MAX),
        Age::Over(hours) => (0, now_ms - hours * HOUR_MS),
    };
    let after = asked.after.split_once('.').and_then(|(at, sid)| Some((at.parse().ok()?, sid)));
    let row_limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let wanted = Wanted { from, before: after.unwrap_or((until, LAST_SID)), limit: row_limit, now_ms };
    let (person, ip) = (asked.person.trim(), parse_ip(&asked.ip).unwrap_or_default());
    match (person, ip.as_deref()) {
        ("", None) => Ok((store::live(pool, Of::Everyone, &wanted).await?, false)),
        ("", Some(ip)) => Ok((store::live(pool, Of::Ip(ip), &wanted).await?, false)),
        (person, ip) => {
            let named = people::Wanted { words: person.to_owned(), ..Default::default() };
            let people = find_people(pool, &named, &Place::First, PEOPLE_MAX).await?;
            let mut rows = Vec::new();
            for user in people.people {
                rows.extend(store::live(pool, Of::User(&user.id), &wanted).await?);
            }
            rows.retain(|row| ip.is_none_or(|ip| row.ip == ip));
            rows.sort_by(|one, other| (other.created_at, &other.sid).cmp(&(one.created_at, &one.sid)));
            rows.truncate(limit);
            Ok((rows, people.after.is_some()))
        }
    }
}

/// What the switch would end.
pub async fn everyone(page: &PageRequest, census: &Census) -> Result<Found, AppError> {
    page.overseer().await?;
    let counted = census.counts(&page.app.state).await?;
    let others = counted.map(|counted| (counted.live_sessions - 1).max(0));
    shows(move || view! { <EveryonePage others /> })
}
