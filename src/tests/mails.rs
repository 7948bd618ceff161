//! The outbox, and who gets what: each mail once, none lost, nothing that a stranger wrote.

use std::{os::unix::fs::PermissionsExt, path::Path};

use strum::VariantArray;

use super::{
    app::{PASSWORD, TestApp, remove_old_rows},
    on_both_databases,
    smtp::{MailServer, Manner, Read, read},
    words::forbidden,
};
use crate::{
    auth::{
        links,
        links::{Link, Purpose},
        outbox,
        outbox::{Mail, Notification, To, tell, tell_of_role},
        users,
        users::{Role, store::User},
    },
    base::{caller::Caller, display_name::DisplayName, email::Email},
    mail::{store, worker::CLAIM_MS},
    pages,
    passwords::hash::blocked,
    serve::services::Services,
};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// The same application with a mail server.
async fn with_mail_server(app: &TestApp) -> (TestApp, MailServer) {
    let server = MailServer::start().await;
    let from = "Schlüsseldienst <keys@example.com>";
    let app = TestApp::with(app.kind(), &["--smtp-url", &server.url, "--mail-from", from]).await;
    (app, server)
}

/// Somebody with an account, made past the sign-up.
async fn user(app: &TestApp, name: &str, verified: bool) -> User {
    named(app, name, name, verified).await
}

async fn named(app: &TestApp, mailbox: &str, name: &str, verified: bool) -> User {
    let (db, now_ms) = (&app.services.state.db.pool, app.clock.now_ms());
    let mut connection = db.acquire().await.expect("a connection");
    let email = Email::parse(&format!("{mailbox}@example.com")).expect("an address");
    let name = DisplayName::parse(name).expect("a name");
    let id = users::store::insert(&mut connection, &email, &name, "no hash", Role::User, now_ms)
        .await
        .expect("users")
        .expect("new");
    if verified {
        users::store::set_verified(db, &id, email.as_str(), now_ms).await.expect("a change");
    }
    users::store::find_by_id(db, &id).await.expect("the users").expect("a user")
}

async fn set_disabled(app: &TestApp, id: &str, disabled: bool) {
    let at = disabled.then(|| app.clock.now_ms());
    pages::admin::store::set_disabled(&app.services.state.db.pool, id, at).await.expect("a change");
}

async fn queue(app: &TestApp, email: &str, user_id: &str, mail: &Mail) {
    let state = &app.services.state;
    outbox::store::queue(&state.db.pool, To { email, user_id }, mail, app.clock.now_ms()).await.expect("a row");
}

/// What "secure my account" would not help against: an administrator did it, or nothing is left to secure.
const NOT_DENIED: [Notification; 4] = [
    Notification::AccountDeleted,
    Notification::AccountDisabled,
    Notification::AccountEnabled,
    Notification::RoleChanged,
];

fn news(news: Notification) -> Mail {
    Mail::News {
        news,
        roles: None,
        device: "Firefox on Windows 10".into(),
        ip: "192.0.2.7".into(),
        at: 1_767_268_800_000,
    }
}

/// Sends whatever is due, as the worker does.
async fn send_due(services: &Services) {
    loop {
        let rows = services.mail_worker.claim(4).await.expect("the outbox");
        if rows.is_empty() {
            return;
        }
        for row in rows {
            services.mail_worker.deliver(row).await;
        }
    }
}

/// Queues a mail and returns what came of it: the mails that arrived.
async fn outcome(app: &TestApp, server: &MailServer, email: &str, user_id: &str, mail: &Mail) -> Vec<(String, Read)> {
    let before = server.mails().len();
    queue(app, email, user_id, mail).await;
    send_due(&app.services).await;
    server.mails()[before..].iter().map(|mail| (mail.to.clone(), mail.read())).collect()
}

/// The token in a text, and the page that it is for.
fn link(text: &str) -> Option<(String, String)> {
    let line = text.lines().find(|line| line.contains("?token="))?;
    let (page, token) = line.trim_start_matches("http://localhost:3000").split_once("?token=")?;
    Some((page.to_owned(), token.to_owned()))
}

async fn find(app: &TestApp, purpose: Purpose, token: &str) -> Option<Link> {
    links::find(&app.services.state.db.pool, purpose, token, app.clock.now_ms()).await.ok()
}

