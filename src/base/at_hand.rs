//! Connections that have just read, for who reads next. The pool asks each one that comes back whether it still lives, which
//! costs as much as reading a session does. Server side.

use std::{
    mem::take,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use sqlx::{Any, AnyConnection, AnyPool, pool::PoolConnection};

use super::state::Stopwatch;

/// One that no one has used for so long goes back to the pool, which looks whether it lives. Whoever waits there waits
/// longer than this.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Of a pool, this part at most: the rest is there for whoever writes.
const SHARE: u32 = 4;

#[derive(Clone)]
pub struct AtHand {
    pool: AnyPool,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    connections: Vec<(PoolConnection<Any>, Stopwatch)>,
    /// Someone gives back what is not used.
    is_swept: bool,
}

impl Kept {
    fn give_back_old(&mut self) {
        self.connections.retain(|(_, unused)| is_fresh(unused));
    }
}

impl AtHand {
    pub fn of(pool: &AnyPool) -> Self {
        Self { pool: pool.clone(), kept: Arc::default() }
    }

    /// Reads on one connection. One that has failed, or was left in the middle, goes back to the pool.
    ///
    /// # Errors
    /// When no connection is to be had in time, and what reading returns.
    pub async fn read<T>(&self, read: impl AsyncFnOnce(&mut AnyConnection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        let mut connection = match self.take() {
            Some(connection) => connection,
            None => self.pool.acquire().await?,
        };
        let found = read(&mut connection).await?;
        self.put(connection);
        Ok(found)
    }

    fn take(&self) -> Option<PoolConnection<Any>> {
        let newest = locked(&self.kept).connections.pop();
        newest.filter(|(_, unused)| is_fresh(unused)).map(|(connection, _)| connection)
    }

    fn put(&self, connection: PoolConnection<Any>) {
        let most = self.pool.options().get_max_connections() / SHARE;
        let mut kept = locked(&self.kept);
        kept.give_back_old();
        if kept.connections.len() >= most as usize || self.pool.is_closed() {
            return;
        }
        kept.connections.push((connection, Stopwatch::start()));
        if !kept.is_swept {
            kept.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(&self.kept)));
        }
    }

    /// That no one uses at this moment.
    pub fn idle(&self) -> usize {
        locked(&self.kept).connections.len()
    }

    /// Gives all back.
    pub fn give_back(&self) {
        drop(take(&mut locked(&self.kept).connections));
    }
}

fn is_fresh(unused: &Stopwatch) -> bool {
    u128::from(unused.elapsed_ms()) < KEPT_FOR.as_millis()
}

/// Until there is nothing more.
async fn sweep(kept: Weak<Mutex<Kept>>) {
    loop {
        tokio::time::sleep(KEPT_FOR / 2).await;
        let Some(kept) = kept.upgrade() else { return };
        let mut kept = locked(&kept);
        kept.give_back_old();
        if kept.connections.is_empty() {
            kept.is_swept = false;
            return;
        }
    }
}

fn locked(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
