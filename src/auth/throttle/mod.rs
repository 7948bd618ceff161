//! How often someone may try: one way for login, proof of identity, second factor, reset and whatever sends mail.
//! Server side.
//!
//! A try is counted before it is looked at, in the database, so that a hundred at once cost as many as a hundred in a
//! row, on every instance and over every restart. After a few free ones the wait doubles with each, up to a cap: there
//! is no lock that someone else could close for good. A browser that the account knows has a counter of its own, so
//! that no one's guessing keeps it out.
//!
//! Who comes while others are being looked at, and finds that those have used up what was free, waits for their verdict:
//! people who know their password get theirs back, so all of them get in, and of a hundred guesses the free ones are
//! looked at.

pub mod count;
pub mod guessing;
pub mod store;
mod tried;
pub mod turns;

use strum::{IntoStaticStr, VariantArray};
use tokio::sync::OwnedSemaphorePermit;

pub use self::tried::Try;
use self::{
    count::Limits,
    tried::Counted,
    turns::{Place, Turns},
};
use super::known_devices::{Device, store as device_store};
use crate::base::{
    caller::networks_of,
    collision::Collision,
    db::{Tx, again},
    error::AppError,
    sealed::SecretKey,
    state::AppState,
};

/// What is asked for often enough to be counted, and proves nothing. Each has its own counter per network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "kebab-case")]
pub enum Way {
    /// Makes an account.
    SignUp,
    /// Sends a mail to an address that someone typed.
    Mail,
    /// Begins a visit to the Lab, which makes a demo user.
    Visit,
    /// Shows a secret, a code or a token that is none.
    Client,
    /// Begins to ask for a user on behalf of a device.
    Device,
    /// Makes this server read what an application says of itself.
    Document,
}

/// Counts tries, each before it is looked at; one beyond the limits is [`AppError::TooManyTries`]. Cheap to clone.
#[derive(Clone)]
pub struct Throttle {
    state: AppState,
    secret: SecretKey,
    turns: Turns,
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

impl Throttle {
    pub fn new(state: AppState, secret: SecretKey) -> Self {
        Self { state, secret, turns: Turns::default() }
    }

    /// Counts a try of the password of the account with this normalised email, whether or not there is one.
    pub async fn admit_password(&self, ip: &str, device: Option<&Device>, email: &str) -> Result<Try, AppError> {
        let known = match device {
            Some(device) => device_store::is_known_to(&self.state.db.pool, &device.hash(), email).await?,
            None => false,
        };
        let own = device.filter(|_| known).map(|device| format!("password {email} on {}", device.hash()));
        self.admit_proof(ip, &format!("password {email}"), own).await
    }

    /// Counts a try of the second factor of this user. The browsers that the account knows share one counter: a reset makes
    /// its browser known, and whoever reads the mail must get no new tries with each (ASVS 6.4.3).
    pub async fn admit_code(&self, ip: &str, device: Option<&Device>, user_id: &str) -> Result<Try, AppError> {
        let known = match device {
            Some(device) => device_store::is_known(&self.state.db.pool, &device.hash(), user_id).await?,
            None => false,
        };
        let own = known.then(|| format!("code {user_id} on a known browser"));
        self.admit_proof(ip, &format!("code {user_id}"), own).await
    }

    /// Counts a look at a link that went out by mail: whoever has none guesses. As often as passwords and codes, with a
    /// counter of its own, or who opens links that are none would keep the neighbours from logging in.
    pub async fn admit_link(&self, ip: &str) -> Result<Try, AppError> {
        self.admit_keys(self.networks(ip, "link", self.state.config.tries_per_network)).await
    }

    /// Counts a request of this kind. It stays counted, also when it succeeds: there is nothing to prove.
    pub async fn admit(&self, way: Way, ip: &str) -> Result<Try, AppError> {
        let config = &self.state.config;
        let free = if way == Way::SignUp { config.sign_ups_per_network } else { config.tries_per_network };
        self.admit_keys(self.networks(ip, way.into_str(), free)).await
    }

    /// See [`Turns::turn`].
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, AppError> {
        self.turns.turn().await
    }

    fn account(&self, what: &str) -> Key {
        let limits = Limits::of_account(&self.state.config);
        Key { hash: self.secret.tag(&format!("throttle {what}")), limits, is_account: true }
    }

