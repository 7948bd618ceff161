//! Another name, another address.

use super::{
    app::{PASSWORD, TestApp},
    caller::{Caller, main_of},
    on_both_databases,
};
use crate::auth::links::Purpose;

const DAY_MS: i64 = 24 * 3_600_000;

/// Confirms the address of `name`, who is logged in.
async fn confirm(app: &TestApp, caller: &mut Caller, name: &str) {
    let token = app.link(Purpose::Verify, name).await;
    caller.open_link(Purpose::Verify, &token).await;
    assert_eq!(caller.act("verify", &[]).await.status, 200);
}

on_both_databases! {
    async fn the_account_leads_to_the_profile(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let answer = alice.open("/account").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
        let page = alice.open("/account/profile").await.text();
        assert!(page.contains("alice@example.com") && page.contains("Not confirmed"), "{page}");
    }

    async fn a_new_name_counts_at_once_and_is_found(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let answer = alice.submit("change_name", &[("name", "Éva Müller")], "/account/profile").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
        let page = alice.open("/account/profile").await.text();
        assert!(page.contains("Name changed.") && page.contains("<bdi>Éva Müller</bdi>"), "{page}");
        let mut ada = app.admin().await;
        assert!(ada.open("/admin/users?q=%C3%A9va").await.text().contains("alice@example.com"));
        assert!(!ada.open("/admin/users?q=alice%20").await.text().contains("<strong>alice</strong>"));
        assert_eq!(app.count("select count(*) from audit_events where event = 'name_changed'").await, 1);
    }

    async fn a_bad_name_comes_back_with_what_is_wrong(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let answer = alice.submit("change_name", &[("name", "\u{7}evil")], "/account/profile").await;
        let page = answer.text();
        assert!(page.contains("Remove the control characters from the name."), "{page}");
        assert_eq!(app.user("alice").await.name, "alice");
    }

    async fn marks_that_turn_text_are_taken_out_of_a_name_without_a_word(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let name = "\u{200f}\u{2068} \u{202b}עדה\u{202e} לביא\u{202c}\u{2069}\u{200e}\u{61c}";
        let answer = alice.submit("change_name", &[("name", name)], "/account/profile").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
        assert_eq!(app.user("alice").await.name, "עדה לביא");
        assert!(app.admin().await.open("/admin/users?q=%D7%A2%D7%93%D7%94").await.text().contains("alice@example.com"));
    }

    async fn a_new_address_counts_when_its_link_was_used_and_the_old_one_is_told(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        confirm(&app, &mut alice, "alice").await;
        let (id, reset) = (app.user("alice").await.id, app.link(Purpose::Reset, "alice").await);
        let answer = alice.submit("change_email", &[("email", "New@Example.com")], "/account/profile/email").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
        assert!(alice.open("/account/profile").await.text().contains("We sent a link to new@example.com."));
        let asked = ("new@example.com".into(), id.clone(), r#"{"kind":"new_email"}"#.into());
        assert!(app.outbox().await.contains(&asked));
        assert_eq!(app.user("alice").await.id, id, "nothing has changed yet");

        let token = app.link_to(Purpose::NewEmail, &id, "new@example.com").await;
        let page = alice.open_link(Purpose::NewEmail, &token).await.text();
        assert!(page.contains("new@example.com") && page.contains("Use this address"), "{page}");
        let answer = alice.submit("use_new_email", &[], "/verify-email").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
        let page = alice.open("/account/profile").await.text();
        assert!(page.contains("Your email address has been changed to new@example.com."), "{page}");

        assert_eq!(app.user("new").await.id, id);
        assert!(app.user("new").await.verified_at.is_some());
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 401);
        assert_eq!(app.anonymous().log_in("new", PASSWORD).await.status, 200);
        assert_eq!(app.anonymous().open_link(Purpose::Reset, &reset).await.status, 410, "sent to the address before");
        let told = app.outbox().await.into_iter().find(|(.., mail)| mail.contains("email_changed")).expect("news");
        assert_eq!((told.0, told.1), ("alice@example.com".into(), id));
        assert!(app.admin().await.open("/admin/users?q=new@example").await.text().contains("new@example.com"));
        let rows = "select count(*) from audit_events where event = 'email_changed' and details not like '%@%'";
        assert_eq!(app.count(rows).await, 1);
    }

    async fn a_free_and_a_taken_address_get_the_same_answer(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.logged_in("bob").await;
        let mut answers = Vec::new();
        for email in ["bob@example.com", "xyz@example.com"] {
            let answer = alice.act("change_email", &[("email", email)]).await;
            let page = alice.open("/account/profile").await.text().replace(email, "");
            let words = main_of(&page).to_owned();
            answers.push((answer.status, answer.text(), words));
        }
        assert_eq!(answers[0], answers[1]);
    }

    async fn a_change_that_waits_is_shown_sent_again_and_called_off(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        alice.submit("change_email", &[("email", "new@example.com")], "/account/profile/email").await;
        alice.open("/account/profile").await;
        let page = alice.open("/account/profile").await.text();
        assert!(page.contains("new@example.com") && page.contains("Cancel change"), "not only once: {page}");
        assert!(!app.logged_in("bob").await.open("/account/profile").await.text().contains("Cancel change"));

        // No proof is asked for: the address was given with one.
        app.clock.advance_ms(11 * 60_000);
        let answer = alice.submit("resend_new_email", &[], "/account/profile").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
        assert!(alice.open("/account/profile").await.text().contains("We've sent a new link."));
        let sent = app.outbox().await.into_iter().filter(|(email, ..)| email == "new@example.com").count();
        assert_eq!(sent, 1, "the one before had not gone out yet, and does not now");

        let token = app.link_to(Purpose::NewEmail, &app.user("alice").await.id, "new@example.com").await;
        let answer = alice.submit("cancel_new_email", &[], "/account/profile").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
        let page = alice.open("/account/profile").await.text();
        assert!(page.contains("Change cancelled.") && !page.contains("new@example.com"), "{page}");
        assert_eq!(alice.open_link(Purpose::NewEmail, &token).await.status, 410, "no link of before works");
        let called_off = "select count(*) from outbox where last_error = 'called off'";
        assert_eq!(app.count(called_off).await, 2, "nor one that was not sent yet");
        assert_eq!(alice.act("resend_new_email", &[]).await.status, 200);
        let page = alice.open("/account/profile").await.text();
        assert!(page.contains("No change is waiting any more. Your email address is alice@example.com."), "{page}");
        assert_eq!(alice.act("cancel_new_email", &[]).await.status, 200, "once more is no harm");
    }

    async fn a_mail_to_an_address_that_was_mistyped_spoils_no_link_to_the_right_one(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        for email in ["new@exmaple.com", "new@example.com"] {
            assert_eq!(alice.act("change_email", &[("email", email)]).await.status, 200);
        }
        let asked = app.outbox().await.into_iter().filter(|(.., mail)| mail.contains("new_email"));
        assert_eq!(asked.map(|(email, ..)| email).collect::<Vec<_>>(), ["new@example.com"]);
    }

    async fn a_change_waits_for_a_day_and_ends_with_its_link_or_a_new_password(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        let waits = async |alice: &mut Caller| alice.open("/account/profile").await.text().contains("Cancel change");
        alice.act("change_email", &[("email", "first@example.com")]).await;
        assert!(waits(&mut alice).await);
        app.clock.advance_ms(DAY_MS - 1);
        let mut alice = app.logged_in_again("alice").await;
        assert!(waits(&mut alice).await);
        app.clock.advance_ms(1);
        assert!(!waits(&mut alice).await, "its link has expired");

        alice.act("change_email", &[("email", "second@example.com")]).await;
        let fields = [("password", PASSWORD), ("new_password", "another horse battery")];
        assert_eq!(alice.act("change_password", &fields).await.status, 200);
        assert!(!waits(&mut alice).await);

        alice.act("change_email", &[("email", "third@example.com")]).await;
        let token = app.link_to(Purpose::NewEmail, &id, "third@example.com").await;
        alice.open_link(Purpose::NewEmail, &token).await;
        assert_eq!(alice.act("use_new_email", &[]).await.status, 200);
        assert!(!waits(&mut alice).await);
        assert_eq!(app.count("select count(*) from email_changes").await, 0);
    }

    async fn ones_own_address_is_refused_at_its_field(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let answer = alice.act("change_email", &[("email", " ALICE@example.com")]).await;
        assert_eq!((answer.status, answer.json()), (422, serde_json::json!({ "Invalid": ["EmailUnchanged"] })));
    }

    async fn a_new_address_asks_for_the_password_after_a_while_and_then_goes_on(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.clock.advance_ms(10 * 60_000);
        let answer = alice.submit("change_email", &[("email", "new@example.com")], "/account/profile/email").await;
        assert!(answer.status == 401 && answer.text().contains("value=\"new@example.com\""), "{}", answer.text());
        let fields = [("email", "new@example.com"), ("held", "yes"), ("password", PASSWORD)];
        let answer = alice.submit("change_email", &fields, "/account/profile/email").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/profile"));
    }

    async fn an_address_that_was_taken_meanwhile_is_told_plainly(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let token = app.link_to(Purpose::NewEmail, &app.user("alice").await.id, "bob@example.com").await;
        app.logged_in("bob").await;
        alice.open_link(Purpose::NewEmail, &token).await;
        let answer = alice.act("use_new_email", &[]).await;
        assert_eq!((answer.status, answer.text()), (409, "\"EmailTaken\"".into()));
        assert_eq!(app.user("alice").await.email, "alice@example.com");
    }

    async fn a_strangers_click_puts_their_address_on_no_account(app: TestApp) {
        let mut thief = app.logged_in("thief").await;
        let mut bob = app.logged_in("bob").await;
        // The thief wants the mailbox of the stranger on an account of their own.
        let token = app.link_to(Purpose::NewEmail, &app.user("thief").await.id, "stranger@example.com").await;
        let mut stranger = app.anonymous();
        let page = stranger.open_link(Purpose::NewEmail, &token).await;
        assert_eq!((page.status, page.header("location")), (303, "/login?next=%2Fverify-email"));
        assert_eq!(stranger.act("use_new_email", &[]).await.status, 401);
        let page = bob.open_link(Purpose::NewEmail, &token).await.text();
        assert!(page.contains("belongs to a different account") && !page.contains("Use this address"), "{page}");
        assert_eq!(bob.act("use_new_email", &[]).await.status, 410);
        assert_eq!(app.user("thief").await.email, "thief@example.com");
        // Whoever asked and reads the mail, too, finds the link as it was.
        assert_eq!(thief.open_link(Purpose::NewEmail, &token).await.status, 200);
    }

    async fn two_who_want_the_same_address_at_once_leave_it_with_one(app: TestApp) {
        let mut callers = Vec::new();
        for name in ["alice", "bob"] {
            let mut caller = app.logged_in(name).await;
            let token = app.link_to(Purpose::NewEmail, &app.user(name).await.id, "new@example.com").await;
            caller.open_link(Purpose::NewEmail, &token).await;
            callers.push(caller);
        }
        let [one, other] = &mut callers[..] else { panic!("two") };
        let (one, other) = tokio::join!(one.act("use_new_email", &[]), other.act("use_new_email", &[]));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
}
