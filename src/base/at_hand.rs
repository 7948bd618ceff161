//! Connections that have just read, for who reads next. The pool asks each one that comes back whether it still lives, which
//! costs as much as reading a session does. Server side.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Any, AnyConnection, AnyPool, pool::PoolConnection};

/// One that no one has used for so long goes back to the pool, which looks whether it lives.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Of a pool, this part at most: the rest is there for whoever writes.
const SHARE: u32 = 4;

#[derive(Clone)]
pub struct AtHand {
    pool: AnyPool,
    connections: Arc<Mutex<Vec<(PoolConnection<Any>, Instant)>>>,
}

impl AtHand {
    pub fn of(pool: &AnyPool) -> Self {
        Self { pool: pool.clone(), connections: Arc::default() }
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
        let newest = self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        newest.filter(|(_, since)| since.elapsed() < KEPT_FOR).map(|(connection, _)| connection)
    }

    fn put(&self, connection: PoolConnection<Any>) {
        let most = self.pool.options().get_max_connections() / SHARE;
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|(_, since)| since.elapsed() < KEPT_FOR);
        if connections.len() < most as usize && !self.pool.is_closed() {
            connections.push((connection, Instant::now()));
        }
    }

    /// That no one uses at this moment.
    pub fn idle(&self) -> usize {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Gives all back.
    pub fn give_back(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
