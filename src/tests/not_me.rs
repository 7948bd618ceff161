//! "This was not me": who holds what, and what each may undo. The table is in docs/SECURITY.md.

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller},
    on_both_databases,
    second_factor::{Person, enter, expect_code_page},
};
use crate::{
    auth::{
        event,
        event::{Actor, Event, Kind},
        links::Purpose,
        outbox::{Mail, Notification},
        second_factor::{removal, store as factor_store},
    },
    mail::write,
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const NEW_PASSWORD: &str = "nine loud kettles sing";
const NEWER_PASSWORD: &str = "ten quiet kettles hum";

/// Who reads the mail of this address opens the link of a mail and presses the button.
async fn deny_from_mailbox(app: &TestApp, user_id: &str, email: &str) -> Answer {
    let token = app.link_to(Purpose::NotMe, user_id, email).await;
    let mut reader = app.anonymous();
    assert_eq!(reader.open_link(Purpose::NotMe, &token).await.status, 200);
    reader.act("not_me", &[]).await
}

/// And chooses a new password with the link that comes then.
async fn reset_from_mailbox(app: &TestApp, name: &str) {
    reset_to(app, name, NEW_PASSWORD).await;
}

async fn reset_to(app: &TestApp, name: &str, password: &str) {
    let token = app.link(Purpose::Reset, name).await;
    let mut reader = app.anonymous();
    assert_eq!(reader.open_link(Purpose::Reset, &token).await.status, 200);
    assert_eq!(reader.act("reset_password", &[("password", password)]).await.status, 200);
}

/// Alice, whose second factor was turned on a moment ago, after somebody who reads her mail has denied something.
async fn denied(app: &TestApp) -> Person {
    let alice = app.with_second_factor("alice").await;
    let id = app.user("alice").await.id;
    assert_eq!(deny_from_mailbox(app, &id, "alice@example.com").await.status, 200);
    alice
}

/// A new browser, with the password that the mailbox has set.
async fn log_in(app: &TestApp) -> (Caller, Answer) {
    log_in_with(app, NEW_PASSWORD).await
}

async fn log_in_with(app: &TestApp, password: &str) -> (Caller, Answer) {
    let mut caller = app.anonymous();
    let answer = caller.log_in("alice", password).await;
    (caller, answer)
}

fn expect_in(answer: &Answer) {
    assert_eq!((answer.status, answer.header("location")), (200, "/dashboard"), "{}", answer.text());
}

/// Addresses that are told of a removal.
async fn told(app: &TestApp) -> Vec<String> {
    let mails = app.outbox().await.into_iter();
    let goes = |mail: &str| matches!(serde_json::from_str(mail), Ok(Mail::SecondFactorGoes { .. }));
    let mut addresses: Vec<_> = mails.filter(|(_, _, mail)| goes(mail)).map(|(email, ..)| email).collect();
    addresses.sort();
    addresses
}

/// The newest mail with a link to a new password after a denial.
async fn letter_of_reset(app: &TestApp) -> String {
    let rows = app.services.mail_worker.claim(50).await.expect("mails");
    let row = rows.iter().rfind(|row| row.mail.contains("reset_after_not_me")).expect("a mail");
    match write::write(&app.services.state, "http://localhost:3000", row).await.expect("a letter") {
        write::Decision::Send(letter) => letter.text("http://localhost:3000", &row.email),
        other => panic!("{other:?}"),
    }
}

async fn goes_at(app: &TestApp, user_id: &str) -> Option<i64> {
    factor_store::goes_at(&app.services.state.db.pool, user_id, app.clock.now_ms()).await.expect("a time")
}

/// Alice with a confirmed address, who has changed it, or had it changed; the event that says so.
async fn with_changed_address(app: &TestApp) -> (Caller, String) {
    let caller = app.logged_in("alice").await;
    let pool = &app.services.state.db.pool;
    let user = app.user("alice").await;
    app.link(Purpose::NotMe, "alice").await;
    app.set_email(&user, "other@example.com").await;
    let event = Event::new(Kind::EmailChanged, Actor::User(user.id.clone()), &user.id);
    (caller, event::store::insert(pool, &event, app.clock.now_ms()).await.expect("an event"))
}

on_both_databases! {
    async fn a_mailbox_alone_removes_no_second_factor_before_three_days_are_over(app: TestApp) {
        let alice = denied(&app).await;
        let due = app.clock.now_ms() + 3 * DAY;
        reset_from_mailbox(&app, "alice").await;
        let (mut half, answer) = log_in(&app).await;
        expect_code_page(&answer);
        let page = half.open("/login/code").await.text();
        assert!(page.contains("4 January 2026 at 12:00 UTC"), "it says until when: {page}");
        app.clock.advance_ms(due - 1 - app.clock.now_ms());
        expect_code_page(&log_in(&app).await.1);
        app.clock.advance_ms(1);
        let (mut late, answer) = log_in(&app).await;
        expect_in(&answer);
        assert!(late.open("/account/second-factor").await.text().contains("Two-factor authentication is off"), "before the job has come by");
        let code = app.code(&alice.app);
        assert_eq!(enter(&mut half, &code).await.status, 401, "a half of a log-in from before is too old");

        removal::clean_once(&app.services.state).await.expect("a round");
        assert_eq!(app.count("select count(*) from totp").await, 0);
        assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
        let off = "select count(*) from audit_events where event = 'second_factor_off' and actor = 'system'";
        assert_eq!(app.count(off).await, 1);
        removal::clean_once(&app.services.state).await.expect("a round");
        assert_eq!(app.count(off).await, 1, "once");
        let news = format!("\"news\":\"{}\"", Notification::SecondFactorOff.into_str());
        assert!(app.outbox().await.iter().any(|(_, _, mail)| mail.contains(&news)), "the owner is told");
        assert_eq!(late.open("/dashboard").await.status, 200);
    }

    async fn what_is_gone_by_the_clock_can_be_set_up_anew_at_once(app: TestApp) {
        denied(&app).await;
        reset_from_mailbox(&app, "alice").await;
        app.clock.advance_ms(3 * DAY);
        let (mut alice, answer) = log_in(&app).await;
        expect_in(&answer);
        let answer = alice.act("start_second_factor", &[]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/account/second-factor/set-up"));
    }

    async fn every_address_of_the_account_hears_of_it_and_each_link_calls_it_off(app: TestApp) {
        app.with_second_factor("alice").await;
        let id = app.user("alice").await.id;
        for old in ["before@example.com", "long-ago@example.com"] {
            app.link_to(Purpose::NotMe, &id, old).await;
        }
        sqlx::query("update links set expires_at = 1 where email = 'long-ago@example.com'")
            .execute(&app.services.state.db.pool).await.expect("a change");
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        assert_eq!(told(&app).await, ["alice@example.com", "before@example.com"]);
        reset_from_mailbox(&app, "alice").await;

        let token = app.link_to(Purpose::KeepFactor, &id, "before@example.com").await;
        let mut reader = app.anonymous();
        let page = reader.open_link(Purpose::KeepFactor, &token).await;
        assert!(page.status == 200 && page.text().contains("Keep two-factor authentication"), "{}", page.text());
        assert!(goes_at(&app, &id).await.is_some(), "reading changes nothing");
        let mut again = reader.copy();
        let answer = reader.act("keep_second_factor", &[]).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/second-factor/kept"), "{}", answer.text());
        assert!(reader.open("/second-factor/kept").await.text().contains("Two-factor authentication stays on. Login keeps asking for a code."));
        assert_eq!(again.act("keep_second_factor", &[]).await.text(), "\"LinkDead\"");
        assert_eq!(again.open("/second-factor/keep").await.status, 410);
        assert_eq!(goes_at(&app, &id).await, None);
        assert!(told(&app).await.is_empty(), "what was not sent yet is not sent any more");
        assert_eq!(app.count("select count(*) from audit_events where event = 'second_factor_kept'").await, 1);
        app.clock.advance_ms(4 * DAY);
        removal::clean_once(&app.services.state).await.expect("a round");
        expect_code_page(&log_in(&app).await.1);
    }

    async fn the_letter_says_until_when_and_has_the_link(app: TestApp) {
        denied(&app).await;
        let rows = app.services.mail_worker.claim(10).await.expect("mails");
        let row = rows.iter().find(|row| row.mail.contains("second_factor_goes")).expect("a mail");
        let decision = write::write(&app.services.state, "http://localhost:3000", row).await.expect("a letter");
        let letter = match decision {
            write::Decision::Send(letter) => letter,
            other => panic!("{other:?}"),
        };
        let text = letter.text("http://localhost:3000", &row.email);
        assert!(text.contains("Until 4 January 2026 at 12:00 UTC you still need a code to log in"), "{text}");
        let (_, token) = text.split_once("/second-factor/keep?token=").expect("a link");
        let mut reader = app.anonymous();
        assert_eq!(reader.open_link(Purpose::KeepFactor, &token[..43]).await.status, 200);
    }

    async fn a_log_in_with_a_code_calls_it_off(app: TestApp) {
        let alice = denied(&app).await;
        let id = app.user("alice").await.id;
        reset_from_mailbox(&app, "alice").await;
        let (mut half, _) = log_in(&app).await;
        expect_in(&enter(&mut half, &app.code(&alice.app)).await);
        assert_eq!(goes_at(&app, &id).await, None);
        assert!(half.open("/account/activity").await.text().contains("You kept two-factor authentication on."));

        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        assert!(goes_at(&app, &id).await.is_some());
        // The one of before can't be chosen again.
        reset_to(&app, "alice", NEWER_PASSWORD).await;
        let (mut half, _) = log_in_with(&app, NEWER_PASSWORD).await;
        expect_in(&enter(&mut half, &alice.recovery[0]).await);
        assert_eq!(goes_at(&app, &id).await, None);
        app.clock.advance_ms(4 * DAY);
        removal::clean_once(&app.services.state).await.expect("a round");
        expect_code_page(&log_in_with(&app, NEWER_PASSWORD).await.1);
    }

    async fn a_wrong_code_calls_nothing_off(app: TestApp) {
        denied(&app).await;
        let id = app.user("alice").await.id;
        reset_from_mailbox(&app, "alice").await;
        let (mut half, _) = log_in(&app).await;
        assert_eq!(enter(&mut half, "aaaaa-aaaaa").await.status, 422);
        assert!(goes_at(&app, &id).await.is_some());
    }

    async fn who_presses_it_again_neither_hastens_it_nor_keeps_it_from_others(app: TestApp) {
        app.with_second_factor("alice").await;
        let id = app.user("alice").await.id;
        app.link_to(Purpose::NotMe, &id, "before@example.com").await;
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        let (due, addresses) = (goes_at(&app, &id).await, told(&app).await);
        app.clock.advance_ms(DAY);
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        assert_eq!(goes_at(&app, &id).await, due);
        assert_eq!(told(&app).await, addresses, "the warnings wait still, each once");
        assert_eq!(app.count("select count(*) from audit_events where event = 'second_factor_goes'").await, 1);
    }

    async fn a_second_factor_older_than_the_link_stays_whatever_a_mailbox_says(app: TestApp) {
        let alice = app.with_second_factor("alice").await;
        let id = app.user("alice").await.id;
        app.clock.advance_ms(7 * DAY);
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        assert_eq!(goes_at(&app, &id).await, None);
        assert!(told(&app).await.is_empty());
        reset_from_mailbox(&app, "alice").await;
        app.clock.advance_ms(30 * DAY);
        removal::clean_once(&app.services.state).await.expect("a round");
        let (mut half, answer) = log_in(&app).await;
        expect_code_page(&answer);
        expect_in(&enter(&mut half, &app.code(&alice.app)).await);
    }

    async fn of_an_old_second_factor_only_the_new_recovery_codes_go(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        let id = app.user("alice").await.id;
        app.clock.advance_ms(7 * DAY);
        alice.caller = app.anonymous();
        alice.caller.log_in("alice", PASSWORD).await;
        expect_in(&enter(&mut alice.caller, &app.code(&alice.app)).await);
        assert_eq!(alice.caller.act("make_recovery_codes", &[]).await.status, 200);
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        assert_eq!(goes_at(&app, &id).await, Some(app.clock.now_ms() + 3 * DAY));
        app.clock.advance_ms(3 * DAY);
        let left = factor_store::codes_left(&app.services.state.db.pool, &id, app.clock.now_ms()).await.expect("codes");
        assert_eq!(left, 0, "by the clock");
        removal::clean_once(&app.services.state).await.expect("a round");
        assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
        assert_eq!(app.count("select count(*) from totp").await, 1);
        assert_eq!(app.count("select count(*) from audit_events where event = 'recovery_codes_removed'").await, 1);
        reset_from_mailbox(&app, "alice").await;
        expect_code_page(&log_in(&app).await.1);
    }

    async fn a_mailbox_makes_the_password_useless_and_takes_a_changed_address_back(app: TestApp) {
        let (mut thief, _) = with_changed_address(&app).await;
        let id = app.user("other").await.id;
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        assert_eq!(thief.open("/dashboard").await.status, 303);
        for name in ["alice", "other"] {
            assert_eq!(app.anonymous().log_in(name, PASSWORD).await.text(), "\"WrongCredentials\"", "{name}");
        }
        assert_eq!(app.user("alice").await.id, id);
    }

    async fn the_blocked_password_opens_nothing_and_cannot_be_chosen_again(app: TestApp) {
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        // Twice: what is blocked already is still known.
        for _ in 0..2 {
            assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        }
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.text(), "\"WrongCredentials\"");
        let token = app.link(Purpose::Reset, "alice").await;
        let mut reader = app.anonymous();
        reader.open_link(Purpose::Reset, &token).await;
        let answer = reader.act("reset_password", &[("password", PASSWORD)]).await;
        assert_eq!((answer.status, answer.text()), (422, r#"{"Invalid":["PasswordUnchanged"]}"#.into()));
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 401, "to be refused is not to be let in");
        assert_eq!(reader.act("reset_password", &[("password", NEW_PASSWORD)]).await.status, 200);
        expect_in(&log_in(&app).await.1);
    }

    async fn what_an_earlier_latchkey_stored_for_a_blocked_password_opens_nothing_either(app: TestApp) {
        app.logged_in("alice").await;
        sqlx::query("update users set password_hash = 'none'").execute(&app.services.state.db.pool).await.expect("a change");
        assert_eq!(app.anonymous().log_in("alice", "none").await.text(), "\"WrongCredentials\"");
        reset_from_mailbox(&app, "alice").await;
        expect_in(&log_in(&app).await.1);
    }

    async fn where_the_server_sends_no_email_the_page_says_so_and_whom_to_ask(app: TestApp) {
        let words = "We couldn't email you a link because this server doesn't send email";
        let key = ["--secret-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"];
        let production = [["--base-url", "https://localhost:3000"], key, ["--support-contact", "help@example.com"]];
        let app = TestApp::with(app.kind(), &production.concat()).await;
        let mut alice = app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        let event = Event::new(Kind::LoggedIn, Actor::User(id.clone()), &id);
        let event = event::store::insert(&app.services.state.db.pool, &event, app.clock.now_ms()).await.expect("an event");
        assert_eq!(alice.act("not_me", &[("event", &event)]).await.status, 200);
        let done = alice.open("/not-me/done").await.text();
        assert!(done.contains(words) && done.contains("so you're still logged in here."), "{done}");
        assert_eq!(alice.open("/account/password").await.status, 200);
        // Whoever has a link from the time before has no session to choose a new password in.
        let token = app.link_to(Purpose::NotMe, &id, "alice@example.com").await;
        let mut reader = app.anonymous();
        reader.open_link(Purpose::NotMe, &token).await;
        assert_eq!(reader.act("not_me", &[]).await.status, 200);
        let done = reader.open("/not-me/done").await.text();
        assert!(done.contains(words) && done.contains("href=\"mailto:help@example.com\""), "{done}");
        assert!(!done.contains("We've emailed") && !done.contains("href=\"/forgot\""), "no way that leads nowhere: {done}");
    }

    async fn where_another_account_has_the_address_by_now_the_page_says_so(app: TestApp) {
        let words = "We couldn't restore your previous email address because another account has confirmed it since";
        let (mut owner, event) = with_changed_address(&app).await;
        let id = app.user("other").await.id;
        // The address is free since the change: someone signs up with it, and confirms it.
        app.logged_in("alice").await;
        let confirmed = "update users set verified_at = 1 where email = 'alice@example.com'";
        sqlx::query(confirmed).execute(&app.services.state.db.pool).await.expect("a change");
        assert_eq!(owner.act("not_me", &[("event", &event)]).await.status, 200);
        let done = owner.open("/not-me/done").await.text();
        assert!(done.contains(words) && done.contains("so you're still logged in here."), "{done}");
        let token = app.link_to(Purpose::NotMe, &id, "alice@example.com").await;
        let mut reader = app.anonymous();
        reader.open_link(Purpose::NotMe, &token).await;
        assert_eq!(reader.act("not_me", &[]).await.status, 200);
        let done = reader.open("/not-me/done").await.text();
        assert!(done.contains(words) && done.contains("Contact your administrator."), "{done}");
        assert!(!done.contains("We've emailed"), "{done}");
    }

    async fn a_cookie_alone_ends_everything_and_changes_nothing_for_good(app: TestApp) {
        let (mut thief, event) = with_changed_address(&app).await;
        let mut other = app.logged_in_again("other").await;
        app.clock.advance_ms(11 * MINUTE);
        let waiting = app.outbox().await.len();
        let page = thief.open(&format!("/not-me?event={event}")).await.text();
        assert!(page.contains("Your password keeps working until you choose a new one"), "{page}");
        assert!(page.contains("o…@example.com") && page.contains("a…@example.com"), "both are named: {page}");
        assert!(page.contains("name=\"password\"") && !page.contains("<li>restore your previous email address"), "{page}");
        // As the form sends it whose field was left empty.
        let answer = thief.act("not_me", &[("event", &event), ("password", "")]).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(2)));
        let done = thief.open("/not-me/done").await.text();
        assert!(done.contains("your old password keeps working") && done.contains("o…@example.com"), "{done}");
        assert_eq!((thief.open("/dashboard").await.status, other.open("/dashboard").await.status), (303, 303));
        assert_eq!(app.anonymous().log_in("other", PASSWORD).await.status, 200, "address and password are as they were");
        let mails = app.outbox().await;
        assert_eq!(mails.len(), waiting + 2, "the link and word of the new browser; no warning is called off: {mails:?}");
        assert!(mails.iter().any(|(email, _, mail)| email == "other@example.com" && mail.contains("reset")), "{mails:?}");
    }

    async fn a_cookie_alone_does_nothing_to_a_second_factor(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        let id = app.user("alice").await.id;
        app.clock.advance_ms(11 * MINUTE);
        let event = Event::new(Kind::SecondFactorOn, Actor::User(id.clone()), &id);
        let pool = &app.services.state.db.pool;
        let event = event::store::insert(pool, &event, app.clock.now_ms()).await.expect("an event");
        assert_eq!(alice.caller.act("not_me", &[("event", &event)]).await.status, 200);
        assert_eq!(goes_at(&app, &id).await, None);
        expect_code_page(&app.anonymous().log_in("alice", PASSWORD).await);
    }

    async fn a_cookie_with_the_password_does_all_of_it(app: TestApp) {
        let (mut owner, event) = with_changed_address(&app).await;
        app.clock.advance_ms(11 * MINUTE);
        let wrong = owner.act("not_me", &[("event", &event), ("password", "not the right password")]).await;
        assert_eq!(wrong.text(), "\"WrongPassword\"");
        assert_eq!(owner.open("/dashboard").await.status, 200, "nothing has ended");
        let answer = owner.act("not_me", &[("event", &event), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(app.user("alice").await.verified_at.is_some(), "the address is alice's again");
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 401);
        let done = owner.open("/not-me/done").await.text();
        assert!(done.contains("Your previous email address is restored") && !done.contains("keeps working"), "{done}");
    }

    async fn without_javascript_the_password_can_be_given_with_the_button(app: TestApp) {
        let (mut owner, event) = with_changed_address(&app).await;
        app.clock.advance_ms(11 * MINUTE);
        let path = format!("/not-me?event={event}");
        let wrong = owner.submit("not_me", &[("event", &event), ("password", "not the right password")], &path).await;
        // On its own page, where the field may also stay empty.
        let page = wrong.text();
        assert!(wrong.status == 422 && page.contains("Wrong password. Try again.") && page.contains("Secure your account"), "{page}");
        let answer = owner.submit("not_me", &[("event", &event), ("password", PASSWORD)], &path).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/not-me/done"));
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 401);
    }

    async fn a_link_that_was_cut_or_is_none_says_so_and_asks_for_no_log_in(app: TestApp) {
        let (mut owner, _) = with_changed_address(&app).await;
        for mut caller in [app.anonymous(), owner.copy()] {
            for token in ["", "?token=short", "?token=0000000000000000000000000000000000000000000"] {
                let answer = caller.open(&format!("/not-me{token}")).await;
                let answer = if token.is_empty() { answer } else { caller.open("/not-me").await };
                assert!(answer.status == 410 && answer.text().contains("This link doesn't work"), "{token}: {}", answer.status);
            }
        }
        assert_eq!(owner.open("/dashboard").await.status, 200);
    }

    async fn every_page_of_the_owner_leads_to_the_mailed_link_and_the_reset_clears_the_warning(app: TestApp) {
        let (mut owner, event) = with_changed_address(&app).await;
        let mut other = app.logged_in_again("other").await;
        assert_eq!(owner.act("not_me", &[("event", &event)]).await.status, 200);
        assert!(owner.open("/not-me/done").await.text().contains("request another link"));
        assert_eq!(other.open("/dashboard").await.status, 303);
        let page = other.open("/login").await.text();
        assert!(page.contains("You reported suspicious activity") && page.contains("the link we emailed you"), "{page}");
        assert!(page.contains(">Request another link</a>") && !page.contains("Log in to continue"), "{page}");

        let token = app.link(Purpose::Reset, "alice").await;
        assert_eq!(other.open_link(Purpose::Reset, &token).await.status, 200);
        assert_eq!(other.act("reset_password", &[("password", NEW_PASSWORD)]).await.status, 200);
        for told in [true, false] {
            let page = other.open("/login").await.text();
            assert_eq!(page.contains("Your password has been changed."), told, "{page}");
            assert!(!page.contains("suspicious activity"), "the warning of before is no news any more: {page}");
        }
    }

    async fn pages_of_what_was_done_lead_on_in_another_browser_and_claim_nothing(app: TestApp) {
        let mut visitor = app.anonymous();
        let done = visitor.open("/not-me/done").await;
        assert!(done.status == 200 && !done.text().contains("is secured"), "{}", done.text());
        assert!(done.text().contains("href=\"/forgot\"") && done.text().contains("href=\"/account/activity\""));
        let kept = visitor.open("/second-factor/kept").await.text();
        assert!(kept.contains("href=\"/forgot\"") && !kept.contains("Success"), "{kept}");
        assert!(kept.contains("If your password is blocked after a report"), "{kept}");
    }

    async fn a_used_link_leads_on_who_is_logged_in_and_who_is_not(app: TestApp) {
        let mut owner = app.logged_in("alice").await;
        let mut reader = app.anonymous();
        let dead = reader.open("/not-me").await;
        assert!(dead.status == 410 && dead.text().contains("href=\"/forgot\""), "{}", dead.text());
        assert!(!dead.text().contains("href=\"/account/activity\""));
        let dead = owner.open("/not-me").await;
        assert!(dead.status == 410 && dead.text().contains("href=\"/account/activity\""), "{}", dead.text());
        assert!(!dead.text().contains("Request a new one"), "nothing here does: {}", dead.text());
    }

    async fn the_mail_after_a_denial_says_whether_the_password_still_works(app: TestApp) {
        let (mut owner, event) = with_changed_address(&app).await;
        let mut thief = app.logged_in_again("other").await;
        app.clock.advance_ms(11 * MINUTE);
        assert_eq!(thief.act("not_me", &[("event", &event), ("password", "")]).await.status, 200);
        let letter = letter_of_reset(&app).await;
        assert!(letter.contains("Until then your old one keeps working.") && !letter.contains("locked"), "{letter}");
        assert_eq!(owner.open("/dashboard").await.status, 303);

        let id = app.user("other").await.id;
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        let letter = letter_of_reset(&app).await;
        assert!(letter.contains("Your account is locked until you choose a new password."), "{letter}");
        assert!(!letter.contains("your password won't change") && !letter.contains("stays as it is"), "{letter}");
        let (_, token) = letter.split_once("/reset?token=").expect("a link");
        assert_eq!(app.anonymous().open_link(Purpose::Reset, &token[..43]).await.status, 200);
    }

    async fn a_session_that_is_over_denies_nothing(app: TestApp) {
        let (mut owner, event) = with_changed_address(&app).await;
        let mut copy = owner.copy();
        assert_eq!(owner.act("log_out", &[]).await.status, 200);
        assert_eq!(copy.act("not_me", &[("event", &event)]).await.status, 401);
        assert_eq!(app.anonymous().log_in("other", PASSWORD).await.status, 200);
    }

    async fn a_password_alone_stops_at_the_second_factor(app: TestApp) {
        let mut alice = app.with_second_factor("alice").await;
        let id = app.user("alice").await.id;
        let event = Event::new(Kind::SecondFactorOn, Actor::User(id.clone()), &id);
        let pool = &app.services.state.db.pool;
        let event = event::store::insert(pool, &event, app.clock.now_ms()).await.expect("an event");
        let mut thief = app.anonymous();
        expect_code_page(&thief.log_in("alice", PASSWORD).await);
        assert_eq!(thief.act("not_me", &[("event", &event)]).await.text(), "\"NotLoggedIn\"");
        assert_eq!(thief.act("not_me", &[]).await.text(), "\"LinkDead\"");
        assert_eq!(thief.act("keep_second_factor", &[]).await.text(), "\"LinkDead\"");
        assert_eq!(alice.caller.open("/dashboard").await.status, 200);
        assert_eq!(goes_at(&app, &id).await, None);
    }

    async fn password_and_mailbox_together_do_no_more_than_the_mailbox(app: TestApp) {
        app.with_second_factor("alice").await;
        let id = app.user("alice").await.id;
        let mut thief = app.anonymous();
        expect_code_page(&thief.log_in("alice", PASSWORD).await);
        assert_eq!(deny_from_mailbox(&app, &id, "alice@example.com").await.status, 200);
        assert_eq!(enter(&mut thief, "aaaaa-aaaaa").await.text(), "\"LogInAgain\"", "the half from before is dead");
        reset_from_mailbox(&app, "alice").await;
        expect_code_page(&log_in(&app).await.1);
        assert!(goes_at(&app, &id).await.is_some(), "it goes, and in three days");
    }

    async fn a_removal_of_a_disabled_account_is_told_to_nobody(app: TestApp) {
        denied(&app).await;
        sqlx::query("update users set disabled_at = 1").execute(&app.services.state.db.pool).await.expect("a change");
        let rows = app.services.mail_worker.claim(10).await.expect("mails");
        let row = rows.iter().find(|row| row.mail.contains("second_factor_goes")).expect("a mail");
        let decision = write::write(&app.services.state, "http://localhost:3000", row).await.expect("a decision");
        assert!(matches!(decision, write::Decision::Needless), "{decision:?}");
    }
}
