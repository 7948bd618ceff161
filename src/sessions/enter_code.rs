//! The story of the second half of a log-in: the code. Server side.

use axum::http::request::Parts;
use leptos::prelude::{expect_context, use_context};
use serde_json::json;

use super::{half_log_in::HalfLogIn, log_in::start_session};
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    db::Tx,
    error::AppError,
    known_devices::Device,
    mail::{self, News},
    sealed::SecretKey,
    second_factor::{
        check::{self, Passed},
        code::Code,
        trust,
    },
    state::AppState,
    throttle::{self, Try, guessing},
    users::store::User,
    web::{
        action::{caller, refuse_on},
        caller::Caller,
    },
};

pub async fn enter_code(code: String, trust: bool, half: Option<String>) -> Result<(), AppError> {
    let state = expect_context::<AppState>();
    match enter(&state, &code, trust, half.as_deref()).await {
        Ok(next) => {
            HalfLogIn::forget(&state.config);
            leptos_axum::redirect(&next);
            Ok(())
        }
        // The password has to be given again, and that is asked for elsewhere.
        Err(error @ AppError::LogInAgain) => {
            HalfLogIn::forget(&state.config);
            Err(refuse_on("/login", error))
        }
        Err(error) => Err(error),
    }
}

/// Returns where to go on to.
async fn enter(state: &AppState, code: &str, trust: bool, name: Option<&str>) -> Result<String, AppError> {
    let key = expect_context::<SecretKey>();
    let half = half_log_in(state, &key).ok_or(AppError::LogInAgain)?;
    let user = half.user(state, &key).await?;
    // The cookie is that of the log-in begun last, perhaps in another tab, of somebody else.
    if name != Some(&*half.id) {
        return Err(AppError::OtherLogIn);
    }
    let code = Code::parse(code)?;
    // Counted before it is looked at, so that a hundred at once are as many as a hundred in a row.
    let tried = throttle::admit_code(&user.id).await?;
    if !tried.keep_if_looked_at(take(state, &key, &half, &user, &code).await).await? {
        note_failure(state, &tried, &user).await?;
        return Err(AppError::WrongCode);
    }
    tried.succeeded().await?;
    let device = start_session(state, &user, half.remember, true).await?;
    if trust && state.config.trusted_device_days > 0 {
        trust_device(state, &user, &device).await?;
    }
    Ok(half.next)
}

/// Uses up the code, and with it the half log-in; `false` when the code is not right.
async fn take(state: &AppState, key: &SecretKey, half: &HalfLogIn, user: &User, code: &Code) -> Result<bool, AppError> {
    let mut tx = state.db.begin_write().await?;
    match check::take(&mut tx, key, &user.id, code, state.clock.now_ms()).await? {
        None => return Ok(false),
        Some(Passed::App) => {}
        Some(Passed::Recovery { left }) => tell(&mut tx, state, user, left).await?,
    }
    half.use_up(&mut tx).await?;
    tx.commit().await?;
    Ok(true)
}

fn half_log_in(state: &AppState, key: &SecretKey) -> Option<HalfLogIn> {
    let headers = use_context::<Parts>()?.headers;
    HalfLogIn::of(&headers, &state.config, key, state.clock.now_ms())
}

/// A recovery code is used when the phone is gone, or by who has found the list.
async fn tell(tx: &mut Tx, state: &AppState, user: &User, left: i64) -> Result<(), AppError> {
    let caller = caller();
    let mut event = event(Kind::RecoveryCodeUsed, Actor::User(user.id.clone()), user, &caller);
    event.details = json!({ "left": left });
    audit::store::insert(&mut **tx, &event, state.clock.now_ms()).await?;
    mail::tell(&mut **tx, state, user, News::RecoveryCodeUsed, &caller).await
}

/// Who gets here has the password.
async fn note_failure(state: &AppState, tried: &Try, user: &User) -> Result<(), AppError> {
    let caller = caller();
    let event = event(Kind::SecondFactorFailed, Actor::Unknown, user, &caller);
    let mut tx = state.db.begin_write().await?;
    audit::store::insert(&mut *tx, &event, state.clock.now_ms()).await?;
    guessing::note(&mut tx, state, tried, Some(user), &caller).await?;
    tx.commit().await?;
    tracing::info!(user = user.id, "wrong code");
    Ok(())
}

async fn trust_device(state: &AppState, user: &User, device: &Device) -> Result<(), AppError> {
    let event = event(Kind::DeviceTrusted, Actor::User(user.id.clone()), user, &caller());
    let mut tx = state.db.begin_write().await?;
    trust::trust(&mut tx, state, &user.id, &device.hash()).await?;
    audit::store::insert(&mut *tx, &event, state.clock.now_ms()).await?;
    Ok(tx.commit().await?)
}

fn event(kind: Kind, actor: Actor, user: &User, caller: &Caller) -> Event {
    Event::new(kind, actor, &user.id).from_caller(caller)
}
