//! Open the database, migrate it, begin a write transaction. Server side.

mod migrate;
mod pool;
mod sqlite;
mod sqlite_driver;
mod tx;

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{AnyConnection, AnyPool, Connection, Executor, sqlite::SqliteConnectOptions};
use tokio::sync::Semaphore;

pub use self::{
    migrate::{Patience, Steps, is_no_table},
    tx::Tx,
};
use self::{
    pool::{pool_of, prepare, shares_of},
    sqlite_driver::DRIVERS,
};
use super::{at_hand::AtHand, collision::Collision, config::Config, error::faults::unwritable, private_file};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The pool, and which of the two databases it leads to.
#[derive(Clone)]
pub struct Db {
    pub pool: AnyPool,
    pub kind: Kind,
    /// For what most requests begin with.
    pub at_hand: AtHand,
    /// Whose turn it is to write: SQLite has one writer, and who finds it busy sleeps for some milliseconds and looks again.
    /// Here they stand in a line. All pools of a process have the same one.
    writing: Arc<Semaphore>,
    /// See [`Db::note_write`].
    unwritable: Arc<AtomicBool>,
}

/// The pools of a server: each has connections of its own, so that what is slow in one keeps no one waiting in another.
pub struct Shares {
    /// Pages, actions, API. No statement runs for longer than five seconds.
    pub requests: Db,
    /// What everything else stands on: renewing tokens, the revocations, `/readyz`. Short statements alone.
    pub vital: Db,
    /// Clearing up behind everyone, which may take its time.
    pub jobs: Db,
}

/// How long a transaction waits for its turn; the `busy_timeout` of those of other processes.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// What watches over the database (the feed, the staleness guard, `/readyz`) waits no longer than this for an answer.
pub const SILENCE_MAX: Duration = Duration::from_secs(2);

impl Db {
    fn of(pool: AnyPool, kind: Kind, writing: Arc<Semaphore>) -> Self {
        let at_hand = AtHand::of(&pool);
        Self { pool, kind, at_hand, writing, unwritable: Arc::default() }
    }

    /// Opens the pool. With `create`, SQLite's file is made when missing, readable by its owner only.
    pub async fn open(config: &Config, create: bool) -> Result<Self, sqlx::Error> {
        install_drivers();
        let url = config.database_url();
        let kind = kind_of(&url)?;
        if kind == Kind::Sqlite {
            find_file(&url, create)?;
        }
        // A pool hides why it gets no connection, so the first one is made by hand.
        let opened = async {
            let mut first = AnyConnection::connect(&url).await?;
            prepare(&mut first, false).await?;
            first.close().await?;
            pool_of(config.database_connections, false).connect(&url).await
        };
        let hindrance = || private_file::hindrance(&sqlite_file(&url)?);
        let pool = opened.await.map_err(|error| hindrance().map_or(error, unopened))?;
        Ok(Self::of(pool, kind, Arc::new(Semaphore::new(1))))
    }

    /// Closes the pool that the start used, and opens those of a server in its place, with as many connections in all.
    pub async fn share(self, config: &Config) -> Result<Shares, sqlx::Error> {
        self.close().await;
        let (requests, vital, jobs) = shares_of(config.database_connections);
        let open = |connections: u32, limited: bool| {
            let pool = pool_of(connections, limited).connect_lazy(&config.database_url())?;
            Ok::<_, sqlx::Error>(Self::of(pool, self.kind, Arc::clone(&self.writing)))
        };
        Ok(Shares { requests: open(requests, true)?, vital: open(vital, true)?, jobs: open(jobs, false)? })
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once: with a plain `begin`,
    /// a read that turns into a write fails with "database is locked" however long the busy timeout is.
    pub async fn begin_write(&self) -> Result<Tx, sqlx::Error> {
        match self.kind {
            Kind::Sqlite => {
                let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.writing).acquire_owned()).await;
                let turn = turn.ok().and_then(Result::ok).ok_or(sqlx::Error::PoolTimedOut)?;
                Ok(Tx { inner: self.pool.begin_with("begin immediate").await?, _turn: Some(turn) })
            }
            Kind::Postgres => Ok(Tx { inner: self.pool.begin().await?, _turn: None }),
        }
    }

    /// One read that proves that the database answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        in_time(SILENCE_MAX, async { sqlx::query("select 1").execute(&self.pool).await.map(|_| ()) }).await
    }

    /// Remembers whether a write was refused because the disk is full or may not be written.
    pub fn note_write(&self, written: &Result<(), sqlx::Error>) {
        let why = written.as_ref().err().and_then(unwritable);
        self.unwritable.store(why.is_some(), Ordering::Relaxed);
    }

    /// Whether the last write that was noted was not refused so.
    pub fn takes_writes(&self) -> bool {
        !self.unwritable.load(Ordering::Relaxed)
    }

    /// How many there may be at once.
    pub fn connections(&self) -> u32 {
        self.pool.options().get_max_connections()
    }

    /// Closes the pool; connections that do not answer any more are left behind.
    pub async fn close(&self) {
        self.at_hand.give_back();
        let _ = tokio::time::timeout(SILENCE_MAX, self.pool.close()).await;
    }
}

