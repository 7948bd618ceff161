//! A visit to the Lab: a demo user, their browser, and what the experiments showed. Server side.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use axum::http::{HeaderMap, request::Parts};
use leptos::prelude::use_context;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::{
    DEMO_USER,
    browser::{Ask, Browser},
    store,
    store::VisitRow,
    world::Lab,
};
use crate::{
    auth::{throttle::Way, users::Role},
    base::{
        caller::{Caller, network_of},
        error::AppError,
        random,
    },
    web::{
        action::{append_cookie, caller},
        border, cookies,
        cookies::Name,
    },
};

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
    _turn: Option<OwnedSemaphorePermit>,
}

pub async fn begin() -> Result<(), AppError> {
    let (lab, app, caller) = (here()?, border::app(), caller());
    if current(&lab).await?.is_none() {
        let _counted = app.throttle.admit(Way::Visit, &caller.ip).await?;
        let (visit, secret) = Visit::begin(&lab, &caller).await?;
        tracing::info!(demo = visit.user_id, "a visit to the Lab started");
        append_cookie(cookies::set(&app.state.config, Name::Lab, &secret, LIFETIME_MS / 1000));
    }
    leptos_axum::redirect("/lab");
    Ok(())
}

pub async fn end() -> Result<(), AppError> {
    let lab = here()?;
    // Also one that is over by now: what the page says next shall be true.
    if let Some(secret) = border::cookie(Name::Lab)
        && let Some(row) = store::find(&lab.state.db.pool, &random::hash(&secret), 0).await?
    {
        remove(&lab, &row.user_id).await?;
    }
    border::forget(Name::Lab);
    border::lead_to("/lab", &[("visit", "deleted")])
}

/// The Lab, and the visit of this browser for an experiment, which is counted and has its turn now; with the demo user
/// logged in.
pub async fn experiment() -> Result<(Arc<Lab>, Visit), AppError> {
    let lab = here()?;
    let waiting = current(&lab).await?.ok_or(AppError::VisitOver)?;
    if !store::count_run(&lab.state.db.pool, &waiting.id_hash, RUNS_MAX).await? {
        return Err(AppError::LabFull);
    }
    let turn = take_turn(&lab).await?;
    // As the experiment before has left it.
    let visit = current(&lab).await?.ok_or(AppError::VisitOver)?;
    let mut visit = Visit { _turn: Some(turn), ..visit };
    visit.ensure_logged_in(&lab).await?;
    Ok((lab, visit))
}

/// Waits until no other experiment runs in this process: one visitor's must not disturb another's, nor their own in
/// another tab, and all of them together use one processor at most.
pub async fn take_turn(lab: &Lab) -> Result<OwnedSemaphorePermit, AppError> {
    let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&lab.turns).acquire_owned()).await;
    turn.map_err(|_| AppError::Measuring)?.map_err(|_| AppError::Busy)
}

/// Leads the browser to what the experiment of this moment showed, at this place of the page: the end of each, and never an
/// error.
pub fn show(ran_at: i64, place: &str) -> Result<(), AppError> {
    leptos_axum::redirect(&format!("/lab?run={ran_at}#{place}"));
    Ok(())
}

/// Removes visits that are over; how many it were.
pub async fn remove_over(lab: &Lab) -> Result<usize, sqlx::Error> {
    let over = store::over(&lab.state.db.pool, lab.now_ms()).await?;
    for user_id in &over {
        remove(lab, user_id).await?;
    }
    let mut tx = lab.state.db.begin_write().await?;
    store::remove_old(&mut tx, lab.now_ms() - 2 * LIFETIME_MS).await?;
    tx.commit().await?;
    if !over.is_empty() {
        tracing::info!(visits = over.len(), "visits to the Lab have ended");
    }
    Ok(over.len())
}

async fn remove(lab: &Lab, user_id: &str) -> Result<(), sqlx::Error> {
    let mut tx = lab.state.db.begin_write().await?;
    store::remove(&mut tx, user_id).await?;
    tx.commit().await
}

fn here() -> Result<Arc<Lab>, AppError> {
    use_context().ok_or(AppError::NotFound)
}

async fn current(lab: &Lab) -> Result<Option<Visit>, AppError> {
    let Some(parts) = use_context::<Parts>() else { return Ok(None) };
    Visit::of(lab, &parts.headers).await
}

impl Visit {
    /// A demo user, logged in. Returns the cookie's value beside it.
    async fn begin(lab: &Lab, caller: &Caller) -> Result<(Self, String), AppError> {
        let (network, now_ms) = (network_of(&caller.ip), lab.now_ms());
        let (all, of_network) = store::count(&lab.state.db.pool, &network, now_ms).await?;
        if all >= VISITS_MAX || of_network >= VISITS_OF_NETWORK_MAX {
            return Err(AppError::LabFull);
        }
        let secret = random::token()?;
        let email = format!("{}@lab.example", &Uuid::now_v7().simple().to_string()[16..]);
        let ip = caller.ip.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let mut tx = lab.state.db.begin_write().await?;
        let user_id = lab.make_user(&mut tx, DEMO_USER, &email, Role::User).await?.ok_or_else(AppError::internal)?;
        let (id_hash, browser, ends_at) =
            (random::hash(&secret), Browser::of_a_visitor(email, ip), now_ms + LIFETIME_MS);
        let row = VisitRow { user_id: user_id.clone(), browser: lab.sealed(SEAL, &browser)?, ends_at };
        // With its user: what is removed with a visit has one.
        store::insert(&mut *tx, &id_hash, &row, &network, now_ms).await?;
        tx.commit().await?;
        let mut visit = Self { id_hash, user_id, browser, ends_at, _turn: None };
        visit.browser.log_in(lab).await?;
        visit.keep_browser(lab).await?;
        Ok((visit, secret))
    }

    /// The visit whose cookie came along, if it lasts.
    pub async fn of(lab: &Lab, headers: &HeaderMap) -> Result<Option<Self>, AppError> {
        let Some(secret) = cookies::get(&lab.state.config, headers, Name::Lab) else { return Ok(None) };
        let id_hash = random::hash(secret);
        let row = store::find(&lab.state.db.pool, &id_hash, lab.now_ms()).await?;
        Ok(row.and_then(|row| {
            let browser = lab.opened(SEAL, &row.browser)?;
            Some(Self { id_hash, user_id: row.user_id, browser, ends_at: row.ends_at, _turn: None })
        }))
    }

    pub async fn keep_browser(&self, lab: &Lab) -> Result<(), AppError> {
        Ok(store::keep_browser(&lab.state.db.pool, &self.id_hash, &lab.sealed(SEAL, &self.browser)?).await?)
    }

    pub async fn keep_result(&self, lab: &Lab, experiment: &str, result: &impl Serialize) -> Result<(), AppError> {
        let json = serde_json::to_string(result)?;
        Ok(store::keep_result(&lab.state.db.pool, &self.user_id, experiment, lab.now_ms(), &json).await?)
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
        self.browser.log_in(lab).await?;
        self.keep_browser(lab).await
    }

    pub async fn is_logged_in(&self, lab: &Lab) -> Result<bool, AppError> {
        Ok(self.renewed(lab).await?.1)
    }

    /// The demo browser after it has asked for a new token, and whether it got one. It is not kept, since experiments go on
    /// with what the browser has.
    pub async fn renewed(&self, lab: &Lab) -> Result<(Browser, bool), AppError> {
        let mut browser = self.browser.clone();
        let answer = browser.send(lab, &Ask::renewal()).await?;
        Ok((browser, answer.status == 200))
    }
}
