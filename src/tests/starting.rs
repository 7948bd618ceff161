//! What is opened at the start, and what is said when it cannot be.

use std::{
    ffi::OsString,
    fs::File,
    io::{ErrorKind, Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use axum::http::Method;
use clap::Parser;
use leptos::config::LeptosOptions;
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

use super::{
    app::{PASSWORD, TestApp},
    logs::Lines,
    on_both_databases,
};
use crate::{
    auth::{
        cause::Cause, event::Actor, instances::presence::Presence, revocations::EndReason, sessions::store::Target,
    },
    base::{
        config::Config,
        db::{Db, Kind, install_drivers},
        error::faults::unwritable,
        private_file::is_full,
    },
    cli,
    pages::part::Parts,
    serve,
    web::assets,
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
    // As few as there are; each connection has its own limit.
    set(&app.services.state.db, "pragma max_page_count = 1").await;
}

/// There is room again.
async fn empty(app: &TestApp) {
    let pool = &app.services.state.db.pool;
    if app.kind() == Kind::Postgres {
        pool.execute("drop function full_disk cascade").await.expect("dropped");
        return;
    }
    set(&app.services.state.db, "pragma max_page_count = 1000000").await;
}

/// On each connection.
async fn set(db: &Db, statement: &str) {
    let mut all = Vec::new();
    for _ in 0..db.connections() {
        let mut connection = db.pool.acquire().await.expect("a connection");
        connection.execute(AssertSqlSafe(statement.to_owned())).await.expect("set");
        all.push(connection);
    }
}

/// Lets no connection write any more, as when the system has made a disk read-only; or again.
async fn make_read_only(db: &Db, is: bool) {
    let setting = if db.kind == Kind::Sqlite { "pragma query_only" } else { "set default_transaction_read_only" };
    set(db, &format!("{setting} = {is}")).await;
}

on_both_databases! {
    async fn a_full_database_takes_nothing_and_the_command_line_says_why(app: TestApp) {
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
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "cannot_save".into(), "60"));
        // What is small may still find room.
        let mut told = None;
        for _ in 0..100 {
            let cause = Cause { actor: Actor::CommandLine, ..Cause::by_system(EndReason::ByAdmin) };
            if let Err(error) = app.services.terminator.terminate_everywhere(Target::User(&id), cause).await {
                told = Some(cli::Failed::from(error).0);
                break;
            }
        }
        let told = told.expect("a refusal");
        assert!(told.starts_with("the disk of the database is full: ") && told.ends_with("; nothing was done"), "{told}");
        assert_eq!(cli::Failed::from("there is no user x").0, "there is no user x");
        empty(&app).await;
        for _ in 0..20 {
            assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200, "there is room again");
        }
    }

    async fn a_read_only_database_is_no_fault_and_no_one_is_told_to_try_again_at_once(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let db = &app.services.state.db;
        make_read_only(db, true).await;
        let lines = Lines::default();
        let listening = lines.listen("text", "error");
        let answer = alice.api(Method::POST, "/api/v1/notes", Some(json!({ "title": "t", "body": "b" }))).await;
        drop(listening);
        let log = lines.text();
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "cannot_save".into(), "60"));
        assert!(log.contains("the database is read-only"), "{log}");
        let form = alice.submit("change_name", &[("name", "Al")], "/account").await;
        app.clock.advance_ms(61_000);
        let page = alice.open("/dashboard").await;
        for (answer, words) in [(&form, "The server can't save anything at the moment."), (&page, "Nothing can be saved")] {
            let text = answer.text();
            assert_eq!(answer.status, 503, "{text}");
            assert!(text.contains(words) && !text.contains("busy") && !text.contains(">Try again<"), "{text}");
        }
        make_read_only(db, false).await;
        assert_eq!(alice.open("/dashboard").await.status, 200);
        assert_eq!(alice.act("change_name", &[("name", "Al")]).await.status, 200);
    }

    async fn a_connection_that_may_not_write_is_not_used_again(app: TestApp) {
        if app.kind() == Kind::Postgres {
            // There it lasts until the connection is five minutes old.
            return;
        }
        let mut alice = app.logged_in("alice").await;
        make_read_only(&app.services.state.db, true).await;
        let mut refused = 0;
        while alice.act("change_name", &[("name", "Al")]).await.status == 503 {
            refused += 1;
            assert!(refused <= app.services.state.db.connections(), "each one is refused once");
        }
        assert!(refused > 0 && app.user("alice").await.name == "Al");
    }

    async fn an_instance_whose_disk_takes_nothing_is_not_ready(app: TestApp) {
        let services = &app.services;
        let presence = Presence::new(services.vital().state.clone(), services.revocations.clone());
        presence.begin().await.expect("its row");
        let ready = async || {
            services.revocations.sync().await.expect("the feed");
            let answer = app.anonymous().open("/readyz").await;
            (answer.status, answer.text())
        };
        assert_eq!(ready().await, (200, "database: ok\nrevocations: ok\n".into()));
        make_read_only(&services.vital_db, true).await;
        presence.write().await.expect_err("a refusal");
        assert_eq!(ready().await, (503, "database: failing\nrevocations: ok\n".into()));
        make_read_only(&services.vital_db, false).await;
        presence.write().await.expect("its row");
        assert_eq!(ready().await.0, 200);
        app.refuse("update on instances", "true").await;
        presence.write().await.expect_err("another fault");
        assert_eq!(ready().await.0, 200, "which keeps no one else from writing");
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

/// A disk of a few megabytes; only root may have one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder.path());
        mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn fill(&self) {
        let mut file = File::create(self.0.path().join("fill")).expect("a file");
        while file.write_all(&[0; 4096]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_is_used_up_is_a_full_disk() {
    use rustix::io::Errno;
    let full = [Errno::NOSPC, Errno::DQUOT, Errno::ACCESS].map(|number| is_full(&number.into()));
    assert_eq!(full, [true, true, false]);
    let app = TestApp::on(Kind::Postgres).await;
    for (why, words) in [("Disk quota exceeded", Some("the disk of the database is full")), ("Is a directory", None)] {
        let statement =
            format!("do $$ begin raise exception 'could not extend file: {why}' using errcode = 'XX000'; end $$");
        let error = app.services.state.db.pool.execute(AssertSqlSafe(statement)).await.expect_err("a fault");
        assert_eq!(unwritable(&error), words, "{error}");
    }
}

#[tokio::test]
async fn a_full_disk_is_called_that_where_no_server_is_running() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("NOT TRIED: only root can have a small disk");
        return;
    };
    let data = disk.0.path().join("data");
    let data = data.to_str().expect("a path");
    serve::migrate(config(&["--data-dir", data]), &Parts::default()).await.expect("migrated");
    disk.fill();
    let words = serve::connect(config(&["--data-dir", data]), false).await.err().expect("a refusal");
    assert!(words.contains("No space left") && words.contains("free some space"), "{words}");
    assert!(words.contains(data) && !words.contains("LATCHKEY_DATABASE_URL"), "{words}");
    let test = ["latchkey", "mail", "test", "--to", "a@example.com", "--data-dir", data].map(OsString::from);
    let test = cli::given::parse(&test, |_| None).unwrap_or_else(|error| panic!("{error}"));
    let cli::Failed(words, code) = cli::obey(test).await.expect_err("a refusal");
    assert!(words.contains("No space left") && words.contains(data) && words.ends_with("has room"), "{words}");
    assert_eq!(code, 1);
}

#[tokio::test]
async fn what_works_and_should_not_be_so_is_said_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    serve::migrate(config(&["--data-dir", data]), &Parts::default()).await.expect("migrated");
    let set = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its mode");
    };
    let said = || {
        let lines = Lines::default();
        let listening = lines.listen("text", "warn");
        let options = LeptosOptions::builder().output_name("latchkey").site_root("nowhere").build();
        serve::warn(&config(&["--data-dir", data]), &options).expect("development");
        drop(listening);
        lines.text()
    };
    const OTHERS: &str = "other users on this machine can read the database";
    for (of_file, of_folder, is_open) in [(0o600, 0o755, false), (0o644, 0o700, false), (0o644, 0o755, true)] {
        set(&folder.path().join("latchkey.db"), of_file);
        set(folder.path(), of_folder);
        let said = said();
        assert_eq!(said.contains(OTHERS), is_open, "{of_file:o} {of_folder:o}: {said}");
        assert!(said.contains("pages have no style or work without JavaScript"), "{said}");
    }
}

