//! PostgreSQL alone: two roles, migrations beside others, transactions that give way.

use std::time::Duration;

use axum::http::Method;
use clap::Parser;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    app::{HEARTBEAT, PASSWORD, Settings, TestApp, remove_old_rows},
    caller::{Answer, Caller},
    database,
    database::postgres_url,
    second_factor::shared_with,
};
use crate::{
    auth::{links::Purpose, tokens::KeyPurpose},
    base::{
        config::Config,
        db::{Db, Kind, Patience, install_drivers},
        state::Clock,
    },
    pages::{part::Parts, signup::setup_link},
    serve,
    serve::{router::router, services::Services},
};

/// The superuser of the tests.
const SUPERUSER: &str = "latchkey";

async fn connected(role: &str, database: &str) -> AnyConnection {
    install_drivers();
    AnyConnection::connect(&postgres_url(Some(role), database)).await.expect("PostgreSQL")
}

async fn run(connection: &mut AnyConnection, statement: &str) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(statement.to_owned())).await.map(|_| ())
}

/// The pieces of SQL of the guide, for roles and a database of other names.
fn guide(owner: &str, serves: &str, database: &str) -> Vec<Vec<String>> {
    let guide = include_str!("../../docs/POSTGRES.md");
    let blocks = guide.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let named = |text: &str| {
        text.replace("latchkey_owner", owner).replace("latchkey_serves", serves).replace("accounts", database)
    };
    let statements = |block: &str| block.split(';').map(str::trim).filter(|one| !one.is_empty()).map(named).collect();
    blocks.map(statements).collect()
}

fn config(role: &str, database: &str, data_dir: &str) -> Config {
    let url = postgres_url(Some(role), database);
    Settings::config_of(&[
        "latchkey",
        "--database-url",
        &url,
        "--data-dir",
        data_dir,
        "--database-connections",
        "4",
        "--argon2-memory-kib",
        "7168",
        "--argon2-passes",
        "1",
    ])
}

/// An installation where one role owns the tables and another serves, as the guide says.
pub struct TwoRoles {
    owner: String,
    serves: String,
    database: String,
    folder: TempDir,
}

