//! SQLite whose statements can be stopped: after a time, or when no one waits for them any more. Server side.
//!
//! Only the handle of a connection can stop a statement, and `Any` hides its connections. So this is a driver of our own for
//! `Any`, which hands everything on to that of sqlx. In a transaction nothing is stopped: SQLite would roll it back
//! without sqlx's knowledge, and what stands there is short.

use std::{
    io::ErrorKind,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    Stream, StreamExt, TryFutureExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use sqlx::{
    ConnectOptions, Either, SqlStr, SqliteConnection,
    any::{AnyArguments, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo},
    migrate::Migrate,
    sqlite::SqliteConnectOptions,
};
use sqlx_core::any::AnyConnectionBackend;
use tracing::{Instrument, Span};

use crate::base::{lock::lock, log_context, state::Stopwatch};

/// From here on no statement of a connection runs for longer, on either database, also when whoever asked has gone. What is
/// asked for is read along an index, in milliseconds, and the rest is waiting for a lock.
pub const LIMIT_STATEMENTS: &str = "set statement_timeout = 5000";
/// In front of milliseconds, as PostgreSQL reads it.
const LIMIT: &str = "set statement_timeout = ";

/// So many steps of SQLite's machine are between two looks at the clock: less than a millisecond.
const STEPS: i32 = 10_000;

#[derive(Debug)]
pub struct StoppableConnection {
    pub inner: SqliteConnection,
    limit: Option<Duration>,
    running: Arc<Running>,
    /// Whether it has refused to write. SQLite opens a file that it may not write at that moment for reading, and never looks again.
    is_read_only: Arc<AtomicBool>,
}

/// The statement that runs outside of a transaction; SQLite's thread looks at it.
#[derive(Debug, Default)]
struct Running(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    since: Option<(Stopwatch, Duration)>,
    is_abandoned: bool,
}

impl Running {
    fn goes_on(&self) -> bool {
        let state = lock(&self.0);
        !state.is_abandoned && state.since.is_none_or(|(watch, limit)| watch.elapsed() < limit)
    }
}

/// Held by who waits for a statement.
struct Waiting {
    running: Arc<Running>,
    /// In a transaction it goes on all the same.
    is_over: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        *lock(&self.running.0) = State { since: None, is_abandoned: !self.is_over };
    }
}

struct Rows<'c> {
    is_read_only: Arc<AtomicBool>,
    rows: BoxStream<'c, sqlx::Result<Either<AnyQueryResult, AnyRow>>>,
    waiting: Waiting,
    /// sqlx takes it along to SQLite's thread.
    span: Span,
}

impl Stream for Rows<'_> {
    type Item = sqlx::Result<Either<AnyQueryResult, AnyRow>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { rows, span, .. } = &mut *self;
        let next = span.in_scope(|| rows.poll_next_unpin(context));
        if let Poll::Ready(Some(row)) = &next {
            note_refusal(&self.is_read_only, row);
        }
        self.waiting.is_over |= matches!(next, Poll::Ready(None | Some(Err(_))));
        next
    }
}

fn note_refusal<T>(is_read_only: &AtomicBool, answer: &sqlx::Result<T>) {
    let code = answer.as_ref().err().and_then(|error| error.as_database_error()?.code()?.parse::<u32>().ok());
    // The last byte; what stands before it says why.
    if code.is_some_and(|code| code & 0xff == SQLITE_READONLY) {
        is_read_only.store(true, Ordering::Relaxed);
    }
}

const SQLITE_READONLY: u32 = 8;

impl StoppableConnection {
    pub async fn open(options: &SqliteConnectOptions) -> sqlx::Result<Self> {
        let mut inner = options.connect().await?;
        let running = Arc::new(Running::default());
        let watched = Arc::clone(&running);
        inner.lock_handle().await?.set_progress_handler(STEPS, move || watched.goes_on());
        Ok(Self { inner, limit: None, running, is_read_only: Arc::default() })
    }

