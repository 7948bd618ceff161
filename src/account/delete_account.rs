//! The story of deleting one's account, and of what comes in late. Server side.

use std::time::Duration;

use leptos::prelude::expect_context;
use tokio::{task::JoinHandle, time::MissedTickBehavior};
use tower_sessions::Session;

use super::store as account_store;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    error::{AppError, Invalid},
    mail::{self, News},
    revocations::{self, EndReason},
    sessions::{
        end::{Ender, Ending, Target},
        guard::{self, LoggedIn},
        session::BrowserSession,
    },
    state::AppState,
    users::{Role, credentials::Email, store},
    web::{
        action::{self, caller},
        caller::Caller,
        cookies::{self, Name},
    },
};

/// Whoever types the address has read what stands above it.
///
/// # Errors
/// [`AppError::NotLoggedIn`], or what is wrong with what was typed.
pub fn check_confirmation(typed: &str) -> Result<(), AppError> {
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    let right = Email::parse(typed).is_ok_and(|email| email.as_str() == someone.user.email);
    if right { Ok(()) } else { Err(Invalid::ConfirmationWrong.into()) }
}

pub async fn delete_account(someone: LoggedIn) -> Result<(), AppError> {
    let ender = expect_context::<Ender>();
    delete(&ender, &someone, &caller()).await?;
    if let Some(session) = action::extension::<Session>() {
        BrowserSession(&session).forget().await?;
    }
    action::append_cookie(cookies::remove(&ender.state.config, Name::Access));
    leptos_axum::redirect("/deleted");
    Ok(())
}

/// Ends everything of the user, tells them, and erases who it was, in one transaction.
///
/// # Errors
/// [`AppError::LastAdministrator`], [`AppError::NotLoggedIn`] when the session has ended meanwhile; or when the database does not take it, and then nothing has happened.
async fn delete(ender: &Ender, someone: &LoggedIn, caller: &Caller) -> Result<(), AppError> {
    let state = &ender.state;
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin_write().await?;
    // As it is now: an administrator may have made them one meanwhile.
    let user = someone.hold(&mut tx).await?;
    if user.role() == Role::Admin {
        revocations::store::lock(&mut tx).await?;
        if !store::another_admin_remains(&mut *tx, &user.id).await? {
            return Err(AppError::LastAdministrator);
        }
    }
    account_store::delete_mails(&mut *tx, &user.id, &user.email).await?;
    // The last thing that is kept of the address, until the mail has gone out.
    mail::tell(&mut *tx, state, &user, News::AccountDeleted, caller).await?;
    account_store::erase(&mut tx, &user.id).await?;
    audit::store::forget_origin(&mut tx, &user.id).await?;
    store::bury(&mut *tx, &user.id, now_ms).await?;
    let event = Event::new(Kind::AccountDeleted, Actor::User(user.id.clone()), &user.id);
    audit::store::insert(&mut *tx, &event, now_ms).await?;
    let ending = Ending::by_user(&user.id, EndReason::AccountDeleted, Caller::default());
    ender.end_with(tx, Target::User(&user.id), ending).await?;
    Ok(())
}

const EVERY: Duration = Duration::from_secs(300);

/// What a request under way may still have written after a deletion is gone by then, and so is the last mail.
const LATE_MS: i64 = 25 * 3_600_000;

/// Clears up behind deletions until the task is dropped.
pub fn clean_up(state: AppState) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = clean_once(&state).await {
                tracing::warn!(%error, "clearing up behind deleted accounts failed; the next round tries again");
            }
        }
    })
}

/// One round: erases once more what belongs to people who have just gone (a request may have been under way), and
/// removes the tombstones that no session needs to say why it ended.
///
/// # Errors
/// When the database does not take it.
pub async fn clean_once(state: &AppState) -> Result<(), sqlx::Error> {
    for tombstone in store::tombstones(&state.db.pool, state.clock.now_ms() - LATE_MS).await? {
        let mut tx = state.db.begin_write().await?;
        account_store::erase(&mut tx, &tombstone.id).await?;
        if !tombstone.is_needed() {
            store::remove_tombstone(&mut *tx, &tombstone.id).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
