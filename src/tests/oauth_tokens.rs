//! The tokens of applications: what ends them, what they may do, and that no kind passes for another.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    app::TestApp,
    caller::{Answer, Caller, HOST},
    keys::header as header_of,
    metrics::{scrape, value},
    oauth::{BACK, ISSUER, Program, post, register, register_with, text},
    on_both_databases,
};
use crate::{
    auth::{cause::Cause, revocations::EndReason, users},
    base::db::Kind,
    serve::router::router,
};

const SECOND: i64 = 1_000;
const DAY: i64 = 24 * 3_600_000;
const ALL: &str = "openid profile email offline_access account:read sessions:read notes:read notes:write";

/// Calls a route with this token in the header and nothing else.
pub async fn bearer(app: &TestApp, method: &str, path: &str, token: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
    let request = request
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    let body = if method == "GET" { "" } else { r#"{"title":"a","body":"b","pinned":false}"# };
    app.anonymous().send(request.body(Body::from(body)).expect("a request")).await
}

pub async fn me(app: &TestApp, tokens: &Value) -> u16 {
    bearer(app, "GET", "/api/v1/me", text(tokens, "access_token")).await.status
}

pub fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

async fn is_active(program: &Program, token: &str) -> bool {
    program.post("/oauth/introspect", &[("token", token)]).await.json()["active"] == true
}

/// An application of Ada's, and Bob, who has let it do everything for good.
async fn connected(app: &TestApp) -> (Caller, Caller, Program, Value) {
    let mut ada = app.admin().await;
    let mut bob = app.with_token("bob").await;
    let ledger = register(app, &mut ada, "web", BACK, ALL).await;
    let tokens = ledger.tokens(&mut bob, ALL).await;
    assert_eq!(me(app, &tokens).await, 200);
    (ada, bob, ledger, tokens)
}

on_both_databases! {
    async fn a_token_of_a_key_that_another_instance_has_just_made_can_be_given_back(app: TestApp) {
        let (_, bob, ledger, tokens) = connected(&app).await;
        let other = app.another_instance().await;
        let kid = header_of(text(&tokens, "access_token"))["kid"].as_str().expect("a kid").to_owned();
        other.keys.revoke(&kid, &Cause::by_system(EndReason::ByAdmin)).await.expect("a receipt");
        let router = router(other);
        let there = Program { anyone: ledger.anyone.at(router.clone()), ..ledger.clone() };
        let code = there.code(&mut bob.at(router), &[("scope", "account:read"), ("prompt", "consent")]).await;
        let tokens = there.redeem(&code).await.json();
        assert_eq!(ledger.post("/oauth/revoke", &[("token", text(&tokens, "access_token"))]).await.status, 200);
        assert!(!is_active(&ledger, text(&tokens, "access_token")).await, "it was one");
        assert_eq!(app.count("select count(*) from grants where ended_at is not null").await, 1);
    }

    async fn whatever_ends_the_user_or_the_application_ends_its_tokens_at_once(app: TestApp) {
        let (mut ada, bob, ledger, _) = connected(&app).await;
        let id = bob.copy().user_id().await;
        for way in ["force_logout", "disable_user", "everyone", "others", "disconnect", "revoke", "disable_app", "owner", "delete_app"] {
            let mut bob = app.logged_in_again("bob").await;
            // With a consent each: what was taken back is asked for again.
            let code = ledger.code(&mut bob, &[("scope", ALL), ("prompt", "consent")]).await;
            let tokens = ledger.redeem(&code).await.json();
            assert_eq!(me(&app, &tokens).await, 200, "before {way}");
            assert!(is_active(&ledger, text(&tokens, "refresh_token")).await);
            let cause = Cause::by_system(EndReason::ByAdmin);
            match way {
                "force_logout" => app.force_logout(&mut ada, &id).await,
                "disable_user" => assert_eq!(ada.act(way, &[("user", &id), ("reason", "x")]).await.status, 200),
                "everyone" => _ = app.services.terminator.terminate_everyone(None, cause).await.expect("an end"),
                "others" => assert_eq!(app.logged_in_again("bob").await.act("end_other_sessions", &[]).await.status, 200),
                "disconnect" => assert_eq!(bob.act("disconnect_app", &[("id", &ledger.id)]).await.status, 200),
                "revoke" => assert_eq!(ledger.post("/oauth/revoke", &[("token", text(&tokens, "refresh_token"))]).await.status, 200),
                "owner" => {
                    let mut eve = app.another_admin("eve").await;
                    let ada = app.user("ada").await.id;
                    assert_eq!(eve.act("disable_user", &[("user", &ada), ("reason", "x")]).await.status, 200);
                }
                _ => assert_eq!(ada.act(way, &[("id", &ledger.id), ("confirmation", "Ledger")]).await.status, 200),
            }
            let answer = bearer(&app, "GET", "/api/v1/me", text(&tokens, "access_token")).await;
            assert_eq!((answer.status, answer.code()), (401, "token_revoked".into()), "{way}");
            let refreshed = ledger.refresh(text(&tokens, "refresh_token")).await;
            assert!(matches!(refreshed.status, 400 | 401), "{way}: {}", refreshed.text());
            let other = app.another_instance().await;
            other.revocations.sync().await.expect("the feed");
            let router = router(other);
            let token = text(&tokens, "access_token");
            assert_eq!(bob.at(router).bearer(token).await.status, 401, "{way}: at another instance");
            match way {
                "disable_user" => assert_eq!(ada.act("enable_user", &[("user", &id), ("reason", "x")]).await.status, 200),
                "disable_app" => assert_eq!(ada.act("enable_app", &[("id", &ledger.id)]).await.status, 200),
                "everyone" => ada = app.logged_in_again("ada").await,
                "owner" => {
                    let mut eve = app.logged_in_again("eve").await;
                    let id = app.user("ada").await.id;
                    assert_eq!(eve.act("enable_user", &[("user", &id), ("reason", "x")]).await.status, 200);
                    ada = app.logged_in_again("ada").await;
                }
                _ => {}
            }
        }
    }

    async fn what_applications_get_and_do_not_get_is_counted(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let native = register(&app, &mut ada, "native", BACK, "openid").await;
        let tokens = native.tokens(&mut bob, "openid").await;
        let first = text(&tokens, "refresh_token");
        assert_eq!(native.refresh(first).await.status, 200);
        app.clock.advance_ms(31_000);
        assert_eq!(native.refresh(first).await.status, 400, "a copy");
        assert_eq!(native.post("/oauth/token", &[("grant_type", "invented")]).await.status, 400);
        for path in ["/oauth/introspect", "/oauth/revoke"] {
            let mut wrong = native.clone();
            wrong.secret = Some("invented".into());
            assert_eq!(wrong.post(path, &[("token", "x")]).await.status, 401);
        }
        let scraped = scrape(&app).await;
        let row = |name: &str, labels: &str| value(&scraped, &format!("latchkey_{name}_total{labels}"));
        assert_eq!(row("oauth_grants", "{grant_type=\"authorization_code\"}"), 1.0);
        assert_eq!(row("oauth_grants", "{grant_type=\"refresh_token\"}"), 1.0);
        for (endpoint, error) in [
            ("/oauth/token", "invalid_grant"), ("/oauth/token", "unsupported_grant_type"),
            ("/oauth/introspect", "invalid_client"), ("/oauth/revoke", "invalid_client"),
        ] {
            assert_eq!(row("oauth_refusals", &format!("{{endpoint=\"{endpoint}\",error=\"{error}\"}}")), 1.0, "{endpoint}");
        }
        assert_eq!(row("refresh_tokens_reused", ""), 1.0);
        assert!(!scraped.contains("invented"), "{scraped}");
    }

    async fn a_deleted_owner_leaves_no_application_behind(app: TestApp) {
        let (_, mut bob, ledger, tokens) = connected(&app).await;
        let mut eve = app.another_admin("eve").await;
        let ada = app.user("ada").await.id;
        assert_eq!(eve.act("delete_user", &[("user", &ada), ("reason", "x"), ("confirmation", "ada@example.com")]).await.status, 200);
        assert_eq!(me(&app, &tokens).await, 401);
        assert_eq!(ledger.refresh(text(&tokens, "refresh_token")).await.status, 401);
        assert_eq!(bob.open(&format!("/oauth/authorize?{}", ledger.query(&[]))).await.status, 400);
        assert_eq!(app.count("select count(*) from client_secrets").await, 0);
        assert_eq!(app.count("select count(*) from clients where owner_id <> '' and (name <> '' or redirects <> '')").await, 0);
    }

    async fn what_was_disabled_begins_anew_when_it_is_enabled(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let web = register(&app, &mut ada, "web", BACK, "openid offline_access account:read").await;
        let tokens = web.tokens(&mut bob, "openid offline_access account:read").await;
        let code = web.code(&mut bob, &[("scope", "openid"), ("prompt", "consent")]).await;
        for action in ["disable_app", "enable_app"] {
            assert_eq!(ada.act(action, &[("id", &web.id)]).await.status, 200);
        }
        assert_eq!(web.refresh(text(&tokens, "refresh_token")).await.status, 400, "a refresh token of before");
        assert_eq!(web.redeem(&code).await.status, 400, "a code of before");
        assert_eq!(me(&app, &tokens).await, 401);
        let page = bob.open(&format!("/oauth/authorize?{}", web.query(&[("scope", "openid")]))).await;
        assert_eq!(page.status, 200, "users have to connect it again: {}", page.header("location"));
    }

    async fn a_page_alone_ends_with_the_browser_whatever_it_asks_for(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let spa = register(&app, &mut ada, "spa", BACK, "openid offline_access").await;
        let tokens = spa.tokens(&mut bob, "openid offline_access").await;
        assert_eq!(tokens["scope"], "openid", "and the user isn't asked for more");
        let elsewhere = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token")), ("resource", "https://api.example/")];
        let refused = spa.post("/oauth/token", &elsewhere).await;
        assert_eq!((refused.status, &refused.json()["error"]), (400, &"invalid_target".into()), "nor is a token for another API");
        bob.act("log_out", &[]).await;
        assert_eq!(spa.refresh(text(&tokens, "refresh_token")).await.status, 400);
    }

    async fn what_stands_on_a_session_ends_with_it_and_what_outlives_it_does_not(app: TestApp) {
        let (mut ada, mut bob, ledger, offline) = connected(&app).await;
        let spa = register(&app, &mut ada, "spa", BACK, "openid account:read").await;
        let of_page = spa.tokens(&mut bob, "openid account:read").await;
        let code = ledger.code(&mut bob, &[("scope", "account:read"), ("prompt", "consent")]).await;
        let of_session = ledger.redeem(&code).await.json();
        assert!(of_session["refresh_token"].is_null(), "a web server without offline access asks again");
        assert_eq!(bob.act("log_out", &[]).await.status, 200);
        for (tokens, status) in [(&offline, 200), (&of_page, 401), (&of_session, 401)] {
            assert_eq!(me(&app, tokens).await, status);
        }
        assert_eq!(spa.refresh(text(&of_page, "refresh_token")).await.status, 400);
        assert_eq!(ledger.refresh(text(&offline, "refresh_token")).await.status, 200);
        // A session that runs out without a word.
        let mut bob = app.logged_in_again("bob").await;
        let of_page = spa.tokens(&mut bob, "openid account:read").await;
        app.clock.advance_ms(31 * 60 * SECOND);
        assert_eq!(spa.refresh(text(&of_page, "refresh_token")).await.status, 400);
    }

    async fn the_receipt_counts_refresh_tokens_and_applications(app: TestApp) {
        let (mut ada, mut bob, ledger, _) = connected(&app).await;
        let native = register(&app, &mut ada, "native", "http://127.0.0.1/cb", "account:read").await;
        native.tokens(&mut bob, "account:read").await;
        let code = ledger.code(&mut bob, &[("scope", ALL), ("prompt", "consent")]).await;
        assert_eq!(ledger.redeem(&code).await.status, 200);
        let id = bob.user_id().await;
        let receipt = ada.act("force_logout", &[("user", &id), ("reason", "x")]).await.json();
        assert_eq!((&receipt["refresh_tokens"], &receipt["applications"]), (&json!(3), &json!(2)), "{receipt}");
        let page = ada.open(&format!("/admin/users/{id}")).await.text();
        assert!(page.contains("2 connected applications lost access, with 3 refresh tokens."), "{page}");
    }

    async fn a_refresh_token_is_used_once_and_a_lost_answer_is_forgiven(app: TestApp) {
        let (_, mut bob, ledger, first) = connected(&app).await;
        let second = ledger.refresh(text(&first, "refresh_token")).await.json();
        assert_ne!(first["refresh_token"], second["refresh_token"]);
        assert_eq!(me(&app, &second).await, 200);
        app.clock.advance_ms(30 * SECOND);
        let again = ledger.refresh(text(&first, "refresh_token")).await.json();
        assert!(again["refresh_token"].is_null() && me(&app, &again).await == 200, "{again}");
        assert_eq!(app.outbox().await.iter().filter(|(.., mail)| mail.contains("token_reused")).count(), 0);
        sqlx::query("update users set verified_at = 1").execute(&app.services.state.db.pool).await.expect("a change");
        app.clock.advance_ms(1);
        let reused = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
        let answer = ledger.post("/oauth/token", &[&reused[..], &[("scope", "not:allowed")]].concat()).await;
        assert_eq!((answer.status, text(&answer.json(), "error")), (400, "invalid_grant"), "whatever else is wrong");
        for tokens in [&first, &second, &again] {
            assert_eq!(me(&app, tokens).await, 401, "the chain has ended for both");
        }
        assert_eq!(ledger.refresh(text(&second, "refresh_token")).await.status, 400);
        assert_eq!(app.outbox().await.iter().filter(|(.., mail)| mail.contains("token_reused")).count(), 1);
        let log = bob.open("/account/activity").await.text();
        assert!(log.contains("Someone may have copied the access of Ledger"), "{log}");
        let stored: Vec<(String,)> = sqlx::query_as("select hash from refresh_tokens").fetch_all(&app.services.state.db.pool).await.expect("them");
        assert!(stored.len() == 2 && stored.iter().all(|(hash,)| first["refresh_token"] != **hash));
        let narrow = ledger.tokens_of_narrow(&mut bob).await;
        assert_eq!((&narrow.0["scope"], narrow.1), (&json!("account:read"), 400), "no wider than the user has allowed");
    }

    async fn what_could_not_be_written_down_uses_up_no_code_and_no_refresh_token(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let spa = register(&app, &mut ada, "spa", BACK, "openid account:read").await;
        let code = spa.code(&mut bob, &[("scope", "openid account:read")]).await;
        app.refuse("update of token_expires_at on sessions", "true").await;
        assert_eq!(spa.redeem(&code).await.status, 500);
        app.allow("sessions").await;
        let tokens = spa.redeem(&code).await.json();
        app.refuse("update of token_expires_at on sessions", "true").await;
        assert_eq!(spa.refresh(text(&tokens, "refresh_token")).await.status, 500);
        app.allow("sessions").await;
        let next = spa.refresh(text(&tokens, "refresh_token")).await.json();
        assert!(!next["refresh_token"].is_null(), "the next one isn't lost: {next}");
        assert_eq!(me(&app, &next).await, 200);
    }

    async fn fifty_parallel_uses_make_one_new_head(app: TestApp) {
        let (_, _, ledger, first) = connected(&app).await;
        let uses = (0..50).map(|_| ledger.refresh(text(&first, "refresh_token")));
        let answers = futures::future::join_all(uses).await;
        let issued: Vec<Value> = answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 503)), "busy at the most");
        assert_eq!(issued.iter().filter(|tokens| !tokens["refresh_token"].is_null()).count(), 1);
        assert_eq!(app.count("select count(*) from refresh_tokens where used_at is null").await, 1);
        for tokens in &issued {
            assert_eq!(me(&app, tokens).await, 200, "no one is logged out");
        }
    }

    async fn lasting_access_gives_way_to_no_login_of_a_session_and_to_none_that_nothing_came_of(app: TestApp) {
        let (_, mut bob, ledger, tokens) = connected(&app).await;
        for scope in ["openid", ALL] {
            for _ in 0..25 {
                let silent = ledger.query(&[("scope", scope), ("prompt", "none")]);
                let answer = bob.open(&format!("/oauth/authorize?{silent}")).await;
                assert!(answer.header("location").contains("code="), "{}", answer.header("location"));
            }
        }
        assert_eq!(app.count("select count(*) from grants where ended_at is null").await, 41, "twenty codes of each kind, and what is in use");
        assert_eq!(ledger.refresh(text(&tokens, "refresh_token")).await.status, 200);
    }

    async fn a_code_that_no_one_redeems_ends_nothing_that_is_in_use(app: TestApp) {
        let (_, mut bob, ledger, first) = connected(&app).await;
        let code = async |bob: &mut Caller| ledger.code(bob, &[("scope", ALL), ("prompt", "consent")]).await;
        let mut all = vec![first];
        while all.len() < 20 {
            app.clock.advance_ms(1);
            let code = code(&mut bob).await;
            all.push(ledger.redeem(&code).await.json());
        }
        app.clock.advance_ms(1);
        let unredeemed = code(&mut bob).await;
        for tokens in &all {
            assert_eq!(me(&app, tokens).await, 200, "all twenty work");
        }
        app.clock.advance_ms(1);
        assert_eq!(ledger.redeem(&unredeemed).await.status, 200);
        let mut left = Vec::new();
        for tokens in &all {
            left.push(me(&app, tokens).await);
        }
        assert_eq!(left, [&[401][..], &[200; 19]].concat(), "the one unused for longest, at once");
        assert_eq!(ledger.refresh(text(&all[0], "refresh_token")).await.status, 400);
    }

    async fn what_went_with_its_user_or_has_expired_is_no_guess_nor_is_an_id_token(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let phone = register(&app, &mut ada, "native", BACK, ALL).await;
        let (tokens, code) = (phone.tokens(&mut bob, ALL).await, phone.code(&mut bob, &[]).await);
        let id = app.user("bob").await.id;
        let fields = [("user", &*id), ("reason", "x"), ("confirmation", "bob@example.com")];
        assert_eq!(ada.act("delete_user", &fields).await.status, 200);
        assert_eq!(app.count("select (select count(*) from refresh_tokens) + (select count(*) from authorization_codes)").await, 0);
        app.clock.advance_ms(10 * 60 * SECOND);
        for _ in 0..35 {
            for refused in [phone.refresh(text(&tokens, "refresh_token")).await, phone.redeem(&code).await] {
                assert_eq!((refused.status, text(&refused.json(), "error")), (400, "invalid_grant"));
            }
            for name in ["refresh_token", "access_token", "id_token"] {
                assert_eq!(phone.post("/oauth/revoke", &[("token", text(&tokens, name))]).await.status, 200, "{name}");
            }
        }
        let changed = |ticket: &str| format!("{}{}", &ticket[..ticket.len() - 1], if ticket.ends_with('A') { "B" } else { "A" });
        let guesses = [changed(text(&tokens, "refresh_token")), changed(&code), "lkr_guessed".to_owned()];
        let mut statuses = Vec::new();
        for guess in guesses.iter().cycle().take(32) {
            statuses.push(phone.refresh(guess).await.status);
        }
        assert_eq!((statuses[0], statuses[31]), (400, 429), "{statuses:?}");
    }

    async fn what_was_ended_is_no_guess(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let phone = register(&app, &mut ada, "native", BACK, ALL).await;
        let tokens = phone.tokens(&mut bob, ALL).await;
        let bob_id = app.user("bob").await.id;
        app.force_logout(&mut ada, &bob_id).await;
        for _ in 0..35 {
            let answer = phone.refresh(text(&tokens, "refresh_token")).await;
            assert_eq!((answer.status, text(&answer.json(), "error")), (400, "invalid_grant"));
            assert_eq!(phone.post("/oauth/revoke", &[("token", text(&tokens, "refresh_token"))]).await.status, 200);
        }
        let kid = header_of(text(&tokens, "access_token"))["kid"].as_str().expect("a kid").to_owned();
        assert_eq!(ada.act("kill_key", &[("kid", &kid), ("reason", "it leaked")]).await.status, 200);
        for _ in 0..35 {
            assert_eq!(phone.post("/oauth/revoke", &[("token", text(&tokens, "access_token"))]).await.status, 200);
        }
        let mut statuses = Vec::new();
        for _ in 0..32 {
            statuses.push(phone.refresh("lkr_guessed").await.status);
        }
        assert_eq!((statuses[0], statuses[31]), (400, 429), "{statuses:?}");
    }

    async fn programs_of_an_application_that_is_over_guess_nothing(app: TestApp) {
        let mut ada = app.admin().await;
        let phone = register(&app, &mut ada, "native", BACK, ALL).await;
        let ledger = register(&app, &mut ada, "web", BACK, "openid").await;
        for program in [&phone, &ledger] {
            assert_eq!(ada.act("disable_app", &[("id", &program.id)]).await.status, 200);
            for _ in 0..35 {
                assert_eq!(program.refresh("lkr_of_before").await.status, 401);
            }
        }
        let nobody = format!("grant_type=refresh_token&refresh_token=x&client_id={}", uuid::Uuid::nil());
        for _ in 0..35 {
            assert_eq!(post(&ada, "/oauth/token", &nobody, &[]).await.status, 401, "a name alone");
        }
        let guess = format!("grant_type=refresh_token&refresh_token=x&client_id={}&client_secret=guessed", ledger.id);
        let mut statuses = Vec::new();
        for _ in 0..32 {
            statuses.push(post(&ada, "/oauth/token", &guess, &[]).await.status);
        }
        assert_eq!((statuses[0], statuses[31]), (401, 429), "{statuses:?}");
    }

    async fn who_guesses_keeps_no_one_from_writing(app: TestApp) {
        let mut ada = app.admin().await;
        let phone = register(&app, &mut ada, "native", BACK, ALL).await;
        for _ in 0..32 {
            phone.refresh("lkr_guessed").await;
        }
        let _turn = app.services.state.db.begin_write().await.expect("the turn");
        let device = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "lkd_guessed")];
        for refused in [phone.refresh("lkr_guessed").await, phone.redeem("guessed").await, phone.post("/oauth/token", &device).await] {
            assert_eq!(refused.status, 429, "{}", refused.text());
        }
    }

    async fn what_no_database_stores_is_a_bad_request(app: TestApp) {
        let answer = post(&app.anonymous(), "/oauth/token", "client_id=a%00b&grant_type=client_credentials", &[]).await;
        assert!([400, 401].contains(&answer.status), "{}", answer.status);
    }

    async fn a_refresh_token_that_no_one_uses_runs_out_and_is_of_its_application(app: TestApp) {
        let (mut ada, _, ledger, tokens) = connected(&app).await;
        let other = register(&app, &mut ada, "web", BACK, ALL).await;
        assert_eq!(other.refresh(text(&tokens, "refresh_token")).await.status, 400);
        assert!(!is_active(&other, text(&tokens, "refresh_token")).await);
        assert_eq!(other.post("/oauth/revoke", &[("token", text(&tokens, "refresh_token"))]).await.status, 200);
        assert_eq!(me(&app, &tokens).await, 200, "it was not its own to revoke");
        app.clock.advance_ms(30 * DAY);
        assert_eq!(ledger.refresh(text(&tokens, "refresh_token")).await.status, 400);
    }

    async fn the_pages_of_applications_tell_what_they_may_and_end_it(app: TestApp) {
        let (_, mut bob, ledger, tokens) = connected(&app).await;
        let page = bob.open("/account/connected").await.text();
        for words in ["Ledger", "Read your notes", "See your email address", "Disconnect"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let answer = bob.submit("disconnect_app", &[("id", &ledger.id)], "/account/connected").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/connected"));
        let page = bob.open("/account/connected").await.text();
        assert!(page.contains("Application disconnected.") && page.contains("No application has access"), "{page}");
        assert_eq!(me(&app, &tokens).await, 401);
        let data = bob.open("/account/data/export").await.json();
        assert_eq!(data["connected_applications"][0]["application"], ledger.id);
    }

    async fn no_kind_of_token_passes_for_another(app: TestApp) {
        let (mut ada, mut bob, ledger, tokens) = connected(&app).await;
        let code = ledger.code(&mut bob, &[("scope", ALL), ("prompt", "consent")]).await;
        let spa = register(&app, &mut ada, "spa", BACK, ALL).await;
        let elsewhere = spa.code(&mut bob, &[("scope", "account:read"), ("resource", "https://api.example/")]).await;
        let elsewhere = spa.redeem(&elsewhere).await.json();
        assert_eq!(claims(text(&elsewhere, "access_token"))["aud"], "https://api.example/");
        let of_page = bob.access_token().to_owned();
        let asks = [("kind", "web"), ("redirects", BACK), ("scopes", ALL), ("id_token_alg", "RS256")];
        let books = register_with(&app, &mut ada, &asks).await.tokens(&mut bob, ALL).await;
        assert_eq!(header_of(text(&books, "id_token"))["alg"], "RS256");
        // At the API: only that of the page, and that of the application for this API.
        for token in [text(&tokens, "refresh_token"), text(&tokens, "id_token"), text(&books, "id_token"), &code, text(&elsewhere, "access_token"), ledger.secret.as_deref().expect("a secret")] {
            assert_eq!(bearer(&app, "GET", "/api/v1/me", token).await.code(), "token_invalid");
            assert_eq!(bearer(&app, "GET", "/oauth/userinfo", token).await.status, 401);
            bob.cookies.insert("__Host-access".into(), token.into());
            assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.status, 401, "in the cookie");
        }
        // The token of an application is none for the cookie, and that of a page none for applications.
        bob.cookies.insert("__Host-access".into(), text(&tokens, "access_token").into());
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.code(), "token_invalid");
        assert_eq!(bearer(&app, "GET", "/oauth/userinfo", &of_page).await.status, 401);
        assert!(!is_active(&ledger, &of_page).await && !is_active(&ledger, text(&tokens, "id_token")).await && !is_active(&ledger, text(&books, "id_token")).await && !is_active(&ledger, &code).await);
        assert!(is_active(&ledger, text(&tokens, "access_token")).await && is_active(&ledger, text(&elsewhere, "access_token")).await);
        assert_eq!(ledger.post("/oauth/revoke", &[("token", &of_page)]).await.status, 200);
        assert_eq!(bearer(&app, "GET", "/api/v1/me", &of_page).await.status, 200, "not an application's to revoke");
        // Nor is anything a code or a refresh token but those.
        for token in [text(&tokens, "access_token"), text(&tokens, "id_token"), text(&books, "id_token"), &of_page, &code] {
            assert_eq!(ledger.refresh(token).await.status, 400);
        }
        for token in [text(&tokens, "access_token"), text(&tokens, "refresh_token"), &of_page] {
            assert_eq!(ledger.redeem(token).await.status, 400);
        }
    }

    async fn each_route_of_the_api_asks_for_its_scope(app: TestApp) {
        let mut ada = app.admin().await;
        let spa = register(&app, &mut ada, "native", "http://127.0.0.1/cb", ALL).await;
        let table = include_str!("../../docs/ROUTES.md");
        let scopes: Vec<&str> = ALL.split(' ').collect();
        let mut tokens = Vec::new();
        for scope in &scopes {
            // An administrator's: what an application gets is less.
            tokens.push((*scope, text(&spa.tokens(&mut ada, scope).await, "access_token").to_owned()));
        }
        let everything = text(&spa.tokens(&mut ada, ALL).await, "access_token").to_owned();
        let mut routes = 0;
        for line in table.lines().filter(|line| line.contains("| `/api/v1/")) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let (method, path) = (cells[0], cells[1].trim_matches('`').replace("{id}", "0").replace("{sid}", "0"));
            let needed = cells[2].strip_prefix("token `").map(|scope| scope.trim_end_matches('`'));
            for (scope, token) in &tokens {
                let answer = bearer(&app, method, &path, token).await;
                let may = needed == Some(*scope);
                assert_eq!(!matches!(answer.status, 401 | 403), may, "{method} {path} with {scope}: {} {}", answer.status, answer.text());
                if !may && path != "/api/v1/token" {
                    let challenge = answer.header("www-authenticate");
                    // Where more may be asked for stands there, too (RFC 9728 5.1).
                    assert!(["insufficient_scope", "resource_metadata="].iter().all(|said| challenge.contains(said)), "{method} {path}: {challenge}");
                    assert_eq!(answer.status, 403, "{method} {path}");
                }
            }
            let answer = bearer(&app, method, &path, &everything).await;
            assert_eq!(!matches!(answer.status, 401 | 403), needed.is_some(), "{method} {path} with everything: {}", answer.text());
            routes += 1;
        }
        assert!(routes >= 13, "{routes} routes");
        // Nor does it open a page, an action or the bridge.
        for (method, path) in [("GET", "/dashboard"), ("GET", "/admin/users"), ("POST", "/actions/change_name"), ("POST", "/api/v1/token")] {
            let answer = bearer(&app, method, path, &everything).await;
            assert!(matches!(answer.status, 303 | 400 | 401 | 403 | 415 | 422) && answer.set_cookie("__Host-session").is_empty(), "{method} {path}: {}", answer.status);
        }
        assert_eq!(claims(&everything)["role"], "user");
    }

    async fn an_api_call_of_an_application_reads_no_database_and_fails_closed(app: TestApp) {
        let (.., tokens) = connected(&app).await;
        app.services.state.db.close().await;
        assert_eq!(me(&app, &tokens).await, 200);
        app.services.vital_db.close().await;
        app.services.revocations.lose_contact();
        assert_eq!(me(&app, &tokens).await, 503);
    }

    async fn a_service_acts_for_itself_and_for_no_user(app: TestApp) {
        let mut ada = app.admin().await;
        let service = register(&app, &mut ada, "service", "", "orders:read orders:write notes:read").await;
        let itself = [("grant_type", "client_credentials"), ("scope", "orders:read"), ("resource", "https://api.example/")];
        let tokens = service.post("/oauth/token", &itself).await.json();
        let said = claims(text(&tokens, "access_token"));
        assert_eq!((&said["sub"], &said["client_id"], &said["aud"], &said["scope"]), (&json!(service.id), &json!(service.id), &json!("https://api.example/"), &json!("orders:read")));
        assert!(is_active(&service, text(&tokens, "access_token")).await);
        let own = service.post("/oauth/token", &[("grant_type", "client_credentials"), ("scope", "notes:read")]).await.json();
        assert_eq!(bearer(&app, "GET", "/api/v1/notes", text(&own, "access_token")).await.code(), "insufficient_scope");
        for resource in ["http://localhost:3000/api", "http://localhost:3000", "http://localhost:3000/api/v2"] {
            let answer = service.post("/oauth/token", &[("grant_type", "client_credentials"), ("resource", resource)]).await;
            assert_eq!(text(&answer.json(), "error"), "invalid_target", "it would pass for a token of our own page: {resource}");
        }
        let other = service.post("/oauth/token", &itself).await.json();
        assert_eq!(service.post("/oauth/revoke", &[("token", text(&other, "access_token"))]).await.status, 200);
        assert!(!is_active(&service, text(&other, "access_token")).await, "it was given back");
        assert!(is_active(&service, text(&tokens, "access_token")).await, "and no other one");
        assert_eq!(text(&service.redeem("a code").await.json(), "error"), "unauthorized_client");
        let web = register(&app, &mut ada, "web", BACK, "orders:read").await;
        let answer = web.post("/oauth/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!((answer.status, text(&answer.json(), "error")), (400, "unauthorized_client"));
        assert_eq!(ada.open(&format!("/oauth/authorize?{}", service.query(&[]))).await.status, 400);
        let id = app.user("ada").await.id;
        let mut eve = app.another_admin("eve").await;
        app.force_logout(&mut eve, &id).await;
        assert!(!is_active(&service, text(&tokens, "access_token")).await, "its owner was logged out");
    }

    async fn openid_connect_says_who_has_logged_in(app: TestApp) {
        let (_, mut bob, ledger, _) = connected(&app).await;
        let code = ledger.code(&mut bob, &[("scope", "openid email"), ("nonce", "a nonce"), ("prompt", "consent")]).await;
        let tokens = ledger.redeem(&code).await.json();
        let (said, id) = (claims(text(&tokens, "id_token")), bob.user_id().await);
        assert_eq!((&said["iss"], &said["aud"], &said["sub"], &said["nonce"]), (&json!(ISSUER), &json!(ledger.id), &json!(id), &json!("a nonce")));
        assert_eq!(said["auth_time"], app.clock.now_ms() / 1000);
        assert!(said["sid"].as_str().is_some_and(|sid| !sid.is_empty()) && said["email"].is_null());
        let info = bearer(&app, "GET", "/oauth/userinfo", text(&tokens, "access_token")).await.json();
        assert_eq!(info, json!({ "sub": id, "email": "bob@example.com", "email_verified": app.user("bob").await.verified_at.is_some() }));
        let without = ledger.code(&mut bob, &[("scope", "account:read"), ("prompt", "consent")]).await;
        let without = ledger.redeem(&without).await.json();
        assert!(without["id_token"].is_null());
        let refused = bearer(&app, "GET", "/oauth/userinfo", text(&without, "access_token")).await;
        assert_eq!((refused.status, text(&refused.json(), "error")), (403, "insufficient_scope"));
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"latchkey\", error=\"insufficient_scope\", scope=\"openid\"");
        let elsewhere = [("scope", "openid"), ("resource", "https://api.example/"), ("prompt", "consent")];
        let elsewhere = ledger.redeem(&ledger.code(&mut bob, &elsewhere).await).await.json();
        let refused = bearer(&app, "GET", "/oauth/userinfo", text(&elsewhere, "access_token")).await;
        assert_eq!((refused.status, text(&refused.json(), "error")), (401, "invalid_token"));
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"latchkey\", error=\"invalid_token\"");
    }

    async fn programs_find_everything_in_the_documents(app: TestApp) {
        let mut anyone = app.anonymous();
        let [server, openid] = ["oauth-authorization-server", "openid-configuration"];
        let (server, openid) = (anyone.open(&format!("/.well-known/{server}")).await, anyone.open(&format!("/.well-known/{openid}")).await);
        assert_eq!(server.json(), openid.json());
        let about = server.json();
        assert_eq!((&about["issuer"], &about["code_challenge_methods_supported"]), (&json!(ISSUER), &json!(["S256"])));
        assert_eq!((about["authorization_response_iss_parameter_supported"].clone(), server.header("access-control-allow-origin")), (json!(true), "*"));
        assert_eq!(about["id_token_signing_alg_values_supported"], json!(["ES256", "RS256"]));
        let refused = anyone.api(Method::GET, "/api/v1/me", None).await;
        let (_, rest) = refused.header("www-authenticate").split_once("resource_metadata=\"").expect("where");
        let path = rest.trim_end_matches('"').strip_prefix(ISSUER).expect("ours").to_owned();
        let about = anyone.open(&path).await.json();
        assert_eq!((&about["resource"], &about["authorization_servers"]), (&json!(format!("{ISSUER}/api/v1")), &json!([ISSUER])));
    }

    async fn programs_are_told_what_is_wrong_as_data_whatever_they_ask_for(app: TestApp) {
        let mut anyone = app.anonymous();
        for (path, token, challenge) in [
            ("/oauth/userinfo", "", "Bearer realm=\"latchkey\""),
            ("/oauth/userinfo", "Bearer x", "Bearer realm=\"latchkey\", error=\"invalid_token\""),
        ] {
            let mut request = Request::builder().uri(path).header(header::HOST, HOST).header("accept", "text/html");
            if !token.is_empty() {
                request = request.header("authorization", token);
            }
            let answer = anyone.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, challenge));
            assert_eq!(text(&answer.json(), "error"), "invalid_token");
        }
        for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device_authorization"] {
            let answer = anyone.open(path).await;
            assert_eq!((answer.status, text(&answer.json(), "error")), (405, "invalid_request"), "{path}");
            assert!(answer.header("allow").contains("POST"), "{path}: {}", answer.header("allow"));
        }
        let (ada, _, ledger, _) = connected(&app).await;
        let body = format!("client_id={}&client_secret={}", ledger.id, ledger.secret.as_deref().expect("a secret"));
        for path in ["/oauth/revoke", "/oauth/introspect"] {
            let answer = post(&ada, path, &body, &[]).await;
            assert_eq!((answer.status, text(&answer.json(), "error_description")), (400, "token is missing"), "{path}");
        }
    }

    async fn only_a_page_of_the_application_itself_reads_the_answer(app: TestApp) {
        let (mut ada, mut bob, ledger, _) = connected(&app).await;
        let spa = register(&app, &mut ada, "spa", BACK, "openid").await;
        let tokens = spa.tokens(&mut bob, "openid").await;
        for (program, origin, allowed) in [
            (&spa, "https://app.example", "https://app.example"), (&spa, "https://evil.example", ""), (&spa, "null", ""), (&ledger, "https://app.example", ""),
        ] {
            let secret = program.secret.as_ref().map(|secret| format!("&client_secret={secret}")).unwrap_or_default();
            let body = format!("grant_type=refresh_token&client_id={}&refresh_token={}{secret}", program.id, text(&tokens, "refresh_token"));
            let headers = [("origin", origin), ("sec-fetch-site", "cross-site")];
            let answer = post(&ada, "/oauth/token", &body, &headers).await;
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}: {}", answer.text());
        }
        register(&app, &mut ada, "native", "http://127.0.0.1/cb", "openid").await;
        let preflight = ada.copy();
        for (origin, allowed) in [
            ("https://app.example", true), ("http://127.0.0.1:40123", true), ("https://evil.example", false), ("https://app", false),
            ("https://app.example:444", false), ("null", false), ("https://", false),
        ] {
            let allowed = if allowed { origin } else { "" };
            for path in ["/oauth/token", "/oauth/revoke", "/oauth/userinfo"] {
                let request = Request::builder().method("OPTIONS").uri(path).header(header::HOST, HOST).header("origin", origin);
                let answer = preflight.copy().send(request.body(Body::empty()).expect("a request")).await;
                assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, allowed), "{path} {origin}");
                assert_eq!(answer.header("access-control-max-age"), "600", "{path} {origin}: not before each call");
                // What is wrong with a request that names no application: the page shall be able to read it.
                let answer = post(&ada, path, "client_id=none", &[("origin", origin), ("sec-fetch-site", "cross-site")]).await;
                assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, allowed), "{path} {origin}");
            }
        }
        let page = Request::builder().method("OPTIONS").uri("/oauth/authorize").header(header::HOST, HOST).header("origin", "https://app.example");
        let answer = preflight.copy().send(page.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "no page reads the page of consent");
    }
}

