//! Acts of administrators on an account: what each does, whom it refuses, and what two at once see of each other.

use std::time::Duration;

use axum::http::Method;
use futures::future::join_all;
use serde_json::json;

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, main_of},
    on_both_databases,
};
use crate::{
    auth::{
        links::Purpose,
        users::{Role, store},
    },
    pages::admin::{
        by::By,
        stories::{OF_STATE, change_role, disable, enable},
    },
    people::deletion::clean_up::clean_once,
};

const MINUTE: i64 = 60_000;
const PLAIN_ACTS: [&str; 6] =
    ["disable_user", "enable_user", "change_role", "start_reset", "remove_second_factor", "delete_user"];

/// Sends an act as our own script would, with a reason.
async fn act(admin: &mut Caller, action: &str, user: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [&[("user", user), ("reason", "because of a test")], more].concat();
    admin.act(action, &fields).await
}

/// As [`act`], and returns what the page of the user then says.
async fn told(admin: &mut Caller, action: &str, user: &str, more: &[(&str, &str)]) -> String {
    let answer = act(admin, action, user, more).await;
    assert_eq!(answer.status, 200, "{action}: {}", answer.text());
    let page = admin.open(answer.header("location")).await.text();
    main_of(&page).to_owned()
}

/// A second factor that log-in asks for; no code is right.
async fn give_second_factor(app: &TestApp, name: &str) {
    let statement =
        "insert into totp (user_id, secret_sealed, created_at, confirmed_at, last_step) values ($1, 'sealed', 1, 1, 0)";
    sqlx::query(statement)
        .bind(app.user(name).await.id)
        .execute(&app.services.state.db.pool)
        .await
        .expect("a second factor");
}

/// What is written down of the acts on a user: kind, actor, reason, address, the oldest first.
async fn written(app: &TestApp, user_id: &str, kind: &str) -> Vec<(String, String, String)> {
    sqlx::query_as("select actor, reason, ip from audit_events where subject = $1 and event = $2 order by id")
        .bind(user_id)
        .bind(kind)
        .fetch_all(&app.services.state.db.pool)
        .await
        .expect("the log")
}

async fn mails_about(app: &TestApp, user_id: &str, kind: &str) -> usize {
    let mails = app.outbox().await;
    mails.iter().filter(|(_, to, mail)| to == user_id && mail.contains(kind)).count()
}

async fn live_admins(app: &TestApp) -> i64 {
    app.count("select count(*) from users where role = 'admin' and disabled_at is null and deleted_at is null").await
}

