//! tower-sessions: the one file that names it. Server side.
//!
//! It reads the cookie, and gives a handler a place to keep things of a session ([`tower_sessions::Session`]), which are
//! read when they are first asked for and written back at the end. It does not begin a session, end one, give it a new
//! secret or decide when it is over: that happens in the transactions of the core, and the cookie is set by what they
//! return.
//!
//! Nothing here inserts. `save` updates a living row or fails: with an upsert, a request that was under way during
//! a force logout writes the session back at its end, and the old cookie works again (CVE-2025-46336).

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
pub use tower_sessions::Session;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::SameSite,
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
    web::cookies::Name,
};

/// The layer that reads our cookie and asks our store. It would set the cookie where a handler keeps data in a session,
/// which none does: `web/border.rs: keep_secret` sets it.
pub fn layer(terminator: &Terminator) -> SessionManagerLayer<Sessions> {
    let insecure = terminator.state.config.insecure_cookies;
    SessionManagerLayer::new(Sessions { terminator: terminator.clone() })
        .with_name(Name::Session.full(insecure))
        .with_secure(!insecure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}

/// What is stored in place of the secret that the browser brings, if it brings one.
pub fn secret_hash(session: &Session) -> Option<String> {
    session.id().map(|id| random::hash(&id.to_string()))
}

/// Tells tower-sessions how long the cookie lives that it makes of a session which was written to; `None` ends it with the
/// browser.
pub fn keep_cookie(session: &Session, seconds: Option<i64>) {
    let expiry = seconds.map_or(Expiry::OnSessionEnd, |seconds| Expiry::OnInactivity(Duration::seconds(seconds)));
    session.set_expiry(Some(expiry));
}

type Data = HashMap<String, serde_json::Value>;

/// Sessions in the database, by the SHA-256 of their secret.
#[derive(Clone)]
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
        let data = if is_dead { Data::default() } else { serde_json::from_str(&session.data).unwrap_or_default() };
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
