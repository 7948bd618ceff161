//! Open the database, migrate it, begin a write transaction. Server side.

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    AnyConnection, AnyPool, Connection, Executor, Transaction,
    any::AnyPoolOptions,
    migrate::{MigrateError, Migrator},
    sqlite::SqliteConnectOptions,
};

use super::{
    at_hand::AtHand,
    collision::{Collision, LOCK_TIMEOUT},
    config::Config,
};

/// The steps of the schema that this program has: the files in `migrations/`.
static MIGRATIONS: Migrator = sqlx_macros::migrate!();

pub type Tx = Transaction<'static, sqlx::Any>;

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
    at_hand: AtHand,
}

/// Steps of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// That this program has and the database does not.
    pub pending: usize,
    /// That the database has and this program does not know: a newer Latchkey made them.
    pub unknown: usize,
}

/// How long a migration waits for a table that another transaction holds.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one lock. Short: whoever wants the table after it waits behind it.
    pub lock: Duration,
    pub tries: u32,
    /// Between two tries, in which the others get through.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { lock: Duration::from_secs(2), tries: 10, pause: Duration::from_secs(3) }
    }
}

/// PostgreSQL: the role may not do that.
const NOT_PERMITTED: &str = "42501";

/// The pools of a server: each has connections of its own, so that what is slow in one keeps no one waiting in another.
pub struct Shares {
    /// Pages, actions, API. No statement runs for longer than five seconds.
    pub requests: Db,
    /// What everything else stands on: renewing tokens, the revocations, `/readyz`. Short statements alone.
    pub vital: Db,
    /// Clearing up behind everyone, which may take its time.
    pub jobs: Db,
}

/// No statement of a request runs for longer, on PostgreSQL, also when whoever asked has gone: what is asked for is read
/// along an index, in milliseconds, and the rest is waiting for a lock. SQLite has no such limit to set through this
/// driver; there the statements themselves are bounded.
const LIMIT_STATEMENTS: &str = "set statement_timeout = '5s'";

/// After so long a wait for a connection the caller is told "busy" instead.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that no one has used for so long is asked whether it is alive before it is.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// What watches over the database (the feed, the staleness guard, `/readyz`) waits no longer than this for an answer.
pub const SILENCE_MAX: Duration = Duration::from_secs(2);

impl Db {
    fn of(pool: AnyPool, kind: Kind) -> Self {
        let at_hand = AtHand::of(&pool);
        Self { pool, kind, at_hand }
    }

