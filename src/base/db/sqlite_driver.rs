//! What sqlx asks of a database before `Any` may use its connections. Nothing of it but those is ever used. Server side.

use std::{borrow::Cow, str::FromStr};

use log::LevelFilter;
use sqlx::{
    Arguments, Column, ColumnIndex, ConnectOptions, Connection, Database, Either, Encode, Row, SqlStr, Statement,
    Transaction, Type, Value, ValueRef,
    any::AnyConnectOptions,
    error::BoxDynError,
    sqlite::{SqliteConnectOptions, SqliteTypeInfo},
};
use sqlx_core::{
    any::{AnyConnectionBackend, driver::AnyDriver},
    impl_statement_query,
    transaction::TransactionManager,
};
use url::Url;

use super::sqlite::StoppableConnection;

/// Both databases, as `sqlx::any::install_drivers` takes them.
pub static DRIVERS: [AnyDriver; 2] = [AnyDriver::without_migrate::<Stoppable>(), sqlx::postgres::any::DRIVER];

#[derive(Debug, Default)]
pub struct Stoppable;

impl Database for Stoppable {
    type Connection = StoppableConnection;
    type TransactionManager = Never;
    type Row = Never;
    type QueryResult = ();
    type Column = Never;
    type TypeInfo = SqliteTypeInfo;
    type Value = Never;
    type ValueRef<'r> = Never;
    type Arguments = Self;
    type ArgumentBuffer = ();
    type Statement = Never;
    const NAME: &'static str = "SQLite";
    const URL_SCHEMES: &'static [&'static str] = &["sqlite"];
}

#[derive(Clone, Debug)]
pub struct Options(SqliteConnectOptions);

impl<'a> TryFrom<&'a AnyConnectOptions> for Options {
    type Error = sqlx::Error;
    fn try_from(options: &'a AnyConnectOptions) -> Result<Self, sqlx::Error> {
        options.try_into().map(Self)
    }
}

impl FromStr for Options {
    type Err = sqlx::Error;
    fn from_str(url: &str) -> Result<Self, sqlx::Error> {
        url.parse().map(Self)
    }
}

impl ConnectOptions for Options {
    type Connection = StoppableConnection;
    fn from_url(url: &Url) -> Result<Self, sqlx::Error> {
        SqliteConnectOptions::from_url(url).map(Self)
    }
    async fn connect(&self) -> Result<StoppableConnection, sqlx::Error> {
        StoppableConnection::open(&self.0).await
    }
    fn log_statements(self, level: LevelFilter) -> Self {
        Self(self.0.log_statements(level))
    }
    fn log_slow_statements(self, level: LevelFilter, duration: std::time::Duration) -> Self {
        Self(self.0.log_slow_statements(level, duration))
    }
}

impl Connection for StoppableConnection {
    type Database = Stoppable;
    type Options = Options;
    async fn close(self) -> Result<(), sqlx::Error> {
        Connection::close(self.inner).await
    }
    async fn close_hard(self) -> Result<(), sqlx::Error> {
        Connection::close_hard(self.inner).await
    }
    async fn ping(&mut self) -> Result<(), sqlx::Error> {
        Connection::ping(&mut self.inner).await
    }
    async fn begin(&mut self) -> Result<Transaction<'_, Stoppable>, sqlx::Error> {
        Transaction::begin(self, None).await
    }
    fn shrink_buffers(&mut self) {
        Connection::shrink_buffers(&mut self.inner);
    }
    async fn flush(&mut self) -> Result<(), sqlx::Error> {
        Connection::flush(&mut self.inner).await
    }
    fn should_flush(&self) -> bool {
        Connection::should_flush(&self.inner)
    }
}

/// A method of what never is.
macro_rules! nothing {
    ($name:ident -> $type:ty) => {
        fn $name(&self) -> $type {
            match *self {}
        }
    };
}

/// Rows, values and statements that are never made.
#[derive(Clone, Debug)]
pub enum Never {}

impl TransactionManager for Never {
    type Database = Stoppable;
    async fn begin(connection: &mut StoppableConnection, statement: Option<SqlStr>) -> Result<(), sqlx::Error> {
        AnyConnectionBackend::begin(connection, statement).await
    }
    async fn commit(connection: &mut StoppableConnection) -> Result<(), sqlx::Error> {
        AnyConnectionBackend::commit(connection).await
    }
    async fn rollback(connection: &mut StoppableConnection) -> Result<(), sqlx::Error> {
        AnyConnectionBackend::rollback(connection).await
    }
    fn start_rollback(connection: &mut StoppableConnection) {
        AnyConnectionBackend::start_rollback(connection);
    }
    fn get_transaction_depth(connection: &StoppableConnection) -> usize {
        AnyConnectionBackend::get_transaction_depth(connection)
    }
}

impl Row for Never {
    type Database = Stoppable;
    nothing!(columns -> &[Never]);
    fn try_get_raw<I: ColumnIndex<Self>>(&self, _: I) -> Result<Never, sqlx::Error> {
        match *self {}
    }
}

impl Column for Never {
    type Database = Stoppable;
    nothing!(ordinal -> usize);
    nothing!(name -> &str);
    nothing!(type_info -> &SqliteTypeInfo);
}

impl Value for Never {
    type Database = Stoppable;
    nothing!(as_ref -> Never);
    nothing!(type_info -> Cow<'_, SqliteTypeInfo>);
    nothing!(is_null -> bool);
}

impl ValueRef<'_> for Never {
    type Database = Stoppable;
    nothing!(to_owned -> Never);
    nothing!(type_info -> Cow<'_, SqliteTypeInfo>);
    nothing!(is_null -> bool);
}

impl Arguments for Stoppable {
    type Database = Self;
    fn reserve(&mut self, _: usize, _: usize) {}
    fn add<'t, T: Encode<'t, Self> + Type<Self>>(&mut self, _: T) -> Result<(), BoxDynError> {
        Err("only `Any` binds arguments".into())
    }
    fn len(&self) -> usize {
        0
    }
}

impl Statement for Never {
    type Database = Stoppable;
    fn into_sql(self) -> SqlStr {
        match self {}
    }
    nothing!(sql -> &SqlStr);
    nothing!(parameters -> Option<Either<&[SqliteTypeInfo], usize>>);
    nothing!(columns -> &[Never]);
    impl_statement_query!(Stoppable);
}
