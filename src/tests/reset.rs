//! Forgot the password: the mail, the link, the new one, and what it ends.

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};
use crate::auth::{links::Purpose, sessions};

const NEW: &str = "another horse battery";

on_both_databases! {
    async fn a_new_password_by_mail_ends_everything_and_says_why(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut phone = app.anonymous();
        let page = phone.open_link(Purpose::Reset, &token).await.text();
        assert!(page.contains("alice@example.com") && page.contains("new-password"), "{page}");
        let answer = phone.submit("reset_password", &[("password", NEW)], "/reset").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login"));
        assert!(!phone.cookies.contains_key("__Host-link"), "the link is used up");
        assert!(!phone.cookies.contains_key("__Host-session"), "a mailbox is no log-in");
        let page = phone.open("/login").await.text();
        assert!(page.contains("Your password has been changed. Log in with the new one."), "{page}");

        assert_eq!(alice.bearer(alice.access_token()).await.code(), "token_revoked");
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert!(alice.open("/login").await.text().contains("your password was reset"));
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 401);
        assert_eq!(app.anonymous().log_in("alice", NEW).await.status, 200);
        assert_eq!(app.count("select count(*) from audit_events where event = 'password_reset'").await, 1);
        assert!(app.user("alice").await.verified_at.is_some(), "who reads the mail owns the address");
        assert!(app.outbox().await.iter().any(|(.., mail)| mail.contains("password_reset")));
    }

    async fn whatever_is_under_way_during_a_reset_undoes_nothing_of_it(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-account", "100", "--tries-per-network", "1000"]).await;
        for round in 0..8 {
            let (name, third) = (format!("alice{round}"), "some third horse battery");
            let thief = app.logged_in(&name).await;
            let token = app.link(Purpose::Reset, &name).await;
            let mut owner = app.anonymous();
            owner.open_link(Purpose::Reset, &token).await;
            let reset = tokio::spawn(async move { owner.act("reset_password", &[("password", NEW)]).await });
            let changes = (0..3).map(|_| {
                let mut thief = thief.copy();
                tokio::spawn(async move {
                    thief.act("change_password", &[("password", PASSWORD), ("new_password", third)]).await;
                })
            });
            let log_ins = (0..3).map(|_| {
                let (mut thief, name) = (app.anonymous(), name.clone());
                tokio::spawn(async move {
                    thief.log_in(&name, PASSWORD).await;
                })
            });
            let under_way: Vec<_> = changes.chain(log_ins).collect();
            let answer = reset.await.expect("no panic");
            for task in under_way {
                task.await.expect("no panic");
            }
            // A change that came first has killed the link; one that came later is refused.
            if answer.status != 200 {
                assert_eq!(answer.text(), "\"LinkDead\"");
                continue;
            }
            let id = app.user(&name).await.id;
            let live = sessions::store::count_live(&app.services.state.db.pool, &id, app.clock.now_ms()).await;
            assert_eq!(live.expect("a count"), 0, "no log-in with the old password is left");
            let mut owner = app.anonymous();
            assert_eq!(owner.log_in(&name, NEW).await.status, 200);
            assert_eq!(owner.act("log_out", &[]).await.status, 200);
        }
        // Rounds that the thief won show nothing; there must be others.
        assert!(app.count("select count(*) from audit_events where event = 'password_reset'").await > 0);
    }

    async fn a_bad_new_password_is_said_at_its_field_and_the_link_works_on(app: TestApp) {
        app.logged_in("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut alice = app.anonymous();
        alice.open_link(Purpose::Reset, &token).await;
        let answer = alice.submit("reset_password", &[("password", "short")], "/reset").await;
        let page = answer.text();
        assert!(answer.status == 422 && page.contains("Use at least 10 characters."), "{page}");
        assert!(!page.contains("\"short\"") && !page.contains(&token), "{page}");
        assert_eq!(alice.act("reset_password", &[("password", NEW)]).await.status, 200);
    }

    async fn a_reset_refuses_the_password_of_before_and_the_link_works_on(app: TestApp) {
        app.logged_in("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut alice = app.anonymous();
        alice.open_link(Purpose::Reset, &token).await;
        let answer = alice.submit("reset_password", &[("password", PASSWORD)], "/reset").await;
        let page = answer.text();
        let words = "Choose a password that's different from your current one.";
        assert!(answer.status == 422 && page.contains(words), "{page}");
        assert_eq!(app.count("select count(*) from audit_events where event = 'password_reset'").await, 0);
        assert_eq!(alice.act("reset_password", &[("password", NEW)]).await.status, 200);
        assert_eq!(app.anonymous().log_in("alice", NEW).await.status, 200);
    }

    async fn a_link_works_once_and_kills_the_others(app: TestApp) {
        app.logged_in("alice").await;
        let (one, other) = (app.link(Purpose::Reset, "alice").await, app.link(Purpose::Reset, "alice").await);
        let mut alice = app.anonymous();
        alice.open_link(Purpose::Reset, &one).await;
        let mut again = alice.copy();
        assert_eq!(alice.act("reset_password", &[("password", NEW)]).await.status, 200);
        let answer = again.act("reset_password", &[("password", "a third horse battery")]).await;
        assert_eq!((answer.status, answer.text()), (410, "\"LinkDead\"".into()));
        assert_eq!(app.anonymous().open_link(Purpose::Reset, &other).await.status, 410);
    }

    async fn of_twenty_at_once_with_one_link_one_sets_the_password(app: TestApp) {
        app.logged_in("alice").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut alice = app.anonymous();
        alice.open_link(Purpose::Reset, &token).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..20 {
            let mut caller = alice.copy();
            tasks.spawn(async move {
                let password = format!("horse battery number {number}");
                let answer = caller.act("reset_password", &[("password", &password)]).await;
                (answer.status, password)
            });
        }
        let answers = tasks.join_all().await;
        let winners: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|(status, _)| matches!(status, 200 | 410)), "{answers:?}");
        assert_eq!(app.anonymous().log_in("alice", &winners[0].1).await.status, 200);
        assert_eq!(app.count("select count(*) from audit_events where event = 'password_reset'").await, 1);
    }

    async fn a_reset_kills_what_somebody_else_had_asked_for(app: TestApp) {
        let mut thief = app.logged_in("alice").await;
        assert_eq!(thief.act("change_email", &[("email", "thief@example.com")]).await.status, 200);
        let id = app.user("alice").await.id;
        let to_thief = app.link_to(Purpose::NewEmail, &id, "thief@example.com").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut alice = app.anonymous();
        alice.open_link(Purpose::Reset, &token).await;
        assert_eq!(alice.act("reset_password", &[("password", NEW)]).await.status, 200);
        assert!(!app.outbox().await.iter().any(|(.., mail)| mail.contains("new_email")), "the mail is called off");
        assert_eq!(alice.log_in("alice", NEW).await.status, 200);
        assert_eq!(alice.open_link(Purpose::NewEmail, &to_thief).await.status, 410);
    }

    async fn a_disabled_account_and_another_address_open_nothing(app: TestApp) {
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        let elsewhere = app.link_to(Purpose::Reset, &id, "before@example.com").await;
        let token = app.link(Purpose::Reset, "alice").await;
        let mut alice = app.anonymous();
        assert_eq!(alice.open_link(Purpose::Reset, &elsewhere).await.status, 410);
        assert_eq!(alice.act("reset_password", &[("password", NEW)]).await.status, 410);
        sqlx::query("update users set disabled_at = 1").execute(&app.services.state.db.pool).await.expect("a change");
        assert_eq!(alice.open_link(Purpose::Reset, &token).await.status, 410);
        assert_eq!(alice.act("reset_password", &[("password", NEW)]).await.status, 410);
    }

    async fn who_is_logged_in_as_somebody_else_is_logged_out_here_and_nowhere_else(app: TestApp) {
        app.logged_in("alice").await;
        let mut bob = app.logged_in("bob").await;
        let mut bobs_phone = app.logged_in_again("bob").await;
        let token = app.link(Purpose::Reset, "alice").await;
        assert_eq!(bob.open_link(Purpose::Reset, &token).await.status, 200);
        assert_eq!(bob.act("reset_password", &[("password", NEW)]).await.status, 200);
        assert!(bob.open("/login").await.text().contains("Your password has been changed."));
        assert_eq!(bob.open("/dashboard").await.status, 303);
        assert_eq!(bobs_phone.open("/dashboard").await.status, 200);
        assert_eq!(app.anonymous().log_in("bob", PASSWORD).await.status, 200);
    }

    async fn forgot_answers_the_same_for_everybody_and_only_writes_down(app: TestApp) {
        app.logged_in("alice").await;
        let before = app.outbox().await.len();
        for name in ["alice", "nobody"] {
            let mut visitor = app.anonymous();
            let email = format!("{name}@example.com");
            let answer = visitor.submit("forgot_password", &[("email", &email)], "/forgot").await;
            assert_eq!((answer.status, answer.header("location")), (303, "/forgot/sent"));
            let page = visitor.open("/forgot/sent").await.text();
            assert!(page.contains(&email) && page.contains("The link works for 30 minutes."), "{page}");
        }
        let mails = app.outbox().await;
        assert_eq!(mails[before].2, r#"{"kind":"reset"}"#);
        assert_eq!(mails[before + 1], ("nobody@example.com".into(), String::new(), r#"{"kind":"reset"}"#.into()));
        let mut visitor = app.anonymous();
        let answer = visitor.submit("forgot_password", &[("email", "nope")], "/forgot").await;
        let page = answer.text();
        assert!(page.contains("Enter an email address in the right format") && page.contains("value=\"nope\""), "{page}");
    }

    async fn a_changed_password_kills_the_links_that_could_change_it_again(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let reset = app.link(Purpose::Reset, "alice").await;
        let id = app.user("alice").await.id;
        let to_thief = app.link_to(Purpose::NewEmail, &id, "thief@example.com").await;
        let fields = [("password", PASSWORD), ("new_password", NEW)];
        assert_eq!(alice.act("change_password", &fields).await.status, 200);
        assert_eq!(alice.open_link(Purpose::Reset, &reset).await.status, 410);
        assert_eq!(alice.open_link(Purpose::NewEmail, &to_thief).await.status, 410);
    }
}