    /// Opens the pool. With `create`, SQLite's file is made when missing, readable by its owner only.
    ///
    /// # Errors
    /// When the address is not understood, there is no database, or it cannot be reached.
    pub async fn open(config: &Config, create: bool) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let url = config.database_url();
        let kind = kind_of(&url)?;
        if kind == Kind::Sqlite {
            find_file(&url, create)?;
        }
        // A pool hides why it gets no connection, so the first one is made by hand.
        let mut first = AnyConnection::connect(&url).await?;
        prepare(&mut first, kind).await?;
        first.close().await?;
        let pool = pool_of(config.database_connections)
            .after_connect(move |connection, _| Box::pin(prepare(connection, kind)))
            .connect(&url)
            .await?;
        Ok(Self::of(pool, kind))
    }

    /// Closes the pool that the start used, and opens those of a server in its place, with as many connections in all.
    ///
    /// # Errors
    /// When the address is not understood.
    pub async fn share(self, config: &Config) -> Result<Shares, sqlx::Error> {
        self.close().await;
        let (requests, vital, jobs) = shares_of(config.database_connections);
        let open = |connections: u32, limited: bool| {
            let kind = self.kind;
            let pool = pool_of(connections)
                .after_connect(move |connection, _| Box::pin(prepare_share(connection, kind, limited)))
                .connect_lazy(&config.database_url())?;
            Ok::<_, sqlx::Error>(Self::of(pool, kind))
        };
        Ok(Shares { requests: open(requests, true)?, vital: open(vital, true)?, jobs: open(jobs, false)? })
    }

    /// Brings the schema up to date, each step in a transaction.
    ///
    /// # Errors
    /// One line that says what to do: a step fails, this role may not change the schema, someone holds a table, or the
    /// database was made by a newer Latchkey.
    pub async fn migrate(&self, patience: Patience) -> Result<(), String> {
        // Most starts find nothing to do, and a role with rights to rows alone may not ask for more.
        if self.is_up_to_date().await {
            return Ok(());
        }
        for left in (0..patience.tries).rev() {
            match self.try_to_migrate(patience.lock).await {
                Err(error) if left > 0 && code_of(&error).as_deref() == Some(LOCK_TIMEOUT) => {
                    tracing::warn!(
                        left,
                        "a migration is waiting for a table that another transaction holds; trying again"
                    );
                    tokio::time::sleep(patience.pause).await;
                }
                tried => return tried.map_err(|error| unmigrated(&error)),
            }
        }
        Ok(())
    }

    /// On a connection of its own: its lock and its time-out end with it.
    async fn try_to_migrate(&self, lock: Duration) -> Result<(), MigrateError> {
        let mut connection = self.pool.acquire().await?.detach();
        if self.kind == Kind::Postgres {
            sqlx::query("select set_config('lock_timeout', $1, false)")
                .bind(format!("{}ms", lock.as_millis()))
                .execute(&mut connection)
                .await?;
        }
        let migrated = MIGRATIONS.run_direct(None, &mut connection, false).await;
        let _ = connection.close().await;
        migrated
    }

    /// How the schema stands to this program.
    ///
    /// # Errors
    /// When the database cannot be read, or was never migrated.
    pub async fn steps(&self) -> Result<Steps, sqlx::Error> {
        let done = self.steps_done().await?;
        let is_done = |version: i64| done.iter().any(|(done, _)| *done == version);
        let is_known = |version: i64| MIGRATIONS.iter().any(|step| step.version == version);
        Ok(Steps {
            pending: MIGRATIONS.iter().filter(|step| !is_done(step.version)).count(),
            unknown: done.iter().filter(|(version, _)| !is_known(*version)).count(),
        })
    }

    /// Whether every step was done as this program has it, and no other. What is wrong otherwise, the migrator says.
    async fn is_up_to_date(&self) -> bool {
        let Ok(mut done) = self.steps_done().await else { return false };
        done.sort_unstable();
        MIGRATIONS.iter().map(|step| (step.version, step.checksum.to_vec())).eq(done)
    }

    async fn steps_done(&self) -> Result<Vec<(i64, Vec<u8>)>, sqlx::Error> {
        sqlx::query_as("select version, checksum from _sqlx_migrations").fetch_all(&self.pool).await
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once: with a plain `begin`,
    /// a read that turns into a write fails with "database is locked" however long the busy timeout is.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn begin_write(&self) -> Result<Tx, sqlx::Error> {
        match self.kind {
            Kind::Sqlite => self.pool.begin_with("begin immediate").await,
            Kind::Postgres => self.pool.begin().await,
        }
    }

    /// One read that proves that the database answers.
    ///
    /// # Errors
    /// When it does not, within [`SILENCE_MAX`].
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        in_time(SILENCE_MAX, async { sqlx::query("select 1").execute(&self.pool).await.map(|_| ()) }).await
    }

    /// For what most requests begin with: reads on one connection, which the next one takes over as it is.
    ///
    /// # Errors
    /// When no connection is to be had in time, and what reading returns.
    pub async fn read<T>(&self, read: impl AsyncFnOnce(&mut AnyConnection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        self.at_hand.read(read).await
    }

    /// Connections that wait for the next read.
    pub fn at_hand(&self) -> usize {
        self.at_hand.count()
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

/// The rest of this transaction may take its time, also on a connection for requests.
pub async fn lift_limit(tx: &mut Tx) -> Result<(), sqlx::Error> {
    if kind_of_connection(tx) == Kind::Postgres {
        tx.execute("set local statement_timeout = 0").await?;
    }
    Ok(())
}

/// Which of the two databases a connection leads to.
pub fn kind_of_connection(connection: &AnyConnection) -> Kind {
    if connection.backend_name() == "PostgreSQL" { Kind::Postgres } else { Kind::Sqlite }
}

fn code_of(error: &MigrateError) -> Option<String> {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            error.as_database_error()?.code().map(|code| code.into_owned())
        }
        _ => None,
    }
}