/// For both databases. Call it before anything of [`sqlx::Any`].
pub fn install_drivers() {
    // Only the first call counts.
    let _ = sqlx::any::install_drivers(&DRIVERS);
}

/// The rest of this transaction may take its time, also on a connection for requests.
pub async fn lift_limit(tx: &mut Tx) -> Result<(), sqlx::Error> {
    if kind_of_connection(tx) == Kind::Postgres {
        tx.execute("set local statement_timeout = 0").await?;
    }
    Ok(())
}

pub fn kind_of_connection(connection: &AnyConnection) -> Kind {
    if connection.backend_name() == "PostgreSQL" { Kind::Postgres } else { Kind::Sqlite }
}

/// Of several that collide again and again one gets through each time.
const TRIES: u32 = 4;

/// Before the second try, and twice as long before each further one: by then the other one is through.
const PAUSE: Duration = Duration::from_millis(20);

/// Tells a story that is one transaction and leaves no trace when it fails; where it collided with another one, tells it
/// again.
pub async fn again<T, E: Collision, F: Future<Output = Result<T, E>>>(story: impl Fn() -> F) -> Result<T, E> {
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        match story().await {
            Err(error) if error.is_collision() => tokio::time::sleep(pause).await,
            told => return told,
        }
        pause *= 2;
    }
    story().await
}

/// Bounds a piece of work in time: a connection whose other end is gone without a word answers nothing, for ever.
pub async fn in_time<T>(limit: Duration, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let late = || sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the database is silent"));
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}

fn kind_of(url: &str) -> Result<Kind, sqlx::Error> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Kind::Sqlite),
        Some("postgres" | "postgresql") => Ok(Kind::Postgres),
        _ => Err(sqlx::Error::Configuration("LATCHKEY_DATABASE_URL must start with sqlite:// or postgres://".into())),
    }
}

/// The file of SQLite that this address leads to, as sqlx understands it.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    url.starts_with("sqlite:")
        .then(|| SqliteConnectOptions::from_str(url).ok())?
        .map(|way| way.get_filename().to_owned())
}

/// The file whose name is that of another with something behind it, such as a journal.
pub fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn find_file(url: &str, create: bool) -> Result<(), sqlx::Error> {
    // What is no address of a file is told by who opens it.
    let Some(path) = sqlite_file(url) else { return Ok(()) };
    if path.try_exists().map_err(|error| unreachable(&path, &error))? {
        return Ok(());
    }
    if !create {
        return Err(sqlx::Error::Configuration(
            format!("there is no database at {} (run `latchkey serve` or `latchkey migrate` first)", path.display())
                .into(),
        ));
    }
    private_file::make_private_folder(private_file::folder_of(&path))?;
    private_file::private_file()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| unreachable(&path, &error))?;
    Ok(())
}

fn unreachable(path: &Path, error: &io::Error) -> sqlx::Error {
    unopened(io::Error::new(error.kind(), format!("cannot open {}: {error}", path.display())))
}

/// Other settings help, unless the disk is full.
fn unopened(error: io::Error) -> sqlx::Error {
    if private_file::is_full(&error) {
        sqlx::Error::Io(error)
    } else {
        sqlx::Error::Configuration(error.to_string().into())
    }
}
