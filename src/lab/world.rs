//! The Lab's own Latchkey: the same program once more, with keys and a database that nothing else shares. Server side.
//!
//! No address leads into it. Its credentials open nothing outside, and those from outside nothing in it.

use std::{ops::Deref, sync::Arc};

use axum::Router;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Mutex, Semaphore};

use super::{browser::Browser, samples::Samples};
use crate::{
    auth::users::{Role, store as user_store},
    base::{db::Tx, display_name::DisplayName, email::Email, error::AppError},
    serve::services::Services,
};

/// Streams of all visits in this process. Each asks two questions a second, eight around the end of its session.
pub const STREAMS_MAX: usize = 40;

/// Requests in the world that run at once in this process: of streams, experiments and measurements together. What is
/// beyond waits for its turn, so the Lab never takes more than a part of the server.
pub const REQUESTS_MAX: usize = 4;

pub struct Lab {
    pub services: Services,
    /// All routes.
    pub router: Router,
    /// As it answered [`EARLIER_MS`](super::make::EARLIER_MS) ago: what is made there is that old.
    pub earlier: Router,
    /// See [`super::probes`].
    pub probes: Router,
    pub samples: Samples,
    /// One: what is measured must not be disturbed by what runs beside it.
    pub turns: Arc<Semaphore>,
    pub streams: Arc<Semaphore>,
    pub requests: Semaphore,
    /// Of everyone in the world; no one outside this process knows it.
    pub password: String,
    pub password_hash: String,
    /// The administrator's browser, and when it has logged in, once it was needed.
    pub admin: Mutex<Option<(Browser, i64)>>,
}

impl Deref for Lab {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl Lab {
    /// Adds a user who logs in with the world's password, and returns the id; `None` when the address is taken.
    pub async fn make_user(
        &self,
        tx: &mut Tx,
        name: &str,
        email: &str,
        role: Role,
    ) -> Result<Option<String>, AppError> {
        let (name, email) = (DisplayName::parse(name)?, Email::parse(email)?);
        let id = user_store::insert(tx, &email, &name, &self.password_hash, role, self.now_ms()).await?;
        if let Some(id) = &id {
            user_store::set_verified(&mut **tx, id, email.as_str(), self.now_ms()).await?;
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
