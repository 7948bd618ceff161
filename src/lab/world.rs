//! The Lab's own Latchkey: the same program once more, with keys and a database that nothing else shares. Server side.
//!
//! No address leads into it. Its credentials open nothing outside, and those from outside nothing in it.

use std::{
    collections::HashSet,
    ops::Deref,
    sync::{Arc, Mutex as StdMutex},
};

use axum::Router;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Mutex, Semaphore};
use url::Url;

use super::{browser::Browser, samples::Samples};
use crate::{
    auth::{
        revocations::set::Revocations,
        sessions::terminate::Terminator,
        tokens::keys::Keys,
        users::{Role, store as user_store},
    },
    base::{
        caller::Caller,
        config::{Config, SecretText, sqlite_url},
        db::{Kind, Tx},
        display_name::DisplayName,
        email::Email,
        error::AppError,
        sealed::SecretKey,
        state::AppState,
    },
    passwords::{hash::Passwords, strength::About},
};

/// Short, so that one can watch a token expire.
pub const TOKEN_SECONDS: i64 = 60;

/// So far back the clock of [`Parts::earlier`] is set: a token from there has expired.
pub const EARLIER_MS: i64 = 2 * TOKEN_SECONDS * 1000;

/// Few: what waits here keeps no one else waiting.
pub const CONNECTIONS: u32 = 6;

/// Streams of all visits in this process. Each asks two questions a second, eight around the end of its session.
pub const STREAMS_MAX: usize = 40;

/// Requests in the world that run at once in this process: of streams, experiments and measurements together. What is
/// beyond waits for its turn, so the Lab never takes more than a part of the server.
pub const REQUESTS_MAX: usize = 4;

pub const ADMIN_EMAIL: &str = "administrator@lab.example";

#[derive(Clone)]
pub struct Lab(Arc<World>);

pub struct World {
    parts: Parts,
    pub samples: Samples,
    pub turns: Arc<Semaphore>,
    /// One at a time: what is measured must not be disturbed by what is measured beside it.
    pub measuring: Semaphore,
    pub streams: Arc<Semaphore>,
    pub requests: Semaphore,
    /// Of everyone in the world; no one outside this process knows it.
    pub password: String,
    password_hash: String,
    /// The administrator's browser, logged in when it was last needed.
    pub admin: Mutex<Browser>,
    /// Demo users whose lanes are being ended.
    pub ending: StdMutex<HashSet<String>>,
}

/// All routes are in `app`.
pub struct Parts {
    pub state: AppState,
    pub terminator: Terminator,
    pub keys: Keys,
    pub revocations: Revocations,
    pub secret: SecretKey,
    pub passwords: Passwords,
    pub app: Router,
    /// See [`super::probes`].
    pub probes: Router,
    /// As it answered [`EARLIER_MS`] ago: what is made there is that old.
    pub earlier: Router,
}

impl Deref for Lab {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Deref for World {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

pub fn settings(config: &Config, secret: &SecretKey, kind: Kind) -> Result<Config, String> {
    let own_secret: SecretText = secret.of_its_own("the Lab")?.encoded().parse().map_err(|_| "a secret is a text")?;
    Ok(Config {
        data_dir: config.data_dir.join("lab"),
        database_url: Some(database_url(config, kind)?),
        database_connections: CONNECTIONS,
        secret_key: Some(own_secret),
        token_lifetime_seconds: TOKEN_SECONDS,
        // What reading one costs is measured.
        cached_sessions: 0,
        // The least that production lets start: the password is random.
        argon2_memory_kib: 7_168,
        argon2_passes: 5,
        // Its feed has a connection of its own, which PostgreSQL shows by name.
        instance: Some(format!("{} lab", config.instance_name())),
        smtp_url: None,
        trusted_proxies: Vec::new(),
        metrics_addr: None,
        // All visitors of a network log in from its address; who may come in is counted outside.
        tries_per_network: 1_000_000,
        // A visit of the Lab is several people on several pages.
        requests_at_once: Some(CONNECTIONS),
        ..config.clone()
    })
}

/// On PostgreSQL the same database, where the tables are looked for in a schema of their own.
pub fn database_url(config: &Config, kind: Kind) -> Result<String, String> {
    match kind {
        Kind::Sqlite => Ok(sqlite_url(&config.data_dir.join("lab").join("lab.db"))),
        Kind::Postgres => {
            let mut url =
                Url::parse(&config.database_url()).map_err(|error| format!("the database's address: {error}"))?;
            url.query_pairs_mut().append_pair("options[search_path]", "latchkey_lab");
            Ok(url.into())
        }
    }
}

impl Lab {
    pub async fn open(parts: Parts) -> Result<Self, String> {
        let password = parts.secret.tag("password of everyone in the Lab");
        let password_hash = hash(&parts.passwords, &password).await.map_err(|error| error.to_string())?;
        let lab = Self(Arc::new(World {
            parts,
            samples: Samples::default(),
            turns: Arc::new(Semaphore::new(1)),
            measuring: Semaphore::new(1),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            requests: Semaphore::new(REQUESTS_MAX),
            password,
            password_hash,
            admin: Mutex::new(Browser::of_the_administrator()),
            ending: StdMutex::default(),
        }));
        // Another instance may have made it already.
        let made = lab.make_administrator().await;
        made.map_err(|error| format!("its administrator cannot be made: {error}"))?;
        Ok(lab)
    }

    async fn make_administrator(&self) -> Result<(), AppError> {
        let mut tx = self.state.db.begin_write().await?;
        self.make_user(&mut tx, "Lab administrator", ADMIN_EMAIL, Role::Admin).await?;
        Ok(tx.commit().await?)
    }

    /// Adds a user who logs in with the world's password, and returns the id; `None` when the address is taken.
    pub async fn make_user(
        &self,
        tx: &mut Tx,
        name: &str,
        email: &str,
        role: Role,
    ) -> Result<Option<String>, AppError> {
        let (name, email) = (DisplayName::parse(name)?, Email::parse(email)?);
        let now_ms = self.state.clock.now_ms();
        let id = user_store::insert(tx, &email, &name, &self.password_hash, role, now_ms).await?;
        if let Some(id) = &id {
            user_store::set_verified(&mut **tx, id, email.as_str(), now_ms).await?;
        }
        Ok(id)
    }

    /// What is kept in the database opens nothing for who reads it there.
    pub fn sealed(&self, name: &str, value: &impl Serialize) -> Result<String, AppError> {
        self.secret.seal(name, &serde_json::to_vec(value)?).ok_or_else(AppError::internal)
    }

    pub fn opened<T: DeserializeOwned>(&self, name: &str, sealed: &str) -> Option<T> {
        serde_json::from_slice(&self.secret.open(name, sealed)?).ok()
    }
}

async fn hash(passwords: &Passwords, password: &str) -> Result<String, AppError> {
    let new = passwords.parse_new(&Caller::default(), password.to_owned(), &About { email: "", name: "" }).await?;
    passwords.hash(&Caller::default(), new).await
}
