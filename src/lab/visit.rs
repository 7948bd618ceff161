//! A visit to the Lab: a demo user, their browser, and what the experiments showed. Server side.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::{digest, rand};
use axum::http::HeaderMap;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    VisitInfo,
    browser::{Ask, Browser},
    store,
    store::VisitRow,
    world::Lab,
};
use crate::{
    auth::users::{
        Role,
        store::{self as user_store, User},
    },
    base::{
        caller::{Caller, network_of},
        config::Config,
        error::AppError,
    },
    web::{cookies, cookies::Name},
};

const SECRET_BYTES: usize = 32;

pub const LIFETIME_MS: i64 = 30 * 60_000;

/// So many at once, of everyone and of one network.
const VISITS_MAX: i64 = 500;
const VISITS_OF_NETWORK_MAX: i64 = 20;

/// So many experiments in one visit: each of the Lab a dozen times.
const RUNS_MAX: i64 = 150;

const TURN_TIMEOUT: Duration = Duration::from_secs(5);

const SEAL: &str = "browser of a visit";

pub struct Visit {
    id_hash: String,
    pub user_id: String,
    pub browser: Browser,
    pub ends_at: i64,
    /// Held while an experiment runs.
    turn: Option<OwnedSemaphorePermit>,
}

impl Visit {
    /// Begins a visit: a demo user, logged in. Returns the cookie's value beside it.
    pub async fn begin(lab: &Lab, caller: &Caller) -> Result<(Self, String), AppError> {
        let (network, now_ms) = (network_of(&caller.ip), lab.state.clock.now_ms());
        let (all, of_network) = store::count(&lab.state.db.pool, &network, now_ms).await?;
        if all >= VISITS_MAX || of_network >= VISITS_OF_NETWORK_MAX {
            return Err(AppError::LabFull);
        }
        let secret = random()?;
        let email = format!("{}@lab.example", email_word(&secret));
        let ip = caller.ip.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let mut tx = lab.state.db.begin_write().await?;
        let user_id = lab.make_user(&mut tx, "Demo user", &email, Role::User).await?.ok_or_else(AppError::internal)?;
        let (id_hash, browser, ends_at) = (hash(&secret), Browser::of_a_visitor(ip), now_ms + LIFETIME_MS);
        let row = VisitRow { user_id: user_id.clone(), browser: lab.sealed(SEAL, &browser)?, ends_at };
        // With its user: what is removed with a visit has one.
        store::insert(&mut *tx, &id_hash, &row, &network, now_ms).await?;
        let mut visit = Self { id_hash, user_id, browser, ends_at, turn: None };
        tx.commit().await?;
        visit.browser.log_in(lab, &email).await?;
        visit.keep_browser(lab).await?;
        Ok((visit, secret))
    }

    /// Waits until no other experiment runs in this process: one visitor's must not disturb another's, nor their own in
    /// another tab, and all of them together use one processor at most. Held until the visit is dropped.
    pub async fn take_turn(&mut self, lab: &Lab) -> Result<(), AppError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&lab.turns).acquire_owned()).await;
        self.turn = Some(turn.map_err(|_| AppError::Busy)?.map_err(|_| AppError::Busy)?);
        Ok(())
    }

    /// The visit whose cookie came along, if it lasts.
    pub async fn of(lab: &Lab, headers: &HeaderMap, config: &Config) -> Result<Option<Self>, AppError> {
        let Some(secret) = cookies::get(config, headers, Name::Lab) else { return Ok(None) };
        let id_hash = hash(secret);
        let row = store::find(&lab.state.db.pool, &id_hash, lab.state.clock.now_ms()).await?;
        Ok(row.and_then(|row| {
            let browser = lab.opened(SEAL, &row.browser)?;
            Some(Self { id_hash, user_id: row.user_id, browser, ends_at: row.ends_at, turn: None })
        }))
    }

    /// First in each experiment.
    pub async fn count_run(&self, lab: &Lab) -> Result<(), AppError> {
        let is_counted = store::count_run(&lab.state.db.pool, &self.id_hash, RUNS_MAX).await?;
        if is_counted { Ok(()) } else { Err(AppError::LabFull) }
    }

    /// This one, read again, with the turn of the one before.
    pub fn in_place_of(self, waiting: Self) -> Self {
        Self { turn: waiting.turn, ..self }
    }

    pub async fn keep_browser(&self, lab: &Lab) -> Result<(), AppError> {
        Ok(store::keep_browser(&lab.state.db.pool, &self.id_hash, &lab.sealed(SEAL, &self.browser)?).await?)
    }

    pub async fn keep_result(&self, lab: &Lab, experiment: &str, result: &impl Serialize) -> Result<(), AppError> {
        let (json, now_ms) = (serde_json::to_string(result)?, lab.state.clock.now_ms());
        Ok(store::keep_result(&lab.state.db.pool, &self.user_id, experiment, now_ms, &json).await?)
    }

    /// What an experiment showed last. A result that an older program wrote is as good as none.
    pub async fn result<T: DeserializeOwned>(&self, lab: &Lab, experiment: &str) -> Result<Option<T>, AppError> {
        let json = store::result(&lab.state.db.pool, &self.user_id, experiment).await?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Logs the demo user in again where the session is over, as the owner would.
    pub async fn ensure_logged_in(&mut self, lab: &Lab) -> Result<(), AppError> {
        if self.is_logged_in(lab).await? {
            return Ok(());
        }
        let email = self.email(lab).await?;
        self.browser.log_in(lab, &email).await?;
        self.keep_browser(lab).await
    }

    pub async fn email(&self, lab: &Lab) -> Result<String, AppError> {
        Ok(self.user(lab).await?.email)
    }

    async fn user(&self, lab: &Lab) -> Result<User, AppError> {
        user_store::find_by_id(&lab.state.db.pool, &self.user_id).await?.ok_or(AppError::NotFound)
    }

    pub async fn is_logged_in(&self, lab: &Lab) -> Result<bool, AppError> {
        if self.browser.session(lab).is_none() {
            return Ok(false);
        }
        Ok(self.browser.ask(lab, &Ask::renewal()).await?.status == 200)
    }

    pub async fn info(&self, lab: &Lab) -> Result<VisitInfo, AppError> {
        Ok(VisitInfo {
            name: self.user(lab).await?.name,
            ends_at: self.ends_at,
            logged_in: self.is_logged_in(lab).await?,
        })
    }

    pub async fn end(self, lab: &Lab) -> Result<(), AppError> {
        let mut tx = lab.state.db.begin_write().await?;
        store::remove(&mut tx, &self.user_id).await?;
        Ok(tx.commit().await?)
    }
}

fn random() -> Result<String, AppError> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| AppError::internal())?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn hash(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}

/// Letters and digits that tell nothing of the secret.
fn email_word(secret: &str) -> String {
    let letters = hash(&format!("email of {secret}"));
    letters.chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>().to_lowercase()
}
