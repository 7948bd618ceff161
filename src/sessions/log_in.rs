//! The stories of logging in and out. Server side.

use leptos::prelude::expect_context;

use super::{
    end::{Ender, Ending, Target},
    guard,
    half_log_in::HalfLogIn,
    session::{self, LogIn},
    store,
};
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    config::Config,
    db::{Tx, again},
    error::{AppError, Invalid},
    known_devices::{self, Device, Seen},
    mail::{self, News},
    revocations::EndReason,
    sealed::SecretKey,
    second_factor::{check, store as factor_store, trust},
    state::AppState,
    throttle::{self, Try, guessing, turns::turn},
    users::{
        credentials::{Email, Password},
        password::Passwords,
        store::{self as user_store, User},
        upgrade::upgrade_hash,
    },
    web::{
        action::{self, caller},
        caller::Caller,
        cookies::{self, Name},
        local_path::LocalPath,
    },
};

pub async fn log_in(email: String, password: String, remember: bool, next: Option<String>) -> Result<(), AppError> {
    let next = LocalPath::parse_or_dashboard(next.as_deref());
    let (email, password) = parse(&email, password)?;
    let state = expect_context::<AppState>();
    // Counted before it is looked at; a refusal is the same whether or not there is such an account.
    let tried = throttle::admit_password(email.as_str()).await?;
    let (user, right) = tried.keep_if_looked_at(look_at(&state, &email, password.clone()).await).await?;
    let Some(user) = user.as_ref().filter(|_| right) else {
        note_failure(&state, &tried, user.as_ref()).await?;
        return Err(AppError::WrongCredentials);
    };
    tried.succeeded().await;
    let password_hash = upgrade_hash(&state, &expect_context::<Passwords>(), user, password).await;
    let mut user = user.clone();
    user.password_hash = password_hash;
    go_on(&state, &user, remember, next.as_str()).await
}

/// What follows the right password: the code where there is a second factor, else the session.
///
/// # Errors
/// When the database does not take it.
pub async fn go_on(state: &AppState, user: &User, remember: bool, next: &str) -> Result<(), AppError> {
    let has_factor = check::is_on(state, &user.id).await?;
    if has_factor && !trust::is_trusted(state, &user.id, known_devices::here().as_ref()).await? {
        HalfLogIn::begin(state, &expect_context::<SecretKey>(), user, remember, next)?;
        leptos_axum::redirect("/login/code");
    } else {
        start_session(state, user, remember, has_factor).await?;
        leptos_axum::redirect(next);
    }
    Ok(())
}

/// Whose address it is, and whether the password is right. A user who is unknown, disabled or unconfirmed costs the same
/// work and is always wrong.
async fn look_at(state: &AppState, email: &Email, password: Password) -> Result<(Option<User>, bool), AppError> {
    let user = user_store::find_by_email(&state.db.pool, email).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let matches = expect_context::<Passwords>().verify(password, stored).await?;
    let right = matches && user.as_ref().is_some_and(User::may_log_in);
    Ok((user, right))
}

/// Starts a session for a user who has just proven who they are, in place of the one before. Returns the browser in which
/// it started, which the account knows now. `user` is the row that the proof was checked against; `has_factor` says that
/// the account had a second factor then, which was satisfied.
///
/// # Errors
/// [`AppError::LogInAgain`] when the account has changed since; when the database does not take it. Nobody is logged in
/// then.
pub async fn start_session(
    state: &AppState,
    user: &User,
    remember: bool,
    has_factor: bool,
) -> Result<Device, AppError> {
    again(|| async { start_session_with(state.db.begin_write().await?, state, user, remember, has_factor).await }).await
}

/// As [`start_session`], and commits what the caller has written in `tx`: all of it happens, or nothing.
///
/// # Errors
/// As [`start_session`].
pub async fn start_session_with(
    mut tx: Tx,
    state: &AppState,
    user: &User,
    remember: bool,
    has_factor: bool,
) -> Result<Device, AppError> {
    let caller = caller();
    if !still_holds(&mut tx, user, has_factor, state.clock.now_ms()).await? {
        return Err(AppError::LogInAgain);
    }
    let (log_in, secret) = session::begin(&mut tx, state, user, remember, &caller).await?;
    let device = note_log_in(&mut tx, state, user, &log_in, &caller).await?;
    match guard::find() {
        Some(before) => {
            let ending = Ending::by_user(&before.user.id, EndReason::Replaced, caller);
            expect_context::<Ender>().end_with(tx, Target::Session(&before.log_in.sid), ending).await?;
        }
        None => tx.commit().await?,
    }
    // From here on they are logged in, and nothing that goes wrong may say otherwise.
    action::append_cookie(guard::secret_cookie(state, &log_in, &secret));
    device.let_browser_know(&state.config);
    // The token of the session before would be refused; the next page brings one of this session.
    action::append_cookie(cookies::remove(&state.config, Name::Access));
    tracing::info!(user = user.id, sid = log_in.sid, remember, "logged in");
    if let Err(error) = make_room(state, &user.id).await {
        tracing::warn!(user = user.id, ?error, "there are too many sessions until the next log-in");
    }
    Ok(device)
}

