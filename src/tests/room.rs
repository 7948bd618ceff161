//! What one person may take: requests at once, notes, bytes, changes, exports. Whatever they do, the others are answered.

use std::time::Duration;

use axum::{body::Body, http::Method};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{app::TestApp, caller::Caller, on_both_databases};
use crate::{
    auth::{
        cause::Cause,
        revocations::EndReason,
        sessions::store::Target,
        users::{Role, store::lock},
    },
    base::{
        db::Kind,
        error::{AppError, Fault},
    },
};

const EXPORT: &str = "/account/data/export";

pub async fn save(caller: &mut Caller, title: &str, body: &str) -> super::caller::Answer {
    caller.api(Method::POST, "/api/v1/notes", Some(json!({ "title": title, "body": body }))).await
}

/// On the same kind of database, with other settings.
pub async fn with(app: &TestApp, flags: &[&str]) -> TestApp {
    TestApp::with(app.kind(), flags).await
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// A statement without an end of its own.
fn endless(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c",
        Kind::Postgres => "select 1 from pg_sleep(600)",
    }
}

on_both_databases! {
    async fn while_one_persons_requests_wait_the_others_are_answered(app: TestApp) {
        let app = with(&app, &["--requests-at-once", "2"]).await;
        let (mut alice, mut bob) = (app.with_token("alice").await, app.with_token("bob").await);
        let id = alice.user_id().await;
        assert_eq!(save(&mut alice, "one", "").await.status, 201);
        let crowd = app.services.crowd.clone();
        // Two of hers that take their time, and more than there are connections behind them.
        let held = [crowd.enter(&id, "a").await.expect("a turn"), crowd.enter(&id, "b").await.expect("a turn")];
        let waiting: Vec<_> = (0..20)
            .map(|n| {
                let mut tab = alice.copy();
                tokio::spawn(async move {
                    match n % 2 {
                        0 => tab.api(Method::GET, "/api/v1/notes", None).await.status,
                        _ => tab.open("/dashboard").await.status,
                    }
                })
            })
            .collect();
        until(|| crowd.present(&id) == 22).await;
        assert_eq!(bob.api(Method::GET, "/api/v1/notes", None).await.status, 200);
        assert_eq!(bob.open("/dashboard").await.status, 200);
        assert_eq!(app.anonymous().open("/login").await.status, 200);
        assert_eq!(alice.renew().await.status, 200, "her token does not wait behind them either");
        drop(held);
        for answer in waiting {
            assert_eq!(answer.await.expect("no panic"), 200);
        }
        assert_eq!(crowd.present(&id), 0, "every turn was given back");
    }

    async fn beyond_a_hundred_that_wait_a_request_is_told_to_come_back(app: TestApp) {
        let app = with(&app, &["--requests-at-once", "1"]).await;
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let sessions = alice.api(Method::GET, "/api/v1/sessions", None).await.json();
        let sid = sessions["current"].as_str().expect("a sid").to_owned();
        let crowd = app.services.crowd.clone();
        let held = crowd.enter(&id, &sid).await.expect("a turn");
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let (crowd, id, sid) = (crowd.clone(), id.clone(), sid.clone());
                tokio::spawn(async move { crowd.enter(&id, &sid).await.map(|_| ()) })
            })
            .collect();
        until(|| crowd.present(&id) == 101).await;
        let answer = alice.api(Method::GET, "/api/v1/notes", None).await;
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (429, "too_many_at_once".into(), "2"));
        let page = alice.open("/dashboard").await;
        assert_eq!((page.status, page.header("retry-after")), (429, "2"));
        assert!(page.text().contains("Too many of your requests are in progress."), "{}", page.text());
        let act = alice.act("log_out", &[]).await;
        assert_eq!((act.status, act.text()), (429, "\"TooManyAtOnce\"".into()));
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
        drop(held);
        until(|| crowd.present(&id) == 0).await;
    }

    async fn whoever_floods_a_stolen_session_does_not_keep_the_owner_from_ending_it(app: TestApp) {
        let app = with(&app, &["--requests-at-once", "2"]).await;
        let mut phone = app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        let crowd = app.services.crowd.clone();
        // As slow bodies do, which never come to an end.
        let flood: Vec<_> = (0..50)
            .map(|_| {
                let (crowd, id) = (crowd.clone(), id.clone());
                tokio::spawn(async move {
                    let _turn = crowd.enter(&id, "stolen").await;
                    std::future::pending::<()>().await;
                })
            })
            .collect();
        until(|| crowd.present(&id) == 50).await;
        assert_eq!(phone.act("end_other_sessions", &[]).await.status, 200);
        assert_eq!(phone.open("/account/devices").await.status, 200);
        flood.iter().for_each(tokio::task::JoinHandle::abort);
        until(|| crowd.present(&id) == 0).await;
    }

    async fn what_ends_while_a_request_waits_for_its_turn_is_over_when_it_has_it(app: TestApp) {
        let app = with(&app, &["--requests-at-once", "1"]).await;
        let alice = app.with_token("alice").await;
        let id = app.user("alice").await.id;
        let crowd = app.services.crowd.clone();
        let held = crowd.enter(&id, "another").await.expect("a turn");
        let (mut program, mut tab) = (alice.copy(), alice.copy());
        let call = tokio::spawn(async move { program.api(Method::GET, "/api/v1/notes", None).await });
        let page = tokio::spawn(async move { tab.open("/dashboard").await });
        until(|| crowd.present(&id) == 3).await;
        let cause = Cause::by_system(EndReason::LoggedOut);
        app.services.terminator.terminate(Target::User(&id), cause).await.expect("an end");
        drop(held);
        let (call, page) = (call.await.expect("no panic"), page.await.expect("no panic"));
        assert_eq!((call.status, call.code()), (401, "token_revoked".into()));
        assert!(page.status == 303 && page.header("location").starts_with("/login"), "{}", page.text());
    }

    async fn whoever_goes_away_keeps_the_turn_until_the_database_is_done(app: TestApp) {
        let alice = app.with_token("alice").await;
        let id = app.user("alice").await.id;
        let mut tx = app.services.jobs.db.begin_write().await.expect("a transaction");
        lock(&mut *tx, &id).await.expect("her row");
        let mut tab = alice.copy();
        let asked = tokio::spawn(async move { save(&mut tab, "waits", "").await.status });
        let crowd = app.services.crowd.clone();
        until(|| crowd.present(&id) == 1).await;
        asked.abort();
        assert!(asked.await.is_err_and(|error| error.is_cancelled()));
        assert_eq!(crowd.present(&id), 1, "its statement still waits");
        tx.rollback().await.expect("the lock is free");
        until(|| crowd.present(&id) == 0).await;
        assert_eq!(app.count("select count(*) from notes").await, 1);
    }

    async fn nobody_who_is_not_logged_in_takes_all_either(app: TestApp) {
        let app = with(&app, &["--requests-at-once", "1"]).await;
        let crowd = app.services.crowd.clone();
        let held = crowd.enter("192.0.2.7", "192.0.2.7").await.expect("a turn");
        let mut stranger = app.anonymous().at_ip("192.0.2.7");
        let waiting = tokio::spawn(async move { stranger.open("/login").await.status });
        until(|| crowd.present("192.0.2.7") == 2).await;
        assert_eq!(app.anonymous().at_ip("192.0.2.8").open("/login").await.status, 200);
        drop(held);
        assert_eq!(waiting.await.expect("no panic"), 200);
    }

    async fn tokens_and_readiness_do_not_wait_for_the_connections_of_pages(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let db = &app.services.state.db;
        let mut held = Vec::new();
        for _ in 0..db.connections() {
            held.push(db.pool.acquire().await.expect("a connection"));
        }
        assert_eq!(alice.renew().await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
        app.services.revocations.sync().await.expect("the feed");
        let ready = app.anonymous().open("/readyz").await;
        assert_eq!((ready.status, ready.text()), (200, "database: ok\nrevocations: ok\n".into()));
    }

    async fn who_waits_to_write_holds_no_connection_and_has_its_turn_at_once(app: TestApp) {
        let db = app.services.state.db.clone();
        let tx = db.begin_write().await.expect("a transaction");
        let writers: Vec<_> = (0..2 * db.connections())
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { db.begin_write().await?.commit().await })
            })
            .collect();
        let mut free = Vec::new();
        for _ in 1..db.connections() {
            tokio::task::yield_now().await;
            free.push(db.pool.acquire().await.expect("a connection"));
        }
        drop(free);
        tx.commit().await.expect("a commit");
        for writer in writers {
            writer.await.expect("no panic").expect("a turn");
        }
    }

    async fn changes_that_wait_for_a_lock_keep_nobody_else_from_reading(app: TestApp) {
        let app = with(&app, &["--requests-at-once", "2"]).await;
        let (alice, mut bob) = (app.with_token("alice").await, app.with_token("bob").await);
        let id = app.user("alice").await.id;
        let mut tx = app.services.jobs.db.begin_write().await.expect("a transaction");
        lock(&mut *tx, &id).await.expect("her row");
        let saves: Vec<_> = (0..8)
            .map(|_| {
                let mut tab = alice.copy();
                tokio::spawn(async move { save(&mut tab, "waits", "").await.status })
            })
            .collect();
        until(|| app.services.crowd.present(&id) == 8).await;
        assert_eq!(bob.api(Method::GET, "/api/v1/notes", None).await.status, 200);
        assert_eq!(bob.open("/notes").await.status, 200);
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(app.anonymous().open("/readyz").await.status, 200);
        tx.rollback().await.expect("the lock is free");
        for answer in saves {
            // On a machine that hardly moves the wait for the lock may have ended before.
            assert!(matches!(answer.await.expect("no panic"), 201 | 503));
        }
    }

    async fn a_statement_of_a_request_ends_by_itself(app: TestApp) {
        let state = &app.services.state;
        let mut connection = state.db.pool.acquire().await.expect("a connection");
        // Long enough for the short statements below, also on a machine that hardly moves.
        sqlx::query("set statement_timeout = 500").execute(&mut *connection).await.expect("set");
        let stopped = sqlx::query(endless(app.kind())).fetch_optional(&mut *connection).await.map(drop).expect_err("an end");
        assert_eq!(AppError::from(stopped), AppError::Away(Fault::default()));
        let stopped = sqlx::query(endless(app.kind())).execute(&mut *connection).await.expect_err("an end");
        assert_eq!(AppError::from(stopped), AppError::Away(Fault::default()));
        sqlx::query("select 1").execute(&mut *connection).await.expect("the connection is as it was");
    }

    async fn a_statement_that_no_one_waits_for_holds_no_connection(app: TestApp) {
        let pool = &app.services.state.db.pool;
        // PostgreSQL stops it when its time is over, SQLite at once.
        let limit = if app.kind() == Kind::Postgres { "set statement_timeout = 500" } else { "set statement_timeout = 600000" };
        for one_row in [true, false] {
            let mut connection = pool.acquire().await.expect("a connection");
            sqlx::query(limit).execute(&mut *connection).await.expect("set");
            let statement = sqlx::query(endless(app.kind()));
            let waiting = async {
                match one_row {
                    true => statement.fetch_optional(&mut *connection).await.map(drop),
                    false => statement.execute(&mut *connection).await.map(drop),
                }
            };
            assert!(tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err(), "it is endless");
        }
        let mut all = Vec::new();
        for _ in 0..app.services.state.db.connections() {
            let mut connection = pool.acquire().await.expect("a connection");
            sqlx::query("select 1").execute(&mut *connection).await.expect("an answer");
            all.push(connection);
        }
    }

    /// SQLite, stopped, would roll all of it back without a word. PostgreSQL says so.
    async fn what_stands_in_a_transaction_is_done_as_a_whole(app: TestApp) {
        let state = &app.services.state;
        let mut tx = state.db.begin_write().await.expect("a transaction");
        sqlx::query("create table counted (n integer)").execute(&mut *tx).await.expect("a table");
        if app.kind() == Kind::Postgres {
            sqlx::query("set statement_timeout = 500").execute(&mut *tx).await.expect("set");
            let stopped = sqlx::query(endless(app.kind())).execute(&mut *tx).await.expect_err("an end");
            assert_eq!(AppError::from(stopped), AppError::Away(Fault::default()));
            drop(tx);
            assert!(sqlx::query("select n from counted").execute(&state.db.pool).await.is_err(), "there is no table");
            return;
        }
        sqlx::query("set statement_timeout = 1").execute(&mut *tx).await.expect("set");
        let count = "insert into counted with recursive c(n) as (select 1 union all select n + 1 from c limit 300000) \
                     select count(*) from c";
        sqlx::query(count).execute(&mut *tx).await.expect("longer than a millisecond");
        tx.commit().await.expect("a commit");
        let (n,): (i64,) = sqlx::query_as("select n from counted").fetch_one(&state.db.pool).await.expect("a row");
        assert_eq!(n, 300_000);
    }

    async fn an_export_is_sent_in_pieces_one_at_a_time_and_holds_no_connection(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let long = "x".repeat(20_000);
        for n in 0..50 {
            assert_eq!(save(&mut alice, &format!("{n}"), &long).await.status, 201);
        }
        let open = |caller: &Caller| caller.request(Method::GET, EXPORT).body(Body::empty()).expect("a request");
        let mut body = alice.respond(open(&alice)).await.into_body();
        let mut read = body.frame().await.expect("a piece").expect("no error").into_data().expect("data").to_vec();
        let second = alice.open(EXPORT).await;
        assert_eq!((second.status, second.header("retry-after")), (429, "10"));
        assert!(second.text().contains("You're already downloading this."), "{}", second.text());
        // Nobody takes the next piece, and every connection is free.
        let db = &app.services.state.db;
        let mut held = Vec::new();
        for _ in 0..db.connections() {
            held.push(db.pool.acquire().await.expect("a connection"));
        }
        drop(held);
        let mut largest = 0;
        while let Some(frame) = body.frame().await {
            let piece = frame.expect("no error").into_data().expect("data");
            largest = largest.max(piece.len());
            read.extend_from_slice(&piece);
        }
        assert!(largest < 500_000, "twenty notes at once: {largest}");
        let data: Value = serde_json::from_slice(&read).expect("valid JSON");
        let titles: Vec<&str> =
            data["notes"].as_array().expect("notes").iter().filter_map(|note| note["title"].as_str()).collect();
        let all: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        assert_eq!(titles, all, "each once, in their order");
        assert_eq!(data["known_devices"].as_array().map(Vec::len), Some(1));
        assert_eq!(alice.open(EXPORT).await.status, 200, "the place is given back at the end");
        drop(alice.respond(open(&alice)).await);
        assert_eq!(alice.open(EXPORT).await.status, 200, "and when nobody reads on");
    }

    async fn a_download_under_way_ends_with_the_session_or_the_role_that_it_began_with(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let eve = app.auditor("eve").await;
        let id = alice.user_id().await;
        let started = async |caller: &Caller, path: &str| {
            let request = caller.request(Method::GET, path).body(Body::empty()).expect("a request");
            let answer = caller.respond(request).await;
            assert_eq!(answer.status(), 200);
            answer.into_body()
        };
        let (mut own, mut log) = (started(&alice, EXPORT).await, started(&eve, "/admin/audit/export").await);
        assert!(own.frame().await.expect("the head").is_ok());
        app.force_logout(&mut ada, &id).await;
        app.give_role("eve", Role::User).await;
        for body in [&mut own, &mut log] {
            assert!(body.frame().await.expect("an end").is_err(), "no more of it");
        }
    }

    async fn an_export_of_the_log_is_one_at_a_time_too(app: TestApp) {
        let mut ada = app.admin().await;
        let path = "/admin/audit/export?format=jsonl";
        let request = ada.request(Method::GET, path).body(Body::empty()).expect("a request");
        let first = ada.respond(request).await;
        assert_eq!(first.status(), 200);
        assert_eq!(ada.open(path).await.status, 429);
        drop(first);
        assert_eq!(ada.open(path).await.status, 200);
    }

    async fn sessions_and_browsers_of_an_account_have_an_end_whoever_logs_in_how_often(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        // As after months of a program that logs in without cookies.
        for statement in [
            "insert into known_devices (device_hash, user_id, public_id, user_agent, ip, first_seen_at, last_seen_at) \
             values ($2, $1, $2, '', '', $3, $3)",
            "insert into sessions (id_hash, sid, user_id, data, kind, ip, user_agent, created_at, last_seen_at, idle_expires_at, \
             expires_at, ended_at, end_reason, authenticated_at, token_expires_at, secret_role) values ($2, $2, $1, '{}', 'browser', '', '', \
             $3, $3, $3, $3, $3, 'logged_out', $3, 0, 'user')",
        ] {
            for n in 0..250_i64 {
                let query = sqlx::query(statement).bind(&id).bind(format!("of {n}")).bind(n);
                query.execute(&app.services.state.db.pool).await.expect("a row");
            }
        }
        app.logged_in_again("alice").await;
        assert_eq!(app.count("select count(*) from known_devices").await, 50);
        assert_eq!(app.count("select count(*) from known_devices where device_hash = 'of 249'").await, 1, "the newest stay");
        assert_eq!(app.count("select count(*) from sessions where ended_at is not null").await, 200);
        assert_eq!(app.count("select count(*) from sessions where sid = 'of 249'").await, 1);
        assert_eq!(alice.open("/dashboard").await.status, 200, "who is logged in stays so");
    }
}