    /// Before anything else is asked of the connection: a statement that was left may still be on its way to its end.
    async fn settle(&mut self) -> sqlx::Result<()> {
        if lock(&self.running.0).is_abandoned {
            self.inner.ping().await?;
            lock(&self.running.0).is_abandoned = false;
        }
        Ok(())
    }

    async fn start(&mut self) -> sqlx::Result<Waiting> {
        self.settle().await?;
        let in_transaction = self.inner.is_in_transaction();
        let limit = self.limit.filter(|_| !in_transaction);
        lock(&self.running.0).since = limit.map(|limit| (Stopwatch::start(), limit));
        Ok(Waiting { running: Arc::clone(&self.running), is_over: in_transaction })
    }
}

impl AnyConnectionBackend for StoppableConnection {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, sqlx::Result<()>> {
        Box::new(self.inner).close()
    }

    fn close_hard(self: Box<Self>) -> BoxFuture<'static, sqlx::Result<()>> {
        Box::new(self.inner).close_hard()
    }

    /// Asked when it comes back to its pool, which closes one that fails: the next one is opened anew.
    fn ping(&mut self) -> BoxFuture<'_, sqlx::Result<()>> {
        if self.is_read_only.load(Ordering::Relaxed) {
            return Box::pin(ready(Err(sqlx::Error::Io(ErrorKind::ReadOnlyFilesystem.into()))));
        }
        self.inner.ping()
    }

    fn begin(&mut self, statement: Option<SqlStr>) -> BoxFuture<'_, sqlx::Result<()>> {
        Box::pin(async move {
            self.settle().await?;
            let begun = self.inner.begin(statement).await;
            note_refusal(&self.is_read_only, &begun);
            begun
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, sqlx::Result<()>> {
        self.inner.commit()
    }

    fn rollback(&mut self) -> BoxFuture<'_, sqlx::Result<()>> {
        self.inner.rollback()
    }

    fn start_rollback(&mut self) {
        self.inner.start_rollback();
    }

    fn get_transaction_depth(&self) -> usize {
        self.inner.get_transaction_depth()
    }

    fn shrink_buffers(&mut self) {
        self.inner.shrink_buffers();
    }

    fn flush(&mut self) -> BoxFuture<'_, sqlx::Result<()>> {
        self.inner.flush()
    }

    fn should_flush(&self) -> bool {
        self.inner.should_flush()
    }

    fn as_migrate(&mut self) -> sqlx::Result<&mut (dyn Migrate + Send + 'static)> {
        self.inner.as_migrate()
    }

    fn fetch_many(
        &mut self,
        query: SqlStr,
        persistent: bool,
        arguments: Option<AnyArguments>,
    ) -> BoxStream<'_, sqlx::Result<Either<AnyQueryResult, AnyRow>>> {
        if let Some(limit) = query.as_str().strip_prefix(LIMIT) {
            self.limit = limit.parse().ok().map(Duration::from_millis);
            return stream::empty().boxed();
        }
        let rows = async move {
            let (waiting, is_read_only) = (self.start().await?, Arc::clone(&self.is_read_only));
            let rows = self.inner.fetch_many(query, persistent, arguments);
            Ok(Rows { is_read_only, rows, waiting, span: log_context::span() })
        };
        rows.try_flatten_stream().boxed()
    }

    fn fetch_optional(
        &mut self,
        query: SqlStr,
        persistent: bool,
        arguments: Option<AnyArguments>,
    ) -> BoxFuture<'_, sqlx::Result<Option<AnyRow>>> {
        Box::pin(async move {
            let mut waiting = self.start().await?;
            let row = self.inner.fetch_optional(query, persistent, arguments).instrument(log_context::span()).await;
            note_refusal(&self.is_read_only, &row);
            waiting.is_over = true;
            row
        })
    }

    fn prepare_with<'c, 'q: 'c>(
        &'c mut self,
        sql: SqlStr,
        parameters: &[AnyTypeInfo],
    ) -> BoxFuture<'c, sqlx::Result<AnyStatement>> {
        self.inner.prepare_with(sql, parameters)
    }
}
