//! The stories of another address: a link to the new one, then the change. Server side.

use leptos::prelude::expect_context;

use super::NewEmail;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    config::Mailing,
    error::{AppError, Invalid},
    mail::{
        self, Mail, News, To, link_cookie,
        links::{self, Purpose},
    },
    sessions::guard::{self, LoggedIn, require_fresh},
    state::AppState,
    throttle::{self, Way},
    users::{credentials::Email, store},
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

/// Whether another account has the address is found out when the mail is written (ASVS 6.3.8).
pub async fn ask(email: String, password: Option<String>) -> Result<(), AppError> {
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    let state = expect_context::<AppState>();
    if state.config.mailing() == Mailing::Off {
        return Err(AppError::MailOff);
    }
    let email = Email::parse(&email)?;
    if email.as_str() == someone.user.email {
        return Err(Invalid::EmailUnchanged.into());
    }
    let someone = require_fresh(password).await?;
    let _counted = throttle::admit(Way::Mail).await?;
    write_down(&state, &someone, &email).await?;
    tell_next_page(&Typed::new(&[("asked", email.as_str())]));
    leptos_axum::redirect("/account/profile");
    Ok(())
}

async fn write_down(state: &AppState, someone: &LoggedIn, email: &Email) -> Result<(), AppError> {
    let (user_id, now_ms) = (&someone.user.id, state.clock.now_ms());
    let mut event = Event::new(Kind::NewEmailAsked, Actor::User(user_id.clone()), user_id).from_caller(&caller());
    event.sid.clone_from(&someone.log_in.sid);
    let mut tx = state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    audit::store::insert(&mut *tx, &event, now_ms).await?;
    mail::queue(&mut *tx, state, To { email: email.as_str(), user_id }, &Mail::NewEmail).await?;
    tx.commit().await?;
    Ok(())
}

/// What the page of an opened link shows. Uses nothing up.
///
/// # Errors
/// [`AppError::LinkDead`].
pub async fn open(state: &AppState, token: Option<&str>, someone: &LoggedIn) -> Result<NewEmail, AppError> {
    let token = token.ok_or(AppError::LinkDead)?;
    let link = links::find(&state.db.pool, Purpose::NewEmail, token, state.clock.now_ms()).await?;
    Ok(NewEmail { email: link.email, is_own: link.user_id == someone.user.id, link: links::name_of(token) })
}

/// Two things are needed: the mailbox, and to be logged in to the account that asked. The link alone would let anybody
/// put a stranger's address on an account of their own: one click of the stranger's would confirm it.
pub async fn use_it(link: Option<String>) -> Result<(), AppError> {
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    let state = expect_context::<AppState>();
    let token = link_cookie::require(link.as_deref())?;
    change(&state, &someone, &token).await?;
    link_cookie::forget();
    tell_next_page(&Typed::new(&[("changed", "email")]));
    leptos_axum::redirect("/account/profile");
    Ok(())
}

async fn change(state: &AppState, someone: &LoggedIn, token: &str) -> Result<(), AppError> {
    let (now_ms, caller) = (state.clock.now_ms(), caller());
    let mut tx = state.db.begin_write().await?;
    // The user's row first, as everywhere, or two acts on one account would wait for each other.
    let before = someone.hold(&mut tx).await?;
    let link = links::use_up(&mut tx, Purpose::NewEmail, token, now_ms).await?;
    if link.user_id != someone.user.id {
        return Err(AppError::LinkDead);
    }
    if !store::set_email(&mut tx, &before, &link.email, now_ms).await? {
        return Err(AppError::EmailTaken);
    }
    links::kill_all(&mut tx, &before.id, now_ms).await?;
    let mut event = Event::new(Kind::EmailChanged, Actor::User(before.id.clone()), &before.id).from_caller(&caller);
    event.sid.clone_from(&someone.log_in.sid);
    audit::store::insert(&mut *tx, &event, now_ms).await?;
    // To the address before, where the owner reads it if this was somebody else.
    mail::tell(&mut *tx, state, &before, News::EmailChanged, &caller).await?;
    tx.commit().await?;
    tracing::info!(user = before.id, "an address was changed");
    Ok(())
}
