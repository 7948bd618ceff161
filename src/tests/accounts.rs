//! Sign up, log in, log out, the first administrator.

use super::{
    app::{PASSWORD, TestApp},
    caller::{Fields, hidden, main_of},
    on_both_databases,
};
use crate::pages::signup::setup_link;

on_both_databases! {
    async fn a_person_signs_up_and_sees_the_dashboard_in_the_first_html(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let page = alice.open("/dashboard").await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Hello, alice"), "{}", page.text());
        assert!(page.text().contains("alice@example.com"));
    }

    async fn without_a_session_the_dashboard_leads_to_the_log_in_page(app: TestApp) {
        for path in ["/dashboard", "/notes", "/admin/users", "/admin/users/x"] {
            let page = app.anonymous().open(path).await;
            assert_eq!(page.status, 303, "{path}");
            assert!(page.header("location").starts_with("/login?next=%2F"), "{path}: {}", page.header("location"));
            assert!(!page.text().contains("example.com"));
        }
    }

    async fn a_wrong_password_and_an_unknown_user_get_the_same_answer(app: TestApp) {
        app.logged_in("alice").await;
        let wrong = app.anonymous().log_in("alice", "not the right password").await;
        let unknown = app.anonymous().log_in("nobody", "not the right password").await;
        assert_eq!((wrong.status, wrong.text()), (401, "\"WrongCredentials\"".into()));
        assert_eq!((unknown.status, unknown.text()), (401, "\"WrongCredentials\"".into()));
    }

    async fn nothing_of_a_password_is_trimmed_folded_or_cut(app: TestApp) {
        let long = format!("seven quiet rivers {}é", "x".repeat(81));
        let email = "alice@example.com";
        let signed_up =
            app.anonymous().act("sign_up", &[("name", "a"), ("email", email), ("password", &long)]).await;
        assert_eq!(signed_up.status, 200);
        for wrong in [format!("{long} "), long.to_uppercase(), long[..100].to_owned(), long[..72].to_owned()] {
            assert_eq!(app.anonymous().log_in("alice", &wrong).await.status, 401);
        }
        assert_eq!(app.anonymous().log_in("alice", &long).await.status, 200);
    }

    async fn each_wrong_field_is_named_and_no_row_is_made(app: TestApp) {
        let answer = app.anonymous().act("sign_up", &[("name", ""), ("email", "nope"), ("password", "short")]).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json(), serde_json::json!({ "Invalid": ["NameMissing", "EmailMalformed", { "PasswordTooShort": 10 }] }));
        assert_eq!(app.count("select count(*) from users").await, 0);
    }

    async fn the_setup_link_makes_one_administrator_and_is_gone(app: TestApp) {
        let (token, other) = (app.setup_token().await, app.setup_token().await);
        assert_eq!(app.anonymous().open_setup("guessed").await.status, 404);
        let mut callers = Vec::new();
        for number in 0..10 {
            let mut caller = app.anonymous();
            assert_eq!(caller.open_setup(if number < 5 { &token } else { &other }).await.status, 200);
            callers.push(caller);
        }
        let tries = callers.into_iter().enumerate().map(|(number, mut caller)| {
            tokio::spawn(async move {
                let email = format!("admin{number}@example.com");
                let fields = [("name", "Ada"), ("email", &*email), ("password", PASSWORD)];
                caller.act("set_up", &fields).await.status
            })
        });
        let answers: Vec<u16> =
            futures::future::join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert_eq!(app.count("select count(*) from users where role = 'admin'").await, 1);
        for link in [&token, &other] {
            let answer = app.anonymous().open_setup(link).await;
            let page = answer.text();
            assert!(answer.status == 404 && page.contains("This set-up link is invalid or has been used."), "{page}");
            let ways = page.split_once("class=\"buttons\"").map(|(_, ways)| ways).unwrap_or_default();
            let (first, _) = ways.split_once("</a>").unwrap_or_default();
            assert!(first.contains("href=\"/login\"") && first.contains("Log in"), "{ways}");
        }
        assert_eq!(setup_link::make(&app.services.state).await, Ok(None), "the others are made by this one");
    }

    async fn the_setup_link_leaves_the_address_and_is_good_once_for_an_hour(app: TestApp) {
        let token = app.setup_token().await;
        assert_ne!(token, app.setup_token().await, "each one is new");
        let mut ada = app.anonymous();
        let answer = ada.open(&format!("/setup?token={token}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/setup"));
        let cookie = answer.set_cookie("__Host-link");
        assert!(cookie.contains(&token) && cookie.contains("HttpOnly") && cookie.contains("Max-Age=3600"), "{cookie}");
        assert!(!ada.open("/setup").await.text().contains(&token));
        let stored: Vec<(String,)> =
            sqlx::query_as("select token_hash from setup_links").fetch_all(&app.services.state.db.pool).await.expect("rows");
        assert!(stored.len() == 2 && stored.iter().all(|(hash,)| *hash != token));
        // What is mistyped uses nothing up, and a form that was not made for it gets nothing.
        let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        assert_eq!(ada.act("set_up", &[("name", ""), ("email", "ada@example.com"), ("password", PASSWORD)]).await.status, 422);
        assert_eq!(ada.act("set_up", &[&fields[..], &[("link", "")][..]].concat()).await.text(), "\"SetupRefused\"");
        let mut late = ada.copy();
        app.clock.advance_ms(60 * 60_000);
        assert_eq!(late.act("set_up", &fields).await.text(), "\"SetupRefused\"");
        assert_eq!(late.open("/setup").await.status, 404);
        // Another instance knows the new one, and keeps none of the old.
        let other = app.another_instance().await;
        let link = setup_link::make(&other.state).await.expect("a link").expect("no administrator yet");
        assert_eq!(app.count("select count(*) from setup_links").await, 1);
        assert_eq!(ada.open_setup(link.rsplit('=').next().expect("a token")).await.status, 200);
        assert_eq!(ada.act("set_up", &fields).await.status, 200);
        assert!(!ada.cookies.contains_key("__Host-link"), "the link is used up");
        assert_eq!(app.count("select count(*) from setup_links").await, 0);
    }

    async fn log_out_ends_cookie_and_token_also_when_they_are_replayed(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut thief = alice.copy();
        let token = alice.access_token().to_owned();
        let answer = alice.act("log_out", &[]).await;
        assert_eq!(answer.status, 200);
        // What names the browser stays: it proves nothing, and the next log-in is no news.
        assert_eq!(alice.cookies.keys().collect::<Vec<_>>(), ["__Host-device", "__Host-flash"]);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert_eq!(thief.renew().await.code(), "session_ended");
        assert_eq!(thief.bearer(&token).await.code(), "token_revoked");
        assert_eq!(thief.open("/dashboard").await.status, 303);
    }

    async fn a_form_on_the_page_of_someone_who_is_logged_out_does_nothing_to_whoever_logs_in_next(app: TestApp) {
        app.logged_in("bob").await;
        let mut browser = app.logged_in("vic").await;
        let vic = hidden(&browser.open("/account/profile").await.text(), "viewer").expect("whose page it is");
        assert_eq!(browser.act("log_out", &[]).await.status, 200);
        let nobody = browser.open("/login").await.text();
        assert_eq!(hidden(&nobody, "viewer"), None);
        let typed = [("name", "Vic By Vic"), ("viewer", &*vic)];
        let held = browser.submit("change_name", &typed, "/account/profile").await;
        let carried = hidden(&held.text(), "viewer");
        assert_eq!((held.status, carried.as_deref()), (401, Some(&*vic)), "it waits for a login, and says whose it is");
        assert_eq!(browser.log_in("bob", PASSWORD).await.status, 200);
        for (act, fields) in [
            ("change_name", vec![("name", "Vic By Vic")]),
            ("end_other_sessions", vec![]),
            ("start_second_factor", vec![]),
            ("log_out", vec![]),
        ] {
            let fields = [fields, vec![("viewer", &*vic)]].concat();
            let answer = browser.submit(act, &fields, "/account/profile").await;
            let text = answer.text();
            assert_eq!(answer.status, 409, "{act}: {text}");
            assert!(text.contains("Someone else is now logged in in this browser, so nothing was done."), "{text}");
            let answer = browser.send_form(act, &fields).await;
            assert_eq!((answer.status, answer.code()), (409, "other_user".into()), "{act}");
        }
        let page = browser.open("/account/profile").await.text();
        let bob = hidden(&page, "viewer").expect("whose page it is");
        assert!(bob != vic && page.contains("value=\"bob\""), "{page}");
        assert_eq!(browser.act("change_name", &[("name", "Bobby"), ("viewer", &bob)]).await.status, 200);
        // How the pages look is of the browser.
        let look = browser.open("/").await.text();
        let (_, look) = look.split_once("class=\"appearance\"").expect("the switch");
        assert!(!look.split("</form>").next().expect("its form").contains("viewer"), "{look}");
    }

    async fn what_was_typed_before_someone_else_logged_in_can_be_copied(app: TestApp) {
        app.logged_in("bob").await;
        let mut browser = app.logged_in("vic").await;
        let vic = app.user("vic").await.id;
        let typed = [("user", &*vic), ("reason", "lost <laptop>"), ("viewer", &*vic), ("code", "135790")];
        assert_eq!(browser.act("log_out", &[]).await.status, 200);
        assert_eq!(browser.submit("force_logout", &typed, "/admin").await.status, 401, "it waits for a login");
        assert_eq!(browser.log_in("bob", PASSWORD).await.status, 200);
        let waited: Fields = &[("held", "yes"), ("username", "vic@example.com"), ("password", "not to be shown")];
        for held in [waited, &[]] {
            let answer = browser.submit("force_logout", &[&typed[..], held].concat(), "/admin").await;
            let text = answer.text();
            let page = main_of(&text);
            assert!(answer.status == 409 && page.contains("so nothing was done") && page.contains("reason: lost &lt;laptop&gt;"), "{page}");
            for left_out in [&*vic, "vic@example.com", "not to be shown", "135790", "/actions/force_logout"] {
                assert!(!page.contains(left_out), "{left_out}: {page}");
            }
        }
    }

    async fn without_javascript_a_failed_log_in_keeps_the_address_and_not_the_password(app: TestApp) {
        let mut alice = app.anonymous();
        let fields = [("email", "alice@example.com"), ("password", "wrong and secret"), ("next", "")];
        let answer = alice.submit("log_in", &fields, "/login").await;
        assert_eq!((answer.status, answer.header("location"), answer.set_cookie("__Host-flash")), (401, "", ""));
        let html = answer.text();
        assert!(html.contains("value=\"alice@example.com\""), "{html}");
        assert!(html.contains("Wrong email or password") && !html.contains("wrong and secret"));
    }

    async fn without_javascript_a_person_signs_up_and_logs_out(app: TestApp) {
        let mut alice = app.anonymous();
        let fields = [("name", "Alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit("sign_up", &fields, "/signup").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/dashboard"));
        assert!(alice.open("/dashboard").await.text().contains("Hello, Alice"));
        let answer = alice.submit("log_out", &[], "/dashboard").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"));
        assert!(alice.open("/").await.text().contains("You're logged out."));
        assert!(!alice.open("/").await.text().contains("You're logged out."), "it is told once");
        assert_eq!(alice.open("/dashboard").await.status, 303);
    }

    async fn the_log_in_page_says_why_it_came(app: TestApp) {
        let mut visitor = app.anonymous();
        for (next, is_wanted) in [("?next=%2Fnotes", true), ("", false), ("?next=%2F%2Fevil.example", false)] {
            let page = visitor.open(&format!("/login{next}")).await.text();
            assert_eq!(page.contains("Log in to see that page."), is_wanted, "{next}: {page}");
        }
    }

    async fn without_javascript_each_problem_is_counted_and_has_a_link_to_its_field(app: TestApp) {
        let fields = [("name", ""), ("email", "nope"), ("password", PASSWORD)];
        let page = app.anonymous().submit("sign_up", &fields, "/signup").await.text();
        let (_, summary) = page.split_once("data-form-error").expect("a summary");
        let (summary, form) = summary.split_once("<form").expect("a form");
        assert!(summary.contains(" autofocus") && summary.contains("There are 2 problems"), "{summary}");
        for (id, words) in [("name", "Enter your name."), ("email", "Enter an email address in the right format")] {
            let link = summary.split("href=\"").find(|link| link.starts_with(&format!("#{id}\"")));
            assert!(link.is_some_and(|link| link.contains(words)), "{id}: {summary}");
            assert!(form.contains(&format!("id=\"{id}\"")), "{form}");
        }
        assert!(!summary.contains("#password") && !form.contains(" autofocus"), "{page}");
        let (mut visitor, fields) = (app.anonymous(), [("name", "Al"), ("email", "nope"), ("password", PASSWORD)]);
        let one = visitor.submit("sign_up", &fields, "/signup").await.text();
        let (_, summary) = one.split_once("data-form-error").expect("a summary");
        let (summary, form) = summary.split_once("<form").expect("a form");
        assert!(summary.contains("There is a problem") && summary.contains("href=\"#email\""), "{summary}");
        assert!(!summary.contains(" autofocus") && form.contains(" autofocus"), "the one field has the focus: {one}");
    }

    async fn without_javascript_the_newest_error_is_shown_and_the_way_on_is_kept(app: TestApp) {
        let mut alice = app.anonymous();
        let first = alice.submit("log_in", &[("email", ""), ("password", "x")], "/login?next=%2Fnotes").await;
        let page = first.text();
        assert!(page.contains("Enter your email address."), "{page}");
        let here = hidden(&page, "page").expect("the form says where it is");
        assert_eq!(here, "/login?next=%2Fnotes");
        let fields = [("email", "alice@example.com"), ("password", "wrong and secret")];
        let second = alice.submit("log_in", &fields, &here).await;
        let page = second.text();
        assert!(page.contains("Wrong email or password") && !page.contains("Enter your email address."), "{page}");
        assert!(page.contains("name=\"next\" value=\"/notes\""), "{page}");
    }

    async fn a_name_that_nobody_can_see_is_refused(app: TestApp) {
        for name in ["\u{200b}", "\u{ad}\u{2060}", " \u{3164} ", "\u{202e}"] {
            let fields = [("name", name), ("email", "a@example.com"), ("password", PASSWORD)];
            assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 422, "{name:?}");
        }
        let fields = [("name", "🙂 李"), ("email", "a@example.com"), ("password", PASSWORD)];
        assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 200);
    }

    async fn who_is_logged_in_goes_on_to_where_they_wanted(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        for (path, place) in [("/login?next=%2Fnotes", "/notes"), ("/login", "/dashboard"), ("/login?next=%2Fapi%2Fv1%2Fme", "/dashboard")] {
            let answer = alice.open(path).await;
            assert_eq!((answer.status, answer.header("location")), (303, place));
        }
    }
}
