//! Whose requests are under way: however many one person sends, the others find room. Server side.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::AppError;

/// So many requests of one session may wait for their turn. Each holds some kilobytes and no connection to the database.
/// Of a session and not of a person: whoever floods a stolen one must not keep the owner, who comes with another, from
/// ending it.
const WAITING_MAX: usize = 100;

/// Whoever has waited for so long is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Shared by all requests of this process. Cheap to clone.
#[derive(Clone)]
pub struct Crowd(Arc<Inner>);

struct Inner {
    at_once: usize,
    hall: Mutex<Hall>,
}

#[derive(Default)]
struct Hall {
    /// By person.
    lines: HashMap<String, Line>,
    /// How many requests each session has in the line of its person.
    sessions: HashMap<String, usize>,
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
    session: String,
}

impl Crowd {
    /// `at_once`: so many requests of one person are worked on at the same time.
    pub fn new(at_once: u32) -> Self {
        Self(Arc::new(Inner { at_once: at_once.max(1) as usize, hall: Mutex::default() }))
    }

    /// Waits until it is the turn of this request of this person.
    ///
    /// # Errors
    /// [`AppError::TooManyAtOnce`] when too many of this session are ahead, or the wait is too long.
    pub async fn enter(&self, who: &str, session: &str) -> Result<Place, AppError> {
        let (turns, present) = self.join(who, session).ok_or(AppError::TooManyAtOnce)?;
        match tokio::time::timeout(WAIT_MAX, turns.acquire_owned()).await {
            Ok(Ok(turn)) => Ok(Place { _turn: turn, _present: present }),
            Ok(Err(_)) | Err(_) => Err(AppError::TooManyAtOnce),
        }
    }

    fn join(&self, who: &str, session: &str) -> Option<(Arc<Semaphore>, Present)> {
        let at_once = self.0.at_once;
        let mut hall = self.0.hall();
        let of_session = hall.sessions.get(session).copied().unwrap_or(0);
        if of_session >= at_once + WAITING_MAX {
            return None;
        }
        hall.sessions.insert(session.to_owned(), of_session + 1);
        let new = || Line { turns: Arc::new(Semaphore::new(at_once)), present: 0 };
        let line = hall.lines.entry(who.to_owned()).or_insert_with(new);
        line.present += 1;
        let present = Present { crowd: Arc::clone(&self.0), who: who.to_owned(), session: session.to_owned() };
        Some((Arc::clone(&line.turns), present))
    }

    /// How many requests of this person are worked on or wait.
    pub fn present(&self, who: &str) -> usize {
        self.0.hall().lines.get(who).map_or(0, |line| line.present)
    }
}

impl Inner {
    fn hall(&self) -> MutexGuard<'_, Hall> {
        // Nothing can be half done in there.
        self.hall.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut hall = self.crowd.hall();
        if let Some(line) = hall.lines.get_mut(&self.who) {
            line.present -= 1;
            if line.present == 0 {
                hall.lines.remove(&self.who);
            }
        }
        if let Some(count) = hall.sessions.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                hall.sessions.remove(&self.session);
            }
        }
    }
}

impl std::fmt::Debug for Present {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.who)
    }
}