    /// One for each network that the address is in: whoever has one address of a network may have all of them, and how
    /// large theirs is no one can tell.
    fn networks(&self, ip: &str, what: &str, free: i64) -> Vec<Key> {
        let key = |(network, share): (String, i64)| Key {
            hash: self.secret.tag(&format!("throttle {what} from {network}")),
            limits: Limits::of_network(free.saturating_mul(share)),
            is_account: false,
        };
        networks_of(ip).into_iter().map(key).collect()
    }

    /// A browser that the account knows has a counter of its `own` and nothing else: neither the account's other tries nor
    /// its neighbours behind one address count against it.
    async fn admit_proof(&self, ip: &str, proof: &str, own: Option<String>) -> Result<Try, AppError> {
        if let Some(own) = own {
            return self.admit_keys(vec![self.account(&own)]).await;
        }
        let mut keys = self.networks(ip, "proof", self.state.config.tries_per_network);
        let account = self.account(proof);
        // Before the places of the network: who knocks at one account only keeps none of its neighbours waiting.
        let pair = format!("{} {}", account.hash, keys.first().map_or("", |network| &network.hash));
        let place = self.turns.place(&pair, account.limits.free, false).await?;
        keys.push(account);
        let mut admitted = self.admit_keys(keys).await?;
        admitted.places.push(place);
        Ok(admitted)
    }

    /// Six log in to one account at the same time, and five tries are free. Five have a place and are counted; the sixth
    /// waits for a place, since a right password takes its try back. Where all five were wrong, it has a place and finds
    /// nothing free: then it waits until it is alone, so that no verdict is still to come, and is refused only then.
    async fn admit_keys(&self, keys: Vec<Key>) -> Result<Try, AppError> {
        let mut alone = vec![false; keys.len()];
        loop {
            let mut places = Vec::with_capacity(keys.len());
            for (key, alone) in keys.iter().zip(&alone) {
                places.push(self.turns.place(&key.hash, key.limits.free, *alone).await?);
            }
            match self.count(&keys).await {
                Ok(counted) => {
                    places.iter_mut().for_each(Place::keep_one);
                    return Ok(Try { throttle: self.clone(), counted, places });
                }
                // Others have used up what was free, and may get it back: once all of them are judged it is known.
                Err(Refused::At(nth, AppError::TooManyTries { .. })) if !alone[nth] => alone[nth] = true,
                Err(Refused::At(_, error) | Refused::Fault(error)) => return Err(error),
            }
        }
    }

    async fn count(&self, keys: &[Key]) -> Result<Vec<Counted>, Refused> {
        let AppState { db, clock, .. } = &self.state;
        // Without a write first: a flood of refused tries must not keep others from the database.
        for (nth, key) in keys.iter().enumerate() {
            if let Some(count) = store::read(&db.pool, &key.hash).await? {
                count.check(&key.limits, clock.now_ms()).map_err(|error| Refused::At(nth, error))?;
            }
        }
        let _turn = self.turn().await.map_err(Refused::Fault)?;
        again(|| self.count_in_turn(keys)).await
    }

    async fn count_in_turn(&self, keys: &[Key]) -> Result<Vec<Counted>, Refused> {
        let AppState { db, clock, .. } = &self.state;
        let mut tx = db.begin_write().await?;
        let mut counted = Vec::with_capacity(keys.len());
        for (nth, key) in keys.iter().enumerate() {
            let counts = if key.is_account { store::ACCOUNT } else { store::NETWORK };
            let before = store::lock(&mut *tx, &key.hash, counts, clock.now_ms()).await?;
            // The clock is read when the row is ours: who has waited for it did not come before the last write.
            let count = before.with_one_more(&key.limits, clock.now_ms()).map_err(|error| Refused::At(nth, error))?;
            store::write(&mut *tx, &key.hash, &count).await?;
            counted.push(Counted { key: key.clone(), count });
        }
        tx.commit().await?;
        Ok(counted)
    }
}

/// Counts an act of a logged-in user, in its transaction. `what` names the user and the act.
pub async fn count_act(tx: &mut Tx, what: &str, limits: &Limits, now_ms: i64) -> Result<(), AppError> {
    let before = store::lock(&mut **tx, what, store::ACT, now_ms).await?;
    Ok(store::write(&mut **tx, what, &before.with_one_more(limits, now_ms)?).await?)
}

/// Why a try was not counted. The transaction is dropped, so that one which is not looked at counts nowhere.
enum Refused {
    /// The key at this place has had enough.
    At(usize, AppError),
    Fault(AppError),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl Collision for Refused {
    fn is_collision(&self) -> bool {
        let (Self::At(_, error) | Self::Fault(error)) = self;
        error.is_collision()
    }
}
