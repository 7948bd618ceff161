//! The story of confirming an address: the link says who reads its mail, the password who made the account. Server
//! side.

use leptos::prelude::expect_context;

use super::VerifyPage;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    error::{AppError, Invalid},
    mail::{
        link_cookie,
        links::{self, Purpose},
        store as mail_store,
    },
    sessions::{
        guard::{self, LoggedIn},
        log_in::go_on,
    },
    state::AppState,
    throttle::{self, guessing},
    users::{
        credentials::Password,
        password::Passwords,
        store::{self, User},
    },
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

/// What the page of an opened link shows. Uses nothing up.
///
/// # Errors
/// [`AppError::LinkDead`].
pub async fn open(state: &AppState, token: Option<&str>, someone: Option<&LoggedIn>) -> Result<VerifyPage, AppError> {
    let token = token.ok_or(AppError::LinkDead)?;
    let user = waiting(state, token).await?;
    let asks_for_password = !is_logged_in(&user, someone);
    Ok(VerifyPage { email: user.email, asks_for_password, link: links::name_of(token) })
}

/// The click alone is not enough: somebody may have signed up with a stranger's address and chosen the password, and
/// would own an account that the stranger has confirmed.
pub async fn verify(password: Option<String>, link: Option<String>) -> Result<(), AppError> {
    let state = expect_context::<AppState>();
    let token = link_cookie::require(link.as_deref())?;
    let user = waiting(&state, &token).await?;
    let logged_in = is_logged_in(&user, guard::find().as_ref());
    if !logged_in {
        check_password(&state, &user, password.unwrap_or_default()).await?;
    }
    confirm(&state, &user, &token).await?;
    link_cookie::forget();
    tell_next_page(&Typed::new(&[("verification", "done")]));
    if !logged_in {
        return go_on(&state, &user, false, "/dashboard").await;
    }
    leptos_axum::redirect("/dashboard");
    Ok(())
}

/// The user whom this link is of, while the address is theirs and not confirmed yet. With a confirmed one the link
/// opens nothing, so it is no way around the second factor.
async fn waiting(state: &AppState, token: &str) -> Result<User, AppError> {
    let link = links::find(&state.db.pool, Purpose::Verify, token, state.clock.now_ms()).await?;
    let user = store::find_by_id(&state.db.pool, &link.user_id).await?;
    let waits = |user: &User| user.email == link.email && user.verified_at.is_none() && user.disabled_at.is_none();
    user.filter(waits).ok_or(AppError::LinkDead)
}

fn is_logged_in(user: &User, someone: Option<&LoggedIn>) -> bool {
    someone.is_some_and(|someone| someone.user.id == user.id)
}

async fn check_password(state: &AppState, user: &User, password: String) -> Result<(), AppError> {
    let password = match Password::parse_existing(password) {
        Err(Invalid::PasswordMissing) => return Err(Invalid::CurrentPasswordMissing.into()),
        password => password.ok(),
    };
    let tried = throttle::admit_password(&user.email).await?;
    let right = match password {
        Some(password) => {
            let looked_at = expect_context::<Passwords>().verify(password, Some(user.password_hash.clone())).await;
            tried.keep_if_looked_at(looked_at).await?
        }
        None => false,
    };
    if right {
        return tried.succeeded().await;
    }
    let event = Event::new(Kind::LogInFailed, Actor::Unknown, &user.id).from_caller(&caller());
    let mut tx = state.db.begin_write().await?;
    audit::store::insert(&mut *tx, &event, state.clock.now_ms()).await?;
    guessing::note(&mut tx, state, &tried, Some(user), &caller()).await?;
    tx.commit().await?;
    Err(AppError::WrongPassword)
}

async fn confirm(state: &AppState, user: &User, token: &str) -> Result<(), AppError> {
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin_write().await?;
    // The user's row first, as everywhere.
    store::lock(&mut *tx, &user.id).await?;
    links::use_up(&mut tx, Purpose::Verify, token, now_ms).await?;
    store::set_verified(&mut *tx, &user.id, &user.email, now_ms).await?;
    mail_store::kill_links(&mut *tx, &user.id, Purpose::Verify, now_ms).await?;
    let event = Event::new(Kind::EmailVerified, Actor::User(user.id.clone()), &user.id).from_caller(&caller());
    audit::store::insert(&mut *tx, &event, now_ms).await?;
    tx.commit().await?;
    tracing::info!(user = user.id, "an address is confirmed");
    Ok(())
}