impl TwoRoles {
    async fn make() -> Self {
        let id = Uuid::now_v7().simple().to_string();
        let (owner, serves, database) = (format!("owner_{id}"), format!("serves_{id}"), format!("accounts_{id}"));
        let [cluster, inside] = &guide(&owner, &serves, &database)[..] else { panic!("two pieces of SQL") };
        let mut superuser = connected(SUPERUSER, "postgres").await;
        for statement in cluster {
            run(&mut superuser, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let mut superuser = connected(SUPERUSER, &database).await;
        for statement in inside {
            run(&mut superuser, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let folder = tempfile::tempdir().expect("a folder");
        Self { owner, serves, database, folder }
    }

    /// As [`Self::make`], migrated by the owner, and opened by the role that serves.
    pub async fn opened() -> (Self, Services) {
        let made = Self::make().await;
        let parts = || Parts::from(Settings::parse_from(["latchkey"]).all.parts);
        let words = serve::open(made.config(&made.serves)).await.err().expect("nothing is there yet");
        assert!(words.contains("latchkey migrate") && words.contains("owns") && !words.contains('\n'), "{words}");
        serve::migrate(made.config(&made.owner), &parts()).await.expect("the owner may");
        serve::migrate(made.config(&made.owner), &parts()).await.expect("nothing to do");
        let services = serve::open_with(made.config(&made.serves), parts(), Clock::default()).await;
        let mut services = services.expect("the server may serve");
        services.streams.heartbeat = HEARTBEAT;
        (made, services)
    }

    fn config(&self, role: &str) -> Config {
        config(role, &self.database, self.folder.path().to_str().expect("a path"))
    }

    /// The role that serves may not do any of this.
    pub async fn assert_refused(&self, statements: &[&'static str]) {
        let mut thief = connected(&self.serves, &self.database).await;
        for statement in statements {
            let refused = run(&mut thief, statement).await.expect_err(statement);
            let code = refused.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
            assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_role_owns_the_tables_and_another_serves_with_rights_to_rows_alone() {
    let (installation, services) = TwoRoles::opened().await;
    services.keys.follow_settings().await.expect("its keys");
    remove_old_rows(&services.state).await;
    let mut ada = Caller::of(router(services.clone()));
    let link = setup_link::make(&services.state).await.expect("a link").expect("no administrator yet");
    assert_eq!(ada.open_setup(link.rsplit('=').next().expect("a token")).await.status, 200);
    let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(ada.act("set_up", &fields).await.status, 200);
    assert_eq!(ada.renew().await.status, 200);
    let note = serde_json::json!({ "title": "t", "body": "b" });
    assert_eq!(ada.api(Method::POST, "/api/v1/notes", Some(note)).await.status, 201);
    let mut alice = Caller::of(router(services.clone()));
    let fields = [("name", "alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
    assert_eq!(alice.act("sign_up", &fields).await.status, 200);
    assert_eq!(alice.renew().await.status, 200);
    let user = alice.user_id().await;
    assert_eq!(ada.act("force_logout", &[("user", &user), ("reason", "test")]).await.status, 200);
    assert_eq!(alice.renew().await.status, 401);

    let statements = [
        "drop table users",
        "create table spy (id int)",
        "alter table users add column spy int",
        "truncate audit_events",
        "create trigger spy before insert on users for each row execute function suppress_redundant_updates_trigger()",
        "create schema spy",
    ];
    installation.assert_refused(&statements).await;

    // A new version has something to do that this role may not.
    let mut superuser = connected(SUPERUSER, &installation.database).await;
    run(&mut superuser, "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)")
        .await
        .expect("as if it were new");
    let words = serve::open(installation.config(&installation.serves)).await.err().expect("a refusal");
    assert!(words.contains("latchkey migrate"), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_lets_go_of_what_somebody_else_holds_and_comes_back() {
    let database = database::empty_postgres().await;
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(SUPERUSER, &database, folder.path().to_str().expect("a path"));
    let db = Db::open(&config, true).await.expect("a database");
    let mut other = connected(SUPERUSER, &database).await;
    let mut held = other.begin().await.expect("a transaction");
    // What the first migration begins with.
    held.execute("create table _sqlx_migrations (version bigint primary key)").await.expect("a table");
    let patience = Patience { lock: Duration::from_millis(50), tries: 2, pause: Duration::from_millis(1) };
    let words = db.migrate(patience).await.expect_err("somebody holds it");
    assert!(words.contains("pg_stat_activity") && !words.contains('\n'), "{words}");
    held.rollback().await.expect("gone");
    db.migrate(Patience::default()).await.expect("nobody holds it");
    let (timeout,): (String,) =
        sqlx::query_as("select current_setting('lock_timeout')").fetch_one(&db.pool).await.expect("a setting");
    assert_eq!(timeout, "0", "it is the migration's alone");
}

/// Makes so many inserts into the table give way, as a deadlock does. A sequence counts, since no rollback takes it back.
async fn plant(app: &TestApp, table: &str, event: &str, code: &str, times: u32) {
    let statements = [
        // With the triggers that call it.
        "drop function if exists give_way cascade".to_owned(),
        "drop sequence if exists planted".to_owned(),
        "create sequence planted".to_owned(),
        format!(
            "create function give_way() returns trigger as $$ begin \
             if nextval('planted') <= {times} then raise exception 'planted' using errcode = '{code}'; end if; \
             return new; end $$ language plpgsql"
        ),
        format!(
            "create trigger planted before insert on {table} for each row when ({event}) execute function give_way()"
        ),
    ];
    let mut connection = app.services.state.db.pool.acquire().await.expect("a connection");
    for statement in statements {
        run(&mut connection, &statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

const ALWAYS: u32 = 1_000;

/// Serialization failure, deadlock, `lock_timeout`.
const GIVING_WAY: [&str; 3] = ["40001", "40P01", "55P03"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_force_logout_that_gave_way_is_done_again_and_once() {
    let app = TestApp::on(Kind::Postgres).await;
    let (mut admin, mut alice) = (app.admin().await, app.with_token("alice").await);
    let id = alice.user_id().await;
    for code in GIVING_WAY {
        plant(&app, "audit_events", "new.event = 'force_logout'", code, ALWAYS).await;
        let answer = admin.act("force_logout", &[("user", &id), ("reason", "test")]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{code}: {}", answer.text());
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200, "nothing has happened");
        let answer = admin
            .api(
                Method::POST,
                &format!("/api/v1/admin/users/{id}/force-logout"),
                Some(serde_json::json!({ "reason": "test" })),
            )
            .await;
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "busy".into(), "2"), "{code}");
    }
    plant(&app, "audit_events", "new.event = 'force_logout'", "40P01", 2).await;
    app.force_logout(&mut admin, &id).await;
    assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    assert_eq!(app.count("select count(*) from audit_events where event = 'force_logout'").await, 1);
    assert_eq!(app.count("select count(*) from revocations").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_that_gave_way_is_done_again_and_once() {
    let app = TestApp::on(Kind::Postgres).await;
    app.logged_in("alice").await;
    let before = app.count("select count(*) from audit_events where event = 'logged_in'").await;
    for (table, event) in
        [("audit_events", "new.event = 'logged_in'"), ("known_devices", "true"), ("throttles", "true")]
    {
        plant(&app, table, event, "40001", 2).await;
        app.logged_in_again("alice").await;
        plant(&app, table, event, "40001", 0).await;
    }
    assert_eq!(app.count("select count(*) from audit_events where event = 'logged_in'").await, before + 3);
    plant(&app, "audit_events", "new.event = 'log_in_failed'", "40P01", 2).await;
    assert_eq!(app.anonymous().log_in("alice", "not the password").await.status, 401);
    assert_eq!(app.count("select count(*) from audit_events where event = 'log_in_failed'").await, 1);
    plant(&app, "audit_events", "new.event = 'logged_in'", "40001", ALWAYS).await;
    let answer = app.anonymous().log_in("alice", PASSWORD).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_is_logged_out_once_although_it_gave_way() {
    let app = TestApp::on(Kind::Postgres).await;
    let mut admin = app.admin().await;
    plant(&app, "revocations", "true", "40P01", 2).await;
    let answer = admin.act("log_out_everyone", &[("confirmation", "log everyone out"), ("reason", "a leak")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(app.count("select count(*) from revocations where kind = 'everyone'").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_whose_writing_gave_way_is_written_at_once() {
    let app = TestApp::on(Kind::Postgres).await;
    app.logged_in("alice").await;
    let post = &app.services.mail_worker;
    for row in post.claim(10).await.expect("the outbox") {
        post.deliver(row).await;
    }
    let before = app.count("select count(*) from links").await;
    plant(&app, "links", "true", "40001", 2).await;
    assert_eq!(app.anonymous().act("forgot_password", &[("email", "alice@example.com")]).await.status, 200);
    let rows = post.claim(10).await.expect("the outbox");
    assert_eq!(rows.len(), 1);
    for row in rows {
        post.deliver(row).await;
    }
    assert_eq!(app.count("select count(*) from outbox where sent_at is null").await, 0, "no try was lost");
    assert_eq!(app.count("select count(*) from links").await, before + 1);
}

impl TestApp {
    /// An act that gives way twice where it writes down `event` is done all the same, and once.
    async fn act_giving_way(&self, caller: &mut Caller, event: &str, act: &str, fields: &[(&str, &str)]) -> Answer {
        let before = self.events(event).await;
        plant(self, "audit_events", &format!("new.event = '{event}'"), "40001", 2).await;
        let answer = caller.act(act, fields).await;
        assert_eq!(answer.status, 200, "{act}: {}", answer.text());
        assert_eq!(self.events(event).await, before + 1, "{act}");
        answer
    }

    async fn events(&self, kind: &str) -> i64 {
        let counted = sqlx::query_scalar("select count(*) from audit_events where event = $1").bind(kind);
        counted.fetch_one(&self.services.state.db.pool).await.expect("a count")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_people_do_is_done_again_where_it_gave_way_and_once() {
    let app = TestApp::on(Kind::Postgres).await;
    let new_account = [("name", "Eve"), ("email", "eve@example.com"), ("password", PASSWORD)];
    app.act_giving_way(&mut app.anonymous(), "signed_up", "sign_up", &new_account).await;
    let mut alice = app.confirmed("alice").await;
    app.act_giving_way(&mut alice, "name_changed", "change_name", &[("name", "Alicia")]).await;
    app.act_giving_way(&mut alice, "reauthenticated", "confirm", &[("password", PASSWORD)]).await;
    let new_email = [("email", "new@example.com")];
    app.act_giving_way(&mut alice, "new_email_asked", "change_email", &new_email).await;
    let token = app.link_to(Purpose::NewEmail, &app.user("alice").await.id, "new@example.com").await;
    alice.open_link(Purpose::NewEmail, &token).await;
    app.act_giving_way(&mut alice, "email_changed", "use_new_email", &[]).await;
    let passwords = [("password", PASSWORD), ("new_password", "another long password")];
    app.act_giving_way(&mut alice, "password_changed", "change_password", &passwords).await;
    app.act_giving_way(&mut alice, "account_deleted", "delete_account", &[("confirmation", "new@example.com")]).await;

    let mut bob = app.with_second_factor("bob").await;
    app.act_giving_way(&mut bob.caller, "recovery_codes_made", "make_recovery_codes", &[]).await;
    let mut phone = app.anonymous();
    phone.log_in("bob", PASSWORD).await;
    let code = app.code(&bob.app);
    app.act_giving_way(&mut phone, "logged_in", "enter_code", &[("code", &code), ("trust", "on")]).await;
    app.act_giving_way(&mut bob.caller, "second_factor_off", "turn_off_second_factor", &[]).await;
    bob.caller.act("start_second_factor", &[]).await;
    let code = app.code(&shared_with(&mut bob.caller).await);
    app.act_giving_way(&mut bob.caller, "second_factor_on", "turn_on_second_factor", &[("code", &code)]).await;

    for (event, act, purpose, fields) in [
        ("password_reset", "reset_password", Purpose::Reset, vec![("password", "another long password")]),
        ("not_me", "not_me", Purpose::NotMe, vec![]),
    ] {
        let token = app.link(purpose, "bob").await;
        let mut reader = app.anonymous();
        reader.open_link(purpose, &token).await;
        app.act_giving_way(&mut reader, event, act, &fields).await;
    }
    app.logged_in("carol").await;
    let token = app.link(Purpose::Verify, "carol").await;
    let mut carol = app.anonymous();
    carol.open_link(Purpose::Verify, &token).await;
    app.act_giving_way(&mut carol, "email_verified", "verify", &[("password", PASSWORD)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_administrators_do_is_done_again_where_it_gave_way_and_once() {
    let app = TestApp::on(Kind::Postgres).await;
    let mut admin = app.admin().await;
    app.with_second_factor("bob").await;
    let user = app.user("bob").await.id;
    for (event, act, more) in [
        ("second_factor_removed", "remove_second_factor", None),
        ("role_changed", "change_role", Some(("role", "auditor"))),
        ("reset_started", "start_reset", Some(("end_all", "on"))),
        ("account_disabled", "disable_user", None),
        ("account_enabled", "enable_user", None),
        ("account_deleted", "delete_user", Some(("confirmation", "bob@example.com"))),
    ] {
        let fields: Vec<_> = [("user", user.as_str()), ("reason", "test")].into_iter().chain(more).collect();
        app.act_giving_way(&mut admin, event, act, &fields).await;
    }
    app.act_giving_way(&mut admin, "key_rotated", "rotate_keys", &[]).await;
    let kid = app.services.keys.signing(KeyPurpose::All).await.expect("a key").kid.clone();
    app.act_giving_way(&mut admin, "key_killed", "kill_key", &[("kid", &kid), ("reason", "test")]).await;
}

/// What gives way again and again tells who asked to try later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_gives_way_is_busy_and_no_fault() {
    let app = TestApp::on(Kind::Postgres).await;
    let mut alice = app.with_token("alice").await;
    for code in GIVING_WAY {
        plant(&app, "notes", "true", code, ALWAYS).await;
        let input = Some(serde_json::json!({ "title": "t", "body": "b" }));
        let answer = alice.api(Method::POST, "/api/v1/notes", input.clone()).await;
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "busy".into(), "2"), "{code}");
        plant(&app, "notes", "true", code, 2).await;
        assert_eq!(alice.api(Method::POST, "/api/v1/notes", input).await.status, 201, "{code}");
    }
}
