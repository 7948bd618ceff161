//! The stories of a forgotten password: the mail, then the new one. Server side.

use leptos::prelude::expect_context;

use super::ResetPage;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    config::Mailing,
    db::Tx,
    error::AppError,
    known_devices,
    mail::{
        self, Mail, News, To, link_cookie,
        links::{self, Link, Purpose},
    },
    revocations::EndReason,
    sessions::{
        end::{Ender, Ending, Target},
        guard, log_in,
    },
    state::AppState,
    throttle::{self, Way},
    users::{
        credentials::Email,
        new_password::About,
        password::Passwords,
        store::{self, User},
    },
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

/// Looks nothing up: whether there is an account that may log in is found out when the mail is written, where nobody
/// can measure it (ASVS 6.3.8).
pub async fn forgot(email: String) -> Result<(), AppError> {
    let email = Email::parse(&email)?;
    let state = expect_context::<AppState>();
    if state.config.mailing() == Mailing::Off {
        return Err(AppError::MailOff);
    }
    let _counted = throttle::admit(Way::Mail).await?;
    let to = To { email: email.as_str(), user_id: "" };
    mail::queue(&state.db.pool, &state, to, &Mail::Reset).await?;
    tell_next_page(&Typed::new(&[("email", email.as_str())]));
    leptos_axum::redirect("/forgot/sent");
    Ok(())
}

/// What the page of an opened link shows. Uses nothing up.
///
/// # Errors
/// [`AppError::LinkDead`].
pub async fn open(state: &AppState, token: Option<&str>) -> Result<ResetPage, AppError> {
    let token = token.ok_or(AppError::LinkDead)?;
    let user = holder(state, token).await?;
    Ok(ResetPage { email: user.email, name: user.name, link: links::name_of(token) })
}

/// Whose mailbox the link went to.
async fn holder(state: &AppState, token: &str) -> Result<User, AppError> {
    let link = links::find(&state.db.pool, Purpose::Reset, token, state.clock.now_ms()).await?;
    still_theirs(store::find_by_id(&state.db.pool, &link.user_id).await?, &link)
}

/// The mailbox alone is never a log-in (ASVS 6.3.6): the new password leads to the log-in page, and the second factor is
/// asked for there as always (ASVS 6.4.3).
pub async fn reset(password: String, link: Option<String>) -> Result<(), AppError> {
    let state = expect_context::<AppState>();
    let token = link_cookie::require(link.as_deref())?;
    let tried = throttle::admit_reset().await?;
    let user = holder(&state, &token).await?;
    tried.succeeded().await?;
    // Before the link is used up: who mistypes tries again with the same one.
    let passwords = expect_context::<Passwords>();
    let password = passwords.parse_new(password, &About { email: &user.email, name: &user.name }).await?;
    let hash = passwords.hash(password).await?;
    use_link(&state, &token, &hash).await?;
    link_cookie::forget();
    // Whoever is logged in in this browser wants to be this account from now on; a session of somebody else's would
    // hide the log-in page.
    if guard::find().is_some() {
        log_in::log_out().await?;
    }
    tell_next_page(&Typed::new(&[("password", "reset"), ("email", &user.email)]));
    leptos_axum::redirect("/login");
    Ok(())
}

/// One transaction: of twenty who come with the same link one sets a password, and with it everything else has ended.
async fn use_link(state: &AppState, token: &str, hash: &str) -> Result<(), AppError> {
    let (now_ms, caller) = (state.clock.now_ms(), caller());
    let mut tx = state.db.begin_write().await?;
    // The user's row first, as everywhere, or two acts on one account would wait for each other; and before it is read:
    // the address may be changing at this moment.
    let Link { user_id, .. } = links::find(&mut *tx, Purpose::Reset, token, now_ms).await?;
    store::lock(&mut *tx, &user_id).await?;
    let link = links::use_up(&mut tx, Purpose::Reset, token, now_ms).await?;
    let mut user = still_theirs(store::find_by_id(&mut *tx, &link.user_id).await?, &link)?;
    set_password(&mut tx, &user, hash, now_ms).await?;
    let event = Event::new(Kind::PasswordReset, Actor::User(user.id.clone()), &user.id).from_caller(&caller);
    audit::store::insert(&mut *tx, &event, now_ms).await?;
    user.verified_at = Some(now_ms);
    mail::tell(&mut *tx, state, &user, News::PasswordReset, &caller).await?;
    let ending = Ending::by_user(&user.id, EndReason::PasswordReset, caller);
    expect_context::<Ender>().end_with(tx, Target::User(&user.id), ending).await?;
    tracing::info!(user = user.id, "a password was reset");
    Ok(())
}

/// Whoever reads the mail owns the address, so it is confirmed, too.
async fn set_password(tx: &mut Tx, user: &User, hash: &str, now_ms: i64) -> Result<(), AppError> {
    store::set_password(&mut **tx, &user.id, hash).await?;
    store::set_verified(&mut **tx, &user.id, &user.email, now_ms).await?;
    // Nobody can tell any more which of them were the owner's; this one is, and nobody's guessing shall keep it out.
    known_devices::forget_all(tx, &user.id).await?;
    known_devices::remember(tx, &user.id).await?;
    links::kill_all(tx, &user.id, now_ms).await
}

/// A link to an address that the account has no more opens nothing, and no link opens a disabled account.
fn still_theirs(user: Option<User>, link: &Link) -> Result<User, AppError> {
    user.filter(|user| user.email == link.email && user.disabled_at.is_none()).ok_or(AppError::LinkDead)
}
