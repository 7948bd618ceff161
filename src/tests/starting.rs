//! What is opened at the start, and what is said when it cannot be.

use std::{
    io::{ErrorKind, Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
};

use axum::http::Method;
use clap::Parser;
use serde_json::json;
use sqlx::{AnyConnection, Connection, Executor};

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};
use crate::{
    auth::{cause::Cause, event::Actor, revocations::EndReason, sessions::store::Target},
    base::{
        config::Config,
        db::{Kind, install_drivers},
    },
    cli,
    pages::part::Parts,
    serve,
};

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

fn config(flags: &[&str]) -> Config {
    Settings::parse_from(["latchkey"].iter().chain(flags)).config
}

async fn refusal(flags: &[&str]) -> String {
    serve::open(config(flags)).await.err().expect("a refusal")
}

fn mode(path: &std::path::Path) -> u32 {
    path.metadata().expect("it is there").permissions().mode() & 0o777
}

#[tokio::test]
async fn folder_database_and_key_can_be_read_by_their_owner_only() {
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("data");
    serve::open(config(&["--data-dir", folder.to_str().expect("a path")])).await.expect("the services");
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("latchkey.db")), 0o600);
    assert_eq!(mode(&folder.join("secret.key")), 0o600);
}

#[tokio::test]
async fn a_command_for_an_installation_that_is_not_there_makes_nothing() {
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("typo");
    let words = serve::connect(config(&["--data-dir", folder.to_str().expect("a path")]), false).await.err();
    let words = words.expect("a refusal");
    assert!(words.contains("there is no database at") && words.contains("LATCHKEY_DATA_DIR"), "{words}");
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_database_of_another_program_is_called_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    install_drivers();
    let url = format!("sqlite://{data}/latchkey.db?mode=rwc");
    let mut other = AnyConnection::connect(&url).await.expect("a database");
    other.execute("create table songs (id integer)").await.expect("a table");
    other.close().await.expect("closed");
    let words = serve::connect(config(&["--data-dir", data]), false).await.err().expect("a refusal");
    assert!(words.contains("not a database of Latchkey, or it was never migrated; run `latchkey migrate`"), "{words}");
}

#[tokio::test]
async fn a_folder_or_a_file_that_cannot_be_used_is_named_with_the_cause() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    std::fs::write(path("file"), "").expect("a file");
    let url = format!("sqlite://{}/latchkey.db", path("file"));
    let words = serve::connect(config(&["--database-url", &url]), false).await.err().expect("a refusal");
    assert!(
        words.contains("cannot open") && words.contains("Not a directory") && words.contains("file/latchkey.db"),
        "{words}"
    );
    // Nothing is closed to root.
    if rustix::process::geteuid().is_root() {
        return;
    }
    let services = serve::open(config(&["--data-dir", &path("data")])).await.expect("the services");
    services.close_databases().await;
    let set = |name: &str, mode: u32| {
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).expect("its mode");
    };
    for (name, mode, usual) in [("data/latchkey.db", 0, 0o600), ("data", 0o500, 0o700), ("data", 0, 0o700)] {
        set(name, mode);
        let words = serve::connect(config(&["--data-dir", &path("data")]), false).await.err();
        set(name, usual);
        let words = words.expect("a refusal");
        assert!(words.contains("Permission denied") && words.contains(&path(name)), "{name} {mode:o}: {words}");
    }
}

#[tokio::test]
async fn no_new_secret_key_is_made_for_a_database_that_another_one_has_sealed() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    serve::open(config(&["--data-dir", data])).await.expect("the services");
    let (file, elsewhere) = (folder.path().join("secret.key"), folder.path().join("elsewhere"));
    std::fs::rename(&file, &elsewhere).expect("moved");
    let words = refusal(&["--data-dir", data]).await;
    assert!(words.contains("secret.key; restore it, or set LATCHKEY_SECRET_KEY"), "{words}");
    assert!(!file.exists(), "the next start finds none, either");
    std::fs::rename(&elsewhere, &file).expect("moved");
    serve::open(config(&["--data-dir", data])).await.expect("the services");
}

