//! A log-in happens whole or not at all, and nothing that goes wrong behind it takes it back. So do its siblings.

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
    verification::{sign_up, with_mail_server},
};
use crate::auth::{links::Purpose, users::Role};

/// What a log-in writes in a browser where somebody else is logged in: change, rows.
const WRITES: [(&str, &str); 6] = [
    ("insert on sessions", "true"),
    ("insert on known_devices", "true"),
    ("insert on audit_events", "new.event = 'logged_in'"),
    ("insert on audit_events", "new.event = 'session_ended'"),
    ("insert on revocations", "true"),
    ("delete on throttles", "true"),
];

fn table(change: &str) -> &str {
    change.rsplit(' ').next().expect("a table")
}

on_both_databases! {
    async fn a_log_in_that_fails_logs_nobody_in_and_nobody_out(app: TestApp) {
        let mut browser = app.logged_in("alice").await;
        app.logged_in("bob").await;
        let before = browser.cookies.clone();
        let fields = [("email", "bob@example.com"), ("password", PASSWORD)];
        for (change, when) in WRITES {
            app.refuse(change, when).await;
            assert_eq!(browser.act("log_in", &fields).await.status, 500, "{change} {when}");
            let answer = browser.submit("log_in", &fields, "/login").await;
            assert!(answer.status == 500 && answer.text().contains("Something went wrong"), "{change}: {}", answer.text());
            app.allow(table(change)).await;
            for name in ["__Host-session", "__Host-device"] {
                assert_eq!(browser.cookies.get(name), before.get(name), "{change} {when}: {name}");
            }
            assert_eq!(app.count("select count(*) from sessions").await, 2, "{change} {when}");
            assert_eq!(app.count("select count(*) from sessions where ended_at is null").await, 2, "{change} {when}");
            assert!(browser.open("/dashboard").await.text().contains("alice@example.com"), "{change} {when}");
        }
        assert_eq!(browser.act("log_in", &fields).await.status, 200);
        assert!(browser.open("/dashboard").await.text().contains("bob@example.com"));
    }

    async fn what_goes_wrong_behind_a_log_in_does_not_take_it_back(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--sessions-per-user", "1"]).await;
        app.logged_in("alice").await;
        // Making room for it.
        app.refuse("insert on revocations", "true").await;
        let mut phone = app.anonymous();
        assert_eq!(phone.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(phone.open("/dashboard").await.status, 200);
    }

    async fn a_sign_up_whose_log_in_fails_makes_no_account_and_can_be_sent_again(app: TestApp) {
        app.refuse("insert on sessions", "true").await;
        let mut alice = app.anonymous();
        assert_eq!(sign_up(&mut alice, "alice", PASSWORD).await.status, 500);
        assert!(!alice.cookies.contains_key("__Host-session"));
        let token = app.setup_token().await;
        let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        let mut ada = app.anonymous();
        assert_eq!(ada.open_setup(&token).await.status, 200);
        assert_eq!(ada.act("set_up", &fields).await.status, 500);
        app.allow("sessions").await;
        assert_eq!(app.count("select count(*) from users").await, 0);
        assert_eq!(sign_up(&mut alice, "alice", PASSWORD).await.status, 200);
        // In a browser where somebody is logged in already.
        assert_eq!(alice.open_setup(&token).await.status, 200);
        assert_eq!(alice.act("set_up", &fields).await.status, 200);
        assert!(alice.open("/admin/users").await.text().contains("Ada"));
    }

    async fn a_confirmed_address_stays_confirmed_when_the_log_in_behind_it_fails(app: TestApp) {
        let app = with_mail_server(&app).await;
        let mut alice = app.anonymous();
        sign_up(&mut alice, "alice", PASSWORD).await;
        let token = app.link(Purpose::Verify, "alice").await;
        alice.open_link(Purpose::Verify, &token).await;
        app.refuse("insert on sessions", "true").await;
        let answer = alice.act("verify", &[("password", PASSWORD)]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/login"), "{}", answer.text());
        app.allow("sessions").await;
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
    }

    async fn a_reset_is_done_although_the_browser_stays_logged_in_to_another_account(app: TestApp) {
        app.logged_in("alice").await;
        let mut bob = app.logged_in("bob").await;
        let token = app.link(Purpose::Reset, "alice").await;
        bob.open_link(Purpose::Reset, &token).await;
        let of_bob = format!("new.event = 'session_ended' and new.subject = '{}'", app.user("bob").await.id);
        app.refuse("insert on audit_events", &of_bob).await;
        let answer = bob.act("reset_password", &[("password", "another horse battery")]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/login"), "{}", answer.text());
        app.allow("audit_events").await;
        assert_eq!(app.anonymous().log_in("alice", "another horse battery").await.status, 200);
    }

    async fn a_changed_password_is_not_called_unchanged_when_the_secret_stays(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.refuse("update of id_hash on sessions", "true").await;
        let fields = [("password", PASSWORD), ("new_password", "another horse battery")];
        let answer = alice.act("change_password", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/account/devices"), "{}", answer.text());
        assert_eq!(app.anonymous().log_in("alice", "another horse battery").await.status, 200);
        assert_eq!(alice.open("/account/devices").await.status, 200);
    }

    async fn a_browser_is_given_one_session_cookie_whatever_it_brought_along(app: TestApp) {
        app.logged_in("bob").await;
        let (mut outgrown, mut unknown) = (app.logged_in("alice").await, app.anonymous());
        // The next request of this session brings a new secret of it.
        app.give_role("alice", Role::Auditor).await;
        // A session that was forgotten long ago: its cookie is removed otherwise.
        unknown.cookies.insert("__Host-session".into(), "AAAAAAAAAAAAAAAAAAAAAA".into());
        for (browser, what) in [(&mut outgrown, "another role"), (&mut unknown, "a forgotten session")] {
            let answer = browser.log_in("bob", PASSWORD).await;
            let lines = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
            assert_eq!(lines.filter(|line| line.starts_with("__Host-session=")).count(), 1, "{what}: {:?}", answer.headers);
            assert!(browser.open("/dashboard").await.text().contains("bob@example.com"), "{what}");
        }
    }
}
