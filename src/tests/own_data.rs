//! Everything that is kept about a person: to take along, and to have erased.

use axum::http::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::{
    app::{PASSWORD, TestApp, remove_old_rows},
    caller::Caller,
    on_both_databases,
};
use crate::{
    auth::{event::Actor, links::Purpose, users::Role},
    base::db::Kind,
    pages::admin::{by::By, stories::change_role},
    people::deletion::clean_up::clean_once,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const EXPORT: &str = "/account/data/export";

/// Somebody whose name, address and network stand nowhere else, with something in every table.
async fn zelda(app: &TestApp) -> Caller {
    let mut zelda = app.anonymous().at_ip("192.0.2.7");
    zelda.user_agent = Some(FIREFOX.into());
    let fields =
        [("name", "Zeldamirabella Quuxington"), ("email", "zeldamirabella@example.com"), ("password", PASSWORD)];
    assert_eq!(zelda.act("sign_up", &fields).await.status, 200);
    assert_eq!(zelda.renew().await.status, 200);
    let note = json!({ "title": "Plan", "body": "Zeldamirabella Quuxington was here", "pinned": false });
    assert_eq!(zelda.api(Method::POST, "/api/v1/notes", Some(note)).await.status, 201);
    app.link(Purpose::Verify, "zeldamirabella").await;
    let id = zelda.user_id().await;
    for statement in [
        "update users set verified_at = 1 where id = $1",
        "insert into totp (user_id, secret_sealed, created_at, confirmed_at, last_step) values ($1, 'sealed zeldamirabella', 1, null, 0)",
        "insert into email_changes (user_id, email, asked_at) values ($1, 'zeldamirabella.next@example.com', 1767268800000)",
        "insert into clients (id, owner_id, name, kind, redirects, logouts, scopes, epoch, created_at) \
         values ('app', $1, 'Zeldamirabella’s app', 'web', 'https://zeldamirabella.example/', '', '', 0, 1)",
        "insert into grants (id, client_id, user_id, sid, scopes, resource, auth_time, global_epoch, user_agent, ip, created_at) \
         values ('grant', 'app', $1, '', '', '', 1, 0, 'Mozilla/5.0 (X11; Linux)', '192.0.2.7', 1)",
        "insert into refresh_tokens (hash, grant_id, created_at, expires_at, used_from) \
         values ('hash of a refresh token', 'grant', 1, 1, 'Firefox on Linux')",
        "insert into device_codes (hash, user_code, client_id, scopes, resource, user_agent, ip, created_at, expires_at, interval_ms, grant_id) \
         values ('hash of a device', 'x', 'app', '', '', 'Mozilla/5.0 (X11; Linux)', '192.0.2.7', 1, 1, 1, 'grant')",
        "insert into recovery_codes (code_hash, user_id, created_at) values ('hash of zeldamirabella', $1, 1)",
        "insert into outbox (id, email, user_id, mail, created_at, due_at, attempts) \
         values ('1', 'zeldamirabella@example.com', '', '\"x\"', 1, 1, 0)",
        "insert into outbox (id, email, user_id, mail, created_at, due_at, attempts, last_error) \
         values ('2', 'zeldamirabella.new@example.com', $1, '\"x\"', 1, 1, 0, 'zeldamirabella.new@example.com is full')",
        "insert into known_devices (device_hash, user_id, public_id, user_agent, ip, first_seen_at, last_seen_at) \
         values ('hash of firefox', $1, 'public', 'Mozilla/5.0 (X11; Linux)', '192.0.2.7', 1000, 2000)",
    ] {
        let bound = if statement.contains("$1") { sqlx::query(statement).bind(&id) } else { sqlx::query(statement) };
        bound.execute(&app.services.state.db.pool).await.expect(statement);
    }
    zelda
}

async fn delete(caller: &mut Caller, name: &str) -> super::caller::Answer {
    caller.act("delete_account", &[("confirmation", &format!("{name}@example.com"))]).await
}

/// Every text in the database: table, column, value.
async fn texts(app: &TestApp) -> Vec<(String, String, String)> {
    let pool = &app.services.state.db.pool;
    let columns = match app.kind() {
        Kind::Sqlite => {
            "select t.name as tbl, c.name as col from sqlite_master t join pragma_table_info(t.name) c \
             where t.type = 'table' and t.name not like 'sqlite_%' and t.name not like '\\_sqlx%' escape '\\'"
        }
        Kind::Postgres => {
            "select cast(table_name as text), cast(column_name as text) from information_schema.columns \
             where table_schema = 'public' and table_name not like '\\_sqlx%'"
        }
    };
    let columns: Vec<(String, String)> = sqlx::query_as(columns).fetch_all(pool).await.expect("the schema");
    assert!(columns.len() > 60, "the schema was found: {}", columns.len());
    let mut found = Vec::new();
    for (table, column) in columns {
        let statement = format!("select cast({column} as text) from {table} where {column} is not null");
        let values: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(statement))
            .fetch_all(pool)
            .await
            .unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
        found.extend(values.into_iter().map(|(value,)| (table.clone(), column.clone(), value)));
    }
    found
}

