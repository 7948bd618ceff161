//! tower-sessions: the one file that names it. Server side.
//!
//! It gives a handler a place to keep things of a session ([`tower_sessions::Session`]), which are read when they are first
//! asked for and written back at the end. It does not begin a session, end one, give it a new secret or decide when it is
//! over: that happens in the transactions of the core, and the cookie is set by what they return. So its layer isn't used,
//! which reads all cookies and sets one: [`super::pass`] does what is left of it.
//!
//! Nothing here inserts. `save` updates a living row or fails: with an upsert, a request that was under way during
//! a force logout writes the session back at its end, and the old cookie works again (CVE-2025-46336).

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use time::OffsetDateTime;
pub use tower_sessions::Session;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{
    auth::{
        cause::Cause,
        revocations::EndReason,
        sessions::{
            store,
            store::{Found, Target},
            terminate::Terminator,
        },
    },
    base::random,
};

/// The session that this secret names, if it can be one. Nothing is read yet.
pub fn of(sessions: &Arc<Sessions>, secret: Option<&str>) -> Session {
    Session::new(secret.and_then(|secret| secret.parse().ok()), Arc::clone(sessions), None)
}

/// Writes back what the handler keeps in the session, unless it failed: `answered` is the status of its answer.
///
/// # Errors
/// 500 when that can't be kept, such as where the session has ended meanwhile.
pub async fn write_back(session: &Session, answered: StatusCode) -> std::result::Result<(), Response> {
    if !session.is_modified() || answered.is_server_error() || session.is_empty().await {
        return Ok(());
    }
    session.save().await.map_err(|error| {
        tracing::error!(%error, "what was kept in a session is lost");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// What is stored in place of the secret that the browser brings, if it brings one.
pub fn secret_hash(session: &Session) -> Option<String> {
    session.id().map(|id| random::hash(&id.to_string()))
}

/// Sessions in the database, by the SHA-256 of their secret.
pub struct Sessions {
    pub terminator: Terminator,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Refused: visitors make no rows, and a session begins in the transaction of its login (`secret::begin`).
    async fn create(&self, _: &mut Record) -> Result<()> {
        Err(Error::Backend("a session begins with a login".into()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let id_hash = random::hash(&record.id.to_string());
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let pool = &self.terminator.state.db.pool;
        if store::update_data(pool, &id_hash, &data).await.map_err(backend)? {
            return Ok(());
        }
        Err(Error::Backend("the session has ended".into()))
    }

    /// A dead session is loaded too, and holds nothing.
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let state = &self.terminator.state;
        let found = store::find(&state.db.pool, &random::hash(&id.to_string())).await.map_err(backend)?;
        let Some(Found { session, .. }) = found else { return Ok(None) };
        let expires = session.log_in.expires_at / 1000;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp(expires).map_err(|error| Error::Decode(error.to_string()))?;
        let is_dead = session.ended(state.clock.now_ms()).is_some();
        // A blob that cannot be read is an empty one: the session still says who is logged in (ASVS 1.5.2).
        let data = if is_dead { Default::default() } else { serde_json::from_str(&session.data).unwrap_or_default() };
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    /// Ends the session as a logout does, its tokens included.
    async fn delete(&self, id: &Id) -> Result<()> {
        let cause = Cause::by_system(EndReason::LoggedOut);
        let ended = self.terminator.terminate(Target::Secret(&random::hash(&id.to_string())), cause).await;
        ended.map(|_| ()).map_err(|error| Error::Backend(error.to_string()))
    }
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}
