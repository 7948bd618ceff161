//! The story of a second factor that stays, because someone who reads mail of the account objects to its removal. Server
//! side.

use crate::{
    auth::{
        app::App,
        event::{Actor, Event, Kind},
        links,
        links::Purpose,
        outbox,
        outbox::Notification,
        second_factor::{removal, store as factor_store},
        users::store as user_store,
        visit::Visit,
    },
    base::{db::again, error::AppError, state::AppState},
};

/// When the second factor of this link goes, in milliseconds since the epoch. Uses nothing up.
///
/// # Errors
/// [`AppError::LinkDead`], also where nothing is to go any more.
pub async fn goes_at(state: &AppState, token: &str) -> Result<i64, AppError> {
    let (pool, now_ms) = (&state.db.pool, state.clock.now_ms());
    let link = links::find(pool, Purpose::KeepFactor, token, now_ms).await?;
    factor_store::goes_at(pool, &link.user_id, now_ms).await?.ok_or(AppError::LinkDead)
}

/// Needs no login: it leaves everything as it is, so no one gains by it what they do not have.
///
/// # Errors
/// [`AppError::LinkDead`], also where nothing is to be removed any more; [`AppError::TooManyTries`].
pub async fn keep(app: &App, visit: &Visit, token: &str) -> Result<(), AppError> {
    let (pool, now_ms) = (&app.state.db.pool, app.now_ms());
    let tried = app.throttle.admit_link(&visit.caller.ip).await?;
    let link = tried.keep_if_dead(links::find(pool, Purpose::KeepFactor, token, now_ms).await).await?;
    again(|| use_link(app, visit, &link.user_id, token)).await
}

async fn use_link(app: &App, visit: &Visit, user_id: &str, token: &str) -> Result<(), AppError> {
    let (state, now_ms) = (&app.state, app.now_ms());
    let mut tx = state.db.begin_write().await?;
    // The user's row first, as everywhere.
    user_store::lock(&mut *tx, user_id).await?;
    links::use_up(&mut tx, Purpose::KeepFactor, token, now_ms).await?;
    let user = user_store::find_by_id(&mut *tx, user_id).await?.ok_or(AppError::LinkDead)?;
    let event = Event::new(Kind::SecondFactorKept, Actor::Unknown, &user.id).from_caller(&visit.caller);
    if !removal::call_off(&mut tx, &event, now_ms).await? {
        return Err(AppError::LinkDead);
    }
    outbox::tell(&mut *tx, state, &user, Notification::SecondFactorKept, &visit.caller).await?;
    Ok(tx.commit().await?)
}