async fn waiting(app: &TestApp) -> i64 {
    store::count_waiting(&app.services.state.db.pool).await.expect("a count")
}

async fn listed(app: &TestApp) -> Vec<store::Listed> {
    store::list(&app.services.state.db.pool, false, 100).await.expect("the outbox")
}

on_both_databases! {
    async fn an_address_that_the_mail_server_cannot_take_is_given_up_at_once_and_refused_at_the_field(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        server.offer_plain_addresses_only();
        let fields = [("name", "Jürgen"), ("email", "jürgen@example.com"), ("password", PASSWORD)];
        assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 200, "nobody has asked the server yet");
        send_due(&app.services).await;
        let listed = store::list(&app.services.state.db.pool, true, 10).await.expect("a list");
        assert_eq!((listed.len(), listed[0].attempts), (1, 1), "{listed:?}");
        assert!(listed[0].last_error.contains("SMTPUTF8") && !listed[0].last_error.contains("rgen"), "{listed:?}");

        assert_eq!(app.services.mail_worker.mailer.ask_what_it_takes().await, Ok(Some(false)));
        let undeliverable = "{\"Invalid\":[\"EmailUndeliverable\"]}";
        let answer = app.anonymous().act("sign_up", &fields).await;
        assert_eq!((answer.status, answer.text()), (422, undeliverable.into()));
        let fields = [("name", "alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
        assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 200);
        sqlx::query("update users set verified_at = 1, waiting_since = null where name = 'alice'")
            .execute(&app.services.state.db.pool).await.expect("a change");
        let mut alice = app.logged_in_again("alice").await;
        let answer = alice.act("change_email", &[("email", "jürgen@example.com")]).await;
        assert_eq!((answer.status, answer.text()), (422, undeliverable.into()));
        // The domain is in ASCII anyway.
        let fields = [("name", "Ann"), ("email", "ann@bücher.example"), ("password", PASSWORD)];
        assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 200);
        send_due(&app.services).await;
        assert_eq!(server.mails().last().expect("a mail").to, "ann@xn--bcher-kva.example");
    }

    async fn a_mail_server_that_takes_any_letters_gets_them(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        assert_eq!(app.services.mail_worker.mailer.ask_what_it_takes().await, Ok(Some(true)));
        for email in ["jürgen@example.com", "संपर्क@example.com", "ติดต่อ@example.com"] {
            let fields = [("name", "a"), ("email", email), ("password", PASSWORD)];
            assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 200, "{email}");
            send_due(&app.services).await;
            assert_eq!(server.mails().last().expect("a mail").to, email);
        }
    }

    async fn the_worker_asks_the_mail_server_what_it_takes(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        server.offer_plain_addresses_only();
        let worker = app.services.mail_worker.start();
        let jurgen = Email::parse("jürgen@example.com").expect("an address");
        let learnt = async {
            while app.services.mail_worker.mailer.check(&jurgen).is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), learnt).await.expect("it asks");
        worker.stop().await;
    }

    async fn three_instances_send_each_mail_once(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        for number in 0..12 {
            let user = user(&app, &format!("user{number}"), false).await;
            queue(&app, &user.email, "", &Mail::SignUp).await;
        }
        let others = [app.another_instance().await, app.another_instance().await];
        futures::join!(send_due(&app.services), send_due(&others[0]), send_due(&others[1]));
        let mut to: Vec<String> = server.mails().into_iter().map(|mail| mail.to).collect();
        to.sort();
        to.dedup();
        assert_eq!((to.len(), server.mails().len()), (12, 12));
        assert_eq!(waiting(&app).await, 0);
    }

    async fn a_mail_that_a_dead_process_had_claimed_is_sent_later(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", false).await;
        queue(&app, &alice.email, "", &Mail::SignUp).await;
        let died = app.another_instance().await;
        assert_eq!(died.mail_worker.claim(4).await.expect("the outbox").len(), 1);
        app.clock.advance_ms(CLAIM_MS - 1);
        send_due(&app.services).await;
        assert_eq!(server.mails().len(), 0, "it may still be sending");
        app.clock.advance_ms(1);
        send_due(&app.services).await;
        assert_eq!(server.mails().len(), 1);
        app.clock.advance_ms(DAY);
        send_due(&app.services).await;
        assert_eq!(server.mails().len(), 1);
    }

    async fn a_mail_and_what_it_tells_of_happen_together_or_not_at_all(app: TestApp) {
        let alice = user(&app, "alice", true).await;
        let state = &app.services.state;
        let mut tx = state.db.begin_write().await.expect("a transaction");
        tell(&mut *tx, state, &alice, Notification::PasswordChanged, &Caller::default()).await.expect("a row");
        tx.rollback().await.expect("rolled back");
        assert_eq!(waiting(&app).await, 0);
    }

    async fn a_refusal_for_now_is_tried_again_after_growing_pauses_for_a_day(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        server.set(Manner::Answers("451 later, <alice@example.com>"));
        queue(&app, &alice.email, &alice.id, &news(Notification::PasswordChanged)).await;
        let mut pauses = Vec::new();
        let start = app.clock.now_ms();
        loop {
            send_due(&app.services).await;
            let mail = listed(&app).await.remove(0);
            assert!(mail.last_error.contains("451") && !mail.last_error.contains("alice"), "{}", mail.last_error);
            if mail.given_up_at.is_some() {
                break;
            }
            let pause = mail.due_at - app.clock.now_ms();
            app.clock.advance_ms(pause - 1);
            assert_eq!(app.services.mail_worker.claim(4).await.expect("the outbox").len(), 0);
            app.clock.advance_ms(1);
            pauses.push(pause / SECOND);
        }
        assert_eq!(pauses[..6], [10, 60, 300, 1_800, 7_200, 7_200]);
        let hours = (app.clock.now_ms() - start) / HOUR;
        assert!((20..24).contains(&hours), "{hours}");
        assert_eq!(server.mails().len(), 0);
    }

    async fn a_refusal_for_good_ends_it_and_an_operator_can_begin_again(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        server.set(Manner::Answers("550 5.1.1 <alice@example.com>: no mailbox of Alice here"));
        assert_eq!(outcome(&app, &server, &alice.email, &alice.id, &news(Notification::PasswordChanged)).await.len(), 0);
        let mail = listed(&app).await.remove(0);
        assert!(mail.given_up_at.is_some() && mail.attempts == 1);
        assert!(mail.last_error.contains("550") && !mail.last_error.to_lowercase().contains("alice"), "{}", mail.last_error);
        server.set(Manner::Takes);
        app.clock.advance_ms(DAY);
        send_due(&app.services).await;
        assert_eq!(server.mails().len(), 0);
        let db = &app.services.state.db.pool;
        assert_eq!(store::retry_given_up(db, app.clock.now_ms()).await.expect("a change"), 1);
        send_due(&app.services).await;
        assert_eq!(server.mails().len(), 1);
    }

    async fn a_refusal_of_us_is_no_refusal_of_the_mail(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        server.set(Manner::Answers("530 authentication required"));
        assert_eq!(outcome(&app, &server, &alice.email, &alice.id, &news(Notification::PasswordChanged)).await.len(), 0);
        server.set(Manner::Takes);
        app.clock.advance_ms(10 * SECOND);
        send_due(&app.services).await;
        assert_eq!(server.mails().len(), 1);
    }

    async fn the_worker_sends_at_once_and_a_server_that_hangs_gets_a_few_mails_only(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let worker = app.services.mail_worker.start();
        let alice = user(&app, "alice", true).await;
        queue(&app, &alice.email, &alice.id, &news(Notification::NewDevice)).await;
        server.wait_for(1).await;
        server.set(Manner::Hangs);
        for _ in 0..8 {
            queue(&app, &alice.email, &alice.id, &news(Notification::NewDevice)).await;
        }
        server.wait_for_tries(1 + 4).await;
        assert_eq!(app.count("select count(*) from outbox where attempts > 0").await, 1 + 4);
        // It waits for those that hang, though not for long, and they are not lost.
        worker.stop().await;
        assert_eq!(waiting(&app).await, 8);
        server.set(Manner::Takes);
        app.clock.advance_ms(CLAIM_MS);
        send_due(&app.services).await;
        assert_eq!(server.mails().len(), 1 + 8);
    }

    async fn who_signs_up_gets_a_link_or_word_that_there_is_an_account(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let (alice, bob) = (user(&app, "alice", false).await, user(&app, "bob", true).await);
        let mails = outcome(&app, &server, &alice.email, "", &Mail::SignUp).await;
        let (page, token) = link(&mails[0].1.text).expect("a link");
        assert_eq!((&*mails[0].0, &*page), (&*alice.email, "/verify"));
        let expected = Link { user_id: alice.id.clone(), email: alice.email.clone() };
        assert_eq!(find(&app, Purpose::Verify, &token).await, Some(expected));
        let mails = outcome(&app, &server, &bob.email, "", &Mail::SignUp).await;
        assert_eq!(mails[0].1.subject, "You already have an account");
        assert!(mails[0].1.text.contains("http://localhost:3000/forgot") && link(&mails[0].1.text).is_none());
        assert_eq!(outcome(&app, &server, "nobody@example.com", "", &Mail::SignUp).await.len(), 0);
        assert_eq!(outcome(&app, &server, &alice.email, "", &Mail::Verify).await.len(), 1);
        for email in [&*bob.email, "nobody@example.com"] {
            assert_eq!(outcome(&app, &server, email, "", &Mail::Verify).await.len(), 0, "{email}");
        }
        assert_eq!(waiting(&app).await, 0);
    }

    async fn a_reset_goes_to_who_has_an_account_and_leaves_the_link_before_alone(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let (alice, bob) = (user(&app, "alice", true).await, user(&app, "bob", true).await);
        let disabled = "update users set disabled_at = 1 where email = 'bob@example.com'";
        sqlx::query(disabled).execute(&app.services.state.db.pool).await.expect("a change");
        for email in [&*bob.email, "nobody@example.com"] {
            assert_eq!(outcome(&app, &server, email, "", &Mail::Reset).await.len(), 0, "{email}");
        }
        let first = outcome(&app, &server, &alice.email, "", &Mail::Reset).await.remove(0).1;
        let second = outcome(&app, &server, &alice.email, "", &Mail::Reset).await.remove(0).1;
        let (page, new) = link(&second.text).expect("a link");
        assert_eq!(page, "/reset");
        let before = link(&first.text).expect("a link").1;
        assert!(find(&app, Purpose::Reset, &before).await.is_some(), "a stranger's asking kills nothing");
        assert!(find(&app, Purpose::Reset, &new).await.is_some());
    }

    async fn a_new_address_gets_a_link_and_a_taken_one_word_of_it(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let (alice, bob) = (user(&app, "alice", true).await, user(&app, "bob", true).await);
        let mails = outcome(&app, &server, "new@example.com", &alice.id, &Mail::NewEmail).await;
        let (page, token) = link(&mails[0].1.text).expect("a link");
        assert_eq!((&*mails[0].0, &*page), ("new@example.com", "/verify-email"));
        let expected = Link { user_id: alice.id.clone(), email: "new@example.com".into() };
        assert_eq!(find(&app, Purpose::NewEmail, &token).await, Some(expected));
        let mails = outcome(&app, &server, &bob.email, &alice.id, &Mail::NewEmail).await;
        assert_eq!(mails[0].0, bob.email);
        assert!(mails[0].1.subject.contains("tried to use") && link(&mails[0].1.text).is_none());
        assert!(!mails[0].1.text.contains("alice"), "nobody learns who it was");
        assert_eq!(outcome(&app, &server, &alice.email, &alice.id, &Mail::NewEmail).await.len(), 0);
    }

    async fn news_say_what_from_where_and_when_and_who_it_was_not_can_act(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        for kind in Notification::VARIANTS.iter().copied() {
            // Word of a changed address goes to the one before.
            let address = if kind == Notification::EmailChanged { "before@example.com" } else { &*alice.email };
            let mails = outcome(&app, &server, address, &alice.id, &news(kind)).await;
            let (to, mail) = &mails[0];
            for words in ["Firefox on Windows 10", "192.0.2.7", "1 January 2026 at 12:00 UTC", &*mail.subject] {
                assert!(mail.text.contains(words) && mail.html.contains(words), "{kind:?}: {words}");
            }
            assert_eq!(to, address);
            let Some((page, token)) = link(&mail.text) else {
                assert!(NOT_DENIED.contains(&kind), "{kind:?}");
                assert!(!mail.text.contains("Secure my account") && !mail.html.contains("class=\"button\""), "{kind:?}");
                continue;
            };
            assert!(!NOT_DENIED.contains(&kind), "{kind:?}");
            assert_eq!(page, "/not-me");
            let expected = Link { user_id: alice.id.clone(), email: address.into() };
            assert_eq!(find(&app, Purpose::NotMe, &token).await, Some(expected));
        }
        let late = outcome(&app, &server, "before@example.com", &alice.id, &news(Notification::PasswordChanged)).await;
        assert!(link(&late[0].1.text).is_none(), "who reads an address of then gets no power over the account");
    }

    async fn a_mail_about_an_act_of_an_administrator_offers_no_button_and_names_whom_to_ask(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        let state = &app.services.state;
        tell_of_role(&state.db.pool, state, &alice, Role::Admin).await.expect("a row");
        send_due(&app.services).await;
        let role = server.mails().last().expect("a mail").read();
        assert_eq!(role.subject, "Your role was changed");
        assert!(role.text.contains("An administrator changed your role from user to administrator."), "{}", role.text);
        let before = r#"{"kind":"news","news":"role_changed","device":"","ip":"","at":0}"#;
        let old: Mail = serde_json::from_str(before).expect("a mail that was queued by an older version");
        let old = outcome(&app, &server, &alice.email, &alice.id, &old).await.remove(0).1;
        assert!(old.text.contains("An administrator changed your role. "), "{}", old.text);
        set_disabled(&app, &alice.id, true).await;
        let disabled = outcome(&app, &server, &alice.email, &alice.id, &news(Notification::AccountDisabled)).await.remove(0).1;
        set_disabled(&app, &alice.id, false).await;
        let enabled = outcome(&app, &server, &alice.email, &alice.id, &news(Notification::AccountEnabled)).await.remove(0).1;
        for mail in [&role, &old, &disabled, &enabled] {
            let Read { subject, text, html, .. } = mail;
            assert!(text.starts_with("Hi alice,"), "{subject}: {text}");
            assert!(text.contains("If you weren't expecting this, contact your administrator."), "{subject}: {text}");
            assert!(link(text).is_none() && !html.contains("class=\"button\""), "{subject}: {text}");
            assert!(!text.contains("logs you out") && !text.contains("If this wasn't you"), "{subject}: {text}");
        }
        // Whoever talked an administrator into this may have the password.
        let removed = outcome(&app, &server, &alice.email, &alice.id, &news(Notification::SecondFactorRemoved)).await.remove(0).1;
        assert_eq!(link(&removed.text).expect("a link").0, "/not-me");
        assert!(removed.text.contains("If you weren't expecting this, secure your account"), "{}", removed.text);
    }

    async fn the_mail_of_a_reset_says_why_it_comes_and_promises_nothing_that_is_not_so(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        let locked = "Your account is locked until you choose a new password.";
        let forgot = outcome(&app, &server, &alice.email, "", &Mail::Reset).await.remove(0).1;
        assert_eq!(forgot.subject, "Reset your password");
        assert!(forgot.text.contains("your password won't change") && !forgot.text.contains(locked), "{}", forgot.text);
        // By a session alone the password is not taken away.
        let denied = outcome(&app, &server, &alice.email, &alice.id, &Mail::ResetAfterNotMe).await.remove(0).1;
        assert!(denied.text.contains("reported suspicious activity") && !denied.text.contains(locked), "{}", denied.text);
        let db = &app.services.state.db.pool;
        users::store::set_password(db, &alice.id, &blocked(&alice.password_hash)).await.expect("a change");
        let denied = outcome(&app, &server, &alice.email, &alice.id, &Mail::ResetAfterNotMe).await.remove(0).1;
        let started = outcome(&app, &server, &alice.email, &alice.id, &Mail::ResetStarted).await.remove(0).1;
        assert!(started.text.contains("An administrator has asked you to choose a new password"), "{}", started.text);
        for mail in [&denied, &started] {
            assert_eq!(mail.subject, "Choose a new password");
            assert!(mail.text.contains(locked) && mail.text.contains("within 30 minutes"), "{}", mail.text);
            assert!(!mail.text.contains("won't change") && !mail.text.contains("ignore this email"), "{}", mail.text);
            assert_eq!(link(&mail.text).expect("a link").0, "/reset");
        }
    }

    async fn a_reset_that_an_administrator_started_names_the_contact(app: TestApp) {
        let server = MailServer::start().await;
        let app = TestApp::with(app.kind(), &["--smtp-url", &server.url, "--support-contact", "help@example.com"]).await;
        let alice = user(&app, "alice", true).await;
        let mail = outcome(&app, &server, &alice.email, &alice.id, &Mail::ResetStarted).await.remove(0).1;
        assert!(mail.text.contains("If you weren't expecting this, contact help@example.com."), "{}", mail.text);
    }

    async fn word_of_a_changed_address_shows_a_little_of_the_new_one(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        let news = news(Notification::EmailChanged);
        let mail = outcome(&app, &server, "before@example.com", &alice.id, &news).await.remove(0).1;
        assert!(mail.text.contains("was changed to a…@example.com."), "{}", mail.text);
        assert!(!mail.text.contains("alice@example.com"), "{}", mail.text);
    }

    async fn nobody_can_fill_a_mailbox_of_somebody_else(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        for _ in 0..8 {
            outcome(&app, &server, &alice.email, "", &Mail::SignUp).await;
            // Nothing goes out for these, so they use nothing up.
            assert_eq!(outcome(&app, &server, "late@example.com", "", &Mail::Reset).await.len(), 0);
            app.clock.advance_ms(SECOND);
        }
        assert_eq!(server.mails().len(), 5, "the sixth was too many");
        for _ in 0..8 {
            outcome(&app, &server, &alice.email, "", &Mail::Reset).await;
        }
        assert_eq!(server.mails().len(), 10, "another kind has its own five");
        let own = outcome(&app, &server, &alice.email, &alice.id, &Mail::ResetAfterNotMe).await;
        assert_eq!(own.len(), 1, "the reset of who said that something was not them comes all the same");
        assert_eq!(waiting(&app).await, 0);
        assert_eq!(outcome(&app, &server, &alice.email, &alice.id, &news(Notification::NewDevice)).await.len(), 1, "news come");
        let late = user(&app, "late", true).await;
        assert_eq!(outcome(&app, &server, &late.email, "", &Mail::Reset).await.len(), 1, "others get theirs");
        app.clock.advance_ms(HOUR);
        assert_eq!(outcome(&app, &server, &alice.email, "", &Mail::Reset).await.len(), 1);
    }

    async fn a_mail_holds_nothing_that_a_person_could_smuggle_in(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let name = "Eve <script>alert(1)</script> & \"Co\" http://evil.example";
        let (eve, taken) = (named(&app, "eve", name, true).await, user(&app, "taken", true).await);
        let unconfirmed = named(&app, "waits", "<script>free</script>", false).await;
        let bad = "<script>\r\nBcc: victim@example.com\r\n\r\nhello".to_owned();
        let evil = |news| Mail::News { news, roles: None, device: bad.clone(), ip: bad.clone(), at: 0 };
        let mut kinds = vec![
            (&*unconfirmed.email, "", Mail::SignUp),
            (&*unconfirmed.email, "", Mail::Verify),
            (&*unconfirmed.email, "", Mail::Reset),
            (&*eve.email, "", Mail::SignUp),
            (&*eve.email, "", Mail::Reset),
            ("free@example.com", &*eve.id, Mail::NewEmail),
            (&*taken.email, &*eve.id, Mail::NewEmail),
        ];
        kinds.extend(Notification::VARIANTS.iter().map(|news| (&*eve.email, &*eve.id, evil(*news))));
        for (email, user_id, mail) in kinds {
            let before = server.mails().len();
            queue(&app, email, user_id, &mail).await;
            send_due(&app.services).await;
            let arrived = server.mails().split_off(before).remove(0);
            let raw = String::from_utf8(arrived.raw.clone()).expect("text");
            let (head, _) = raw.split_once("\r\n\r\n").expect("a head");
            // What stands between the parts is random, and may well have "Bcc" in it.
            let smuggled = |line: &str| !line.contains("boundary=") && ["script", "Bcc", "evil"].iter().any(|bad| line.contains(bad));
            assert!(!head.lines().any(smuggled), "{mail:?}: {head}");
            for line in ["Auto-Submitted: auto-generated", "Date: Thu, 01 Jan 2026 12:00:00 +0000", "Message-ID: <"] {
                assert!(head.contains(line), "{mail:?}: {line} in {head}");
            }
            assert!(raw.contains("multipart/alternative"));
            let Read { from, subject, text, html } = arrived.read();
            assert_eq!(from, "Schlüsseldienst <keys@example.com>");
            assert!(html.contains(&format!("<h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\">{subject}</h1>")));
            assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("src="), "{mail:?}: {html}");
            // A token is made of random letters.
            let shown = text.split_whitespace().filter(|word| !word.contains("token="));
            let words = format!("{subject} {}", shown.collect::<Vec<_>>().join(" ")).to_lowercase();
            assert_eq!(forbidden(&words), None, "{words}");
            let greeted = text.contains("Eve <script");
            let about_eve = user_id == eve.id && !matches!(mail, Mail::NewEmail | Mail::News { news: Notification::AccountDeleted, .. });
            assert_eq!(greeted, about_eve || (email == eve.email && mail == Mail::Reset), "{mail:?}: {text}");
            assert!(!text.contains("free</script>"), "no name for an address that is not confirmed: {text}");
            if let Some((page, token)) = link(&text) {
                let address = format!("http://localhost:3000{page}?token={token}");
                assert!(html.contains(&format!("href=\"{address}\"")), "{mail:?}: {html}");
                assert!(text.contains("once, within"), "{text}");
            }
            let hrefs: Vec<&str> = html.split("href=\"").skip(1).collect();
            assert!(hrefs.iter().all(|href| href.starts_with("http://localhost:3000/")), "{hrefs:?}");
            assert!(text.contains("If ") && text.contains(&format!("Sent by Latchkey at http://localhost:3000 to {email}")));
        }
    }

    async fn in_development_mails_are_files_that_their_owner_alone_can_read(app: TestApp) {
        let alice = user(&app, "alice", false).await;
        queue(&app, &alice.email, "", &Mail::SignUp).await;
        send_due(&app.services).await;
        let folder = app.services.state.config.data_dir.join("mail");
        let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        let files: Vec<_> =
            std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        assert_eq!((files.len(), mode(&folder), mode(&files[0])), (1, 0o700, 0o600));
        let name = files[0].file_name().expect("a name").to_string_lossy().into_owned();
        assert!(name.starts_with("2026-01-01T120000.000Z-") && name.ends_with(".eml"), "{name}");
        let mail = read(&std::fs::read(&files[0]).expect("a file"));
        assert!(link(&mail.text).is_some());
        assert_eq!(mail.from, "Latchkey <no-reply@localhost>");
    }

    async fn in_production_without_a_mail_server_nothing_is_queued_and_what_was_is_given_up(app: TestApp) {
        let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let flags = ["--base-url", "https://accounts.example.com", "--secret-key", secret];
        let app = TestApp::with(app.kind(), &flags).await;
        let alice = user(&app, "alice", true).await;
        let state = &app.services.state;
        tell(&state.db.pool, state, &alice, Notification::NewDevice, &Caller::default()).await.expect("no error");
        assert_eq!(waiting(&app).await, 0);
        queue(&app, &alice.email, "", &Mail::Reset).await;
        send_due(&app.services).await;
        let mail = listed(&app).await.remove(0);
        assert!(mail.given_up_at.is_some() && mail.last_error.contains("LATCHKEY_SMTP_URL"), "{}", mail.last_error);
        assert_eq!(app.count("select count(*) from links").await, 0);
    }

    async fn old_mails_and_dead_links_are_cleared_away(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        outcome(&app, &server, &alice.email, "", &Mail::Reset).await;
        server.set(Manner::Answers("550 no"));
        outcome(&app, &server, &alice.email, &alice.id, &news(Notification::PasswordChanged)).await;
        let state = &app.services.state;
        let start = app.clock.now_ms();
        for (hours, mails, links) in [(7 * 24 - 1, 2, 2), (8 * 24, 1, 2), (29 * 24, 1, 2), (31 * 24, 0, 1), (38 * 24, 0, 0)] {
            app.clock.advance_ms(start + hours * HOUR - app.clock.now_ms());
            remove_old_rows(state).await;
            assert_eq!(app.count("select count(*) from outbox").await, mails, "after {hours} hours");
            assert_eq!(app.count("select count(*) from links").await, links, "after {hours} hours");
        }
    }

    async fn mails_are_counted_without_saying_whose(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        outcome(&app, &server, &alice.email, "", &Mail::Reset).await;
        server.set(Manner::Answers("451 later"));
        outcome(&app, &server, &alice.email, "", &Mail::Reset).await;
        let text = app.services.measured().expect("text");
        for row in ["latchkey_mails_sent_total 1\n", "latchkey_mails_failed_total 1\n", "latchkey_outbox_waiting 1\n"] {
            assert!(text.contains(row), "{row} in {text}");
        }
        assert!(!text.contains("alice"));
    }

    async fn of_twenty_uses_of_a_link_at_once_one_succeeds(app: TestApp) {
        let alice = user(&app, "alice", true).await;
        let token = made(&app, &alice, Purpose::Reset).await;
        let tries = (0..20).map(|_| {
            let (state, token) = (app.services.state.clone(), token.clone());
            tokio::spawn(async move {
                let mut tx = state.db.begin_write().await.expect("a transaction");
                let used = links::use_up(&mut tx, Purpose::Reset, &token, state.clock.now_ms()).await;
                tx.commit().await.expect("committed");
                used.is_ok()
            })
        });
        let used = futures::future::join_all(tries).await.into_iter().filter(|used| *used.as_ref().expect("no panic"));
        assert_eq!(used.count(), 1);
        assert_eq!(find(&app, Purpose::Reset, &token).await, None);
    }

    async fn a_link_dies_of_age_and_opens_one_thing_only(app: TestApp) {
        let alice = user(&app, "alice", true).await;
        for purpose in [Purpose::Verify, Purpose::Reset, Purpose::NewEmail, Purpose::NotMe] {
            let token = made(&app, &alice, purpose).await;
            app.clock.advance_ms(purpose.lifetime_ms() - 1);
            assert!(find(&app, purpose, &token).await.is_some(), "{purpose:?}");
            for other in [Purpose::Verify, Purpose::Reset, Purpose::NewEmail, Purpose::NotMe] {
                assert_eq!(find(&app, other, &token).await.is_some(), other == purpose, "{purpose:?} for {other:?}");
            }
            app.clock.advance_ms(1);
            assert_eq!(find(&app, purpose, &token).await, None, "{purpose:?}");
            let state = &app.services.state;
            let mut tx = state.db.begin_write().await.expect("a transaction");
            assert!(links::use_up(&mut tx, purpose, &token, state.clock.now_ms()).await.is_err());
        }
        assert!(Purpose::Reset.lifetime_ms() <= HOUR, "it opens the account");
    }

    async fn the_database_holds_no_token_of_a_link(app: TestApp) {
        let (app, server) = with_mail_server(&app).await;
        let alice = user(&app, "alice", true).await;
        let mails = outcome(&app, &server, &alice.email, "", &Mail::Reset).await;
        let (_, token) = link(&mails[0].1.text).expect("a link");
        assert_eq!(token.len(), 43, "256 bits");
        let db = &app.services.state.db.pool;
        let links: Vec<(String, String)> = sqlx::query_as("select token_hash, email from links").fetch_all(db).await.expect("links");
        assert_eq!(links.len(), 1);
        assert!(links[0].0 != token && links[0].0.len() == 43);
        let outbox: Vec<(String, String)> = sqlx::query_as("select mail, last_error from outbox").fetch_all(db).await.expect("mails");
        assert!(!format!("{outbox:?}{links:?}").contains(&token));
        // What stands there opens nothing.
        assert_eq!(find(&app, Purpose::Reset, &links[0].0).await, None);
    }
}

async fn made(app: &TestApp, user: &User, purpose: Purpose) -> String {
    let state = &app.services.state;
    let link = Link { user_id: user.id.clone(), email: user.email.clone() };
    let mut tx = state.db.begin_write().await.expect("a transaction");
    let token = links::make(&mut tx, purpose, &link, state.clock.now_ms()).await.expect("a link");
    tx.commit().await.expect("committed");
    token
}