/// Makes the disk full, as far as the database can tell.
async fn fill(app: &TestApp) {
    let pool = &app.services.state.db.pool;
    if app.kind() == Kind::Postgres {
        let full = "create or replace function full_disk() returns trigger language plpgsql as $$ begin raise exception \
                    'could not extend file' using errcode = '53100'; end $$";
        pool.execute(full).await.expect("a function");
        for statement in [
            "create or replace trigger full_notes before insert on notes for each row execute function full_disk()",
            "create or replace trigger full_events before insert on audit_events for each row execute function full_disk()",
        ] {
            pool.execute(statement).await.expect("a trigger");
        }
        return;
    }
    // Each connection has its own limit; one that is in use at this moment gets none.
    let mut idle = Vec::new();
    while let Some(mut connection) = pool.try_acquire() {
        connection.execute("pragma max_page_count = 1").await.expect("as few as there are");
        idle.push(connection);
    }
}

/// There is room again.
async fn empty(app: &TestApp) {
    let pool = &app.services.state.db.pool;
    if app.kind() == Kind::Postgres {
        pool.execute("drop function full_disk cascade").await.expect("dropped");
        return;
    }
    let mut idle = Vec::new();
    while let Some(mut connection) = pool.try_acquire() {
        connection.execute("pragma max_page_count = 1000000").await.expect("as many as there may be");
        idle.push(connection);
    }
}

on_both_databases! {
    async fn a_full_database_is_busy_and_the_command_line_says_why(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let input = json!({ "title": "t", "body": "long words ".repeat(1_800) });
        let mut refused = None;
        for _ in 0..20 {
            fill(&app).await;
            refused = Some(alice.api(Method::POST, "/api/v1/notes", Some(input.clone())).await);
            if refused.as_ref().is_some_and(|answer| answer.status != 201) {
                break;
            }
        }
        let answer = refused.expect("an answer");
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "busy".into(), "2"));
        // What is small may still find room.
        let mut told = None;
        for _ in 0..100 {
            let cause = Cause { actor: Actor::CommandLine, ..Cause::by_system(EndReason::ByAdmin) };
            if let Err(error) = app.services.terminator.terminate_everywhere(Target::User(&id), cause).await {
                told = Some(cli::told(error.to_string()));
                break;
            }
        }
        let told = told.expect("a refusal");
        assert!(told.starts_with("the database can't be written: ") && told.ends_with("; nothing was done"), "{told}");
        assert_eq!(cli::told("there is no user x".into()), "there is no user x");
        empty(&app).await;
        for _ in 0..20 {
            assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200, "there is room again");
        }
    }

    async fn a_database_of_a_newer_version_is_refused_by_the_server_and_by_every_command(app: TestApp) {
        let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                     select version + 9000, 'newer', success, checksum, 0 from _sqlx_migrations \
                     where version = (select min(version) from _sqlx_migrations)";
        sqlx::query(newer).execute(&app.services.state.db.pool).await.expect("a row");
        let config = || Config::clone(&app.services.state.config);
        let refusals = [
            app.start_again().await.err(),
            serve::migrate(config(), &Parts::default()).await.err(),
            serve::connect(config(), false).await.err(),
        ];
        let words = "the database was migrated by a newer Latchkey (1 unknown migration); run the newer version";
        assert_eq!(refusals, [(); 3].map(|()| Some(words.to_owned())));
    }
}

#[tokio::test]
async fn a_file_that_may_not_grow_is_an_error_and_not_the_end() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // Far beyond what any other test writes.
    const LIMIT: u64 = 1 << 40;
    crate::outlive_full_files();
    let mut file = tempfile::tempfile().expect("a file");
    file.seek(SeekFrom::Start(LIMIT)).expect("a place");
    let before = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(LIMIT), ..before }).expect("a limit");
    let written = file.write(b"x");
    setrlimit(Resource::Fsize, before).expect("as it was");
    assert_eq!(written.map_err(|error| error.kind()), Err(ErrorKind::FileTooLarge));
}

