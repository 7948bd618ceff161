//! What the pages of one's own account show. Server side; reads only.

use qrcodegen::{QrCode, QrCodeEcc};
use uuid::Uuid;

use super::{Activity, Devices, EmailChange, Profile, Qr, SecondFactor, SetUp, second_factor::may_set_up};
use crate::{
    activity::{
        Entry,
        words::{entry, fold},
    },
    audit,
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
    ui::when::day,
};

/// Events on one page.
const EVENTS: usize = 40;

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
    let Some(since) = row.and_then(|row| row.on_since(state.clock.now_ms())) else {
        return Ok(SecondFactor::Off { needs_email: !may_set_up(state, user) });
    };
    Ok(SecondFactor::On {
        since,
        codes_left: factor_store::codes_left(&state.db.pool, &user.id, state.clock.now_ms()).await?,
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

/// What happened before the event `before`, or lately. What was said twice in a row, of the same device on the same day,
/// is said once: somebody's guessing must not bury the rest.
///
/// # Errors
/// When the database cannot be read.
pub async fn activity(state: &AppState, someone: &LoggedIn, before: &str) -> Result<Activity, AppError> {
    let before = Uuid::parse_str(before).ok();
    let limit = i64::try_from(EVENTS).unwrap_or(i64::MAX) + 1;
    let mut rows = audit::store::newest_of(&state.db.pool, &someone.user.id, before, limit).await?;
    let more = rows.len() > EVENTS;
    rows.truncate(EVENTS);
    let older = rows.last().filter(|_| more).map(|row| row.id.clone());
    let entries: Vec<_> = rows.iter().map(|row| entry(row, &someone.log_in.sid)).collect();
    let entries = fold(&entries, |one, next| {
        let said = |entry: &Entry| (entry.words.clone(), entry.device.clone(), entry.ip.clone(), entry.here);
        said(one) == said(next) && day(one.at) == day(next.at)
    });
    Ok(Activity { entries, older, is_newest: before.is_none() })
}
