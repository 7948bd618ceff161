//! Whose requests are under way: however many one person sends, the others find room. Server side.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::base::error::AppError;

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
    /// By session: what stands before the line of the person.
    sessions: HashMap<String, Line>,
}

/// First come, first served.
struct Line {
    turns: Arc<Semaphore>,
    present: usize,
}

/// The turn of one request, given back when it is dropped: also when the client just went.
#[derive(Debug)]
pub struct Place {
    // In this order: whoever comes next must not find the line gone and its turn still taken.
    _turns: (OwnedSemaphorePermit, OwnedSemaphorePermit),
    _present: Present,
    /// Whether others were ahead: what was found out before may be over.
    pub has_waited: bool,
}

/// What a request stands in, the first line before the second.
struct Lines {
    of_session: Arc<Semaphore>,
    of_person: Arc<Semaphore>,
    present: Present,
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
        let Lines { of_session, of_person, present } = self.join(who, session).ok_or(AppError::TooManyAtOnce)?;
        if let Ok(first) = Arc::clone(&of_session).try_acquire_owned()
            && let Ok(second) = Arc::clone(&of_person).try_acquire_owned()
        {
            return Ok(Place { _turns: (first, second), _present: present, has_waited: false });
        }
        let turns =
            async { Ok::<_, AcquireError>((of_session.acquire_owned().await?, of_person.acquire_owned().await?)) };
        match tokio::time::timeout(WAIT_MAX, turns).await {
            Ok(Ok(turns)) => Ok(Place { _turns: turns, _present: present, has_waited: true }),
            Ok(Err(_)) | Err(_) => Err(AppError::TooManyAtOnce),
        }
    }

    fn join(&self, who: &str, session: &str) -> Option<Lines> {
        let at_once = self.0.at_once;
        // One turn of a person is always free for another session.
        let turns = if who == session { at_once } else { at_once.saturating_sub(1).max(1) };
        let mut hall = self.0.hall();
        if hall.sessions.get(session).is_some_and(|line| line.present >= at_once + WAITING_MAX) {
            return None;
        }
        let of_session = enter_line(&mut hall.sessions, session, turns);
        let of_person = enter_line(&mut hall.lines, who, at_once);
        let present = Present { crowd: Arc::clone(&self.0), who: who.to_owned(), session: session.to_owned() };
        Some(Lines { of_session, of_person, present })
    }

    /// How many requests of this person are worked on or wait.
    pub fn present(&self, who: &str) -> usize {
        self.0.hall().lines.get(who).map_or(0, |line| line.present)
    }
}

fn enter_line(lines: &mut HashMap<String, Line>, name: &str, at_once: usize) -> Arc<Semaphore> {
    let new = || Line { turns: Arc::new(Semaphore::new(at_once)), present: 0 };
    let line = lines.entry(name.to_owned()).or_insert_with(new);
    line.present += 1;
    Arc::clone(&line.turns)
}

fn leave_line(lines: &mut HashMap<String, Line>, name: &str) {
    if let Some(line) = lines.get_mut(name) {
        line.present -= 1;
        if line.present == 0 {
            lines.remove(name);
        }
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
        leave_line(&mut hall.lines, &self.who);
        leave_line(&mut hall.sessions, &self.session);
    }
}

impl std::fmt::Debug for Present {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.who)
    }
}
