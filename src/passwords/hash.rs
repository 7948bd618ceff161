//! Hash and check passwords: argon2id, as many at once as the memory budget allows. Server side.

use std::sync::{Arc, Mutex};

use argon2::{
    Algorithm, Argon2, Block, Version,
    password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt},
};
use tokio::sync::Semaphore;

use super::{
    cost::Cost,
    queue::Queue,
    typed::{NewPassword, Password},
};
use crate::base::{caller::Caller, config::Config, error::AppError, lock::lock, metrics::Metrics};

/// The one door to argon2. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

pub(super) struct Inner {
    /// Of new hashes.
    wanted: Cost,
    /// Of stored ones. Every try costs one hash of each, so that the time tells neither what the account's own costs nor
    /// whether there is an account.
    in_use: Mutex<Vec<Cost>>,
    /// Fewest characters of a new password.
    min_chars: u8,
    questions: Questions,
    queue: Queue,
    at_once: usize,
    /// Blocks are used again: freed and allocated anew, glibc keeps a gigabyte of them.
    blocks: Mutex<Vec<Vec<Block>>>,
    metrics: Metrics,
}

/// Who asks how strong a password is: one gets an answer, the others wait, and the rest is told "busy" at once.
pub(super) struct Questions {
    pub places: Arc<Semaphore>,
    pub turn: Arc<Semaphore>,
}

/// A question takes a millisecond, or some tens for a text made to that end.
const MAX_QUESTIONS: usize = 16;

/// Stands before a hash whose password opens nothing any more.
const BLOCKED: &str = "blocked ";

/// Of hashes that only take their time.
const NO_SALT: &[u8] = b"salt of no account";

/// What to store in the place of a hash so that no password opens the account. What is kept of the hash says one thing
/// only: that the password to be set is the old one, which whoever made this necessary may know. It costs nothing, so no
/// one can make the server hash by asking for it.
pub fn blocked(stored: &str) -> String {
    if is_blocked(stored) { stored.to_owned() } else { format!("{BLOCKED}{stored}") }
}

/// `none` is what an earlier Latchkey stored, which kept nothing.
pub fn is_blocked(stored: &str) -> bool {
    stored.starts_with(BLOCKED) || stored == "none"
}

impl Passwords {
    /// # Errors
    /// When the argon2 settings do not go together.
    pub fn new(config: &Config, metrics: Metrics) -> Result<Self, AppError> {
        let wanted = Cost::wanted(config);
        wanted.params()?;
        let affordable = (config.hash_budget_mib * 1024 / config.argon2_memory_kib).max(1) as usize;
        // More than there are processors hash no faster, and only keep pages and API calls waiting.
        let at_once = affordable.min(std::thread::available_parallelism().map_or(1, usize::from));
        Ok(Self(Arc::new(Inner {
            wanted,
            in_use: Mutex::new(vec![wanted]),
            min_chars: config.password_min_chars,
            questions: Questions { places: Arc::new(Semaphore::new(MAX_QUESTIONS)), turn: Arc::new(Semaphore::new(1)) },
            queue: Queue::new(at_once),
            at_once,
            blocks: Mutex::new(Vec::with_capacity(at_once)),
            metrics,
        })))
    }

    /// What the stored hashes cost, in place of what was known before.
    pub fn set_in_use(&self, mut costs: Vec<Cost>) {
        costs.push(self.0.wanted);
        costs.sort_unstable();
        costs.dedup();
        *lock(&self.0.in_use) = costs;
    }

    /// The PHC string to store for a new password.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already.
    pub async fn hash(&self, from: &Caller, password: NewPassword) -> Result<String, AppError> {
        self.admitted(from, move |inner, blocks| inner.hash(inner.wanted, password.0.text(), blocks)).await
    }

    /// Whether the settings ask for more than the stored hash has cost: memory, passes or lanes.
    pub fn is_weaker(&self, stored: &str) -> bool {
        Cost::of(stored).is_ok_and(|cost| cost.at_least(self.0.wanted) != cost)
    }

    /// A new hash for the password of the stored one, as strong as the settings ask for, and in no respect weaker than
    /// it was.
    pub async fn hash_stronger(&self, from: &Caller, password: Password, stored: String) -> Result<String, AppError> {
        self.admitted(from, move |inner, blocks| {
            let cost = Cost::of(&stored)?.at_least(inner.wanted);
            inner.note_in_use(cost);
            inner.hash(cost, password.text(), blocks)
        })
        .await
    }