/// Where something stands that tells who Zelda was.
async fn traces(app: &TestApp) -> Vec<String> {
    // Long enough that no random key or id holds one of them by chance, as it does four letters once in a while.
    let telling = ["zeldamirabella", "quuxington", "192.0.2.7", "mozilla", "firefox"];
    let texts = texts(app).await;
    let is_trace = |value: &str| telling.iter().any(|word| value.to_lowercase().contains(word));
    texts.into_iter().filter(|(.., value)| is_trace(value)).map(|found| format!("{found:?}")).collect()
}

async fn make_admin(app: &TestApp, id: &str) {
    let by = By::command_line("test").expect("a reason");
    change_role(&app.services.terminator, &by, id, Role::Admin, "").await.expect("a change");
}

on_both_databases! {
    async fn the_download_holds_everything_and_no_secret(app: TestApp) {
        let mut zelda = zelda(&app).await;
        app.logged_in("somebodyelse").await;
        let on = "update totp set confirmed_at = 2000";
        sqlx::query(on).execute(&app.services.state.db.pool).await.expect("a change");
        let answer = zelda.open(EXPORT).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"latchkey-data-2026-01-01.json\"");
        assert_eq!(answer.header("cache-control"), "no-store");
        let data = answer.json();
        assert_eq!(data["account"]["email"], "zeldamirabella@example.com");
        assert_eq!(data["account"]["name"], "Zeldamirabella Quuxington");
        assert_eq!(data["account"]["new_email"], "zeldamirabella.next@example.com");
        assert_eq!(data["account"]["second_factor_since"], "1970-01-01T00:00:02Z");
        assert_eq!(data["notes"][0]["text"], "Zeldamirabella Quuxington was here");
        assert_eq!(data["sessions"][0]["user_agent"], FIREFOX);
        assert_eq!(data["sessions"][0]["ip"], "192.0.2.7");
        assert!(data["known_devices"].as_array().expect("a list").iter().any(|device| device["ip"] == "192.0.2.7"));
        let words: Vec<&str> = data["activity"].as_array().expect("a list").iter().filter_map(|event| event["in_words"].as_str()).collect();
        assert!(words.contains(&"You signed up."), "{words:?}");
        let text = answer.text();
        assert!(!text.contains("somebodyelse"), "nobody else is in it");
        for (table, column, value) in texts(&app).await {
            let is_secret = column.contains("hash") || column.contains("sealed") || column.contains("password");
            assert!(!is_secret || value.is_empty() || !text.contains(&value), "{table}.{column} is in it");
        }
        for (name, value) in &zelda.cookies {
            assert!(!text.contains(value), "{name}");
        }
        let page = zelda.open("/account/activity").await.text();
        assert!(page.contains("You downloaded your data."), "{page}");
    }

    async fn the_download_holds_all_of_a_long_history(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let id = zelda.user_id().await;
        let event = crate::auth::event::Event::new(crate::auth::event::Kind::NameChanged, Actor::User(id.clone()), &id);
        for n in 0..1_200 {
            crate::auth::event::store::insert(&app.services.state.db.pool, &event, n).await.expect("an event");
        }
        let data = zelda.open(EXPORT).await.json();
        let events = data["activity"].as_array().expect("a list");
        assert_eq!(events.iter().filter(|event| event["event"] == "name_changed").count(), 1_200);
    }

    async fn the_download_needs_a_session_a_fresh_proof_and_our_own_page(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let answer = app.anonymous().open(EXPORT).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login?next=%2Faccount%2Fdata"));
        let request = zelda.request(Method::GET, EXPORT).header("sec-fetch-site", "cross-site");
        let request = request.header("accept", "application/json");
        let answer = zelda.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!((answer.status, answer.code()), (403, "cross_site".into()));
        app.clock.advance_ms(10 * MINUTE);
        let answer = zelda.open(EXPORT).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/confirm?next=%2Faccount%2Fdata"));
        assert_eq!(app.count("select count(*) from audit_events where event = 'data_exported'").await, 0);
        let confirmed = zelda.act("confirm", &[("password", PASSWORD), ("next", "/account/data")]).await;
        assert_eq!(confirmed.status, 200);
        let page = zelda.open("/account/data").await.text();
        assert!(page.contains("Password confirmed. Start the download again."), "{page}");
        assert!(!zelda.open("/account/data").await.text().contains("Password confirmed"), "it's said once");
        assert_eq!(zelda.open(EXPORT).await.status, 200);
    }

    async fn after_a_deletion_nothing_of_the_person_is_anywhere(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let mut bob = app.with_token("bob").await;
        bob.api(Method::POST, "/api/v1/notes", Some(json!({ "title": "b", "body": "", "pinned": false }))).await;
        let mut ada = app.admin().await;
        let id = zelda.user_id().await;
        // What an administrator writes about somebody, and where somebody guessed from.
        ada.act("force_logout", &[("user", &id), ("sid", "0"), ("reason", "Zeldamirabella Quuxington called")]).await;
        zelda.log_in("zeldamirabella", "not the password").await;
        zelda.log_in("zeldamirabella", PASSWORD).await;
        app.force_logout(&mut ada, &id).await;
        assert_eq!(zelda.log_in("zeldamirabella", PASSWORD).await.status, 200);
        assert!(traces(&app).await.len() > 15, "there was something to erase");

        assert_eq!(delete(&mut zelda, "zeldamirabella").await.status, 200);
        let left = traces(&app).await;
        let of_last_mail: Vec<&String> = left.iter().filter(|trace| trace.contains("outbox")).collect();
        assert_eq!(left.len(), of_last_mail.len(), "only the mail that says so: {left:#?}");
        assert_eq!(app.count("select count(*) from outbox where mail like '%account_deleted%'").await, 1);
        assert_eq!(app.count("select count(*) from outbox where email like '%zeldamirabella%'").await, 1);
        sqlx::query("update outbox set sent_at = 1").execute(&app.services.state.db.pool).await.expect("sent");
        clean_once(&app.services.state).await.expect("a round");
        assert_eq!(traces(&app).await, Vec::<String>::new());

        let of_zelda = "select count(*) from audit_events where subject = $1";
        let (events,): (i64,) =
            sqlx::query_as(of_zelda).bind(&id).fetch_one(&app.services.state.db.pool).await.expect("a count");
        assert!(events >= 5, "the log still knows that somebody did it: {events}");
        assert_eq!(app.count("select count(*) from notes").await, 1, "bob's note is there");
        assert_eq!(bob.open("/dashboard").await.status, 200);
    }

    async fn a_deletion_ends_every_session_and_token_and_says_so(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let mut phone = app.with_token_again("zeldamirabella").await;
        let thief = zelda.copy();
        let answer = delete(&mut zelda, "zeldamirabella").await;
        assert_eq!((answer.status, answer.header("location")), (200, "/deleted"));
        assert!(!zelda.cookies.contains_key("__Host-session") && !zelda.cookies.contains_key("__Host-access"));
        assert_eq!(zelda.open("/deleted").await.status, 200);
        assert_eq!(zelda.open("/dashboard").await.status, 303);
        for caller in [&mut phone, &mut thief.copy()] {
            assert_eq!(caller.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
            assert_eq!(caller.open("/dashboard").await.status, 303);
            assert!(caller.open("/login").await.text().contains("This account has been deleted."));
            assert_eq!(caller.renew().await.json()["reason"], "account_deleted");
        }
        assert_eq!(app.anonymous().log_in("zeldamirabella", PASSWORD).await.status, 401);
    }

    async fn the_address_can_be_signed_up_again_at_once_and_is_somebody_new(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let before = zelda.user_id().await;
        assert_eq!(delete(&mut zelda, "zeldamirabella").await.status, 200);
        let mut again = app.with_token("zeldamirabella").await;
        assert_ne!(again.user_id().await, before);
        assert!(!again.open("/account/activity").await.text().contains("deleted"));
        assert_eq!(delete(&mut again, "zeldamirabella").await.status, 200, "and once more");
    }

    async fn administration_shows_no_deleted_user(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let mut ada = app.admin().await;
        let id = zelda.user_id().await;
        assert_eq!(delete(&mut zelda, "zeldamirabella").await.status, 200);
        let list = ada.open("/admin/users").await.text();
        assert!(list.contains("ada@example.com") && !list.contains(&id), "{list}");
        assert_eq!(ada.open(&format!("/admin/users/{id}")).await.status, 410);
        assert_eq!(ada.act("force_logout", &[("user", &id), ("reason", "x")]).await.status, 410);
    }

    async fn a_deletion_needs_the_address_typed_and_a_fresh_proof(app: TestApp) {
        let mut zelda = zelda(&app).await;
        for wrong in ["", "zeldamirabella", "zeldamirabella@example.org", "\u{0}"] {
            let answer = zelda.act("delete_account", &[("confirmation", wrong), ("password", PASSWORD)]).await;
            assert_eq!((answer.status, answer.json()), (422, json!({ "Invalid": ["ConfirmationWrong"] })), "{wrong}");
        }
        app.clock.advance_ms(10 * MINUTE);
        assert_eq!(delete(&mut zelda, "zeldamirabella").await.text(), "\"ProofNeeded\"");
        let fields = [("confirmation", " Zeldamirabella@Example.com "), ("password", "wrong and long")];
        assert_eq!(zelda.act("delete_account", &fields).await.text(), "\"WrongPassword\"");
        assert_eq!(zelda.open("/dashboard").await.status, 200);
        assert_eq!(zelda.act("delete_account", &[fields[0], ("password", PASSWORD)]).await.status, 200);
        assert_eq!(app.count("select count(*) from users where deleted_at is null").await, 0);
    }

    async fn without_javascript_the_deletion_waits_for_the_password(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let wrong = zelda.submit("delete_account", &[("confirmation", "zeldamirabella@")], "/account/delete").await;
        let page = wrong.text();
        assert!(page.contains("Type it exactly") && page.contains("value=\"zeldamirabella@\""), "{page}");
        app.clock.advance_ms(10 * MINUTE);
        let fields = [("confirmation", "zeldamirabella@example.com")];
        let answer = zelda.submit("delete_account", &fields, "/account/delete").await;
        let page = answer.text();
        assert!(answer.status == 401 && page.contains("action=\"/actions/delete_account\""), "{page}");
        let answer = zelda.submit("delete_account", &[fields[0], ("password", PASSWORD)], "/account/delete").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/deleted"));
        assert!(zelda.open("/deleted").await.text().contains("Your account has been deleted"));
    }

    async fn the_last_administrator_cannot_delete_the_account_also_when_two_do_so_at_once(app: TestApp) {
        let mut ada = app.admin().await;
        assert_eq!(delete(&mut ada, "ada").await.text(), "\"LastAdministrator\"");
        assert_eq!(ada.open("/dashboard").await.status, 200, "nothing has happened");
        let mut bob = app.with_token("bob").await;
        make_admin(&app, &bob.user_id().await).await;
        assert_eq!(bob.open("/dashboard").await.status, 200);
        let (one, other) = tokio::join!(delete(&mut ada, "ada"), delete(&mut bob, "bob"));
        let mut answers = [one.status, other.status];
        answers.sort_unstable();
        assert_eq!(answers, [200, 409], "{} {}", one.text(), other.text());
        assert_eq!(app.count("select count(*) from users where role = 'admin'").await, 1);
    }

    async fn an_administrator_who_is_disabled_or_deleted_does_not_count_as_one_who_remains(app: TestApp) {
        let mut ada = app.admin().await;
        let mut bob = app.with_token("bob").await;
        let (adas, bobs) = (ada.user_id().await, bob.user_id().await);
        make_admin(&app, &bobs).await;
        let disable = "update users set disabled_at = 1 where id = $1";
        sqlx::query(disable).bind(&bobs).execute(&app.services.state.db.pool).await.expect("disabled");
        assert_eq!(delete(&mut ada, "ada").await.text(), "\"LastAdministrator\"");
        let by = By::command_line("test").expect("a reason");
        let demoted = change_role(&app.services.terminator, &by, &adas, Role::User, "").await;
        assert_eq!(demoted.err(), Some(crate::base::error::AppError::LastAdministrator));
    }

    async fn what_a_request_under_way_writes_late_is_erased_and_the_tombstone_goes_with_its_sessions(app: TestApp) {
        let mut zelda = zelda(&app).await;
        let id = zelda.user_id().await;
        assert_eq!(delete(&mut zelda, "zeldamirabella").await.status, 200);
        let late = "insert into notes (id, user_id, title, body, version, created_at, updated_at) \
                    values ('late', $1, 'zeldamirabella', '', 1, 1, 1)";
        sqlx::query(late).bind(&id).execute(&app.services.state.db.pool).await.expect("a late note");
        clean_once(&app.services.state).await.expect("a round");
        assert_eq!(app.count("select count(*) from notes").await, 0);
        assert_eq!(app.count("select count(*) from users").await, 1, "the dead cookie may still ask why");
        app.clock.advance_ms(32 * DAY);
        remove_old_rows(&app.services.state).await;
        clean_once(&app.services.state).await.expect("a round");
        assert_eq!(app.count("select count(*) from users").await, 0);
    }
}
