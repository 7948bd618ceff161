//! A try that was counted, until it is judged. Server side.

use super::{Key, Throttle, count::Count, store, turns::Place};
use crate::base::{db::Tx, error::AppError};

/// A try that was counted. Who proves themselves says so with [`Try::succeeded`]; otherwise it stays counted.
#[must_use]
pub struct Try {
    pub(super) throttle: Throttle,
    pub(super) counted: Vec<Counted>,
    /// Of the tries that are not judged yet: until this one is.
    pub(super) places: Vec<Place>,
}

pub(super) struct Counted {
    pub key: Key,
    pub count: Count,
}

impl Try {
    /// How many tries of the account, or of this browser of it, there were since the last success.
    pub fn in_a_row(&self) -> i64 {
        let of_account = self.counted.iter().filter(|counted| counted.key.is_account);
        of_account.map(|counted| counted.count.tries).max().unwrap_or(0)
    }

    /// Passes on what looking at it found. Where it could not be looked at, for want of time or memory, it counts
    /// nowhere.
    pub async fn keep_if_looked_at<T>(&self, found: Result<T, AppError>) -> Result<T, AppError> {
        if found.is_err() {
            self.give_back(false).await;
        }
        found
    }

    /// Passes on what looking at a link found. Only a dead one was a guess, and stays counted.
    pub async fn keep_if_dead<T>(self, found: Result<T, AppError>) -> Result<T, AppError> {
        if !matches!(found, Err(AppError::LinkDead)) {
            self.give_back(true).await;
        }
        found
    }

    /// It was the owner: forgets the account's tries, and gives the network this one back and no other. Where that
    /// fails it stays counted, and the owner has proven themselves all the same.
    pub async fn succeeded(self) {
        self.give_back(true).await;
    }

    /// As [`Self::succeeded`], in the transaction of what they wanted.
    pub async fn succeeded_with(&self, tx: &mut Tx) -> Result<(), AppError> {
        self.give_back_with(tx, true).await
    }

    async fn give_back(&self, succeeded: bool) {
        let given_back = async {
            let _turn = self.throttle.turn().await?;
            let mut tx = self.throttle.state.db.begin_write().await?;
            self.give_back_with(&mut tx, succeeded).await?;
            Ok::<_, AppError>(tx.commit().await?)
        };
        if let Err(error) = given_back.await {
            tracing::warn!(?error, "an attempt that should not count stays counted");
        }
    }

    async fn give_back_with(&self, tx: &mut Tx, succeeded: bool) -> Result<(), AppError> {
        for Counted { key, count } in &self.counted {
            match succeeded && key.is_account {
                true => store::forget(&mut **tx, &key.hash).await?,
                false => store::give_back(&mut **tx, &key.hash, count, &key.limits).await?,
            }
        }
        Ok(())
    }
}
