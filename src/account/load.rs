//! What the pages of one's own account show. Server side; reads only.

use qrcodegen::{QrCode, QrCodeEcc};

use super::{Devices, EmailChange, Profile, Qr, SecondFactor, SetUp, second_factor::may_set_up};
use crate::{
    config::Mailing,
    error::AppError,
    known_devices::Device,
    sealed::SecretKey,
    second_factor::{authenticator::Authenticator, store as factor_store, trust},
    sessions::{
        LiveSession,
        guard::LoggedIn,
        store::{self, Row},
    },
    state::AppState,
};

/// # Errors
/// When the database cannot be read.
pub async fn devices(state: &AppState, someone: &LoggedIn) -> Result<Devices, AppError> {
    let live = store::live_of(&state.db.pool, &someone.user.id, state.clock.now_ms()).await?;
    let (here, elsewhere): (Vec<LiveSession>, Vec<LiveSession>) =
        live.into_iter().map(Row::into_live).partition(|session| session.sid == someone.log_in.sid);
    Ok(Devices { here: here.into_iter().next(), elsewhere, limit: state.config.sessions_per_user })
}

pub fn profile(someone: &LoggedIn) -> Profile {
    let user = &someone.user;
    Profile { name: user.name.clone(), email: user.email.clone(), confirmed: user.verified_at.is_some() }
}

/// An address that waits to be confirmed is not shown: a link waits only where no other account has it, and so it would
/// tell who has one.
pub fn email(state: &AppState, someone: &LoggedIn) -> EmailChange {
    EmailChange { email: someone.user.email.clone(), sends_mail: state.config.mailing() != Mailing::Off }
}

/// # Errors
/// When the database cannot be read.
pub async fn second_factor(
    state: &AppState,
    someone: &LoggedIn,
    here: Option<&Device>,
) -> Result<SecondFactor, AppError> {
    let user = &someone.user;
    let row = factor_store::find(&state.db.pool, &user.id).await?;
    let Some(since) = row.and_then(|row| row.confirmed_at) else {
        return Ok(SecondFactor::Off { needs_email: !may_set_up(state, user) });
    };
    Ok(SecondFactor::On {
        since,
        codes_left: factor_store::codes_left(&state.db.pool, &user.id).await?,
        trust_days: state.config.trusted_device_days,
        devices: trust::list(state, &user.id, here).await?,
    })
}

/// The secret of a set-up that waits for its first code; the same one each time, until a new one is begun.
///
/// # Errors
/// When the database cannot be read, or the secret key is another one.
pub async fn set_up(state: &AppState, key: &SecretKey, someone: &LoggedIn) -> Result<Option<SetUp>, AppError> {
    let user = &someone.user;
    let row = factor_store::find(&state.db.pool, &user.id).await?.filter(|row| row.confirmed_at.is_none());
    let Some(row) = row else { return Ok(None) };
    let enrolment =
        Authenticator::open(key, &user.id, &row.secret_sealed)?.enrolment(&user.email, &state.config.base_url())?;
    let qr = draw(&enrolment.link)?;
    Ok(Some(SetUp { secret: enrolment.secret, link: enrolment.link, qr }))
}

fn draw(text: &str) -> Result<Qr, AppError> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| AppError::internal())?;
    let size = code.size();
    let dark = (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    Ok(Qr { size, path: dark.map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect() })
}
