//! Who is logged in, as a permission to hold. Server side.

use std::sync::Arc;

use sqlx::AnyConnection;

use super::{Viewer, session::LogIn, store};
use crate::{
    auth::{
        event::{Actor, Event, Kind},
        revocations, users,
        users::{Role, store::User},
    },
    base::{caller::Caller, db::Tx, error::AppError, state::AppState},
};

/// A user with a live session. Only what finds it makes one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    pub user: Arc<User>,
    pub log_in: Arc<LogIn>,
    /// The request came with the secret that was replaced a moment ago: it reads, and gets no credential.
    pub in_grace: bool,
    /// Of the secret that the request came with.
    pub secret_hash: Arc<str>,
}

/// A user with a live session who is an administrator.
#[derive(Clone, Debug)]
pub struct Administrator(pub LoggedIn);

/// A user with a live session who may see what administrators see: an auditor or an administrator.
#[derive(Clone, Debug)]
pub struct Overseer(pub LoggedIn);

impl Administrator {
    pub fn check(someone: LoggedIn) -> Result<Self, AppError> {
        if someone.user.role() == Role::Admin { Ok(Self(someone)) } else { Err(AppError::NotAllowed) }
    }

    /// Who has proven lately who they are.
    pub fn check_fresh(someone: LoggedIn, state: &AppState) -> Result<Self, AppError> {
        let admin = Self::check(someone)?;
        if admin.0.is_fresh(state) { Ok(admin) } else { Err(AppError::ProofNeeded) }
    }

    /// First in the transaction of an act on someone's account: locks the rows of both and returns the other as it is
    /// now. Whoever has lost the session or the role since the request began does nothing any more, and of two
    /// administrators who act at this moment the second sees what the first has done.
    ///
    /// # Errors
    /// [`AppError::NotLoggedIn`] or [`AppError::NotAllowed`] when it is so; [`AppError::NotFound`] when there is no such
    /// user (any more).
    pub async fn hold(&self, tx: &mut Tx, user_id: &str) -> Result<User, AppError> {
        hold_as_administrator(tx, &self.0.user.id, &self.0.log_in.sid, user_id).await
    }
}

/// As [`Administrator::hold`], for an administrator who is known by id and session alone, as from a token.
pub async fn hold_as_administrator(tx: &mut Tx, own_id: &str, sid: &str, user_id: &str) -> Result<User, AppError> {
    // In one order, or two who act on each other would wait for each other.
    for id in [own_id.min(user_id), own_id.max(user_id)] {
        users::store::lock(&mut **tx, id).await?;
    }
    if find_live(tx, own_id, sid).await?.role() != Role::Admin {
        return Err(AppError::NotAllowed);
    }
    users::store::find_by_id(&mut **tx, user_id).await?.ok_or(AppError::NotFound)
}

/// The user as they are now, as long as their session lives.
async fn find_live(db: &mut AnyConnection, user_id: &str, sid: &str) -> Result<User, AppError> {
    if !store::is_live(&mut *db, sid).await? {
        return Err(AppError::NotLoggedIn);
    }
    users::store::find_by_id(&mut *db, user_id).await?.ok_or(AppError::NotLoggedIn)
}

/// In the transaction that takes an administrator away, after the row of the user is locked: of two who go at this
/// moment, one stays.
pub async fn keep_an_administrator(tx: &mut Tx, leaving: &User) -> Result<(), AppError> {
    if leaving.role() != Role::Admin {
        return Ok(());
    }
    store::lock_of(&mut **tx, &leaving.id).await?;
    revocations::store::lock(tx).await?;
    let stays = users::store::another_admin_remains(&mut **tx, &leaving.id).await?;
    if stays { Ok(()) } else { Err(AppError::LastAdministrator) }
}

/// However steadily someone reads, the password is asked for again after a day (NIST SP 800-63B-4, 2.2.3).
const READING_MAX_MS: i64 = 24 * 3_600_000;

/// Reading is written down at most this often: a page must not cost a write each.
const NOTE_READING_EVERY_MS: i64 = 15_000;

impl Overseer {
    /// Who may read: has proven who they are in this session, and has not stopped reading for long since.
    pub fn check(someone: LoggedIn, state: &AppState) -> Result<Self, AppError> {
        Self::check_that(someone, |someone| someone.is_fresh(state) || someone.reads_on(state))
    }

    /// Who has proven lately who they are.
    pub fn check_fresh(someone: LoggedIn, state: &AppState) -> Result<Self, AppError> {
        Self::check_that(someone, |someone| someone.is_fresh(state))
    }

    fn check_that(someone: LoggedIn, is_proven: impl Fn(&LoggedIn) -> bool) -> Result<Self, AppError> {
        if !someone.user.role().oversees() {
            return Err(AppError::NotAllowed);
        }
        if is_proven(&someone) { Ok(Self(someone)) } else { Err(AppError::ProofNeeded) }
    }

    /// Reading now lets them read on.
    pub async fn note_reading(&self, state: &AppState) -> Result<(), AppError> {
        let (log_in, now_ms) = (&self.0.log_in, state.clock.now_ms());
        if (now_ms - log_in.last_reading()).abs() >= NOTE_READING_EVERY_MS {
            store::note_overseen(&state.db.pool, &log_in.sid, now_ms).await?;
        }
        Ok(())
    }
}

impl LoggedIn {
    /// What is written down of an act on one's own account, from this session.
    pub fn event(&self, kind: Kind, caller: &Caller) -> Event {
        let id = &self.user.id;
        let event = Event::new(kind, Actor::User(id.clone()), id).from_caller(caller);
        Event { sid: self.log_in.sid.clone(), ..event }
    }

    /// Whether the last proof of identity is recent enough for a sensitive act (ASVS 7.5.3).
    pub fn is_fresh(&self, state: &AppState) -> bool {
        let age_ms = self.age_of_proof(state.clock.now_ms());
        !self.in_grace && age_ms < state.config.reauthentication_minutes * 60_000
    }

    /// Of the last proof of identity, in milliseconds. One that is still to come was given while the clock was ahead, and
    /// counts as old as it is far away.
    pub fn age_of_proof(&self, now_ms: i64) -> i64 {
        (now_ms - self.log_in.authenticated_at).abs()
    }

    fn reads_on(&self, state: &AppState) -> bool {
        let now_ms = state.clock.now_ms();
        let idle_ms = (now_ms - self.log_in.last_reading()).abs();
        let proof_ms = self.age_of_proof(now_ms);
        !self.in_grace && idle_ms < state.config.admin_reading_minutes * 60_000 && proof_ms < READING_MAX_MS
    }

    /// First in the transaction of an act that changes the account: locks the user's row and returns it as it is now.
    /// Whatever has ended the session since the request began (a reset, "this was not me") is not undone by an act that
    /// was under way.
    pub async fn hold(&self, tx: &mut Tx) -> Result<User, AppError> {
        users::store::lock(&mut **tx, &self.user.id).await?;
        find_live(tx, &self.user.id, &self.log_in.sid).await
    }

    /// The user as they are now, before each piece of what is sent in pieces: who reads slowly gets no more of it once the
    /// session has ended.
    pub async fn still_live(&self, state: &AppState) -> Result<User, AppError> {
        let mut db = state.db.pool.acquire().await?;
        find_live(&mut db, &self.user.id, &self.log_in.sid).await
    }

    pub fn viewer(&self) -> Viewer {
        Viewer {
            id: self.user.id.clone(),
            name: self.user.name.clone(),
            email: self.user.email.clone(),
            role: self.user.role(),
            sid: self.log_in.sid.clone(),
        }
    }
}
