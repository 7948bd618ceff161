//! tower-sessions: the one file that names it. Server side.
//!
//! It reads the cookie, asks the store once per request, and gives a handler a place to keep things of a session
//! ([`tower_sessions::Session`]), which are written back at the end. It does not begin a session, end one, give it a new
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
            Ended,
            secret::hash,
            session::{CookieState, LogIn, SessionRow},
            store,
            store::Target,
            terminate::Terminator,
        },
    },
    base::{error::AppError, state::AppState},
    web::cookies::Name,
};

/// Key of the [`LogIn`] in a session's data.
const LOG_IN: &str = "log_in";
/// Key of the [`Ended`] that the store puts into a dead session's data.
const ENDED: &str = "ended";
/// Key of the [`CookieState`] that the store puts beside the [`LogIn`].
const SECRET: &str = "secret";

/// The layer that reads our cookie and asks our store.
pub fn layer(terminator: &Terminator) -> SessionManagerLayer<Sessions> {
    let insecure = terminator.state.config.insecure_cookies;
    SessionManagerLayer::new(Sessions { terminator: terminator.clone() })
        .with_name(Name::Session.full(insecure))
        .with_secure(!insecure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}

/// The session of one browser: read it, give it a new secret.
pub struct BrowserSession<'a>(pub &'a Session);

impl BrowserSession<'_> {
    /// What is stored in place of the secret that the browser brings, if it brings one.
    pub fn secret_hash(&self) -> Option<String> {
        self.0.id().map(|id| hash(&id.to_string()))
    }

    /// The login, while the session is alive, and how the secret stands to it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn log_in(&self) -> std::result::Result<Option<(LogIn, CookieState)>, AppError> {
        let (log_in, secret) = (self.0.get(LOG_IN).await?, self.0.get(SECRET).await?);
        Ok(log_in.map(|log_in| (log_in, secret.unwrap_or(CookieState::Current))))
    }

    /// How the session ended, if it did.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn ended(&self) -> std::result::Result<Option<Ended>, AppError> {
        Ok(self.0.get(ENDED).await?)
    }

    /// Tells tower-sessions how long the cookie lives that it makes of a session which was written to.
    pub fn keep_cookie(&self, log_in: &LogIn, now_ms: i64) {
        let expiry = match log_in.cookie_seconds(now_ms) {
            Some(seconds) => Expiry::OnInactivity(Duration::seconds(seconds)),
            None => Expiry::OnSessionEnd,
        };
        self.0.set_expiry(Some(expiry));
    }

    /// Writes down that the browser uses its new secret.
    pub async fn note_secret_used(&self, state: &AppState) -> std::result::Result<(), AppError> {
        let Some(secret) = self.secret_hash() else { return Ok(()) };
        Ok(store::note_secret_used(&state.db.pool, &secret, state.clock.now_ms()).await?)
    }
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
        let (id_hash, data) = (hash(&record.id.to_string()), encode(&record.data)?);
        let pool = &self.terminator.state.db.pool;
        if store::update_data(pool, &id_hash, &data).await.map_err(backend)? {
            return Ok(());
        }
        Err(Error::Backend("the session has ended".into()))
    }

    /// A dead session is loaded too, but holds nothing except why it ended: the login page says so.
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let state = &self.terminator.state;
        let id_hash = hash(&id.to_string());
        let now_ms = state.clock.now_ms();
        let Some(row) = store::find(&state.db.pool, &id_hash).await.map_err(backend)? else { return Ok(None) };
        let secret = row.secret(&id_hash, now_ms);
        let expiry_date = OffsetDateTime::from_unix_timestamp(row.log_in.expires_at / 1000).map_err(unreadable)?;
        let data = match row.ended(now_ms) {
            Some(ended) => Data::from([(ENDED.into(), value(ended)?)]),
            None => {
                let mut data = data_of(row)?;
                data.insert(SECRET.into(), value(secret)?);
                data
            }
        };
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    /// Ends the session as a logout does, its tokens included.
    async fn delete(&self, id: &Id) -> Result<()> {
        let cause = Cause::by_system(EndReason::LoggedOut);
        let ended = self.terminator.terminate(Target::Secret(&hash(&id.to_string())), cause).await;
        ended.map(|_| ()).map_err(|error| Error::Backend(error.to_string()))
    }
}

/// The login and the secret have columns of their own, so `data` holds the rest.
fn encode(data: &Data) -> Result<String> {
    let rest: HashMap<_, _> = data.iter().filter(|(key, _)| *key != LOG_IN && *key != SECRET).collect();
    serde_json::to_string(&rest).map_err(|error| Error::Encode(error.to_string()))
}

fn value(kept: impl serde::Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(kept).map_err(|error| Error::Encode(error.to_string()))
}

fn unreadable(error: impl fmt::Display) -> Error {
    Error::Decode(error.to_string())
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

/// A blob that cannot be read is an empty one: the session still says who is logged in (ASVS 1.5.2).
fn data_of(row: SessionRow) -> Result<Data> {
    let mut data: Data = serde_json::from_str(&row.data).unwrap_or_default();
    data.insert(LOG_IN.into(), value(row.log_in)?);
    Ok(data)
}
