//! The device grant (RFC 8628): a program without a browser, its code, its user elsewhere, and what it is told meanwhile.

use axum::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, hidden},
    oauth::{BACK, ISSUER, Program, encoded, post, register, text},
    on_both_databases,
};
use crate::base::random;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPES: &str = "openid profile email account:read";

/// The command line of every server.
fn command_line(app: &TestApp) -> Program {
    let mut anyone = app.anonymous().at_ip("203.0.113.9");
    anyone.user_agent = Some("latchkey/0.1.0 (build-7)".into());
    Program { id: "latchkey-cli".into(), secret: None, back: "http://127.0.0.1/".into(), anyone }
}

async fn begin(program: &Program, scope: &str) -> Answer {
    let fields = encoded(&[("client_id", &program.id), ("scope", scope)]);
    let agent = program.anyone.user_agent.clone().unwrap_or_default();
    post(&program.anyone, "/oauth/device_authorization", &fields, &[("user-agent", &agent)]).await
}

async fn begun(program: &Program) -> Value {
    let answer = begin(program, SCOPES).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{}", answer.text());
    answer.json()
}

async fn ask(program: &Program, begun: &Value) -> Answer {
    program.post("/oauth/token", &[("grant_type", GRANT), ("device_code", text(begun, "device_code"))]).await
}

/// What the program is told instead of tokens.
async fn refusal(program: &Program, begun: &Value) -> String {
    let answer = ask(program, begun).await;
    assert!(answer.status >= 400, "{}", answer.text());
    text(&answer.json(), "error").to_owned()
}

async fn enter(user: &mut Caller, code: &str) -> Answer {
    user.act("enter_device_code", &[("code", code)]).await
}

/// The page that asks about this device and no other.
fn page_of(begun: &Value) -> String {
    format!("/device?user_code={}", text(begun, "user_code"))
}

/// Enters the code and presses a button of the page of consent.
pub async fn decide(user: &mut Caller, begun: &Value, decision: &str) -> Answer {
    let entered = enter(user, text(begun, "user_code")).await;
    assert_eq!((entered.status, entered.header("location")), (200, &*page_of(begun)), "{}", entered.text());
    let page = user.open(&page_of(begun)).await.text();
    let field = |name| hidden(&page, name).unwrap_or_else(|| panic!("no {name} in {page}"));
    user.act("allow_app", &[("device", &field("device")), ("user", &field("user")), ("decision", decision)]).await
}

async fn allowed(program: &Program, user: &mut Caller) -> Value {
    let begun = begun(program).await;
    assert_eq!(decide(user, &begun, "allow").await.status, 200);
    begun
}

