//! The stories of one's second factor: set up, turned on, new recovery codes, turned off. Server side.

use leptos::prelude::expect_context;

use super::codes;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    config::Mailing,
    db::Tx,
    error::{AppError, Invalid},
    mail::{self, News},
    revocations::EndReason,
    sealed::SecretKey,
    second_factor::{
        authenticator::Authenticator,
        check,
        code::Code,
        recovery, removal,
        store::{self, Row},
        trust,
    },
    sessions::{
        Receipt,
        end::{Ender, Ending, Target},
        guard::{self, LoggedIn},
        reauthenticate,
    },
    state::AppState,
    users::store::User,
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

const PAGE: &str = "/account/second-factor";

/// Makes a secret that counts for nothing until a code of it has been entered.
pub async fn start(someone: LoggedIn) -> Result<(), AppError> {
    let (state, key) = (expect_context::<AppState>(), expect_context::<SecretKey>());
    let user = &someone.user;
    require_confirmed_email(&state, user)?;
    // One that is gone by the clock may have its row still, which would hold the place.
    removal::clear(&state, &user.id).await?;
    let sealed = Authenticator::generate()?.seal(&key, &user.id)?;
    let begun = store::begin(&state.db.pool, &user.id, &sealed, state.clock.now_ms()).await?;
    leptos_axum::redirect(if begun { "/account/second-factor/set-up" } else { PAGE });
    Ok(())
}

/// The code proves that the app has the secret: nobody locks themselves out.
pub async fn turn_on(someone: LoggedIn, code: &str) -> Result<Receipt, AppError> {
    let (state, key) = (expect_context::<AppState>(), expect_context::<SecretKey>());
    let user = &someone.user;
    require_confirmed_email(&state, user)?;
    let Code::App(digits) = Code::parse(code)? else { return Err(Invalid::CodeMalformed.into()) };
    let begun = store::find(&state.db.pool, &user.id).await?.filter(|row| row.confirmed_at.is_none());
    let Some(Row { secret_sealed: sealed, .. }) = begun else { return nothing_to_do() };
    let now_ms = state.clock.now_ms();
    let step = Authenticator::open(&key, &user.id, &sealed)?.step_of(&digits, now_ms).ok_or(AppError::WrongCode)?;
    let mut tx = state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    if !store::confirm(&mut *tx, &user.id, &sealed, step, now_ms).await? {
        return nothing_to_do();
    }
    let made = recovery::replace(&mut tx, &key, &user.id, now_ms).await?;
    trust::forget_trust(&mut tx, &user.id).await?;
    write_down(&mut tx, &state, &someone, Kind::SecondFactorOn).await?;
    let receipt = end_others(tx, &someone).await?;
    codes::hand_over(&state, &key, &someone.log_in.sid, &made)?;
    renew(someone).await;
    Ok(receipt)
}

/// New recovery codes in place of those before.
pub async fn make_codes(someone: LoggedIn) -> Result<(), AppError> {
    let (state, key) = (expect_context::<AppState>(), expect_context::<SecretKey>());
    if !check::is_on(&state, &someone.user.id).await? {
        return nothing_to_do();
    }
    let mut tx = state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    let made = recovery::replace(&mut tx, &key, &someone.user.id, state.clock.now_ms()).await?;
    write_down(&mut tx, &state, &someone, Kind::RecoveryCodesMade).await?;
    tx.commit().await?;
    codes::hand_over(&state, &key, &someone.log_in.sid, &made)
}

pub async fn turn_off(someone: LoggedIn) -> Result<Receipt, AppError> {
    let state = expect_context::<AppState>();
    let mut tx = state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    if !check::remove(&mut tx, &someone.user.id).await? {
        return nothing_to_do();
    }
    write_down(&mut tx, &state, &someone, Kind::SecondFactorOff).await?;
    let receipt = end_others(tx, &someone).await?;
    renew(someone).await;
    back_with("off");
    Ok(receipt)
}

/// Needs no fresh proof: it takes away a convenience and no right.
pub async fn forget_device(id: &str) -> Result<(), AppError> {
    let state = expect_context::<AppState>();
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    let mut tx = state.db.begin_write().await?;
    if !store::forget(&mut *tx, &someone.user.id, id).await? {
        return nothing_to_do();
    }
    let event = event(&someone, Kind::DeviceForgotten);
    audit::store::insert(&mut *tx, &event, state.clock.now_ms()).await?;
    tx.commit().await?;
    back_with("forgotten");
    Ok(())
}

/// A mistyped address would otherwise be found out when the phone is gone and nothing is left to get in with. Where there
/// is no mail nothing can be confirmed, and nothing is lost by it.
fn require_confirmed_email(state: &AppState, user: &User) -> Result<(), AppError> {
    if may_set_up(state, user) { Ok(()) } else { Err(AppError::NotVerified) }
}

/// Whether this user may have a second factor.
pub fn may_set_up(state: &AppState, user: &User) -> bool {
    user.verified_at.is_some() || state.config.mailing() == Mailing::Off
}

/// What happened, in the transaction in which it does: for the audit log, and for the owner by mail.
async fn write_down(tx: &mut Tx, state: &AppState, someone: &LoggedIn, kind: Kind) -> Result<(), AppError> {
    let news = match kind {
        Kind::SecondFactorOn => News::SecondFactorOn,
        Kind::SecondFactorOff => News::SecondFactorOff,
        _ => News::RecoveryCodesMade,
    };
    audit::store::insert(&mut **tx, &event(someone, kind), state.clock.now_ms()).await?;
    tracing::info!(user = someone.user.id, what = kind.into_str(), "second factor");
    mail::tell(&mut **tx, state, &someone.user, news, &caller()).await
}

fn event(someone: &LoggedIn, kind: Kind) -> Event {
    let actor = Actor::User(someone.user.id.clone());
    let mut event = Event::new(kind, actor, &someone.user.id).from_caller(&caller());
    event.sid.clone_from(&someone.log_in.sid);
    event
}

/// Whoever else is logged in got in by other rules, so they log in again (ASVS 7.4.3). Commits.
async fn end_others(tx: Tx, someone: &LoggedIn) -> Result<Receipt, AppError> {
    let LoggedIn { user, log_in, .. } = someone;
    let (actor, reason) = (Actor::User(user.id.clone()), EndReason::SecondFactorChanged);
    let ending = Ending { actor, reason, words: String::new(), caller: caller() };
    expect_context::<Ender>().end_with(tx, Target::Others { user_id: &user.id, keep: &log_in.sid }, ending).await
}

/// A copy of this session's cookie must not outlive the change either (ASVS 7.2.4).
async fn renew(someone: LoggedIn) {
    let proof_ms = someone.log_in.authenticated_at;
    reauthenticate::renew_if_possible(someone, proof_ms).await;
}

fn back_with(what: &str) {
    tell_next_page(&Typed::new(&[("second_factor", what)]));
    leptos_axum::redirect(PAGE);
}

/// It was done already, perhaps in another tab: the page says how things are.
fn nothing_to_do<T: Default>() -> Result<T, AppError> {
    leptos_axum::redirect(PAGE);
    Ok(T::default())
}
