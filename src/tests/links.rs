//! The links of mails: the token leaves the address at once, and reading uses nothing up.

use axum::{
    body::Body,
    http::{Method, header},
};
use strum::VariantArray;

use super::{
    app::{HANG, PASSWORD, TestApp},
    caller::Fields,
    on_both_databases,
};
use crate::auth::{links, links::Purpose};

/// Nobody has this link.
const MADE_UP: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The act behind a link.
fn act_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Verify => "verify",
        Purpose::Reset => "reset_password",
        Purpose::NewEmail => "use_new_email",
        Purpose::NotMe => "not_me",
        Purpose::KeepFactor => "keep_second_factor",
    }
}

on_both_databases! {
    async fn the_token_of_a_link_leaves_the_address_for_a_cookie_of_its_own(app: TestApp) {
        app.logged_in("alice").await;
        for purpose in Purpose::VARIANTS.iter().copied() {
            let token = app.link(purpose, "alice").await;
            let answer = app.anonymous().open(&format!("{}?token={token}&next=/notes", purpose.page())).await;
            assert_eq!((answer.status, answer.header("location")), (303, purpose.page()));
            let cookie = answer.set_cookie("__Host-link");
            let age = format!("Max-Age={}", purpose.lifetime_ms() / 1000);
            for part in [&*token, "HttpOnly", "Secure", "SameSite=Lax", "Path=/", &age] {
                assert!(cookie.contains(part), "{part}: {cookie}");
            }
            assert!(!answer.text().contains(&token));
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("referrer-policy"), "same-origin");
        }
    }

    async fn a_program_that_looks_at_the_links_of_a_mail_uses_nothing_up(app: TestApp) {
        app.logged_in("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        for method in [Method::GET, Method::HEAD, Method::GET] {
            let mut scanner = app.anonymous();
            let request = scanner.request(method.clone(), &format!("/reset?token={token}"));
            let request = request.header(header::ACCEPT, "text/html").body(Body::empty()).expect("a request");
            assert_eq!(scanner.send(request).await.status, 303);
            let request = scanner.request(method, "/reset").header(header::ACCEPT, "text/html");
            assert_eq!(scanner.send(request.body(Body::empty()).expect("a request")).await.status, 200);
        }
        assert_eq!(app.count("select count(*) from links where used_at is not null").await, 0);
        assert_eq!(app.anonymous().open_link(Purpose::Reset, &token).await.status, 200);
    }

    async fn what_is_no_token_gets_into_no_cookie_and_hides_no_older_one(app: TestApp) {
        app.logged_in("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        for wrong in ["", "short", "x%3B%20Path%3D/evil%3B%20a%3Db", &"a".repeat(44), &"%C3%A4".repeat(43)] {
            let mut alice = app.anonymous();
            assert_eq!(alice.open_link(Purpose::Reset, &token).await.status, 200);
            let page = alice.open_link(Purpose::Reset, wrong).await;
            assert_eq!(page.status, 410, "{wrong}: it must not speak of the link before");
            assert!(!alice.cookies.contains_key("__Host-link"));
        }
    }

    async fn a_link_opens_nothing_but_what_it_is_for(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        for purpose in Purpose::VARIANTS.iter().copied() {
            let token = app.link(purpose, "alice").await;
            for other in [Purpose::Verify, Purpose::Reset, Purpose::NewEmail] {
                let page = alice.open_link(other, &token).await;
                assert_eq!(page.status, if other == purpose { 200 } else { 410 }, "{purpose:?} at {other:?}");
            }
        }
    }

    async fn a_dead_link_is_said_and_the_way_to_a_new_one_stands_there(app: TestApp) {
        for (path, way_on) in [("/verify", "/actions/send_verification"), ("/reset", "/actions/forgot_password")] {
            let page = app.anonymous().open(path).await;
            assert_eq!(page.status, 410, "{path}");
            assert!(page.text().contains("This link has expired or has already been used") && page.text().contains(way_on), "{path}");
        }
        let mut alice = app.logged_in("alice").await;
        let page = alice.open("/verify-email").await;
        assert_eq!(page.status, 410);
        assert!(page.text().contains("href=\"/account/profile/email\""), "{}", page.text());
        assert!(page.text().contains(">Go to profile</a>"), "{}", page.text());
    }

    async fn a_dead_link_says_what_to_do_now_to_who_is_logged_in_and_who_is_not(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut visitor = app.anonymous();
        let page = visitor.open("/reset").await.text();
        assert!(page.contains("If you've already chosen a new password") && !page.contains("/account/password"), "{page}");
        let page = alice.open("/reset").await.text();
        assert!(page.contains("href=\"/account/password\"") && !page.contains("already chosen"), "{page}");

        assert!(visitor.open("/verify").await.text().contains(">log in</a>"));
        let page = alice.open("/verify").await.text();
        assert!(page.contains("isn't confirmed yet") && page.contains("value=\"alice@example.com\""), "{page}");
        let token = app.link(Purpose::Verify, "alice").await;
        assert_eq!(alice.open_link(Purpose::Verify, &token).await.status, 200);
        assert_eq!(alice.act("verify", &[]).await.status, 200);
        let page = alice.open("/verify").await;
        assert_eq!(page.status, 410);
        let page = page.text();
        assert!(page.contains("there's nothing left to confirm") && !page.contains("/actions/send_verification"), "{page}");

        assert!(visitor.open("/second-factor/keep").await.text().contains("href=\"/login\""));
        assert!(alice.open("/second-factor/keep").await.text().contains("href=\"/account/second-factor\""));
    }

    async fn a_form_acts_on_the_link_that_its_page_was_about_and_on_no_other(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.logged_in("bob").await;
        let (id, before) = (app.user("alice").await.id, app.user("bob").await);
        let to_new = app.link_to(Purpose::NewEmail, &id, "new@example.com").await;
        let forms: [(Purpose, &str, &str, Fields); 4] = [
            (Purpose::Reset, "reset_password", "/reset", &[("password", "another horse battery")]),
            (Purpose::Verify, "verify", "/verify", &[("password", PASSWORD)]),
            (Purpose::NotMe, "not_me", "/not-me", &[("event", "")]),
            (Purpose::NewEmail, "use_new_email", "/verify-email", &[]),
        ];
        for (purpose, action, page, fields) in forms {
            let (of_alice, of_bob) = match purpose {
                Purpose::NewEmail => (to_new.clone(), app.link_to(purpose, &id, "another@example.com").await),
                _ => (app.link(purpose, "alice").await, app.link(purpose, "bob").await),
            };
            let mut first_tab = if purpose == Purpose::NewEmail { alice.copy() } else { app.anonymous() };
            assert_eq!(first_tab.open_link(purpose, &of_alice).await.status, 200, "{action}");
            let mut second_tab = first_tab.copy();
            assert_eq!(second_tab.open_link(purpose, &of_bob).await.status, 200, "{action}");
            // Both tabs are of one browser.
            first_tab.cookies.clone_from(&second_tab.cookies);
            let answer = first_tab.act(action, fields).await;
            assert_eq!((answer.status, answer.text()), (409, "\"OtherLink\"".into()), "{action}");
            let nameless = [fields, &[("link", "")][..]].concat();
            assert_eq!(first_tab.act(action, &nameless).await.status, 409, "{action}");
            let answer = first_tab.submit(action, fields, page).await;
            assert!(answer.text().contains("You have opened another link since"), "{action}: {}", answer.text());
            // The same where the other link is of another kind, whose page is not this one.
            let other = if purpose == Purpose::Reset { Purpose::Verify } else { Purpose::Reset };
            let mut third_tab = first_tab.copy();
            third_tab.open_link(other, &app.link(other, "bob").await).await;
            let mut first_tab = second_tab.copy();
            first_tab.cookies.clone_from(&third_tab.cookies);
            let answer = first_tab.submit(action, fields, page).await;
            assert!(answer.text().contains("You have opened another link since"), "{action}: {}", answer.text());
            assert!(!answer.text().contains("it was used already"), "{action}: one reason is said");
        }
        assert_eq!(app.count("select count(*) from links where used_at is not null").await, 0, "nothing was done");
        let after = app.user("bob").await;
        assert_eq!((after.password_hash, after.epoch, after.verified_at), (before.password_hash, before.epoch, before.verified_at));
        assert_eq!(alice.open("/dashboard").await.status, 200);
        // The tab that was opened last does what it says.
        let token = app.link(Purpose::Reset, "bob").await;
        let mut bob = app.anonymous();
        bob.open_link(Purpose::Reset, &token).await;
        assert_eq!(bob.act("reset_password", &[("password", "another horse battery")]).await.status, 200);
        assert_eq!(app.anonymous().log_in("bob", "another horse battery").await.status, 200);
    }

    async fn a_link_lives_as_long_as_its_purpose_says(app: TestApp) {
        app.logged_in("alice").await;
        for (purpose, minutes) in [(Purpose::Reset, 30), (Purpose::Verify, 24 * 60)] {
            let token = app.link(purpose, "alice").await;
            app.clock.advance_ms(minutes * 60_000 - 1);
            assert_eq!(app.anonymous().open_link(purpose, &token).await.status, 200);
            app.clock.advance_ms(1);
            assert_eq!(app.anonymous().open_link(purpose, &token).await.status, 410);
        }
    }

    async fn links_of_every_kind_are_guessed_no_faster_than_passwords(app: TestApp) {
        let alice = app.logged_in("alice").await;
        for (number, purpose) in Purpose::VARIANTS.iter().copied().enumerate() {
            for (way, opens) in [(1, true), (2, false)] {
                let mut guesser = alice.copy().at_ip(&format!("10.9.{number}.{way}"));
                guesser.cookies.insert("__Host-link".into(), MADE_UP.into());
                for guess in 0..=30 {
                    let answer = match opens {
                        true => guesser.copy().open(purpose.page()).await,
                        false => guesser.copy().act(act_of(purpose), &[("password", PASSWORD)]).await,
                    };
                    let expected = if guess < 30 { 410 } else { 429 };
                    assert_eq!(answer.status, expected, "{purpose:?}, {guess}: {}", answer.text());
                    assert_eq!(answer.header("retry-after").is_empty(), guess < 30, "{purpose:?}");
                }
                // The right one is not looked at either, by whichever of the two ways.
                let token = app.link(purpose, "alice").await;
                guesser.cookies.insert("__Host-link".into(), token);
                assert_eq!(guesser.copy().open(purpose.page()).await.status, 429, "{purpose:?}");
                assert_eq!(guesser.copy().act(act_of(purpose), &[("password", PASSWORD)]).await.status, 429);
                let mut stranger = app.anonymous().at_ip(&format!("10.9.{number}.{way}"));
                assert_eq!(stranger.log_in("alice", PASSWORD).await.status, 200, "neighbours log in all the same");
            }
        }
    }

    async fn who_has_a_link_opens_it_as_often_as_they_like(app: TestApp) {
        app.logged_in("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut alice = app.anonymous();
        for _ in 0..40 {
            assert_eq!(alice.open_link(Purpose::Reset, &token).await.status, 200);
        }
        for _ in 0..40 {
            let answer = alice.act("reset_password", &[("password", "password")]).await;
            assert_eq!(answer.status, 422, "a password that is refused costs no try: {}", answer.text());
        }
        assert_eq!(alice.act("reset_password", &[("password", "nine loud kettles sing")]).await.status, 200);
    }

    async fn what_nobody_has_shown_anything_for_is_answered_while_all_places_to_hash_are_taken(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let token = app.link(Purpose::NotMe, "alice").await;
        let _taken = app.services.passwords.hold().await;
        let all = async {
            for purpose in Purpose::VARIANTS.iter().copied() {
                let mut caller = alice.copy();
                caller.cookies.insert("__Host-link".into(), MADE_UP.into());
                let answer = caller.act(act_of(purpose), &[("password", "nine loud kettles sing")]).await;
                assert_eq!(answer.status, 410, "{purpose:?}");
            }
            let mut caller = app.anonymous();
            caller.cookies.insert("__Host-link".into(), MADE_UP.into());
            let link = links::name_of(MADE_UP);
            let fields = [("link", &*link), ("name", "a"), ("email", "a@example.com"), ("password", PASSWORD)];
            assert_eq!(caller.act("set_up", &fields).await.status, 404);
            assert_eq!(caller.act("enter_code", &[("code", "123456")]).await.status, 401);
            let change = [("password", ""), ("new_password", "nine loud kettles sing")];
            assert_eq!(alice.act("change_password", &change).await.status, 422);
            // And what takes the password away hashes nothing at all.
            assert_eq!(caller.open_link(Purpose::NotMe, &token).await.status, 200);
            assert_eq!(caller.act("not_me", &[]).await.status, 200);
        };
        tokio::time::timeout(HANG, all).await.expect("no answer waits for a hash");
    }

    async fn where_no_password_opens_the_account_a_log_in_costs_a_hash_all_the_same(app: TestApp) {
        app.logged_in("alice").await;
        let now = "update users set verified_at = 1";
        sqlx::query(now).execute(&app.services.state.db.pool).await.expect("a change");
        let token = app.link(Purpose::NotMe, "alice").await;
        let mut reader = app.anonymous();
        reader.open_link(Purpose::NotMe, &token).await;
        assert_eq!(reader.act("not_me", &[]).await.status, 200);
        assert_eq!(app.count("select count(*) from users where password_hash like 'blocked %'").await, 1);
        assert_eq!(app.anonymous().log_in("alice", "none").await.text(), "\"WrongCredentials\"");
        let taken = app.services.passwords.hold().await;
        let mut caller = app.anonymous();
        let log_in = tokio::spawn(async move { caller.log_in("alice", PASSWORD).await });
        let waits = async {
            while app.services.passwords.at_work().1 == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANG, waits).await.expect("it waits for a place to hash");
        drop(taken);
        assert_eq!(log_in.await.expect("no panic").status, 401);
    }
}
