//! Hash and check passwords: argon2id, as many at once as the memory budget allows. Server side.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt},
};
use tokio::sync::Semaphore;

use super::{credentials::Password, new_password::NewPassword};
use crate::{config::Config, error::AppError};

/// The one door to argon2. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

pub(super) struct Inner {
    params: Params,
    /// Fewest characters of a new password.
    min_chars: u8,
    questions: Questions,
    permits: Arc<Semaphore>,
    permits_max: usize,
    /// Who waits for a permit; more than `MAX_WAITING` are told "busy" at once.
    waiting: AtomicUsize,
    /// Blocks are used again: freed and allocated anew, glibc keeps a gigabyte of them.
    blocks: Mutex<Vec<Vec<Block>>>,
    /// Checked when the user is unknown, so that both cost the same time.
    decoy: String,
}

/// Who asks how strong a password is: one gets an answer, the others wait, and the rest is told "busy" at once.
pub(super) struct Questions {
    pub places: Arc<Semaphore>,
    pub turn: Arc<Semaphore>,
}

/// A question takes a millisecond, or some tens for a text made to that end.
const MAX_QUESTIONS: usize = 16;

/// Stands in the place of a hash where no password may open the account: none belongs to it, and to check one costs as
/// much as ever. To write it costs nothing, so nobody can make the server hash by asking for it.
pub const NO_PASSWORD: &str = "none";

/// About two seconds of work at 30 ms each on two cores.
const MAX_WAITING: usize = 128;

impl Passwords {
    /// # Errors
    /// When the argon2 settings do not go together.
    pub fn new(config: &Config) -> Result<Self, AppError> {
        let params = Params::new(config.argon2_memory_kib, config.argon2_passes, config.argon2_lanes, None)
            .map_err(argon2::password_hash::Error::from)?;
        let affordable = (config.hash_budget_mib * 1024 / config.argon2_memory_kib).max(1) as usize;
        // More than there are processors hash no faster, and only keep pages and API calls waiting.
        let permits = affordable.min(std::thread::available_parallelism().map_or(1, usize::from));
        let decoy = hash(&params, b"no account has this password", &mut new_blocks(&params))?;
        Ok(Self(Arc::new(Inner {
            params,
            min_chars: config.password_min_chars,
            questions: Questions { places: Arc::new(Semaphore::new(MAX_QUESTIONS)), turn: Arc::new(Semaphore::new(1)) },
            permits: Arc::new(Semaphore::new(permits)),
            permits_max: permits,
            waiting: AtomicUsize::new(0),
            blocks: Mutex::new(Vec::with_capacity(permits)),
            decoy,
        })))
    }

    /// The PHC string to store for a new password.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already.
    pub async fn hash(&self, password: NewPassword) -> Result<String, AppError> {
        let password = password.into_inner();
        self.admitted(move |inner, blocks| hash(&inner.params, password.expose(), blocks)).await
    }

    /// Whether the settings ask for more than the stored hash has cost: memory, passes or lanes.
    pub fn is_weaker(&self, stored: &str) -> bool {
        let wanted = &self.0.params;
        params_of(stored).is_ok_and(|has| {
            has.m_cost() < wanted.m_cost() || has.t_cost() < wanted.t_cost() || has.p_cost() < wanted.p_cost()
        })
    }

    /// A new hash for the password of the stored one, as strong as the settings ask for, and in no respect weaker than
    /// it was.
    ///
    /// # Errors
    /// As [`Self::hash`].
    pub(super) async fn hash_stronger(&self, password: Password, stored: String) -> Result<String, AppError> {
        self.admitted(move |inner, blocks| {
            let (has, wanted) = (params_of(&stored)?, &inner.params);
            let memory_kib = has.m_cost().max(wanted.m_cost());
            let (passes, lanes) = (has.t_cost().max(wanted.t_cost()), has.p_cost().max(wanted.p_cost()));
            let params = Params::new(memory_kib, passes, lanes, None).map_err(argon2::password_hash::Error::from)?;
            hash(&params, password.expose(), blocks)
        })
        .await
    }