#[test]
fn what_is_missing_of_the_browser_package_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (site, hashes) = (folder.path().join("site"), folder.path().join("hash.txt"));
    let options =
        || LeptosOptions::builder().output_name("latchkey").site_root(site.to_string_lossy().into_owned()).build();
    let production = config(&["--base-url", "https://login.example.com"]);
    let refusal = || serve::warn(&production, &options()).expect_err("a refusal");
    assert!(refusal().contains("site/pkg is missing"), "{}", refusal());
    std::fs::create_dir_all(site.join("pkg")).expect("a folder");
    // That of the program that runs the tests.
    assert!(refusal().contains("hash.txt is missing"), "{}", refusal());
    let missing = || assets::missing_of(&site, &hashes).expect("something");
    assert_eq!(missing(), hashes.display().to_string());
    for (kind, end) in [("", "css"), ("page-", "js"), ("page-", "wasm"), ("", "js"), ("", "wasm")] {
        assert!(missing().contains("hash.txt"), "{}", missing());
        let mut file = File::options().create(true).append(true).open(&hashes).expect("the file of hashes");
        writeln!(file, "{kind}{end}: abc").expect("a line");
        let named = site.join(format!("pkg/latchkey.{kind}abc.{end}"));
        assert_eq!(missing(), named.display().to_string());
        std::fs::write(named, "").expect("a file");
    }
    assert_eq!(assets::missing_of(&site, &hashes), None);
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