/// Whether the account is as it was when the proof was checked. The row is locked until the session is there, so whatever
/// ends all of them from now on, a reset or a second factor, ends it too; what did so before is seen here.
async fn still_holds(tx: &mut Tx, checked: &User, has_factor: bool, now_ms: i64) -> Result<bool, AppError> {
    user_store::lock(&mut **tx, &checked.id).await?;
    let Some(now) = user_store::find_by_id(&mut **tx, &checked.id).await? else { return Ok(false) };
    let factor = factor_store::find(&mut **tx, &checked.id).await?.is_some_and(|row| row.is_on(now_ms));
    Ok(now.may_log_in()
        && now.epoch == checked.epoch
        && now.password_hash == checked.password_hash
        && factor == has_factor)
}

/// So many sessions of a user that are over are kept, for the log-in page to say why: an end for a program that logs in
/// again and again.
const OVER_MAX: i64 = 200;

/// Writes the log-in down. From a browser that the account does not know it is news to the owner, unless it is the
/// first one of all.
async fn note_log_in(
    tx: &mut Tx,
    state: &AppState,
    user: &User,
    log_in: &LogIn,
    caller: &Caller,
) -> Result<Device, AppError> {
    let mut event = Event::new(Kind::LoggedIn, Actor::User(user.id.clone()), &user.id).from_caller(caller);
    event.sid.clone_from(&log_in.sid);
    let (seen, device) = known_devices::remember(tx, &user.id).await?;
    store::delete_over_beyond(&mut **tx, &user.id, OVER_MAX, log_in.created_at).await?;
    // Of an account that is older than the log nobody can tell: a thief must not pass for the first log-in.
    let is_in_log = state.config.log_goes_back_to(user.created_at, log_in.created_at);
    let is_first = is_in_log && !audit::store::has_happened(&mut **tx, &user.id, Kind::LoggedIn).await?;
    audit::store::insert(&mut **tx, &event, log_in.created_at).await?;
    if seen == Seen::New && !is_first {
        let event = Event { kind: Kind::NewDevice, ..event };
        audit::store::insert(&mut **tx, &event, log_in.created_at).await?;
        mail::tell(&mut **tx, state, user, News::NewDevice, caller).await?;
    }
    Ok(device)
}

/// Beyond the limit the session that was unused for longest gives way.
async fn make_room(state: &AppState, user_id: &str) -> Result<(), AppError> {
    let keep = state.config.sessions_per_user;
    if store::count_live(&state.db.pool, user_id, state.clock.now_ms()).await? > keep {
        let target = Target::Surplus { user_id, keep };
        expect_context::<Ender>().end(target, Ending::by_system(EndReason::GaveWay)).await?;
    }
    Ok(())
}

pub async fn log_out() -> Result<(), AppError> {
    let state = expect_context::<AppState>();
    if let Some(someone) = guard::find() {
        let ending = Ending::by_user(&someone.user.id, EndReason::LoggedOut, caller());
        expect_context::<Ender>().end(Target::Session(&someone.log_in.sid), ending).await?;
    }
    forget_session(&state.config);
    leptos_axum::redirect("/");
    Ok(())
}

/// Takes the session and its token out of the browser.
pub fn forget_session(config: &Config) {
    action::append_cookie(cookies::remove(config, Name::Session));
    action::append_cookie(cookies::remove(config, Name::Access));
}

fn parse(email: &str, password: String) -> Result<(Email, Password), AppError> {
    match (Email::parse(email), Password::parse_existing(password)) {
        (Ok(email), Ok(password)) => Ok((email, password)),
        (email, password) => {
            let wrong: Vec<Invalid> = [email.err(), password.err()].into_iter().flatten().collect();
            Err(AppError::Invalid(wrong))
        }
    }
}

/// The audit row names no account that does not exist, and holds no e-mail that somebody mistyped.
async fn note_failure(state: &AppState, tried: &Try, user: Option<&User>) -> Result<(), AppError> {
    let (caller, subject) = (caller(), user.map(|user| user.id.clone()).unwrap_or_default());
    let event = Event::new(Kind::LogInFailed, Actor::Unknown, &subject).from_caller(&caller);
    let _turn = turn().await?;
    again(|| async {
        let mut tx = state.db.begin_write().await?;
        audit::store::insert(&mut *tx, &event, state.clock.now_ms()).await?;
        guessing::note(&mut tx, state, tried, user, &caller).await?;
        Ok::<_, AppError>(tx.commit().await?)
    })
    .await?;
    tracing::info!(user = subject, "log-in failed");
    Ok(())
}
