//! Connections that have just read, for who reads next. The pool asks each one that comes back whether it still lives, which
//! costs as much as reading a session does. Server side.

use std::{
    mem::take,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use sqlx::{Any, AnyConnection, AnyPool, pool::PoolConnection};

use super::lock::lock;

/// One that no one takes between two looks goes back to the pool, which asks whether it lives. Whoever waits there waits
/// longer than two of them.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

/// Of a pool, this part at most: the rest is there for whoever writes.
const SHARE: u32 = 4;

#[derive(Clone)]
pub struct AtHand {
    pool: AnyPool,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    connections: Vec<One>,
    is_looked_at: bool,
}

struct One {
    connection: PoolConnection<Any>,
    was_there: bool,
}

impl AtHand {
    pub fn of(pool: &AnyPool) -> Self {
        Self { pool: pool.clone(), kept: Arc::default() }
    }

    /// Reads on one connection. One that has failed, or was left in the middle, goes back to the pool.
    pub async fn read<T>(&self, read: impl AsyncFnOnce(&mut AnyConnection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        let newest = lock(&self.kept).connections.pop();
        let mut connection = match newest {
            Some(One { connection, .. }) => connection,
            None => self.pool.acquire().await?,
        };
        let found = read(&mut connection).await?;
        self.keep(connection);
        Ok(found)
    }

    fn keep(&self, connection: PoolConnection<Any>) {
        let most = self.pool.options().get_max_connections() / SHARE;
        let mut kept = lock(&self.kept);
        if kept.connections.len() >= most as usize || self.pool.is_closed() {
            return;
        }
        kept.connections.push(One { connection, was_there: false });
        if !kept.is_looked_at {
            kept.is_looked_at = true;
            tokio::spawn(look_after(Arc::downgrade(&self.kept)));
        }
    }

    pub fn count(&self) -> usize {
        lock(&self.kept).connections.len()
    }

    pub fn give_back(&self) {
        drop(take(&mut lock(&self.kept).connections));
    }
}

/// Until there is nothing more.
async fn look_after(kept: Weak<Mutex<Kept>>) {
    loop {
        tokio::time::sleep(LOOKED_AT_EVERY).await;
        let Some(kept) = kept.upgrade() else { return };
        let mut kept = lock(&kept);
        kept.connections.retain(|one| !one.was_there);
        kept.connections.iter_mut().for_each(|one| one.was_there = true);
        if kept.connections.is_empty() {
            kept.is_looked_at = false;
            return;
        }
    }
}