    /// Whether the password belongs to the stored hash. `None` (no such user) and [`NO_PASSWORD`] cost the same and are
    /// always false.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already; internal when the stored hash cannot be read.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, AppError> {
        let stored = stored.filter(|hash| hash != NO_PASSWORD);
        self.admitted(move |inner, blocks| {
            let known = stored.is_some();
            let matches = verify(stored.as_deref().unwrap_or(&inner.decoy), password.expose(), blocks)?;
            Ok(known & matches)
        })
        .await
    }

    /// How many hashes may run at once.
    pub fn at_once(&self) -> usize {
        self.0.permits_max
    }

    /// How many hashes run, and how many callers wait.
    pub fn at_work(&self) -> (usize, usize) {
        let running = self.0.permits_max - self.0.permits.available_permits();
        (running, self.0.waiting.load(Ordering::SeqCst))
    }

    /// Takes every place to hash, as a storm of log-ins would, until it is dropped. For tests.
    #[cfg(test)]
    pub async fn take_all_places(&self) -> tokio::sync::OwnedSemaphorePermit {
        let count = u32::try_from(self.0.permits_max).expect("few places");
        Arc::clone(&self.0.permits).acquire_many_owned(count).await.expect("the places")
    }

    /// Fewest characters of a new password.
    pub fn min_chars(&self) -> u8 {
        self.0.min_chars
    }

    pub(super) fn questions(&self) -> &Questions {
        &self.0.questions
    }

    /// Runs one hash, or what costs as much, off the async threads and within the memory budget.
    pub(super) async fn admitted<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &mut Vec<Block>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let queue = Queue::enter(&self.0)?;
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| AppError::Busy)?;
        drop(queue);
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            // Held until the work is done: who goes away in the middle of it has its memory still.
            let _held = permit;
            let mut blocks = inner.pool().pop().unwrap_or_default();
            let result = work(&inner, &mut blocks);
            inner.pool().push(blocks);
            result
        })
        .await?
    }
}

impl Inner {
    fn pool(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, given back even when the caller goes away.
struct Queue<'a>(&'a AtomicUsize);

impl<'a> Queue<'a> {
    fn enter(inner: &'a Inner) -> Result<Self, AppError> {
        if inner.waiting.fetch_add(1, Ordering::SeqCst) >= MAX_WAITING {
            inner.waiting.fetch_sub(1, Ordering::SeqCst);
            tracing::warn!("password hashing is full; a caller was sent away");
            return Err(AppError::Busy);
        }
        Ok(Self(&inner.waiting))
    }
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn new_blocks(params: &Params) -> Vec<Block> {
    vec![Block::default(); params.block_count()]
}

fn hash(params: &Params, password: &[u8], blocks: &mut Vec<Block>) -> Result<String, AppError> {
    let salt = Salt::generate();
    let output = derive(params, password, &salt, blocks)?;
    let phc = PasswordHash {
        algorithm: Ident::new("argon2id").map_err(argon2::password_hash::Error::from)?,
        version: Some(Version::default().into()),
        params: ParamsString::try_from(params)?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(phc.to_string())
}

fn verify(stored: &str, password: &[u8], blocks: &mut Vec<Block>) -> Result<bool, AppError> {
    let stored = PasswordHash::new(stored).map_err(argon2::password_hash::Error::from)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Ok(false) };
    let output = derive(&Params::try_from(&stored)?, password, salt, blocks)?;
    // `Output` compares in constant time.
    Ok(output == *expected)
}

fn params_of(stored: &str) -> Result<Params, AppError> {
    let stored = PasswordHash::new(stored).map_err(argon2::password_hash::Error::from)?;
    Ok(Params::try_from(&stored)?)
}

fn derive(params: &Params, password: &[u8], salt: &[u8], blocks: &mut Vec<Block>) -> Result<Output, AppError> {
    blocks.resize(params.block_count(), Block::default());
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::default(), params.clone())
        .hash_password_into_with_memory(password, salt, &mut output, blocks)
        .map_err(argon2::password_hash::Error::from)?;
    Ok(Output::new(&output).map_err(argon2::password_hash::Error::from)?)
}
