//! How often somebody may try: one way for log-in, proof of identity, second factor, reset and whatever sends mail.
//! Server side.
//!
//! A try is counted before it is looked at, in the database, so that a hundred at once cost as many as a hundred in a
//! row, on every instance and over every restart. After a few free ones the wait doubles with each, up to a cap: there
//! is no lock that somebody else could close for good. A browser that the account knows has a counter of its own, so
//! that nobody's guessing keeps it out.

pub mod count;
pub mod guessing;
pub mod store;

use std::time::Duration;

use leptos::prelude::expect_context;
use tokio::sync::{Semaphore, SemaphorePermit};

use self::count::{Count, Limits};
use crate::{
    db::Tx,
    error::AppError,
    known_devices::{self, store as device_store},
    sealed::SecretKey,
    state::AppState,
    web::{action::caller, caller::network_of},
};

/// What is asked for often enough to be counted, and proves nothing. Each has its own counter per network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Makes an account.
    SignUp,
    /// Sends a mail to an address that somebody typed.
    Mail,
    /// Begins a visit to the Lab, which makes a demo user.
    Visit,
}

/// So many tries at once may write, of the whole process: in a storm of log-ins the others wait here, without a
/// connection, and pages and API calls find one free. SQLite has one writer anyway; on PostgreSQL it is several times
/// what can be hashed.
static TURNS: Semaphore = Semaphore::const_new(2);

const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// Waits until it is this try's turn to write; hold it until that is done, and not while a password is hashed.
///
/// # Errors
/// [`AppError::Busy`] when too many are ahead.
pub async fn turn() -> Result<SemaphorePermit<'static>, AppError> {
    match tokio::time::timeout(TURN_TIMEOUT, TURNS.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) | Err(_) => Err(AppError::Busy),
    }
}

/// How many accounts and how many networks have to wait at this moment before their next try is looked at.
///
/// # Errors
/// When the database cannot be read.
pub async fn waiting(state: &AppState) -> Result<(i64, i64), AppError> {
    let longest_ms = Limits::of_account(&state.config).longest_ms;
    Ok(store::count_waiting(&state.db.pool, longest_ms, state.clock.now_ms()).await?)
}

/// A try that was counted. Who proves themselves says so with [`Try::succeeded`]; otherwise it stays counted.
#[must_use]
pub struct Try {
    state: AppState,
    counted: Vec<Counted>,
}

struct Counted {
    key: Key,
    count: Count,
}

/// What is counted: the hash of it, so that the table tells no addresses, and the limits that hold for it.
#[derive(Clone)]
struct Key {
    hash: String,
    limits: Limits,
    /// Of one account, or of one browser of it: a success forgets it. A network only gets the one try back, or who has
    /// an account of their own could clean the counter between guesses.
    is_account: bool,
}

/// Counts a try of the password of the account with this normalised e-mail, whether or not there is one.
///
/// # Errors
/// [`AppError::TooManyTries`], before anything is looked at.
pub async fn admit_password(email: &str) -> Result<Try, AppError> {
    let keys = Keys::here();
    let known = match known_devices::here() {
        Some(device) if device_store::is_known_to(&keys.state.db.pool, &device.hash(), email).await? => Some(device),
        _ => None,
    };
    keys.admit_proof(&format!("password {email}"), known.map(|device| device.hash())).await
}

/// Counts a try of the second factor of this user.
///
/// # Errors
/// [`AppError::TooManyTries`], before anything is looked at.
pub async fn admit_code(user_id: &str) -> Result<Try, AppError> {
    let keys = Keys::here();
    let known = match known_devices::here() {
        Some(device) if device_store::is_known(&keys.state.db.pool, &device.hash(), user_id).await? => Some(device),
        _ => None,
    };
    keys.admit_proof(&format!("code {user_id}"), known.map(|device| device.hash())).await
}

/// Counts a try of the token of a link that went out by mail. It shares the network's counter with passwords and codes.
///
/// # Errors
/// [`AppError::TooManyTries`], before anything is looked at.
pub async fn admit_reset() -> Result<Try, AppError> {
    let keys = Keys::here();
    let network = keys.network("proof");
    keys.admit(vec![network]).await
}

/// Counts a request of this kind.
///
/// # Errors
/// [`AppError::TooManyTries`], before anything is looked at.
pub async fn admit(way: Way) -> Result<Try, AppError> {
    let keys = Keys::here();
    let network = keys.network(match way {
        Way::SignUp => "sign-up",
        Way::Mail => "mail",
        Way::Visit => "visit",
    });
    keys.admit(vec![network]).await
}

