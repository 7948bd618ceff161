//! The links of mails: the token leaves the address at once, and reading uses nothing up.

use axum::{
    body::Body,
    http::{Method, header},
};

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};
use crate::mail::links::Purpose;

const PURPOSES: [Purpose; 4] = [Purpose::Verify, Purpose::Reset, Purpose::NewEmail, Purpose::NotMe];

on_both_databases! {
    async fn the_token_of_a_link_leaves_the_address_for_a_cookie_of_its_own(app: TestApp) {
        app.logged_in("alice").await;
        for purpose in PURPOSES {
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
        for purpose in PURPOSES {
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
            assert!(page.text().contains("This link does not work any more") && page.text().contains(way_on), "{path}");
        }
        let mut alice = app.logged_in("alice").await;
        let page = alice.open("/verify-email").await;
        assert_eq!(page.status, 410);
        assert!(page.text().contains("href=\"/account/profile/email\""), "{}", page.text());
    }

    async fn a_form_acts_on_the_link_that_its_page_was_about_and_on_no_other(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.logged_in("bob").await;
        let (id, before) = (app.user("alice").await.id, app.user("bob").await);
        let to_new = app.link_to(Purpose::NewEmail, &id, "new@example.com").await;
        let forms: [(Purpose, &str, &str, &[(&str, &str)]); 4] = [
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
            let told = first_tab.open(answer.header("location").trim_start_matches("http://localhost:3000")).await;
            assert!(told.text().contains("You have opened another link since"), "{action}: {}", told.text());
            // The same where the other link is of another kind, whose page is not this one.
            let other = if purpose == Purpose::Reset { Purpose::Verify } else { Purpose::Reset };
            let mut third_tab = first_tab.copy();
            third_tab.open_link(other, &app.link(other, "bob").await).await;
            let mut first_tab = second_tab.copy();
            first_tab.cookies.clone_from(&third_tab.cookies);
            let answer = first_tab.submit(action, fields, page).await;
            let told = first_tab.open(answer.header("location").trim_start_matches("http://localhost:3000")).await;
            assert!(told.text().contains("You have opened another link since"), "{action}: {}", told.text());
            assert!(!told.text().contains("it was used already"), "{action}: one reason is said");
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
}
