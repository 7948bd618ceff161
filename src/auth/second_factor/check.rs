//! Whether login asks for the second factor, and whether a code is it. Server side.

use super::{authenticator::Authenticator, code::Code, recovery::RecoveryCode, removal, store, store::FactorRow};
use crate::{
    auth::event::{Actor, Event, Kind},
    base::{db::Tx, error::AppError, sealed::SecretKey, state::AppState},
};

/// Which code was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    App,
    Recovery {
        /// Recovery codes that are still good.
        left: i64,
    },
}

/// Whether the user has a second factor that is set up to its end.
pub async fn is_on(state: &AppState, user_id: &str) -> Result<bool, AppError> {
    let row = store::find(&state.db.pool, user_id).await?;
    Ok(row.is_some_and(|row| row.is_on(state.clock.now_ms())))
}

/// Uses up a code; of two requests with the same one, one gets in (ASVS 6.5.1). It proves that the user has the factor, so
/// a removal under way is called off. `None` when it is wrong or was used already.
pub async fn take(
    tx: &mut Tx,
    key: &SecretKey,
    user_id: &str,
    code: &Code,
    now_ms: i64,
) -> Result<Option<Passed>, AppError> {
    let passed = match code {
        Code::App(digits) => take_of_app(tx, key, user_id, digits, now_ms).await?.then_some(Passed::App),
        Code::Recovery(code) => take_recovery(tx, key, user_id, code, now_ms).await?,
    };
    if passed.is_some() {
        let event = Event::new(Kind::SecondFactorKept, Actor::User(user_id.to_owned()), user_id);
        removal::call_off(tx, &event, now_ms).await?;
    }
    Ok(passed)
}

async fn take_of_app(tx: &mut Tx, key: &SecretKey, user_id: &str, digits: &str, now_ms: i64) -> Result<bool, AppError> {
    let Some((row, authenticator)) = open(tx, key, user_id, now_ms).await? else { return Ok(false) };
    let Some(step) = authenticator.step_of(digits, now_ms) else { return Ok(false) };
    Ok(store::use_step(&mut **tx, user_id, &row.secret_sealed, step).await?)
}

async fn open(
    tx: &mut Tx,
    key: &SecretKey,
    user_id: &str,
    now_ms: i64,
) -> Result<Option<(FactorRow, Authenticator)>, AppError> {
    let Some(row) = store::find(&mut **tx, user_id).await?.filter(|row| row.is_on(now_ms)) else { return Ok(None) };
    let authenticator = Authenticator::open(key, user_id, &row.secret_sealed)?;
    Ok(Some((row, authenticator)))
}

async fn take_recovery(
    tx: &mut Tx,
    key: &SecretKey,
    user_id: &str,
    code: &RecoveryCode,
    now_ms: i64,
) -> Result<Option<Passed>, AppError> {
    if !store::use_code(&mut **tx, &code.hash(key, user_id), user_id, now_ms).await? {
        // With another secret key no recovery code is right: it must not be called wrong.
        open(tx, key, user_id, now_ms).await?;
        return Ok(None);
    }
    Ok(Some(Passed::Recovery { left: store::codes_left(&mut **tx, user_id, now_ms).await? }))
}