/// Counts something that a person does who has proven who they are, in the transaction that does it. `what` names both.
///
/// # Errors
/// [`AppError::TooManyTries`].
pub async fn count_act(tx: &mut Tx, what: &str, limits: &Limits, now_ms: i64) -> Result<(), AppError> {
    let before = store::lock(&mut **tx, what, store::ACT, now_ms).await?;
    Ok(store::write(&mut **tx, what, &before.with_one_more(limits, now_ms)?).await?)
}

impl Try {
    /// How many tries of the account, or of this browser of it, there were since the last success.
    pub fn in_a_row(&self) -> i64 {
        self.counted
            .iter()
            .filter(|counted| counted.key.is_account)
            .map(|counted| counted.count.tries)
            .max()
            .unwrap_or(0)
    }

    /// Passes on what looking at it found. Where it could not be looked at, for want of time or memory, it counts
    /// nowhere.
    ///
    /// # Errors
    /// Those of `found`.
    pub async fn keep_if_looked_at<T>(&self, found: Result<T, AppError>) -> Result<T, AppError> {
        if found.is_err() {
            let _turn = turn().await?;
            for Counted { key, count } in &self.counted {
                store::give_back(&self.state.db.pool, &key.hash, count, self.state.clock.now_ms()).await?;
            }
        }
        found
    }

    /// It was the owner: forgets the account's tries, and gives the network this one back.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn succeeded(&self) -> Result<(), AppError> {
        let _turn = turn().await?;
        for Counted { key, count } in &self.counted {
            match key.is_account {
                true => store::forget(&self.state.db.pool, &key.hash).await?,
                false => store::give_back(&self.state.db.pool, &key.hash, count, self.state.clock.now_ms()).await?,
            }
        }
        Ok(())
    }
}

/// Makes the keys of the request that runs now.
struct Keys {
    state: AppState,
    secret: SecretKey,
    ip: String,
}

impl Keys {
    fn here() -> Self {
        Self { state: expect_context(), secret: expect_context(), ip: caller().ip }
    }

    fn account(&self, what: &str) -> Key {
        let limits = Limits::of_account(&self.state.config);
        Key { hash: self.secret.tag(&format!("throttle {what}")), limits, is_account: true }
    }

    fn network(&self, what: &str) -> Key {
        let limits = Limits::of_network(&self.state.config);
        let network = network_of(&self.ip);
        Key { hash: self.secret.tag(&format!("throttle {what} from {network}")), limits, is_account: false }
    }

    /// A browser that the account knows has one counter for the two of them and nothing else: neither the account's
    /// other tries nor its neighbours behind one address count against it.
    async fn admit_proof(self, proof: &str, known_device: Option<String>) -> Result<Try, AppError> {
        let keys = match known_device {
            Some(device_hash) => vec![self.account(&format!("{proof} on {device_hash}"))],
            None => vec![self.network("proof"), self.account(proof)],
        };
        self.admit(keys).await
    }

    async fn admit(self, keys: Vec<Key>) -> Result<Try, AppError> {
        let now_ms = self.state.clock.now_ms();
        // Without a write first: a flood of refused tries must not keep others from the database.
        for key in &keys {
            if let Some(count) = store::read(&self.state.db.pool, &key.hash).await? {
                count.check(&key.limits, now_ms)?;
            }
        }
        let _turn = turn().await?;
        let mut tx = self.state.db.begin_write().await?;
        let mut counted = Vec::with_capacity(keys.len());
        for key in keys {
            let count = count_one(&mut tx, &key, now_ms).await?;
            counted.push(Counted { key, count });
        }
        tx.commit().await?;
        Ok(Try { state: self.state, counted })
    }
}

/// A refusal drops the transaction, so that a try which is not looked at counts nowhere.
async fn count_one(tx: &mut Tx, key: &Key, now_ms: i64) -> Result<Count, AppError> {
    let counts = if key.is_account { store::ACCOUNT } else { store::NETWORK };
    let before = store::lock(&mut **tx, &key.hash, counts, now_ms).await?;
    let count = before.with_one_more(&key.limits, now_ms)?;
    store::write(&mut **tx, &key.hash, &count).await?;
    Ok(count)
}
