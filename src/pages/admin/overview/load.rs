//! Finds what the overview shows. Server side; reads only.

use leptos::prelude::*;

use super::{
    DAYS, Instance, LAB,
    census::Census,
    first_steps::{FirstSteps, MailStep},
    page::OverviewPage,
    store,
    store::AWAY,
    tiles,
};
use crate::{
    auth::{
        event::Kind,
        instances::{confirm::GONE_AFTER_MS, store as instance_store},
        revocations, second_factor,
        sessions::guard::Overseer,
        throttle::count::Limits,
        tokens::{KeyPurpose, KeyState, keys::Keys},
        users::{Role, store::User},
    },
    base::{DAY_MS, config::Mailing, error::AppError, metrics::Spread, state::AppState},
    pages::request::{Found, PageRequest, shows},
    ui::chart::Bars,
};

/// A process that ended without a word is shown for so long.
const LOST_SHOWN_MS: i64 = 3_600_000;

pub async fn overview(page: &PageRequest, census: &Census, has_lab: bool) -> Result<Found, AppError> {
    let Overseer(reader) = page.overseer().await?;
    let state = &page.app.state;
    let ([log_ins, sign_ups], instances, now_ms) = (days(state).await?, instances(state).await?, page.app.now_ms());
    let keys = Keys::list(state).await?;
    let signing = keys.iter().find(|key| key.purpose == KeyPurpose::All && key.state == KeyState::Signing);
    let longest_ms = Limits::of_account(&state.config).longest_ms;
    let outbox = store::outbox(&state.db.pool, now_ms - DAY_MS).await?;
    let [sessions, users] = tiles::people(census.counts(state).await?);
    let tiles = vec![
        sessions,
        users,
        tiles::rate_limited(store::count_waiting(&state.db.pool, longest_ms, now_ms).await?),
        tiles::revocations(&instances),
        tiles::key(signing, now_ms),
        tiles::mail(&outbox, state.config.mailing(), now_ms),
    ];
    let first_steps = first_steps(state, &reader.user, has_lab).await?;
    shows(move || view! { <OverviewPage now_ms first_steps tiles log_ins sign_ups instances /> })
}

/// Nothing for who may not act. Once all are done, they do not come back when something is undone.
async fn first_steps(state: &AppState, user: &User, has_lab: bool) -> Result<Option<FirstSteps>, AppError> {
    let (pool, user_id) = (&state.db.pool, user.id.clone());
    let kept = if user.role() == Role::Admin { store::first_steps(pool, &user_id).await? } else { AWAY.into() };
    if kept == AWAY {
        return Ok(None);
    }
    let factor = second_factor::store::find(pool, &user_id).await?;
    let (has_users, has_sent) = store::others_and_mail(pool, &user_id).await?;
    let steps = FirstSteps {
        has_second_factor: factor.is_some_and(|factor| factor.is_on(state.clock.now_ms())),
        mail: match state.config.mailing() {
            Mailing::Off => MailStep::Off,
            Mailing::Files if has_sent => MailStep::Written,
            Mailing::Smtp if has_sent => MailStep::Works,
            _ => MailStep::Untried,
        },
        has_users,
        lab_opened: has_lab.then(|| kept == LAB),
        user_id,
    };
    if steps.are_done() {
        store::keep_first_steps(pool, &steps.user_id, AWAY).await?;
        return Ok(None);
    }
    Ok(Some(steps))
}

/// Logins and sign-ups on every day of the span, also those on which nothing happened.
async fn days(state: &AppState) -> Result<[Vec<Bars>; 2], AppError> {
    let today = state.clock.now_ms().div_euclid(DAY_MS);
    let first = today + 1 - DAYS;
    let kinds = [Kind::LoggedIn, Kind::LogInFailed, Kind::SecondFactorFailed, Kind::SignedUp];
    let rows = store::per_day(&state.db.pool, kinds, first).await?;
    let times = |day: i64, kinds: &[Kind]| -> i64 {
        let of_day = rows.iter().filter(|row| row.day == day);
        of_day.filter(|row| kinds.iter().any(|kind| row.event == kind.into_str())).map(|row| row.times).sum()
    };
    let bars = |up: &[Kind], down: &[Kind]| -> Vec<Bars> {
        (first..=today).map(|day| Bars { day, up: times(day, up), down: times(day, down) }).collect()
    };
    // Wrong codes after a right password are among the failed ones.
    let log_ins = bars(&[Kind::LoggedIn], &[Kind::LogInFailed, Kind::SecondFactorFailed]);
    Ok([log_ins, bars(&[Kind::SignedUp], &[])])
}

async fn instances(state: &AppState) -> Result<Vec<Instance>, AppError> {
    let now_ms = state.clock.now_ms();
    // The number first: a revocation that comes in between makes no one look late.
    let newest = revocations::store::newest_seq(&state.db.pool).await?;
    let rows = instance_store::seen_since(&state.db.pool, now_ms - LOST_SHOWN_MS).await?;
    let instance = |row: instance_store::InstanceRow| Instance {
        silent_ms: (now_ms - row.seen_at).max(0).saturating_add(row.feed_silent_ms),
        gone: now_ms - row.seen_at >= GONE_AFTER_MS,
        behind: (row.seq >= 0).then(|| (newest - row.seq).max(0)),
        heard: Spread { count: row.heard, p50_ms: row.heard_p50_ms, p99_ms: row.heard_p99_ms },
        made: Spread { count: row.made, p50_ms: row.made_p50_ms, p99_ms: row.made_p99_ms },
        started_at: row.started_at,
        name: row.name,
    };
    Ok(rows.into_iter().map(instance).collect())
}