async fn tokens(program: &Program, user: &mut Caller) -> Value {
    let begun = allowed(program, user).await;
    let answer = ask(program, &begun).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn me(app: &TestApp, tokens: &Value) -> u16 {
    app.anonymous().bearer(text(tokens, "access_token")).await.status
}

on_both_databases! {
    async fn a_device_gets_tokens_when_its_user_says_yes(app: TestApp) {
        let (program, mut bob) = (command_line(&app), app.logged_in("bob").await);
        let begun = begun(&program).await;
        let code = text(&begun, "user_code");
        assert_eq!(text(&begun, "verification_uri"), format!("{ISSUER}/device"));
        assert_eq!((begun["expires_in"].as_i64(), begun["interval"].as_i64()), (Some(600), Some(5)));
        let letters: Vec<&str> = code.split('-').collect();
        assert!(letters.len() == 2 && letters.iter().all(|half| half.len() == 4 && half.bytes().all(|b| b"BCDFGHJKLMNPQRSTVWXZ".contains(&b))), "{code}");
        assert_eq!(refusal(&program, &begun).await, "authorization_pending");
        let complete = text(&begun, "verification_uri_complete").strip_prefix(ISSUER).expect("ours").to_owned();
        let login = app.anonymous().open(&complete).await;
        assert_eq!(login.header("location"), format!("/login?next=%2Fdevice%3Fuser_code%3D{code}"));
        for _ in 0..2 {
            let page = bob.open(&complete).await;
            assert!(page.status == 200 && page.text().contains(&format!("value=\"{code}\"")), "{}", page.text());
            assert!(!page.text().contains("Allow access"), "a link alone leads no further");
        }
        for typed in [code.to_lowercase().replace('-', " "), code.replace('-', ""), format!(" {code} ")] {
            let entered = bob.submit("enter_device_code", &[("code", &typed)], &complete).await;
            assert_eq!((entered.status, entered.header("location")), (303, &*complete));
            let page = bob.open(&complete).await;
            let words = page.text();
            for word in ["Allow Latchkey command line access", "registered by Latchkey", "started this on your own device", code, "Latchkey on build-7", "203.0.113.9", "just now", "bob@example.com", "See your email address"] {
                assert!(words.contains(word), "{word}: {words}");
            }
            assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "no clickjacking");
        }
        let answer = decide(&mut bob, &begun, "allow").await;
        assert_eq!((answer.status, answer.header("location")), (200, "/device"));
        let done = bob.open("/device").await.text();
        assert!(done.contains("You can close this page") && done.contains("Latchkey command line"), "{done}");
        assert!(bob.open("/device").await.text().contains("Enter the code"), "said once");
        let answer = ask(&program, &begun).await;
        let tokens = answer.json();
        assert_eq!((answer.status, me(&app, &tokens).await), (200, 200), "{tokens}");
        assert_eq!((text(&tokens, "scope"), tokens["refresh_token_expires_in"].as_i64()), (SCOPES, Some(30 * 24 * 3600)));
        assert!(!text(&tokens, "id_token").is_empty());
        assert_eq!(program.refresh(text(&tokens, "refresh_token")).await.status, 200, "it outlives the browser");
        let log = bob.open("/account/activity").await.text();
        assert!(log.contains("You allowed Latchkey command line access to your account."), "{log}");
    }

    async fn whose_account_it_is_not_logs_out_and_comes_back_to_the_code(app: TestApp) {
        let (program, mut someone) = (command_line(&app), app.logged_in("bob").await);
        app.logged_in("eve").await;
        let begun = begun(&program).await;
        assert_eq!(enter(&mut someone, text(&begun, "user_code")).await.status, 200);
        let page = someone.open(&page_of(&begun)).await.text();
        let next = hidden(&page, "next").expect("the way back");
        assert_eq!(text(&begun, "verification_uri_complete"), format!("{ISSUER}{next}"));
        let left = someone.submit("log_out", &[("next", &next)], "/device").await;
        assert_eq!((left.status, someone.open("/dashboard").await.status), (303, 303));
        let login = someone.open(left.header("location")).await.text();
        assert_eq!(hidden(&login, "next"), Some(next.clone()));
        let fields = [("email", "eve@example.com"), ("password", PASSWORD), ("next", &*next)];
        assert_eq!(someone.submit("log_in", &fields, "/login").await.header("location"), next);
        assert!(someone.open(&next).await.text().contains("Enter the code that it shows"), "a link alone leads no further");
        assert_eq!(decide(&mut someone, &begun, "allow").await.status, 200);
        let tokens = ask(&program, &begun).await.json();
        assert_eq!(me(&app, &tokens).await, 200, "{tokens}");
    }

    async fn a_device_is_told_to_wait_and_when_there_is_nothing_to_wait_for(app: TestApp) {
        let (program, mut bob) = (command_line(&app), app.logged_in("bob").await);
        let first = begun(&program).await;
        for (seconds, told) in [(0, "authorization_pending"), (4, "authorization_pending"), (1, "slow_down"), (5, "slow_down"), (13, "slow_down"), (19, "authorization_pending"), (20, "authorization_pending")] {
            app.clock.advance_ms(seconds * SECOND);
            assert_eq!(refusal(&program, &first).await, told, "after {seconds} s");
        }
        assert_eq!(decide(&mut bob, &first, "refuse").await.header("location"), "/device");
        assert!(bob.open("/device").await.text().contains("has no access to your account"));
        assert_eq!(refusal(&program, &first).await, "access_denied");
        assert_eq!(enter(&mut bob, text(&first, "user_code")).await.text(), r#"{"Invalid":["DeviceCodeWrong"]}"#, "decided");
        let late = begun(&program).await;
        assert_eq!(enter(&mut bob, text(&late, "user_code")).await.status, 200);
        let page = bob.open(&page_of(&late)).await.text();
        app.clock.advance_ms(10 * MINUTE);
        assert_eq!(refusal(&program, &late).await, "expired_token");
        let fields = [("device", text(&late, "user_code")), ("user", &hidden(&page, "user").expect("it")), ("decision", "allow")];
        let refused = bob.submit("allow_app", &fields, "/device").await;
        assert!(refused.status == 422 && refused.text().contains("That code is wrong or has expired."), "{}", refused.text());
        assert_eq!(app.count("select count(*) from grants").await, 0);
        // Allowed too late to fetch it: nothing of it stays.
        let unfetched = allowed(&program, &mut bob).await;
        app.clock.advance_ms(10 * MINUTE);
        assert_eq!(refusal(&program, &unfetched).await, "expired_token");
        app.clock.advance_ms(61 * MINUTE);
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        crate::oauth::store::delete_old(&mut tx, app.clock.now_ms()).await.expect("it");
        tx.commit().await.expect("it");
        assert_eq!(app.count("select (select count(*) from grants) + (select count(*) from device_codes)").await, 0);
    }

    async fn a_device_code_works_once_for_whom_it_was_made(app: TestApp) {
        let (mut ada, program) = (app.admin().await, command_line(&app));
        let native = register(&app, &mut ada, "native", "http://127.0.0.1/cb", SCOPES).await;
        let web = register(&app, &mut ada, "web", BACK, SCOPES).await;
        let none = web.post("/oauth/device_authorization", &[("scope", SCOPES)]).await;
        assert_eq!((none.status, text(&none.json(), "error")), (400, "unauthorized_client"));
        for (fields, error) in [
            (&[("scope", "openid orders:read")][..], "invalid_scope"),
            (&[("scope", "ä")], "invalid_scope"),
            (&[("resource", "http://api.example")], "invalid_target"),
            (&[("client_secret", "x")], "invalid_client"),
        ] {
            let answer = native.post("/oauth/device_authorization", fields).await;
            assert_eq!(text(&answer.json(), "error"), error, "{fields:?}");
        }
        let begun = allowed(&program, &mut ada).await;
        assert_eq!(refusal(&native, &begun).await, "invalid_grant", "of another application");
        let stored: Vec<(String, String)> = sqlx::query_as("select hash, user_code from device_codes").fetch_all(&app.services.state.db.pool).await.expect("codes");
        let code = text(&begun, "user_code");
        assert!(stored.iter().all(|(hash, user_code)| hash != text(&begun, "device_code") && user_code != code && *user_code != code.replace('-', "")));
        assert_eq!(ask(&program, &begun).await.status, 200);
        assert_eq!(refusal(&program, &begun).await, "invalid_grant", "twice");
        assert_eq!(refusal(&program, &json!({ "device_code": "lkd_guessed" })).await, "invalid_grant");
        assert_eq!(refusal(&program, &json!({ "device_code": "" })).await, "invalid_request");
    }

    async fn who_guesses_the_code_of_a_device_waits(app: TestApp) {
        let (program, mut bob) = (command_line(&app), app.logged_in("bob").await);
        let begun = begun(&program).await;
        let mut statuses = Vec::new();
        for _ in 0..32 {
            statuses.push(enter(&mut bob, "BBBB-BBBB").await.status);
        }
        assert_eq!((statuses[0], statuses[31]), (422, 429), "{statuses:?}");
        assert_eq!(enter(&mut bob, text(&begun, "user_code")).await.status, 429, "whoever guesses finds nothing");
        let mut elsewhere = bob.copy().at_ip("198.51.100.4");
        assert_eq!(enter(&mut elsewhere, text(&begun, "user_code")).await.status, 429, "in any network");
        app.clock.advance_ms(15 * 60_000);
        let begun = self::begun(&program).await;
        // A right code in between frees no one from waiting for the wrong ones.
        assert_eq!(enter(&mut elsewhere, text(&begun, "user_code")).await.status, 200);
        assert_eq!(enter(&mut elsewhere, "BBBB-BBBB").await.status, 422);
        assert_eq!(enter(&mut elsewhere, text(&begun, "user_code")).await.status, 429);
        app.logged_in("carol").await;
        let mut elsewhere = app.logged_in_again("carol").await.at_ip("198.51.100.4");
        for _ in 0..40 {
            assert_eq!(enter(&mut elsewhere, text(&begun, "user_code")).await.status, 200, "who knows it doesn't");
        }
        assert_eq!(enter(&mut elsewhere, " ").await.text(), r#"{"Invalid":["CodeMissing"]}"#);
        let page = elsewhere.submit("enter_device_code", &[("code", "wdjb")], "/device").await;
        let words = page.text();
        assert!(page.status == 422 && words.contains("That code is wrong or has expired.") && words.contains("value=\"wdjb\""), "{words}");
    }

    async fn a_code_that_a_browser_only_says_was_typed_is_a_guess_like_any_other(app: TestApp) {
        let (program, mut bob) = (command_line(&app), app.logged_in("bob").await);
        let begun = begun(&program).await;
        // What an act tells the page after it, by hand.
        let opened = async |bob: &mut Caller, code: &str| {
            let told = BASE64_URL_SAFE_NO_PAD.encode(json!({ "device": code }).to_string());
            bob.cookies.insert("__Host-flash".into(), format!("{}.{told}", random::hash("/device")));
            bob.open("/device").await
        };
        let page = opened(&mut bob, text(&begun, "user_code")).await.text();
        assert!(page.contains("Allow access"), "who knows it has typed it: {page}");
        for _ in 0..32 {
            opened(&mut bob, "BBBB-BBBB").await;
        }
        let page = opened(&mut bob, text(&begun, "user_code")).await;
        assert!(page.status == 429 && !page.text().contains("Allow access"), "{}", page.text());
    }

    async fn so_many_devices_ask_at_a_time_and_no_more(app: TestApp) {
        let program = command_line(&app);
        let mut last = 200;
        for _ in 0..32 {
            last = begin(&program, SCOPES).await.status;
        }
        assert_eq!(last, 429, "from one network");
        let elsewhere = Program { anyone: app.anonymous().at_ip("198.51.100.4"), ..program.clone() };
        assert_eq!(begin(&elsewhere, SCOPES).await.status, 200);
        sqlx::query(
            "insert into device_codes (hash, user_code, client_id, scopes, resource, user_agent, ip, created_at, expires_at, interval_ms) \
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) \
             select 'h' || i, 'u' || i, 'latchkey-cli', '', '', '', '', 1, $1, 5000 from n",
        )
        .bind(app.clock.now_ms() + MINUTE)
        .execute(&app.services.state.db.pool)
        .await
        .expect("the rows");
        let full = begin(&elsewhere, SCOPES).await;
        assert_eq!((full.status, full.header("retry-after"), text(&full.json(), "error")), (429, "60", "slow_down"));
        app.clock.advance_ms(MINUTE);
        assert_eq!(begin(&elsewhere, SCOPES).await.status, 200, "they have run out");
    }

    async fn of_two_devices_each_page_asks_about_its_own(app: TestApp) {
        let (program, mut bob) = (command_line(&app), app.logged_in("bob").await);
        let (one, two) = (begun(&program).await, begun(&program).await);
        for begun in [&one, &two] {
            assert_eq!(enter(&mut bob, text(begun, "user_code")).await.status, 200);
        }
        let page = bob.open(&page_of(&one)).await.text();
        assert!(page.contains("Enter the code") && !page.contains(text(&two, "user_code")), "it asks anew: {page}");
        let page = bob.open(&page_of(&two)).await.text();
        assert!(page.contains("Allow access") && page.contains(text(&two, "user_code")), "nothing was used up: {page}");
    }

    async fn whatever_ends_the_user_ends_what_a_device_was_given(app: TestApp) {
        let (mut ada, program) = (app.admin().await, command_line(&app));
        let mut bob = app.logged_in("bob").await;
        let id = app.user("bob").await.id;
        let begun = allowed(&program, &mut bob).await;
        assert_eq!(ada.act("disable_user", &[("user", &id), ("reason", "x")]).await.status, 200);
        assert_eq!(refusal(&program, &begun).await, "invalid_grant", "disabled before the device came back");
        assert_eq!(ada.act("enable_user", &[("user", &id), ("reason", "x")]).await.status, 200);
        assert_eq!(refusal(&program, &begun).await, "invalid_grant", "and stays so");
        let mut bob = app.logged_in_again("bob").await;
        let given = tokens(&program, &mut bob).await;
        assert_eq!(bob.act("log_out", &[]).await.status, 200);
        assert_eq!(me(&app, &given).await, 200, "it outlives the browser");
        app.force_logout(&mut ada, &id).await;
        assert_eq!(me(&app, &given).await, 401);
        assert_eq!(text(&program.refresh(text(&given, "refresh_token")).await.json(), "error"), "invalid_grant");
    }

    async fn fifty_parallel_questions_bring_tokens_once(app: TestApp) {
        let (program, mut bob) = (command_line(&app), app.logged_in("bob").await);
        let begun = allowed(&program, &mut bob).await;
        let answers = join_all((0..50).map(|_| ask(&program, &begun))).await;
        let issued: Vec<Value> = answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
        assert!(issued.len() == 1 && answers.iter().all(|answer| matches!(answer.status, 200 | 400 | 429 | 503)), "{answers:?}");
        assert_eq!(app.count("select count(*) from refresh_tokens").await, 1);
        assert_eq!(me(&app, &issued[0]).await, 200, "no one is logged out");
    }

    async fn two_who_decide_at_once_decide_once_and_no_one_for_someone_else(app: TestApp) {
        let (program, mut ada) = (command_line(&app), app.admin().await);
        let mut bob = app.logged_in("bob").await;
        let begun = begun(&program).await;
        let code = text(&begun, "user_code");
        assert_eq!(enter(&mut bob, code).await.status, 200);
        let user = hidden(&bob.open(&page_of(&begun)).await.text(), "user").expect("it");
        let fields = [("device", code), ("user", &user), ("decision", "allow")];
        assert_eq!(ada.act("allow_app", &fields).await.status, 400, "the page was made for someone else");
        assert_eq!(app.anonymous().act("allow_app", &fields).await.status, 401);
        assert_eq!(app.anonymous().act("enter_device_code", &[("code", code)]).await.status, 401);
        let (mut one, mut two) = (bob.copy(), bob.copy());
        let (one, two) = tokio::join!(one.act("allow_app", &fields), two.act("allow_app", &fields));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
        assert_eq!(app.count("select count(*) from grants").await, 1);
    }

    async fn the_command_line_belongs_to_no_one_and_can_be_disabled(app: TestApp) {
        let (program, mut ada) = (command_line(&app), app.admin().await);
        let given = tokens(&program, &mut ada).await;
        assert!(ada.open("/admin/apps").await.text().contains("Latchkey command line"));
        let page = ada.open("/account/apps/latchkey-cli").await.text();
        assert!(page.contains("Disable application") && !page.contains("Delete application"), "{page}");
        let named = [("id", "latchkey-cli"), ("confirmation", "Latchkey command line")];
        assert_eq!(ada.act("delete_app", &named).await.status, 404);
        assert_eq!(app.logged_in("bob").await.act("disable_app", &[("id", "latchkey-cli")]).await.status, 404);
        let begun = begun(&program).await;
        assert_eq!(ada.act("disable_app", &[("id", "latchkey-cli")]).await.status, 200);
        assert_eq!(refusal(&program, &begun).await, "invalid_client");
        assert_eq!(begin(&program, SCOPES).await.status, 401);
        assert_eq!(enter(&mut ada, text(&begun, "user_code")).await.status, 422);
        assert_eq!(me(&app, &given).await, 401);
        assert_eq!(ada.act("enable_app", &[("id", "latchkey-cli")]).await.status, 200);
        let log = ada.open("/admin/audit").await.text();
        for words in ["disabled the application of the command line", "enabled the application of the command line"] {
            assert!(log.contains(words), "{words}: {log}");
        }
        tokens(&program, &mut ada).await;
        assert_eq!(me(&app, &given).await, 401, "what has ended has ended");
    }

    async fn the_list_of_devices_names_each_grant_and_ends_one(app: TestApp) {
        let (program, mut bob) = (command_line(&app), app.with_token("bob").await);
        assert!(!bob.open("/account/devices").await.text().contains("Applications with access"));
        let one = tokens(&program, &mut bob).await;
        let two = tokens(&program, &mut bob).await;
        let page = bob.open("/account/devices").await.text();
        for words in ["Applications with access", "Latchkey command line", "Latchkey on build-7", "203.0.113.9", "Disconnect"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let newest = hidden(&page, "grant").expect("a grant");
        let mut eve = app.logged_in("eve").await;
        let fields = [("id", &*program.id), ("grant", &newest)];
        assert_eq!(eve.act("disconnect_app", &fields).await.status, 200);
        assert_eq!((me(&app, &one).await, me(&app, &two).await), (200, 200), "not hers to end");
        let answer = bob.submit("disconnect_app", &fields, "/account/devices").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/devices"));
        assert!(bob.open("/account/devices").await.text().contains("logged out on 1 other device"));
        let mut left = [me(&app, &one).await, me(&app, &two).await];
        left.sort_unstable();
        assert_eq!(left, [200, 401]);
        assert_eq!(bob.act("end_other_sessions", &[]).await.status, 200);
        assert_eq!((me(&app, &one).await, me(&app, &two).await), (401, 401));
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.status, 200, "this browser goes on");
    }
}