fn unmigrated(error: &MigrateError) -> String {
    const NO_RIGHT: &str = "the database is not up to date, and this role may not change its schema; run `latchkey migrate` \
                            as the role that owns it (see docs/POSTGRES.md)";
    const HELD: &str = "cannot migrate the database, because another transaction holds a table; look for old transactions in \
                        pg_stat_activity, then start again";
    match code_of(error).as_deref() {
        Some(NOT_PERMITTED) => NO_RIGHT.into(),
        Some(LOCK_TIMEOUT) => HELD.into(),
        _ => format!("cannot migrate the database: {error}"),
    }
}

/// Of several that collide again and again one gets through each time.
const TRIES: u32 = 4;

/// Before the second try, and twice as long before each further one: by then the other one is through.
const PAUSE: Duration = Duration::from_millis(20);

/// Tells a story that is one transaction and leaves no trace when it fails; where it collided with another one, tells it
/// again.
///
/// # Errors
/// What the last try returned.
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
///
/// # Errors
/// What the work returns, or a time-out.
pub async fn in_time<T>(limit: Duration, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let late = || sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the database is silent"));
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}

/// `synchronous = full`: a revocation must survive a power cut.
const SQLITE_PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; \
                              pragma foreign_keys = on; pragma journal_size_limit = 16777216;";

fn kind_of(url: &str) -> Result<Kind, sqlx::Error> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Kind::Sqlite),
        Some("postgres" | "postgresql") => Ok(Kind::Postgres),
        _ => Err(sqlx::Error::Configuration("LATCHKEY_DATABASE_URL must start with sqlite:// or postgres://".into())),
    }
}

async fn prepare(connection: &mut AnyConnection, kind: Kind) -> Result<(), sqlx::Error> {
    if kind == Kind::Sqlite {
        connection.execute(SQLITE_PRAGMAS).await?;
    }
    Ok(())
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

async fn prepare_share(connection: &mut AnyConnection, kind: Kind, limited: bool) -> Result<(), sqlx::Error> {
    prepare(connection, kind).await?;
    if limited && kind == Kind::Postgres {
        connection.execute(LIMIT_STATEMENTS).await?;
    }
    Ok(())
}

/// Of so many connections: for requests, for what is vital, for jobs.
/// A connection that was in use a moment ago is taken to be alive: to ask costs as much as a statement. One that is not is
/// an error, as at any other moment at which the database goes.
fn pool_of(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            let is_used = meta.idle_for < ASKED_AFTER;
            Box::pin(async move { if is_used { Ok(true) } else { connection.ping().await.map(|()| true) } })
        })
}

fn shares_of(connections: u32) -> (u32, u32, u32) {
    let vital = (connections / 4).clamp(1, 4);
    let jobs = (connections / 8).clamp(1, 2);
    (connections.saturating_sub(vital + jobs).max(1), vital, jobs)
}

fn find_file(url: &str, create: bool) -> Result<(), sqlx::Error> {
    // What is no address of a file is told by who opens it.
    let Some(path) = sqlite_file(url) else { return Ok(()) };
    if path.exists() {
        return Ok(());
    }
    if !create {
        return Err(sqlx::Error::Configuration(
            format!("there is no database at {} (run `latchkey serve` or `latchkey migrate` first)", path.display())
                .into(),
        ));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_private_folder(folder)?;
    }
    private_file().create(true).truncate(false).open(&path)?;
    Ok(())
}

/// Makes a folder that only its owner can open; one that exists stays as it is.
///
/// # Errors
/// When the system refuses.
pub fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options for writing a file that only its owner can read.
pub fn private_file() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens a file for reading that no one else can read, and that stands there itself.
///
/// # Errors
/// Otherwise, and when the system refuses.
pub fn open_private(path: &Path) -> std::io::Result<std::fs::File> {
    if path.is_symlink() {
        return Err(std::io::Error::other("it's a link to another file"));
    }
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(path)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
        return Err(std::io::Error::other("others can read or change it"));
    }
    Ok(file)
}

/// A `like` pattern (escape `\`) for "contains these words", case folded as `search_text` columns are.
pub fn contains_pattern(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
