//! Signing up where mails are sent, and confirming an address.

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller},
    on_both_databases,
};
use crate::auth::links::Purpose;

/// With a mail server in the settings, which nothing here talks to.
pub async fn with_mail_server(app: &TestApp) -> TestApp {
    TestApp::with(app.kind(), &["--smtp-url", "smtp://127.0.0.1:1", "--tries-per-network", "1000000"]).await
}

/// Production that sends no mail.
async fn without_mail(app: &TestApp) -> TestApp {
    let key = ["--secret-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"];
    TestApp::with(app.kind(), &[["--base-url", "https://localhost:3000"], key].concat()).await
}

pub async fn sign_up(caller: &mut Caller, name: &str, password: &str) -> Answer {
    let email = format!("{name}@example.com");
    caller.act("sign_up", &[("name", name), ("email", &email), ("password", password)]).await
}

async fn log_out(caller: &mut Caller) {
    assert_eq!(caller.act("log_out", &[]).await.status, 200);
}

on_both_databases! {
    async fn where_mail_is_sent_sign_up_ends_at_the_mail_and_logs_nobody_in(app: TestApp) {
        let app = with_mail_server(&app).await;
        let mut alice = app.anonymous();
        let fields = [("name", "Alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit("sign_up", &fields, "/signup").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/verify/sent"));
        assert!(!alice.cookies.contains_key("__Host-session"));
        let page = alice.open("/verify/sent").await.text();
        assert!(page.contains("alice@example.com") && page.contains("spam folder"), "{page}");
        assert!(page.contains("/actions/send_verification"), "{page}");
        let expected = ("alice@example.com".into(), String::new(), r#"{"kind":"sign_up"}"#.into());
        assert_eq!(app.outbox().await, [expected]);
        assert_eq!(alice.open("/dashboard").await.status, 303);
    }

    async fn an_unconfirmed_account_cannot_log_in_and_gets_the_words_of_a_wrong_password(app: TestApp) {
        let app = with_mail_server(&app).await;
        sign_up(&mut app.anonymous(), "alice", PASSWORD).await;
        let right = app.anonymous().log_in("alice", PASSWORD).await;
        let wrong = app.anonymous().log_in("alice", "not the right password").await;
        assert_eq!((right.status, right.text()), (wrong.status, wrong.text()));
        let why = "select count(*) from audit_events where event = 'log_in_failed' and details = '{\"account\":\"unconfirmed\"}'";
        assert_eq!(app.count(why).await, 1, "the log knows");
        let mut visitor = app.anonymous();
        let answer = visitor.submit("log_in", &[("email", "nobody@example.com"), ("password", "x")], "/login").await;
        let page = answer.text();
        assert!(page.contains("Open the link we emailed you first"), "everybody is told: {page}");
    }

    async fn the_link_and_the_password_together_confirm_and_log_in(app: TestApp) {
        let app = with_mail_server(&app).await;
        sign_up(&mut app.anonymous(), "alice", PASSWORD).await;
        let token = app.link(Purpose::Verify, "alice").await;
        let mut alice = app.anonymous();
        let page = alice.open_link(Purpose::Verify, &token).await.text();
        assert!(page.contains("alice@example.com") && page.contains("current-password"), "{page}");
        for (password, words) in [("not the right password", "WrongPassword"), ("", "CurrentPasswordMissing")] {
            let answer = alice.act("verify", &[("password", password)]).await;
            assert!(answer.status == 422 && answer.text().contains(words), "{}", answer.text());
        }
        let answer = alice.submit("verify", &[("password", PASSWORD)], "/verify").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/dashboard"));
        assert!(!alice.cookies.contains_key("__Host-link"), "the link is used up");
        let page = alice.open("/dashboard").await.text();
        assert!(page.contains("Hello, alice") && page.contains("Your email address is confirmed."), "{page}");
        assert_eq!(app.count("select count(*) from audit_events where event = 'email_verified'").await, 1);
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(app.anonymous().open_link(Purpose::Verify, &token).await.status, 410);
    }

    async fn a_strangers_click_confirms_no_account_that_somebody_else_made(app: TestApp) {
        let app = with_mail_server(&app).await;
        sign_up(&mut app.anonymous(), "alice", "password of the attacker").await;
        // The owner signs up, too: nothing of the account changes, and the mail is the same.
        sign_up(&mut app.anonymous(), "alice", PASSWORD).await;
        let token = app.link(Purpose::Verify, "alice").await;
        let mut alice = app.anonymous();
        assert_eq!(alice.open_link(Purpose::Verify, &token).await.status, 200);
        assert_eq!(alice.act("verify", &[("password", PASSWORD)]).await.text(), "\"WrongPassword\"");
        assert!(app.user("alice").await.verified_at.is_none());
        // What the page offers instead.
        let token = app.link(Purpose::Reset, "alice").await;
        alice.open_link(Purpose::Reset, &token).await;
        assert_eq!(alice.act("reset_password", &[("password", "chosen by the owner")]).await.status, 200);
        assert!(app.user("alice").await.verified_at.is_some());
        assert_eq!(app.anonymous().log_in("alice", "password of the attacker").await.status, 401);
        assert_eq!(app.anonymous().log_in("alice", "chosen by the owner").await.status, 200);
    }

    async fn a_link_of_a_confirmed_account_logs_nobody_in(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let (one, other) = (app.link(Purpose::Verify, "alice").await, app.link(Purpose::Verify, "alice").await);
        alice.open_link(Purpose::Verify, &one).await;
        assert_eq!(alice.act("verify", &[]).await.status, 200, "who is logged in needs no password");
        for token in [one, other, app.link(Purpose::Verify, "alice").await] {
            let mut visitor = app.anonymous();
            assert_eq!(visitor.open_link(Purpose::Verify, &token).await.status, 410);
            let answer = visitor.act("verify", &[("password", PASSWORD)]).await;
            assert_eq!((answer.status, answer.text()), (410, "\"LinkDead\"".into()));
        }
    }

    async fn the_second_tab_of_a_used_link_hears_that_nothing_is_left_to_confirm(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let token = app.link(Purpose::Verify, "alice").await;
        alice.open_link(Purpose::Verify, &token).await;
        let mut second_tab = alice.copy();
        assert_eq!(alice.act("verify", &[]).await.status, 200);
        second_tab.cookies.clone_from(&alice.cookies);
        let answer = second_tab.submit("verify", &[], "/verify").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/verify"));
        let page = second_tab.open("/verify").await.text();
        assert!(page.contains("Your email address is already confirmed</h1>") && !page.contains("doesn't work"), "{page}");
        assert!(page.contains("there's nothing left to confirm") && !page.contains("Request a new one"), "{page}");
    }

    async fn who_is_logged_in_as_somebody_else_needs_the_password_of_the_account(app: TestApp) {
        app.logged_in("alice").await;
        let mut bob = app.logged_in("bob").await;
        let token = app.link(Purpose::Verify, "alice").await;
        assert!(bob.open_link(Purpose::Verify, &token).await.text().contains("current-password"));
        assert_eq!(bob.act("verify", &[]).await.status, 422);
        assert_eq!(bob.act("verify", &[("password", PASSWORD)]).await.status, 200);
        assert!(bob.open("/dashboard").await.text().contains("Hello, alice"));
        assert!(app.user("bob").await.verified_at.is_none());
    }

    async fn without_a_mail_server_sign_up_logs_in_and_the_banner_asks_for_the_mail(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        assert_eq!(app.outbox().await.len(), 1, "in development the mail lands in a file");
        for path in ["/dashboard", "/account/profile", "/account/devices", "/account/password"] {
            let page = alice.open(path).await.text();
            assert!(page.contains("Confirm your email address.") && page.contains("two-factor authentication"), "{path}");
        }
        assert!(!alice.open("/notes").await.text().contains("Confirm your email address."));
        let answer = alice.submit("resend_verification", &[], "/account/devices").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/devices"));
        let page = alice.open("/account/devices").await.text();
        assert!(page.contains("We've sent a new link to alice@example.com."), "{page}");
        let id = app.user("alice").await.id;
        assert_eq!(app.outbox().await[1], ("alice@example.com".into(), id, r#"{"kind":"verify"}"#.into()));
        let token = app.link(Purpose::Verify, "alice").await;
        assert!(!alice.open_link(Purpose::Verify, &token).await.text().contains("current-password"));
        assert_eq!(alice.act("verify", &[]).await.status, 200);
        assert!(!alice.open("/account/profile").await.text().contains("Confirm your email address."));
    }

    async fn the_way_back_from_a_resend_is_local(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let answer = alice.submit("resend_verification", &[], "//evil.example").await;
        assert_eq!(answer.header("location"), "/dashboard");
    }

    async fn production_without_mail_says_so_and_asks_for_nothing(app: TestApp) {
        let app = without_mail(&app).await;
        let mut alice = app.logged_in("alice").await;
        assert!(app.outbox().await.is_empty());
        assert!(!alice.open("/dashboard").await.text().contains("Confirm your email address."));
        assert!(alice.open("/account/profile/email").await.text().contains("can't send email"));
        assert!(app.anonymous().open("/forgot").await.text().contains("can't send email"));
        for (action, fields) in [
            ("forgot_password", [("email", "alice@example.com")]),
            ("send_verification", [("email", "alice@example.com")]),
            ("change_email", [("email", "new@example.com")]),
            ("resend_verification", [("email", "")]),
        ] {
            let answer = alice.act(action, &fields).await;
            assert_eq!((answer.status, answer.text()), (409, "\"MailOff\"".into()), "{action}");
        }
        log_out(&mut alice).await;
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200, "nobody waits for a mail that cannot come");
    }

    async fn an_administrator_who_was_made_gets_in_before_the_mail_server_works(app: TestApp) {
        let app = with_mail_server(&app).await;
        let mut ada = app.admin().await;
        log_out(&mut ada).await;
        assert_eq!(ada.log_in("ada", PASSWORD).await.status, 200);
    }

    async fn mail_goes_to_the_normalised_address_only(app: TestApp) {
        let app = with_mail_server(&app).await;
        let email = "\u{ff21}lice@EX\u{ff21}MPLE.com";
        for (action, fields) in [
            ("sign_up", vec![("name", "a"), ("email", email), ("password", PASSWORD)]),
            ("forgot_password", vec![("email", email)]),
            ("send_verification", vec![("email", email)]),
        ] {
            assert_eq!(app.anonymous().act(action, &fields).await.status, 200, "{action}");
        }
        for (to, ..) in app.outbox().await {
            assert_eq!(to, "alice@example.com");
        }
    }
}
