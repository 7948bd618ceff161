//! Whose requests are under way: however many one person sends, the others find room. Server side.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::BuildHasher,
    sync::{Arc, Mutex},
    time::Duration,
};

use foldhash::quality::RandomState;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::base::{error::AppError, lock::lock};

/// So many requests of one session may wait for their turn. Each holds some kilobytes and no connection to the database.
/// Of a session and not of a person: whoever floods a stolen one must not keep the owner, who comes with another, from
/// ending it.
const WAITING_MAX: usize = 100;

/// Whoever has waited for so long is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Shared by all requests of this process. Cheap to clone.
#[derive(Clone)]
pub struct Crowd(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    at_once: usize,
    /// Seeded anew by each process. Should two names ever have one hash, they share their turns.
    hasher: RandomState,
    /// By the hash of a person, and by that of a session: its line stands before that of the person.
    lines: Mutex<Lines>,
}

type Lines = HashMap<u64, Line, RandomState>;

/// First come, first served.
#[derive(Debug)]
struct Line {
    turns: Arc<Semaphore>,
    present: usize,
}

/// The turn of one request, given back when it is dropped: also when the client just went.
#[derive(Debug)]
pub struct Place {
    // In this order: whoever comes next must not find the line gone and its turn still taken.
    _turns: Turns,
    _present: Present,
    /// Whether others were ahead: what was found out before may be over.
    pub has_waited: bool,
}

type Turns = (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit);

/// What a request stands in, the first line before the second.
struct Queue {
    of_session: Option<Arc<Semaphore>>,
    of_person: Arc<Semaphore>,
    present: Present,
}

/// One of those in the line.
#[derive(Debug)]
struct Present {
    crowd: Arc<Inner>,
    who: u64,
    /// `None`: whoever has none.
    session: Option<u64>,
}

impl Crowd {
    /// `at_once`: so many requests of one person are worked on at the same time.
    pub fn new(at_once: u32) -> Self {
        let (hasher, lines) = Default::default();
        Self(Arc::new(Inner { at_once: at_once.max(1) as usize, hasher, lines }))
    }

    /// Waits until it is the turn of this request of this person.
    ///
    /// # Errors
    /// [`AppError::TooManyAtOnce`] when too many of this session are ahead, or the wait is too long.
    pub async fn enter(&self, who: &str, session: &str) -> Result<Place, AppError> {
        let Queue { of_session, of_person, present } = self.join(who, session).ok_or(AppError::TooManyAtOnce)?;
        if let Ok(turns) = try_turns(of_session.as_ref(), &of_person) {
            return Ok(Place { _turns: turns, _present: present, has_waited: false });
        }
        match tokio::time::timeout(WAIT_MAX, turns(of_session, of_person)).await {
            Ok(Ok(turns)) => Ok(Place { _turns: turns, _present: present, has_waited: true }),
            Ok(Err(_)) | Err(_) => Err(AppError::TooManyAtOnce),
        }
    }

    fn join(&self, who: &str, session: &str) -> Option<Queue> {
        let Inner { at_once, hasher, .. } = &*self.0;
        let (who, session) = (hasher.hash_one(who), hasher.hash_one(session));
        let mut lines = lock(&self.0.lines);
        if lines.get(&session).is_some_and(|line| line.present >= at_once + WAITING_MAX) {
            return None;
        }
        let session = Some(session).filter(|session| *session != who);
        // One turn of a person is always free for another session.
        let of_session = session.map(|session| enter_line(&mut lines, session, at_once.saturating_sub(1).max(1)));
        let of_person = enter_line(&mut lines, who, *at_once);
        Some(Queue { of_session, of_person, present: Present { crowd: Arc::clone(&self.0), who, session } })
    }

    /// How many requests of this person are worked on or wait.
    pub fn present(&self, who: &str) -> usize {
        lock(&self.0.lines).get(&self.0.hasher.hash_one(who)).map_or(0, |line| line.present)
    }
}

fn try_turns(of_session: Option<&Arc<Semaphore>>, of_person: &Arc<Semaphore>) -> Result<Turns, TryAcquireError> {
    let first = of_session.map(|turns| Arc::clone(turns).try_acquire_owned()).transpose()?;
    Ok((first, Arc::clone(of_person).try_acquire_owned()?))
}

async fn turns(of_session: Option<Arc<Semaphore>>, of_person: Arc<Semaphore>) -> Result<Turns, AcquireError> {
    let first = match of_session {
        Some(turns) => Some(turns.acquire_owned().await?),
        None => None,
    };
    Ok((first, of_person.acquire_owned().await?))
}

fn enter_line(lines: &mut Lines, who: u64, at_once: usize) -> Arc<Semaphore> {
    let new = || Line { turns: Arc::new(Semaphore::new(at_once)), present: 0 };
    let line = lines.entry(who).or_insert_with(new);
    line.present += 1;
    Arc::clone(&line.turns)
}

fn leave_line(lines: &mut Lines, who: u64) {
    if let Entry::Occupied(mut line) = lines.entry(who) {
        line.get_mut().present -= 1;
        if line.get().present == 0 {
            line.remove();
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut lines = lock(&self.crowd.lines);
        leave_line(&mut lines, self.who);
        self.session.iter().for_each(|session| leave_line(&mut lines, *session));
    }
}