    /// Whether the password belongs to the stored hash. `None` (no such user) and a [`blocked`] one cost the same and are
    /// always false.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already; internal when the stored hash cannot be read.
    pub async fn verify(&self, from: &Caller, password: Password, stored: Option<String>) -> Result<bool, AppError> {
        let stored = stored.filter(|hash| !is_blocked(hash));
        self.admitted(from, move |inner, blocks| inner.verify(stored.as_deref(), password.text(), blocks)).await
    }

    /// Whether a password to be set is the one that is stored already, [`blocked`] or not; costs what [`Self::verify`]
    /// costs.
    pub async fn is_current(&self, from: &Caller, password: &NewPassword, stored: &str) -> Result<bool, AppError> {
        let stored = stored.strip_prefix(BLOCKED).unwrap_or(stored);
        self.verify(from, password.0.clone(), Some(stored.to_owned())).await
    }

    /// How many hashes may run at once.
    pub fn at_once(&self) -> usize {
        self.0.at_once
    }

    /// How many hashes run, and how many callers wait.
    pub fn at_work(&self) -> (usize, usize) {
        let (free, waiting) = self.0.queue.free_and_waiting();
        (self.0.at_once - free, waiting)
    }

    /// Fewest characters of a new password.
    pub fn min_chars(&self) -> u8 {
        self.0.min_chars
    }

    pub(super) fn questions(&self) -> &Questions {
        &self.0.questions
    }

    /// Takes every turn to hash, so that who comes has to wait until they are given back.
    #[cfg(test)]
    pub async fn hold(&self) -> Vec<super::queue::Turn> {
        let turns = (0..self.0.at_once).map(|_| self.0.queue.turn("a test".into()));
        futures::future::try_join_all(turns).await.expect("the turns")
    }

    /// Runs one hash, or what costs as much, off the async threads and within the memory budget, when it is the turn of
    /// the network that asks.
    pub(super) async fn admitted<T: Send + 'static>(
        &self,
        from: &Caller,
        work: impl FnOnce(&Inner, &mut Vec<Block>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let turn = self.0.queue.turn(from.widest_network()).await?;
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            // Held until the work is done: who goes away in the middle of it has its memory still.
            let _held = turn;
            let mut blocks = lock(&inner.blocks).pop().unwrap_or_default();
            let result = work(&inner, &mut blocks);
            lock(&inner.blocks).push(blocks);
            result
        })
        .await?
    }
}

impl Inner {
    fn hash(&self, cost: Cost, password: &str, blocks: &mut Vec<Block>) -> Result<String, AppError> {
        let salt = Salt::generate();
        let output = self.derive(cost, password, &salt, blocks)?;
        let phc = PasswordHash {
            algorithm: Ident::new("argon2id").map_err(argon2::password_hash::Error::from)?,
            version: Some(Version::default().into()),
            params: ParamsString::try_from(&cost.params()?)?,
            salt: Some(salt),
            hash: Some(output),
        };
        Ok(phc.to_string())
    }

    fn verify(&self, stored: Option<&str>, password: &str, blocks: &mut Vec<Block>) -> Result<bool, AppError> {
        let own = stored.map(Cost::of).transpose()?;
        if let Some(own) = own {
            self.note_in_use(own);
        }
        let stored = stored.map(PasswordHash::new).transpose().map_err(argon2::password_hash::Error::from)?;
        let salt = stored.as_ref().and_then(|stored| stored.salt.as_deref()).unwrap_or(NO_SALT);
        let expected = stored.as_ref().and_then(|stored| stored.hash);
        let costs = lock(&self.in_use).clone();
        let mut matches = false;
        for cost in costs {
            let is_own = Some(cost) == own;
            let output = self.derive(cost, password, if is_own { salt } else { NO_SALT }, blocks)?;
            // `Output` compares in constant time.
            matches |= is_own & expected.is_some_and(|expected| output == expected);
        }
        Ok(matches)
    }

    fn derive(&self, cost: Cost, password: &str, salt: &[u8], blocks: &mut Vec<Block>) -> Result<Output, AppError> {
        let params = cost.params()?;
        blocks.resize(params.block_count(), Block::default());
        let mut output = [0_u8; argon2::Params::DEFAULT_OUTPUT_LEN];
        Argon2::new(Algorithm::Argon2id, Version::default(), params)
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, blocks)
            .map_err(argon2::password_hash::Error::from)?;
        self.metrics.password_hashed(cost.to_string());
        Ok(Output::new(&output).map_err(argon2::password_hash::Error::from)?)
    }

    /// At once where it is stored or met: until the next look a try would tell it from others.
    fn note_in_use(&self, cost: Cost) {
        let mut costs = lock(&self.in_use);
        if !costs.contains(&cost) {
            costs.push(cost);
        }
    }
}
