//! A database for each test: a copy of one that was migrated once, since all migrations take as long as many a test.

use std::{fs, mem, path::Path, sync::Mutex};

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

use super::app::Settings;
use crate::base::db::{Db, Kind, Patience, install_drivers};

static MIGRATED_FILE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// The name of a database that nobody is connected to: otherwise PostgreSQL makes no copy.
static MIGRATED_DATABASE: OnceCell<String> = OnceCell::const_new();

/// The databases of PostgreSQL whose tests have ended. The next test drops them: all of a run together fill 8 GB.
static ENDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// PostgreSQL's lasts as long as this value.
pub struct Database {
    pub url: String,
    /// None on SQLite, whose file goes with its folder.
    name: Option<String>,
}

impl Drop for Database {
    fn drop(&mut self) {
        ENDED.lock().expect("the list").extend(self.name.take());
    }
}

/// A new database, migrated and empty. SQLite's file is in `folder`.
pub async fn new(kind: Kind, folder: &Path) -> Database {
    match kind {
        Kind::Sqlite => {
            let file = folder.join("latchkey.db");
            fs::write(&file, MIGRATED_FILE.get_or_init(migrated_file).await).expect("a database");
            Database { url: sqlite_url(folder), name: None }
        }
        Kind::Postgres => {
            let migrated = MIGRATED_DATABASE.get_or_init(migrated_database).await;
            let name = create(&format!("template {migrated}")).await;
            Database { url: postgres_url(None, &name), name: Some(name) }
        }
    }
}

/// A database of PostgreSQL without a table. Its name.
pub async fn empty_postgres() -> String {
    create("").await
}

/// The address of this database of the PostgreSQL of the tests, for this role.
pub fn postgres_url(role: Option<&str>, database: &str) -> String {
    let mut url = Url::parse(&postgres_server()).expect("an address");
    if let Some(role) = role {
        url.set_username(role).expect("a role");
    }
    url.set_path(database);
    url.into()
}

/// `cargo xtask test` starts a PostgreSQL and names it; without one half of the tests would prove nothing.
fn postgres_server() -> String {
    std::env::var("LATCHKEY_TEST_POSTGRES_URL")
        .expect("LATCHKEY_TEST_POSTGRES_URL is not set: run `cargo xtask test --only rust`, which starts a PostgreSQL")
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}/latchkey.db", folder.to_str().expect("a path"))
}

async fn migrated_file() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    migrate(&sqlite_url(folder.path())).await;
    fs::read(folder.path().join("latchkey.db")).expect("a database")
}

async fn migrated_database() -> String {
    let name = create("").await;
    migrate(&postgres_url(None, &name)).await;
    name
}

/// When it returns nobody is connected any more, and SQLite's journal is in its file.
async fn migrate(url: &str) {
    let db = Db::open(&Settings::config_of(&["latchkey", "--database-url", url]), true).await.expect("a database");
    db.migrate(Patience::default()).await.expect("migrated");
    db.close().await;
}

async fn create(like: &str) -> String {
    install_drivers();
    let name = format!("latchkey_{}", Uuid::now_v7().simple());
    let mut connection = AnyConnection::connect(&postgres_server()).await.expect("PostgreSQL");
    let ended = mem::take(&mut *ENDED.lock().expect("the list"));
    for name in ended {
        let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
        connection.execute(drop).await.expect("dropped");
    }
    connection.execute(AssertSqlSafe(format!("create database {name} {like}"))).await.expect("a database");
    name
}