impl Program {
    /// A narrower access token, and what asking for more is answered.
    async fn tokens_of_narrow(&self, user: &mut Caller) -> (Value, u16) {
        let code = self.code(user, &[("scope", "account:read notes:read offline_access"), ("prompt", "consent")]).await;
        let tokens = self.redeem(&code).await.json();
        let fields = |scope| {
            [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token")), ("scope", scope)]
        };
        let wider = self.post("/oauth/token", &fields("account:read notes:write")).await.status;
        (self.post("/oauth/token", &fields("account:read")).await.json(), wider)
    }
}

/// A force logout locks the user first, and their grants after that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_redeemed_during_a_force_logout_holds_nothing_that_it_needs() {
    let app = TestApp::on(Kind::Postgres).await;
    let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
    let web = register(&app, &mut ada, "web", BACK, "openid").await;
    let code = web.code(&mut bob, &[("scope", "openid")]).await;
    let mut force_logout = app.services.state.db.begin_write().await.expect("a transaction");
    users::store::lock(&mut *force_logout, &app.user("bob").await.id).await.expect("the user");
    let meanwhile = async {
        let waiting =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        let mut waits = false;
        for _ in 0..500 {
            waits = app.count(waiting).await > 0;
            if waits {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let unlocked = sqlx::query_as("select id from grants for update skip locked");
        let free: Vec<(String,)> = unlocked.fetch_all(&app.services.state.db.pool).await.expect("grants");
        force_logout.rollback().await.expect("gone");
        (waits, free.len())
    };
    let (redeemed, meanwhile) = tokio::join!(web.redeem(&code), meanwhile);
    assert_eq!((redeemed.status, meanwhile), (200, (true, 1)));
}
