//! Who may go on at once, in this process: a turn to write, and a place among the tries that are not judged yet. Each
//! world has its own, so what waits in the Lab keeps no one else waiting. Server side.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::base::{error::AppError, lock::lock};

/// How many tries may write at once. In a storm of logins the others wait here, without a connection, and pages and API
/// calls find one free. SQLite has one writer anyway; on PostgreSQL it is several times what can be hashed.
const WRITERS: usize = 2;

/// Less than a request may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Cheap to clone.
#[derive(Clone)]
pub struct Turns(Arc<Inner>);

struct Inner {
    writing: Arc<Semaphore>,
    /// By what is counted; only while someone is inside, or waits.
    inside: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Inner { writing: Arc::new(Semaphore::new(WRITERS)), inside: Mutex::default() }))
    }
}

impl Turns {
    /// Waits until it is this request's turn to write; hold it until that is done, and not while a password is hashed.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many are ahead.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, AppError> {
        take(&self.0.writing, 1).await
    }

    /// Waits for one of the `of` places of what is counted under `key`, or, where it must be `alone`, for all of them: then
    /// every try that was inside is judged. Of two keys all callers must ask for the same one first.
    ///
    /// # Errors
    /// [`AppError::Busy`] when that takes too long.
    pub async fn place(&self, key: &str, of: i64, alone: bool) -> Result<Place, AppError> {
        let of = u32::try_from(of).unwrap_or(u32::MAX).clamp(1, PLACES_MAX);
        // Made first: it tidies up even if the caller goes away while waiting.
        let mut place = Place { turns: self.clone(), key: key.to_owned(), held: None };
        let new = || Arc::new(Semaphore::new(of as usize));
        let places = Arc::clone(lock(&self.0.inside).entry(key.to_owned()).or_insert_with(new));
        place.held = Some(take(&places, if alone { of } else { 1 }).await?);
        Ok(place)
    }
}

/// More than any setting lets in.
const PLACES_MAX: u32 = 100_000_000;

async fn take(places: &Arc<Semaphore>, count: u32) -> Result<OwnedSemaphorePermit, AppError> {
    match tokio::time::timeout(TIMEOUT, Arc::clone(places).acquire_many_owned(count)).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) | Err(_) => Err(AppError::Busy),
    }
}

/// Held from before a try is counted until it is judged.
pub struct Place {
    turns: Turns,
    key: String,
    held: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Who was alone lets others in.
    pub fn keep_one(&mut self) {
        if let Some(held) = &mut self.held {
            drop(held.split(held.num_permits().saturating_sub(1)));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.held = None;
        let mut inside = lock(&self.turns.0.inside);
        // Every caller inside or waiting holds one, too.
        if inside.get(&self.key).is_some_and(|places| Arc::strong_count(places) == 1) {
            inside.remove(&self.key);
        }
    }
}
