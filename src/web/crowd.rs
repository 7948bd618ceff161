//! Whose requests are under way: however many one person sends, the others find room. Server side.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::AppError;

/// So many requests of one person may wait for their turn. Each holds some kilobytes and no connection to the database.
const WAITING_MAX: usize = 200;

/// Whoever has waited for so long is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Shared by all requests of this process. Cheap to clone.
#[derive(Clone)]
pub struct Crowd(Arc<Inner>);

struct Inner {
    at_once: usize,
    lines: Mutex<HashMap<String, Line>>,
}

/// Of one person: first come, first served.
struct Line {
    turns: Arc<Semaphore>,
    present: usize,
}

/// The turn of one request, given back when it is dropped: also when the client just went.
#[derive(Debug)]
pub struct Place {
    // In this order: whoever comes next must not find the line gone and its turn still taken.
    _turn: OwnedSemaphorePermit,
    _present: Present,
}

/// One of those in the line.
struct Present {
    crowd: Arc<Inner>,
    who: String,
}

impl Crowd {
    /// `at_once`: so many requests of one person are worked on at the same time.
    pub fn new(at_once: u32) -> Self {
        Self(Arc::new(Inner { at_once: at_once.max(1) as usize, lines: Mutex::default() }))
    }

    /// Waits until it is the turn of this request.
    ///
    /// # Errors
    /// [`AppError::TooManyAtOnce`] when too many are ahead.
    pub async fn enter(&self, who: &str) -> Result<Place, AppError> {
        let (turns, present) = self.join(who).ok_or(AppError::TooManyAtOnce)?;
        match tokio::time::timeout(WAIT_MAX, turns.acquire_owned()).await {
            Ok(Ok(turn)) => Ok(Place { _turn: turn, _present: present }),
            Ok(Err(_)) | Err(_) => Err(AppError::TooManyAtOnce),
        }
    }

    fn join(&self, who: &str) -> Option<(Arc<Semaphore>, Present)> {
        let mut lines = self.0.lines();
        let at_once = self.0.at_once;
        let line = lines
            .entry(who.to_owned())
            .or_insert_with(|| Line { turns: Arc::new(Semaphore::new(at_once)), present: 0 });
        if line.present >= at_once + WAITING_MAX {
            return None;
        }
        line.present += 1;
        Some((Arc::clone(&line.turns), Present { crowd: Arc::clone(&self.0), who: who.to_owned() }))
    }

    /// How many requests of this person are worked on or wait.
    pub fn present(&self, who: &str) -> usize {
        self.0.lines().get(who).map_or(0, |line| line.present)
    }
}

impl Inner {
    fn lines(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        // Nothing can be half done in there.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut lines = self.crowd.lines();
        if let Some(line) = lines.get_mut(&self.who) {
            line.present -= 1;
            if line.present == 0 {
                lines.remove(&self.who);
            }
        }
    }
}

impl std::fmt::Debug for Present {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.who)
    }
}
