//! The story of a new password. Server side.

use leptos::prelude::expect_context;

use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    error::{AppError, Invalid},
    mail::{self, News, links::Purpose},
    revocations::EndReason,
    second_factor::trust,
    sessions::{
        Receipt,
        end::{Ender, Ending, Target},
        guard::{self, LoggedIn},
        reauthenticate,
    },
    state::AppState,
    users::{new_password::About, password::Passwords, store},
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

pub async fn change_password(current: Option<String>, new: String) -> Result<Receipt, AppError> {
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    if current.as_ref().is_none_or(String::is_empty) {
        return Err(Invalid::CurrentPasswordMissing.into());
    }
    if current.as_ref() == Some(&new) {
        return Err(Invalid::PasswordUnchanged.into());
    }
    let passwords = expect_context::<Passwords>();
    let new = passwords.parse_new(new, &About { email: &someone.user.email, name: &someone.user.name }).await?;
    // Asked for however fresh the log-in is: who finds an open browser must not be able to take the account.
    let someone = reauthenticate::check_password(someone, current).await?;
    let hash = passwords.hash(new).await?;
    let receipt = store_and_end_others(&someone, &hash).await?;
    let now_ms = expect_context::<AppState>().clock.now_ms();
    reauthenticate::renew_if_possible(someone, now_ms).await;
    tell_next_page(&Typed::new(&[("changed", &receipt.sessions_ended.to_string())]));
    leptos_axum::redirect("/account/devices");
    Ok(receipt)
}

async fn store_and_end_others(someone: &LoggedIn, hash: &str) -> Result<Receipt, AppError> {
    let LoggedIn { user, log_in, .. } = someone;
    let ender = expect_context::<Ender>();
    let (caller, now_ms) = (caller(), ender.state.clock.now_ms());
    let mut event = Event::new(Kind::PasswordChanged, Actor::User(user.id.clone()), &user.id).from_caller(&caller);
    event.sid.clone_from(&log_in.sid);
    let mut tx = ender.state.db.begin_write().await?;
    let user = &someone.hold(&mut tx).await?;
    store::set_password(&mut *tx, &user.id, hash).await?;
    // Somebody else may have asked for them, which may be why the password is changed.
    for purpose in [Purpose::Reset, Purpose::NewEmail] {
        mail::store::kill_links(&mut *tx, &user.id, purpose, now_ms).await?;
    }
    trust::forget_trust(&mut tx, &user.id).await?;
    audit::store::insert(&mut *tx, &event, now_ms).await?;
    mail::tell(&mut *tx, &ender.state, user, News::PasswordChanged, &caller).await?;
    let ending = Ending::by_user(&user.id, EndReason::PasswordChanged, caller);
    ender.end_with(tx, Target::Others { user_id: &user.id, keep: &log_in.sid }, ending).await
}