on_both_databases! {
    async fn who_is_disabled_is_told_whom_to_ask_and_nobody_else_is(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--support-contact", "help@example.com"]).await;
        let mut alice = app.logged_in("alice").await;
        sqlx::query("update users set disabled_at = 1").execute(&app.services.state.db.pool).await.expect("a change");
        assert_eq!(alice.open("/dashboard").await.status, 303);
        let page = alice.open("/login").await.text();
        assert!(page.contains("Your account has been disabled.") && !page.contains("Log in to continue"), "{page}");
        assert!(page.contains("href=\"mailto:help@example.com\""), "{page}");
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let page = alice.submit("log_in", &fields, "/login").await.text();
        assert!(page.contains("Your account has been disabled.") && page.contains("A disabled account can't log in"), "{page}");
        let page = app.anonymous().submit("log_in", &fields, "/login").await.text();
        assert!(page.contains("Wrong email or password") && !page.contains("been disabled") && !page.contains("A disabled"), "{page}");
    }

    async fn a_disabled_user_loses_every_credential_on_the_next_request_and_is_told_why(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        app.verify("alice").await;
        let (id, token) = (alice.user_id().await, alice.access_token().to_owned());
        let mut with_link = app.anonymous();
        with_link.open_link(Purpose::Reset, &app.link(Purpose::Reset, "alice").await).await;
        let mut with_warning = app.anonymous();
        with_warning.open_link(Purpose::NotMe, &app.link(Purpose::NotMe, "alice").await).await;
        give_second_factor(&app, "alice").await;
        let mut half = app.anonymous();
        assert_eq!(half.log_in("alice", PASSWORD).await.header("location"), "/login/code");

        let page = told(&mut ada, "disable_user", &id, &[]).await;
        assert!(page.contains("alice is disabled. 1 session ended and up to 1 token revoked, in "), "{page}");

        assert_eq!(alice.bearer(&token).await.code(), "token_revoked");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert_eq!(alice.renew().await.json()["reason"], "disabled");
        assert!(alice.open("/login").await.text().contains("Your account has been disabled"));
        assert_eq!(with_link.open("/reset").await.status, 410);
        assert_eq!(with_link.act("reset_password", &[("password", "another horse battery")]).await.text(), "\"LinkDead\"");
        assert_eq!(with_warning.act("not_me", &[]).await.text(), "\"LinkDead\"");
        assert_eq!(half.act("enter_code", &[("code", "123456")]).await.text(), "\"LogInAgain\"");
        let right = alice.log_in("alice", PASSWORD).await;
        let wrong = app.anonymous().log_in("alice", "not the password").await;
        assert_eq!((right.status, right.text()), (wrong.status, wrong.text()), "the password says nothing");

        let by_ada = (app.user("ada").await.id, "because of a test".to_owned(), "127.0.0.1".to_owned());
        assert_eq!(written(&app, &id, "account_disabled").await, [by_ada]);
        assert_eq!(mails_about(&app, &id, "account_disabled").await, 1);
    }

    async fn where_no_session_was_active_an_act_is_one_event_and_a_force_logout_is_one_all_the_same(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.logged_in("alice").await;
        assert_eq!(alice.act("log_out", &[]).await.status, 200);
        let before = app.user("alice").await;
        app.force_logout(&mut ada, &before.id).await;
        assert_eq!(act(&mut ada, "disable_user", &before.id, &[]).await.status, 200);
        for (kind, events) in [("force_logout", 1), ("account_disabled", 1), ("session_ended", 1)] {
            assert_eq!(written(&app, &before.id, kind).await.len(), events, "{kind}");
        }
        assert_eq!(app.user("alice").await.epoch, before.epoch + 2, "no token of before works");
    }

    async fn enabling_undoes_it_and_brings_no_session_and_no_link_back(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let link = app.link(Purpose::Reset, "alice").await;
        act(&mut ada, "disable_user", &id, &[]).await;
        let page = told(&mut ada, "enable_user", &id, &[]).await;
        assert!(page.contains("alice is enabled and can log in again."), "{page}");
        assert_eq!(alice.open("/dashboard").await.status, 303, "what had ended stays ended");
        assert_eq!(app.anonymous().open_link(Purpose::Reset, &link).await.status, 410);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(written(&app, &id, "account_enabled").await.len(), 1);
    }

    async fn an_account_whose_address_gave_way_is_not_enabled_and_says_why(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("squatter").await;
        let (squatter, state) = (app.user("squatter").await, &app.services.state);
        let mut tx = state.db.begin_write().await.expect("a transaction");
        store::free_email(&mut tx, "squatter@example.com", "0", 1).await.expect("given way").expect("the squatter");
        tx.commit().await.expect("committed");
        let page = ada.open(&format!("/admin/users/{}/enable", squatter.id)).await.text();
        assert!(page.contains("Another user has confirmed this account") && !page.contains("<form method=\"post\" action=\"/actions/enable"), "{page}");
        assert_eq!(act(&mut ada, "enable_user", &squatter.id, &[]).await.text(), "\"AddressGaveWay\"");
    }

    async fn a_new_role_counts_on_the_next_request_and_is_told_by_mail(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        app.verify("alice").await;
        let id = alice.user_id().await;
        assert_eq!(alice.open("/admin/users").await.status, 403);
        let page = told(&mut ada, "change_role", &id, &[("role", "auditor")]).await;
        assert!(page.contains("alice is now an auditor (was: user)."), "{page}");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(alice.open("/admin/users").await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.json()["role"], "auditor");
        assert_eq!(mails_about(&app, &id, "role_changed").await, 1);
        let page = told(&mut ada, "change_role", &id, &[("role", "auditor")]).await;
        assert!(page.contains("alice is already an auditor. Done by Ada a moment ago: “because of a test”."), "{page}");
        assert_eq!(act(&mut ada, "change_role", &id, &[("role", "king")]).await.text(), "\"BadRequest\"");
    }

    async fn an_auditor_can_be_made_a_user_although_there_is_one_administrator_only(app: TestApp) {
        let mut ada = app.admin().await;
        app.auditor("otto").await;
        let page = told(&mut ada, "change_role", &app.user("otto").await.id, &[("role", "user")]).await;
        assert!(page.contains("otto is now a user (was: auditor)."), "{page}");
    }

    async fn an_administrator_may_give_up_the_own_role_unless_nobody_else_has_it(app: TestApp) {
        let mut ada = app.admin().await;
        let id = ada.user_id().await;
        for (action, more) in [("change_role", &[("role", "user")][..]), ("disable_user", &[])] {
            assert_eq!(act(&mut ada, action, &id, more).await.text(), "\"LastAdministrator\"", "{action}");
        }
        let page = ada.open(&format!("/admin/users/{id}/role")).await.text();
        assert!(page.contains("This is the only administrator.") && !page.contains("name=\"reason\""), "{page}");
        app.another_admin("bob").await;
        let page = ada.open(&format!("/admin/users/{id}/role")).await.text();
        assert!(page.contains("This is your own role.") && page.contains("name=\"reason\""), "{page}");
        let answer = act(&mut ada, "change_role", &id, &[("role", "user")]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/dashboard"));
        assert_eq!(ada.open("/admin/users").await.status, 403);
        assert_eq!(ada.open("/dashboard").await.status, 200);
    }

    async fn an_administrator_starts_a_reset_and_sees_neither_link_nor_password(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let page = told(&mut ada, "start_reset", &id, &[]).await;
        assert!(page.contains("We've sent a reset link to alice@example.com."), "{page}");
        assert!(!page.contains("token="), "{page}");
        assert_eq!(mails_about(&app, &id, "reset_started").await, 1);
        assert_eq!(alice.open("/dashboard").await.status, 200, "sessions go on");
        assert_eq!(written(&app, &id, "reset_started").await.len(), 1);

        let page = told(&mut ada, "start_reset", &id, &[("end_all", "on")]).await;
        assert!(page.contains("1 session ended"), "{page}");
        assert_eq!(alice.renew().await.json()["reason"], "by_admin");
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 401, "a thief does not come back");
        assert_eq!(mails_about(&app, &id, "reset_started").await, 2);
        let log = ada.open("/admin/audit?event=reset_started").await.text();
        assert!(log.contains(" a password reset and blocked the password") && !log.contains("ended all"), "{log}");
        let token = app.link(Purpose::Reset, "alice").await;
        alice.open_link(Purpose::Reset, &token).await;
        assert_eq!(alice.act("reset_password", &[("password", "another horse battery")]).await.status, 200);
        assert_eq!(alice.log_in("alice", "another horse battery").await.status, 200);
    }

    async fn with_javascript_every_act_is_answered_where_it_stands(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        give_second_factor(&app, "alice").await;
        let id = app.user("alice").await.id;
        for name in ["log-out", "reset", "second-factor", "role", "disable", "delete"] {
            let page = ada.open(&format!("/admin/users/{id}/{name}")).await.text();
            let main = main_of(&page);
            assert!(main.contains("data-live") && main.contains("<template>"), "{name}: {main}");
        }
    }

    async fn the_page_of_a_reset_speaks_of_a_second_factor_only_where_there_is_one(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        let address = format!("/admin/users/{}/reset", app.user("alice").await.id);
        let stays = "Two-factor authentication stays on.";
        assert!(!ada.open(&address).await.text().contains(stays));
        give_second_factor(&app, "alice").await;
        assert!(ada.open(&address).await.text().contains(stays));
    }

    async fn the_log_says_that_the_account_is_disabled_where_the_password_was_right(app: TestApp) {
        const RIGHT: &str = ": correct password, but the account is disabled";
        const WRONG: &str = ": wrong password";
        let mut ada = app.admin().await;
        app.logged_in("bob").await;
        let id = app.user("bob").await.id;
        act(&mut ada, "disable_user", &id, &[]).await;
        let mut failed = Vec::new();
        for password in [PASSWORD, "not the right password"] {
            let answer = app.anonymous().log_in("bob", password).await;
            let log = ada.open("/admin/audit?event=log_in_failed").await.text();
            failed.push((answer.status, answer.text(), log.contains(RIGHT), log.contains(WRONG)));
        }
        let told = "\"WrongCredentials\"".to_owned();
        assert_eq!(failed, [(401, told.clone(), true, false), (401, told, true, true)]);
        act(&mut ada, "enable_user", &id, &[]).await;
        let activity = app.logged_in_again("bob").await.open("/account/activity").await.text();
        for words in ["Failed login: your account was disabled", "Failed login: wrong password"] {
            assert!(activity.contains(words), "{activity}");
        }
    }

    async fn a_reset_is_refused_for_a_disabled_account_and_where_no_mail_is_sent(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        act(&mut ada, "disable_user", &id, &[]).await;
        assert_eq!(act(&mut ada, "start_reset", &id, &[]).await.text(), "\"AccountDisabled\"");
        assert_eq!(app.outbox().await.iter().filter(|(.., mail)| mail.contains("reset_started")).count(), 0);
        let page = ada.open(&format!("/admin/users/{id}/reset")).await.text();
        assert!(page.contains("This account is disabled") && !page.contains("email a link"), "nothing is promised: {page}");

        let key = ["--secret-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"];
        let app = TestApp::with(app.kind(), &[["--base-url", "https://localhost:3000"], key].concat()).await;
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        assert_eq!(act(&mut ada, "start_reset", &id, &[]).await.text(), "\"MailOff\"");
        let page = ada.open(&format!("/admin/users/{id}/reset")).await.text();
        assert!(page.contains("This server doesn't send email.") && !page.contains("name=\"reason\""), "{page}");
    }

    async fn a_lost_second_factor_is_removed_with_everything_that_belongs_to_it(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        app.verify("alice").await;
        let id = alice.user_id().await;
        give_second_factor(&app, "alice").await;
        let mut half = app.anonymous();
        assert_eq!(half.log_in("alice", PASSWORD).await.header("location"), "/login/code");
        let page = ada.open(&format!("/admin/users/{id}")).await.text();
        assert!(page.contains("On since") && page.contains("Remove two-factor authentication"), "{page}");
        let page = told(&mut ada, "remove_second_factor", &id, &[]).await;
        assert!(page.contains("Two-factor authentication removed. alice can log in with just a password. 1 session ended"), "{page}");
        assert_eq!(half.act("enter_code", &[("code", "123456")]).await.text(), "\"LogInAgain\"");
        assert_eq!(alice.renew().await.json()["reason"], "second_factor_removed");
        assert!(alice.open("/login").await.text().contains("An administrator turned off your two-factor authentication"));
        assert_eq!(alice.log_in("alice", PASSWORD).await.header("location"), "/dashboard");
        assert_eq!(mails_about(&app, &id, "second_factor_removed").await, 1);
        let page = told(&mut ada, "remove_second_factor", &id, &[]).await;
        assert!(page.contains("Two-factor authentication is already off for alice. Done by Ada a moment ago"), "{page}");
    }

    async fn a_deletion_needs_the_address_and_leaves_who_did_it_and_why(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        for wrong in ["", "alice", "ada@example.com"] {
            let answer = act(&mut ada, "delete_user", &id, &[("confirmation", wrong)]).await;
            assert_eq!((answer.status, answer.json()), (422, json!({ "Invalid": ["ConfirmationWrong"] })), "{wrong}");
        }
        let neither = [("user", &*id), ("confirmation", ""), ("reason", "")];
        let both = json!({ "Invalid": ["ConfirmationWrong", "ReasonMissing"] });
        assert_eq!(ada.act("delete_user", &neither).await.json(), both, "both at once");
        let answer = act(&mut ada, "delete_user", &id, &[("confirmation", " Alice@example.com ")]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/admin/users"));
        let page = ada.open("/admin/users").await.text();
        assert!(page.contains("alice's account has been deleted. 1 session ended"), "{page}");
        assert_eq!(alice.bearer(alice.access_token()).await.code(), "token_revoked");
        assert!(alice.open("/login").await.text().contains("This account has been deleted."));
        clean_once(&app.services.state).await.expect("a round");
        let by_ada = (app.user("ada").await.id, "because of a test".to_owned(), "127.0.0.1".to_owned());
        assert_eq!(written(&app, &id, "account_deleted").await, [by_ada], "also after the round that erases once more");
        let page = ada.open(&format!("/admin/users/{id}")).await;
        assert_eq!(page.status, 410);
        assert!(page.text().contains("This account has been deleted."), "{}", page.text());
        for action in PLAIN_ACTS {
            let more = [("role", "admin"), ("confirmation", "alice@example.com")];
            assert_eq!(act(&mut ada, action, &id, &more).await.text(), "\"AccountGone\"", "{action}");
        }
        assert_eq!(act(&mut ada, "force_logout", &id, &[]).await.text(), "\"AccountGone\"");
        assert_eq!(act(&mut ada, "force_logout", "nobody", &[]).await.text(), "\"NotFound\"");
    }

    async fn nobody_deletes_the_own_account_here(app: TestApp) {
        let mut ada = app.admin().await;
        app.another_admin("bob").await;
        let id = ada.user_id().await;
        let answer = act(&mut ada, "delete_user", &id, &[("confirmation", "ada@example.com")]).await;
        assert_eq!(answer.text(), "\"OwnAccount\"");
        assert_eq!(ada.open("/dashboard").await.status, 200);
    }

    async fn the_second_of_two_administrators_is_told_what_the_first_did(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.another_admin("bob").await);
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        // Both have the page open.
        for admin in [&mut ada, &mut bob] {
            assert!(admin.open(&format!("/admin/users/{id}/disable")).await.text().contains("name=\"reason\""));
        }
        act(&mut ada, "disable_user", &id, &[]).await;
        app.clock.advance_ms(3 * MINUTE);
        let page = told(&mut bob, "disable_user", &id, &[]).await;
        assert!(page.contains("alice is already disabled. Done by Ada 3 minutes ago: “because of a test”."), "{page}");
        assert_eq!(written(&app, &id, "account_disabled").await.len(), 1, "it was done once");
        let page = bob.open(&format!("/admin/users/{id}/disable")).await.text();
        assert!(page.contains("alice is already disabled. Done by Ada on ") && !page.contains("name=\"reason\""), "{page}");
    }

    async fn an_undo_does_the_opposite_unless_somebody_has_changed_it_since(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.another_admin("bob").await);
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        let undo_of = |page: &str| {
            let (_, rest) = page.split_once("?undo=").unwrap_or_else(|| panic!("no undo: {page}"));
            rest.split('"').next().expect("an id").to_owned()
        };
        let event = undo_of(&told(&mut ada, "disable_user", &id, &[]).await);
        let page = ada.open(&format!("/admin/users/{id}/enable?undo={event}")).await.text();
        assert!(page.contains("value=\"undo: because of a test\"") && page.contains(&format!("name=\"undo\" value=\"{event}\"")), "{page}");
        let page = told(&mut ada, "enable_user", &id, &[("undo", &event)]).await;
        assert!(page.contains("alice is enabled"), "{page}");

        // Another disables once more; the page with the first undo is still open somewhere.
        act(&mut bob, "disable_user", &id, &[]).await;
        assert_eq!(act(&mut ada, "enable_user", &id, &[("undo", &event)]).await.text(), "\"ChangedMeanwhile\"");
        act(&mut bob, "enable_user", &id, &[]).await;

        let event = undo_of(&told(&mut ada, "change_role", &id, &[("role", "auditor")]).await);
        let page = ada.open(&format!("/admin/users/{id}/role?undo={event}")).await.text();
        assert!(page.contains("<option value=\"user\" selected"), "{page}");
        act(&mut bob, "change_role", &id, &[("role", "admin")]).await;
        let answer = act(&mut ada, "change_role", &id, &[("role", "user"), ("undo", &event)]).await;
        assert_eq!((answer.status, answer.text()), (409, "\"ChangedMeanwhile\"".into()));
        assert_eq!(app.user("alice").await.role(), Role::Admin);
    }

    async fn who_has_lost_role_or_session_meanwhile_does_nothing_any_more(app: TestApp) {
        let mut ada = app.admin().await;
        let mut bob = app.another_admin("bob").await;
        app.logged_in("alice").await;
        let alice = app.user("alice").await.id;
        // The request has begun: its permission was taken before bob was demoted.
        let (state, terminator) = (&app.services.state, &app.services.terminator);
        let find = |name: &'static str| async { app.user(name).await.id };
        let bobs = find("bob").await;
        let sid = bob.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned();
        act(&mut ada, "change_role", &bobs, &[("role", "user")]).await;
        let mut tx = state.db.begin_write().await.expect("a transaction");
        let held = crate::auth::sessions::guard::hold_as_administrator(&mut tx, &bobs, &sid, &alice).await;
        assert_eq!(held.err(), Some(crate::base::error::AppError::NotAllowed));
        drop(tx);
        act(&mut ada, "change_role", &bobs, &[("role", "admin")]).await;
        act(&mut ada, "force_logout", &bobs, &[]).await;
        let mut tx = state.db.begin_write().await.expect("a transaction");
        let held = crate::auth::sessions::guard::hold_as_administrator(&mut tx, &bobs, &sid, &alice).await;
        assert_eq!(held.err(), Some(crate::base::error::AppError::NotLoggedIn));
        drop(tx);
        assert_eq!(act(&mut bob, "disable_user", &alice, &[]).await.status, 401);
        let by = By::command_line("test").expect("a reason");
        assert!(disable(terminator, &by, &alice, "").await.expect("disabled").changed);
    }

    async fn many_acts_at_once_end_in_a_consistent_state_and_no_fault(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-network", "1000000", "--database-connections", "12"]).await;
        app.admin().await;
        for name in ["bob", "carl"] {
            app.another_admin(name).await;
        }
        app.logged_in("alice").await;
        let by = || By::command_line("test").expect("a reason");
        for round in 0..6 {
            // All three and Alice as at first; each with a browser of this round.
            let mut callers = Vec::new();
            for name in ["ada", "bob", "carl", "alice"] {
                let id = app.user(name).await.id;
                enable(&app.services.terminator, &by(), &id, "").await.expect("enabled");
                let role = if name == "alice" { Role::User } else { Role::Admin };
                change_role(&app.services.terminator, &by(), &id, role, "").await.expect("a role");
                callers.push((id, app.logged_in_again(name).await));
            }
            let ids: Vec<String> = callers.iter().map(|(id, _)| id.clone()).collect();
            let mut tasks = Vec::new();
            for (own, (_, caller)) in callers.iter().enumerate() {
                if own == 3 {
                    let mut alice = caller.copy();
                    tasks.push(tokio::spawn(async move { alice.act("log_out", &[]).await }));
                    continue;
                }
                for (offset, action) in ["disable_user", "change_role", "force_logout", "enable_user", "remove_second_factor"].into_iter().enumerate() {
                    // Each other, and Alice.
                    let target = ids[if offset % 2 == 0 { (own + 1 + round % 2) % 3 } else { 3 }].clone();
                    let (mut caller, mutual) = (caller.copy(), ids[(own + 1) % 3].clone());
                    tasks.push(tokio::spawn(async move {
                        let target = if action == "change_role" { mutual } else { target };
                        act(&mut caller, action, &target, &[("role", "user")]).await
                    }));
                }
            }
            let answers = tokio::time::timeout(Duration::from_secs(60), join_all(tasks)).await.expect("no deadlock");
            for answer in answers {
                let answer = answer.expect("no panic");
                assert!(answer.status < 500, "round {round}: {} {}", answer.status, answer.text());
            }
            assert!(live_admins(&app).await >= 1, "round {round}: one administrator is left");
            // What the log says last is how things are.
            for id in &ids {
                let user = store::find_by_id(&app.services.state.db.pool, id).await.expect("the users").expect("a user");
                let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
                let last = crate::audit::log::store::newest_of_kinds(&mut *tx, id, OF_STATE).await.expect("the log");
                let says_disabled = last.is_some_and(|row| row.event == "account_disabled");
                assert_eq!(user.disabled_at.is_some(), says_disabled, "round {round}");
            }
        }
    }

    async fn an_auditor_sees_everything_and_no_form(app: TestApp) {
        let mut ada = app.admin().await;
        let mut otto = app.auditor("otto").await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        act(&mut ada, "force_logout", &id, &[]).await;
        app.logged_in_again("alice").await;
        let page = otto.open(&format!("/admin/users/{id}")).await;
        let text = page.text();
        let page = main_of(&text);
        for words in ["alice@example.com", "Email not confirmed", ">Ada</a>", " logged ", "127.0.0.1", "“because of a test”", "Active "] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("<form") && !page.contains(">Actions</h2>") && !page.contains("?sid="), "{page}");
        assert_eq!(otto.open(&format!("/admin/users/{id}/disable")).await.status, 403);
    }

    async fn without_javascript_a_refused_act_keeps_what_was_typed_and_one_with_an_old_proof_goes_on(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        let path = format!("/admin/users/{id}/delete");
        let fields = [("user", &*id), ("reason", "asked by letter"), ("confirmation", "alice@")];
        let answer = ada.submit("delete_user", &fields, &path).await;
        let page = answer.text();
        assert!(page.contains("Type it exactly") && page.contains("value=\"asked by letter\"") && page.contains("value=\"alice@\""), "{page}");

        app.clock.advance_ms(10 * MINUTE);
        ada.open("/dashboard").await;
        let answer = ada.submit("disable_user", &[fields[0], fields[1]], &format!("/admin/users/{id}/disable")).await;
        let page = answer.text();
        assert!(page.contains("Confirm your password") && page.contains("action=\"/actions/disable_user\""), "{page}");
        assert!(answer.status == 401 && page.contains("asked by letter"), "{page}");
        assert!(app.user("alice").await.disabled_at.is_none());
        let answer = ada.submit("disable_user", &[fields[0], fields[1], ("held", "yes"), ("password", PASSWORD)], &path).await;
        assert_eq!(answer.header("location"), format!("/admin/users/{id}"));
        assert!(ada.open(&format!("/admin/users/{id}")).await.text().contains("alice is disabled."));
    }

    async fn every_act_asks_for_a_reason_before_it_asks_for_the_password(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        app.clock.advance_ms(10 * MINUTE);
        for action in PLAIN_ACTS {
            let fields = [("user", &*id), ("reason", " "), ("role", "admin"), ("confirmation", "alice@example.com")];
            assert_eq!(ada.act(action, &fields).await.text(), r#"{"Invalid":["ReasonMissing"]}"#, "{action}");
            let fields = [fields[0], ("reason", "why"), fields[2], fields[3]];
            assert_eq!(ada.act(action, &fields).await.text(), "\"ProofNeeded\"", "{action}");
        }
        assert_eq!(app.count("select count(*) from audit_events where reason = 'why'").await, 0);
    }

    async fn a_session_is_ended_from_the_list_and_one_that_is_over_is_not_mistaken_for_all(app: TestApp) {
        let mut ada = app.admin().await;
        let mut phone = app.with_token("alice").await;
        let mut laptop = app.logged_in_again("alice").await;
        let (id, sid) = (phone.user_id().await, phone.api(Method::GET, "/api/v1/me", None).await.json()["sid"].clone());
        let path = format!("/admin/users/{id}/log-out?sid={}", sid.as_str().expect("a sid"));
        assert!(ada.open(&format!("/admin/users/{id}")).await.text().contains(&format!("href=\"{path}\"")));
        let page = ada.open(&path).await.text();
        assert!(page.contains("This ends one session of alice") && page.contains(&format!("name=\"sid\" value={sid}")), "{page}");
        let fields = [("user", &*id), ("sid", sid.as_str().expect("a sid")), ("reason", "phone lost")];
        assert_eq!(ada.submit("force_logout", &fields, &path).await.header("location"), format!("/admin/users/{id}"));
        assert_eq!((phone.open("/dashboard").await.status, laptop.open("/dashboard").await.status), (303, 200));
        let over = ada.open(&path).await;
        assert_eq!(over.status, 409);
        assert!(over.text().contains("This session has already ended."), "{}", over.text());
        assert!(over.text().contains(&format!("href=\"/admin/users/{id}\"")), "{}", over.text());
        assert_eq!(ada.act("force_logout", &fields).await.status, 409, "the second of two who do so is told");
        assert_eq!(laptop.open("/dashboard").await.status, 200);
    }

    async fn a_password_that_is_typed_is_never_passed_over(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        let fields = [("user", &*id), ("reason", "a slip"), ("password", "not the password")];
        for action in ["disable_user", "force_logout"] {
            assert_eq!(ada.act(action, &fields).await.status, 422, "{action}");
        }
        assert!(app.user("alice").await.disabled_at.is_none());
        let everyone = [("confirmation", "log everyone out"), ("reason", "a slip"), ("password", "not the password")];
        assert_eq!(ada.act("log_out_everyone", &everyone).await.status, 422);
        assert_eq!(app.count("select count(*) from audit_events where event = 'everyone_logged_out'").await, 0);
    }

    async fn the_last_administrator_does_not_lose_their_password_to_a_reset(app: TestApp) {
        let mut ada = app.admin().await;
        let id = app.user("ada").await.id;
        let answer = act(&mut ada, "start_reset", &id, &[("end_all", "on")]).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert_eq!(ada.open("/dashboard").await.status, 200);
    }

    async fn trust_of_a_device_does_not_outlive_a_disabled_account(app: TestApp) {
        let mut ada = app.admin().await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        sqlx::query("update known_devices set trusted_until = 9999999999999")
            .execute(&app.services.state.db.pool)
            .await
            .expect("trust");
        act(&mut ada, "disable_user", &id, &[]).await;
        act(&mut ada, "enable_user", &id, &[]).await;
        let trusted = "select count(*) from known_devices join users on users.id = user_id \
                       where email = 'alice@example.com' and trusted_until is not null";
        assert_eq!(app.count(trusted).await, 0);
    }

    async fn programs_disable_and_enable_through_the_api(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let path = |act: &str, id: &str| format!("/api/v1/admin/users/{id}/{act}");
        let (id, body) = (alice.user_id().await, Some(json!({ "reason": "script" })));
        assert_eq!(alice.api(Method::POST, &path("disable", &id), body.clone()).await.code(), "not_allowed");
        let empty = Some(json!({ "reason": " " }));
        assert_eq!(ada.api(Method::POST, &path("disable", &id), empty).await.code(), "invalid");
        let answer = ada.api(Method::POST, &path("disable", &id), body.clone()).await;
        assert_eq!((answer.status, &answer.json()["changed"]), (200, &json!(true)), "{}", answer.text());
        assert_eq!(answer.json()["receipt"]["sessions_ended"], 1);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        let again = ada.api(Method::POST, &path("disable", &id), body.clone()).await.json();
        assert_eq!((&again["changed"], &again["before"]["by"], &again["before"]["reason"]), (&json!(false), &json!("Ada"), &json!("script")));
        assert_eq!(ada.api(Method::POST, &path("enable", &id), body.clone()).await.json()["changed"], true);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        let own = ada.user_id().await;
        assert_eq!(ada.api(Method::POST, &path("disable", &own), body.clone()).await.code(), "last_administrator");
        assert_eq!(ada.api(Method::POST, &path("enable", "nobody"), body).await.code(), "not_found");
    }
}