#[tokio::test]
async fn settings_that_cannot_work_stop_the_start_with_the_name_of_the_setting() {
    let parent = tempfile::tempdir().expect("a folder");
    let data = parent.path().join("data");
    let data = data.to_str().expect("a path");
    for (flags, named) in [
        (&["--base-url", "https://accounts.example.com"][..], "LATCHKEY_SECRET_KEY"),
        (&["--base-url", "https://accounts.example.com", "--secret-key", "short"], "LATCHKEY_SECRET_KEY"),
        (&["--base-url", "https://accounts.example.com", "--insecure-cookies", "true"], "LATCHKEY_INSECURE_COOKIES"),
        (&["--base-url", "http://accounts.example.com"], "LATCHKEY_BASE_URL"),
        (&["--addr", "0.0.0.0:3000"], "LATCHKEY_BASE_URL"),
        (&["--session-idle-minutes", "1000", "--session-lifetime-hours", "1"], "LATCHKEY_SESSION_IDLE_MINUTES"),
        (&["--argon2-memory-kib", "102400"], "LATCHKEY_HASH_BUDGET_MIB"),
        (&["--smtp-url", "nonsense hunter2"], "LATCHKEY_SMTP_URL"),
        (&["--smtp-url", "https://user:hunter2@mail.example.com"], "LATCHKEY_SMTP_URL"),
        (&["--smtp-url", "smtp://user:hunter2%ff@mail.example.com?tls=required"], "LATCHKEY_SMTP_URL"),
        (&["--smtp-url", "smtp://user:hunter2@mail.example.com?tls=perhaps"], "LATCHKEY_SMTP_URL"),
        (
            &["--base-url", "https://a.example.com", "--smtp-url", "smtp://user:hunter2@mail.example.com"],
            "LATCHKEY_SMTP_URL",
        ),
        (&["--mail-from", "Latchkey"], "LATCHKEY_MAIL_FROM"),
        (&["--mail-from", "a@example.com\r\nBcc: b@example.com"], "LATCHKEY_MAIL_FROM"),
        (&["--database-url", "mysql://x"], "LATCHKEY_DATABASE_URL"),
        (&["--database-url", "postgres://nobody@127.0.0.1:1/none"], "LATCHKEY_DATABASE_URL"),
    ] {
        let words = refusal(&[&["--data-dir", data][..], flags].concat()).await;
        assert!(words.contains(named) && !words.contains('\n'), "{flags:?}: {words}");
        assert!(!words.contains("pool timed out"), "the cause is named: {words}");
        assert!(!words.contains("hunter2"), "no password is printed: {words}");
    }
}

#[tokio::test]
async fn a_metrics_address_that_is_taken_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("an address").to_string();
    let flags = ["--data-dir", data, "--addr", "127.0.0.1:0", "--metrics-addr", &addr];
    let words = serve::serve(config(&flags), Parts::default()).await.expect_err("a refusal");
    assert!(words.contains("LATCHKEY_METRICS_ADDR") && words.contains(&addr) && !words.contains('\n'), "{words}");
}

#[tokio::test]
async fn another_secret_key_does_not_open_the_signing_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    serve::open(config(&["--data-dir", data])).await.expect("the services");
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let words = refusal(&["--data-dir", data, "--secret-key", other]).await;
    assert!(words.contains("LATCHKEY_SECRET_KEY") && !words.contains(other), "{words}");
}

/// SQLite's time-out is five seconds, and this waits for it once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_busy_and_no_fault() {
    let app = TestApp::on(Kind::Sqlite).await;
    let mut alice = app.with_token("alice").await;
    let lock = app.another_instance().await.state.db.pool.begin_with("begin exclusive").await.expect("the lock");
    let input = Some(json!({ "title": "t", "body": "b" }));
    let answer = alice.api(Method::POST, "/api/v1/notes", input.clone()).await;
    assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "busy".into(), "2"));
    lock.rollback().await.expect("unlocked");
    assert_eq!(alice.api(Method::POST, "/api/v1/notes", input).await.status, 201);
}

#[tokio::test]
async fn production_names_the_command_for_the_first_link_and_does_not_log_one() {
    let app = TestApp::on(Kind::Sqlite).await;
    let state = &app.services.state;
    let shown = serve::way_to_first_administrator(state).await.expect("words").expect("no administrator yet");
    assert!(shown.contains("http://localhost:3000/setup?token="), "{shown}");
    assert_eq!(app.count("select count(*) from setup_links").await, 1);
    let secret = crate::base::sealed::SecretKey::generate().expect("a key").encoded();
    let live =
        TestApp::with(Kind::Sqlite, &["--base-url", "https://accounts.example.com", "--secret-key", &secret]).await;
    let state = &live.services.state;
    let said = serve::way_to_first_administrator(state).await.expect("words").expect("no administrator yet");
    assert!(said.contains("latchkey setup-link") && !said.contains("token") && !said.contains("http"), "{said}");
    assert_eq!(live.count("select count(*) from setup_links").await, 0);
    app.admin().await;
    assert_eq!(serve::way_to_first_administrator(&app.services.state).await, Ok(None));
}
