//! What happened to one's account, and "this was not me".

use axum::http::Method;

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller},
    on_both_databases,
};
use crate::{
    auth::{
        cause::Cause,
        event,
        event::{Actor, Event, Kind},
        links::Purpose,
        outbox,
        outbox::{Mail, Notification},
        revocations::EndReason,
        sessions::store::Target,
    },
    cli::{show_user, who::Who},
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const DAY: i64 = 24 * 3_600_000;

/// Alice, who reads the mail of her address, in Firefox in her own network.
async fn alice(app: &TestApp) -> Caller {
    app.logged_in("alice").await;
    app.verify("alice").await;
    let mut alice = app.anonymous().at_ip("192.0.2.7");
    alice.user_agent = Some(FIREFOX.into());
    assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
    assert_eq!(alice.renew().await.status, 200);
    alice
}

/// Writes down that something happened to Alice, and returns the id of the event.
async fn happened(app: &TestApp, kind: Kind) -> String {
    let user = app.user("alice").await;
    let event = Event::new(kind, Actor::User(user.id.clone()), &user.id);
    event::store::insert(&app.services.state.db.pool, &event, app.clock.now_ms()).await.expect("an event")
}

/// A thief changes the address of Alice's account and confirms the new one; the link is that of the mail to the old one.
async fn stolen(app: &TestApp) -> String {
    let user = app.user("alice").await;
    let link = app.link_to(Purpose::NotMe, &user.id, &user.email).await;
    app.set_email(&user, "thief@example.com").await;
    link
}

async fn deny(caller: &mut Caller, event: &str) -> Answer {
    caller.act("not_me", &[("event", event)]).await
}

/// Whom a link to a new password is on its way to.
async fn resets(app: &TestApp) -> Vec<String> {
    let is_reset = |mail: &str| matches!(serde_json::from_str(mail), Ok(Mail::ResetAfterNotMe));
    app.outbox().await.into_iter().filter(|(_, _, mail)| is_reset(mail)).map(|(email, ..)| email).collect()
}

on_both_databases! {
    async fn what_happened_stands_there_in_words_with_device_address_and_day(app: TestApp) {
        let mut alice = alice(&app).await;
        let user_id = alice.user_id().await;
        let mut thief = app.anonymous().at_ip("203.0.113.9");
        assert_eq!(thief.log_in("alice", "a guess of mine").await.status, 401);
        app.force_logout_of_oldest(&user_id).await;
        app.clock.advance_ms(DAY);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        let page = alice.open("/account/activity").await.text();
        for words in [
            "Thursday, 1 January 2026", "Friday, 2 January 2026", "You signed up.", "You logged in.", "This device",
            "Firefox on Linux, 192.0.2.7", "Failed login: wrong password", "203.0.113.9",
            "The server operator logged you out.", "title=\"2026-01-01 12:00:00 UTC\"",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("lost laptop"), "what the administrator wrote is for the log");
        assert!(!page.contains(FIREFOX));
        let order: Vec<_> = ["logged you out", "wrong password", "You signed up"].map(|words| page.find(words)).into();
        assert!(order.is_sorted() && order.iter().all(Option::is_some), "the newest first: {order:?}");
    }

    async fn who_is_thrown_out_is_not_told_where_the_administrator_sits(app: TestApp) {
        let mut alice = alice(&app).await;
        let id = alice.user_id().await;
        let mut ada = app.admin().await.at_ip("198.51.100.8");
        ada.user_agent = Some("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0".into());
        app.force_logout(&mut ada, &id).await;
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        let export = alice.open("/account/data/export").await;
        let forced = export.json()["activity"].as_array().expect("a list").iter().find(|event| event["event"] == "force_logout").cloned();
        let forced = forced.expect("the event");
        assert_eq!((&forced["ip"], &forced["device"]), (&"".into(), &"".into()));
        let details = show_user::find(&app.services.state, &Who::parse(&id).expect("an id")).await.ok().expect("details");
        let shown = [
            alice.open("/account/activity").await.text(), alice.open("/dashboard").await.text(), export.text(),
            show_user::text(&details), show_user::shown(&details).to_string(),
        ];
        for text in shown {
            assert!(text.contains("An administrator logged you out."), "{text}");
            assert!(!text.contains("198.51.100.8") && !text.contains("Windows"), "{text}");
            assert!(text.contains("192.0.2.7"), "what one did oneself has its place: {text}");
        }
        let log = ada.open("/admin/audit?event=force_logout").await.text();
        assert!(log.contains("198.51.100.8") && log.contains("Firefox on Windows"), "{log}");
    }

    async fn nobody_reads_what_happened_to_somebody_else(app: TestApp) {
        let mut alice = alice(&app).await;
        let mut bob = app.logged_in("bob").await;
        bob.act("log_in", &[("email", "bob@example.com"), ("password", PASSWORD)]).await;
        let page = bob.open("/account/activity").await.text();
        assert!(!page.contains("192.0.2.7") && page.contains("127.0.0.1"), "{page}");
        let event = happened(&app, Kind::PasswordChanged).await;
        assert_eq!(bob.open(&format!("/not-me?event={event}")).await.status, 404);
        assert_eq!(deny(&mut bob, &event).await.status, 404);
        assert_eq!((alice.open("/dashboard").await.status, bob.open("/dashboard").await.status), (200, 200));
    }

    async fn every_kind_of_event_has_a_sentence_and_only_acts_of_the_person_can_be_denied(app: TestApp) {
        let mut alice = alice(&app).await;
        for kind in [Kind::PasswordChanged, Kind::EmailChanged, Kind::SecondFactorOff, Kind::NewDevice, Kind::Guessing] {
            app.clock.advance_ms(1_000);
            let event = happened(&app, kind).await;
            let page = alice.open("/account/activity").await.text();
            let deniable = page.contains(&format!("href=\"/not-me?event={event}\""));
            assert_eq!(deniable, kind != Kind::Guessing, "{kind:?}");
            assert!(!page.contains("cannot name"), "{kind:?}");
        }
    }

    async fn older_pages_show_every_event_once_and_an_odd_address_does_no_harm(app: TestApp) {
        let mut alice = alice(&app).await;
        for n in 0..100 {
            app.clock.advance_ms(1_000);
            happened(&app, if n % 2 == 0 { Kind::NameChanged } else { Kind::DataExported }).await;
        }
        let (mut path, mut seen, mut pages) = ("/account/activity".to_owned(), 0, 0);
        loop {
            let page = alice.open(&path).await.text();
            seen += page.matches("You changed your name.").count() + page.matches("You downloaded your data.</").count();
            seen += page.matches("You downloaded your data. ").count();
            pages += 1;
            let Some((_, rest)) = page.split_once("href=\"/account/activity?before=") else { break };
            path = format!("/account/activity?before={}", rest.split('"').next().expect("an address"));
        }
        assert_eq!(pages, 3);
        assert!(seen >= 100, "{seen}");
        for odd in ["%00", "x", "' or 1=1 --", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
            let path = format!("/account/activity?before={}", odd.replace(' ', "%20"));
            assert_eq!(alice.open(&path).await.status, 200, "{odd}");
        }
        assert_eq!(alice.open("/not-me?event=%00").await.status, 410);
        let last = alice.open("/account/activity?before=00000000-0000-0000-0000-000000000000").await.text();
        assert!(last.contains("There is no earlier activity."), "{last}");
    }

    async fn a_new_device_is_one_entry_and_says_what_it_is(app: TestApp) {
        let mut alice = alice(&app).await;
        let mut phone = app.anonymous();
        assert_eq!(phone.log_in("alice", PASSWORD).await.status, 200);
        for page in ["/account/activity", "/dashboard"] {
            let page = alice.open(page).await.text();
            assert_eq!(page.matches(">New device: ").count(), 2, "{page}");
            assert!(page.contains("New device: Firefox on Linux"), "{page}");
            assert_eq!(page.matches(">You logged in.").count(), 1, "the first of all: {page}");
        }
        // The own one is what the reader has just done.
        assert_eq!(alice.open("/account/activity").await.text().matches("/not-me?event=").count(), 2);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        let page = alice.open("/account/activity").await.text();
        assert_eq!(page.matches(">You logged in.").count(), 2, "a device that is known: {page}");
    }

    async fn logging_out_devices_says_how_many(app: TestApp) {
        let mut alice = alice(&app).await;
        app.logged_in_again("alice").await;
        alice.act("end_other_sessions", &[]).await;
        for _ in 0..3 {
            app.logged_in_again("alice").await;
        }
        alice.act("end_other_sessions", &[]).await;
        for page in ["/account/activity", "/dashboard"] {
            let page = alice.open(page).await.text();
            let order = ["You logged out 3 other devices.", "You logged out 2 other devices."].map(|words| page.find(words));
            assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{order:?}: {page}");
        }
    }

    async fn a_device_beyond_the_limit_is_said_to_be_so(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--sessions-per-user", "2"]).await;
        let mut alice = app.logged_in("alice").await;
        app.logged_in_again("alice").await;
        app.clock.advance_ms(1_000);
        assert_eq!(alice.open("/dashboard").await.status, 200);
        app.clock.advance_ms(1_000);
        let mut third = app.logged_in_again("alice").await;
        let page = third.open("/account/activity").await.text();
        assert!(page.contains("A device was logged out because you reached the limit of 2 devices."), "{page}");
    }

    async fn the_dashboard_shows_three_other_devices_and_the_way_to_the_rest(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        for devices in 1..=5 {
            app.clock.advance_ms(1_000);
            app.logged_in_again("alice").await;
            let page = alice.open("/dashboard").await.text();
            let (_, others) = page.split_once("id=\"elsewhere\"").expect("the other devices");
            let (others, _) = others.split_once("</section>").expect("an end");
            assert_eq!(others.matches("class=\"session\"").count(), devices.min(3), "{others}");
            let link = if devices > 3 { format!("Show {} more", devices - 3) } else { "Manage devices".to_owned() };
            assert!(others.contains("href=\"/account/devices\"") && others.contains(&link), "{others}");
        }
        assert_eq!(alice.open("/account/devices").await.text().matches("class=\"session\"").count(), 6);
    }

    async fn guessing_becomes_one_line(app: TestApp) {
        let mut alice = alice(&app).await;
        for _ in 0..3 {
            app.anonymous().log_in("alice", "a guess of mine").await;
        }
        let page = alice.open("/account/activity").await.text();
        assert!(page.contains("Failed login: wrong password (3 times)"), "{page}");
    }

    async fn reading_the_page_ends_nothing_and_the_button_ends_everything(app: TestApp) {
        let mut alice = alice(&app).await;
        let mut thief = app.with_token_again("alice").await;
        let event = happened(&app, Kind::PasswordChanged).await;
        let page = alice.open(&format!("/not-me?event={event}")).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("a…@example.com") && !page.text().contains("restore your previous email address"));
        assert_eq!(thief.open("/dashboard").await.status, 200);

        let reset = app.link(Purpose::Reset, "alice").await;
        let new_email = app.link_to(Purpose::NewEmail, &alice.user_id().await, "thief@example.com").await;
        let answer = deny(&mut alice, &event).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(3)));
        let done = alice.open("/not-me/done").await.text();
        assert!(done.contains("3 sessions ended") && done.contains("a…@example.com"), "{done}");
        assert!(!done.contains("alice@example.com"), "who looks over the shoulder reads no address");
        assert!(alice.open("/not-me/done").await.text().contains("If you've just secured your account"));
        assert_eq!(thief.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        for caller in [&mut alice, &mut thief] {
            assert_eq!(caller.open("/dashboard").await.status, 303);
            assert!(caller.open("/login").await.text().contains("You reported suspicious activity"));
        }
        assert_eq!(resets(&app).await, ["alice@example.com"]);
        assert_eq!(app.count("select count(*) from known_devices").await, 0);
        assert_eq!(app.count("select count(*) from audit_events where event = 'not_me'").await, 1);
        for (purpose, token) in [(Purpose::Reset, reset), (Purpose::NewEmail, new_email)] {
            let found = crate::auth::links::find(&app.services.state.db.pool, purpose, &token, app.clock.now_ms()).await;
            assert!(found.is_err(), "{purpose:?} works no more");
        }
    }

    async fn the_button_asks_for_no_password_where_whoever_presses_it_is_out_too(app: TestApp) {
        let mut alice = alice(&app).await;
        app.clock.advance_ms(11 * 60_000);
        let event = happened(&app, Kind::PasswordChanged).await;
        assert_eq!(deny(&mut alice, &event).await.status, 200);
        assert_eq!(alice.open("/dashboard").await.status, 303);
    }

    async fn without_a_confirmed_address_this_session_stays_and_a_proof_is_needed(app: TestApp) {
        let mut bob = app.with_token("bob").await;
        let mut thief = app.with_token_again("bob").await;
        let id = bob.user_id().await;
        let event = Event::new(Kind::NameChanged, Actor::User(id.clone()), &id);
        let pool = &app.services.state.db.pool;
        let event = event::store::insert(pool, &event, app.clock.now_ms()).await.expect("an event");
        app.clock.advance_ms(11 * 60_000);
        assert_eq!(deny(&mut bob, &event).await.text(), "\"ProofNeeded\"");
        assert_eq!(thief.open("/dashboard").await.status, 200);
        let answer = bob.act("not_me", &[("event", &event), ("password", PASSWORD)]).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(1)));
        let done = bob.open("/not-me/done").await.text();
        assert!(done.contains("href=\"/account/password\"") && done.contains("your email address isn't confirmed"), "{done}");
        assert!(!done.contains("doesn't send email"), "{done}");
        let page = thief.open("/login").await.text();
        assert!(page.contains("or on the device where you reported it") && page.contains("href=\"/forgot\""), "{page}");
        assert_eq!((bob.open("/dashboard").await.status, thief.open("/dashboard").await.status), (200, 303));
        assert!(resets(&app).await.is_empty(), "the address may be somebody else's");
    }

    async fn the_link_of_a_mail_works_without_a_log_in_and_once(app: TestApp) {
        let mut alice = alice(&app).await;
        let token = app.link(Purpose::NotMe, "alice").await;
        let mut reader = app.anonymous();
        let page = reader.open_link(Purpose::NotMe, &token).await;
        assert!(page.status == 200 && page.text().contains("a…@example.com"), "{}", page.text());
        assert_eq!(alice.open("/dashboard").await.status, 200, "reading changes nothing");
        let mut again = reader.copy();
        assert_eq!(deny(&mut reader, "").await.status, 200);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert_eq!(resets(&app).await, ["alice@example.com"]);
        assert!(!reader.cookies.contains_key("__Host-link"));
        assert_eq!(deny(&mut again, "").await.text(), "\"LinkDead\"");
        assert_eq!(again.open("/not-me").await.status, 410);
        assert_eq!(app.anonymous().act("not_me", &[]).await.text(), "\"LinkDead\"");
    }

    async fn a_link_of_another_kind_or_age_ends_nothing(app: TestApp) {
        let mut alice = alice(&app).await;
        let old = app.link(Purpose::NotMe, "alice").await;
        app.clock.advance_ms(7 * DAY);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        let reset = app.link(Purpose::Reset, "alice").await;
        for token in [old, reset] {
            let mut reader = app.anonymous();
            assert_eq!(reader.open_link(Purpose::NotMe, &token).await.status, 410);
            assert_eq!(deny(&mut reader, "").await.text(), "\"LinkDead\"");
        }
        assert_eq!(alice.open("/dashboard").await.status, 200);
    }

    async fn an_address_that_a_thief_has_changed_goes_back_with_the_link_to_the_old_one(app: TestApp) {
        let mut thief = alice(&app).await;
        let token = stolen(&app).await;
        let user_id = app.user("thief").await.id;
        // What the thief is told of by mail would take the account away again.
        let thiefs = app.link_to(Purpose::NotMe, &user_id, "thief@example.com").await;
        let mut owner = app.anonymous();
        assert!(owner.open_link(Purpose::NotMe, &token).await.text().contains("restore your previous email address"));
        assert_eq!(deny(&mut owner, "").await.status, 200);
        assert!(owner.open("/not-me/done").await.text().contains("Your previous email address is restored"));
        let user = app.user("alice").await;
        assert!(user.id == user_id && user.verified_at.is_some());
        assert_eq!(resets(&app).await, ["alice@example.com"]);
        assert_eq!(thief.open("/dashboard").await.status, 303);
        assert_eq!(app.anonymous().log_in("thief", PASSWORD).await.status, 401);
        let mut thief = app.anonymous();
        assert_eq!(thief.open_link(Purpose::NotMe, &thiefs).await.status, 410);
    }

    async fn a_thief_with_two_addresses_does_not_keep_the_owner_from_the_first(app: TestApp) {
        alice(&app).await;
        let (before, state, nowhere) = (app.user("alice").await, &app.services.state, Default::default());
        let changed = Notification::EmailChanged;
        outbox::tell(&state.db.pool, state, &before, changed, &nowhere).await.expect("a mail");
        let owners = stolen(&app).await;
        app.clock.advance_ms(1_000);
        let user = app.user("thief").await;
        outbox::tell(&state.db.pool, state, &user, changed, &nowhere).await.expect("a mail");
        let thiefs = app.link_to(Purpose::NotMe, &user.id, &user.email).await;
        app.set_email(&user, "second@example.com").await;
        let mut thief = app.anonymous();
        thief.open_link(Purpose::NotMe, &thiefs).await;
        assert_eq!(deny(&mut thief, "").await.status, 200);
        assert_eq!(app.user("thief").await.id, user.id, "it goes back, to an address that the thief reads");
        let told = app.outbox().await.into_iter().filter(|(.., mail)| mail.contains("email_changed"));
        let told: Vec<String> = told.map(|(email, ..)| email).collect();
        assert_eq!(told, ["alice@example.com"], "the owner hears of it all the same");

        let another = app.link_to(Purpose::NotMe, &user.id, &user.email).await;
        let mut owner = app.anonymous();
        assert_eq!(owner.open_link(Purpose::NotMe, &owners).await.status, 200, "it has not been used");
        assert_eq!(deny(&mut owner, "").await.status, 200);
        assert_eq!(app.user("alice").await.id, user.id);
        assert_eq!(resets(&app).await, ["alice@example.com"]);
        assert_eq!(thief.open_link(Purpose::NotMe, &another).await.status, 410, "it would take the account away again");
    }

    async fn who_is_still_logged_in_gets_the_address_back_too(app: TestApp) {
        let mut owner = alice(&app).await;
        let event = happened(&app, Kind::EmailChanged).await;
        let token = stolen(&app).await;
        let page = owner.open(&format!("/not-me?event={event}")).await.text();
        assert!(page.contains("a…@example.com") && page.contains("restore your previous email address"), "{page}");
        assert_eq!(deny(&mut owner, &event).await.status, 200);
        assert!(app.user("alice").await.verified_at.is_some());
        assert_eq!(resets(&app).await, ["alice@example.com"]);
        let mut again = app.anonymous();
        assert_eq!(again.open_link(Purpose::NotMe, &token).await.status, 410, "it has done what it is for");
    }

    async fn an_account_that_squats_on_the_old_address_gives_way_and_a_confirmed_one_does_not(app: TestApp) {
        alice(&app).await;
        let token = stolen(&app).await;
        let mut squatter = app.with_token("alice").await;
        let token_of_squatter = squatter.access_token().to_owned();
        let mut owner = app.anonymous();
        owner.open_link(Purpose::NotMe, &token).await;
        assert_eq!(deny(&mut owner, "").await.status, 200);
        assert_eq!(app.count("select count(*) from users where email = 'alice@example.com'").await, 1);
        assert_eq!(squatter.open("/dashboard").await.status, 303);
        assert_eq!(squatter.bearer(&token_of_squatter).await.code(), "token_revoked");
        assert_eq!(app.anonymous().log_in("thief", PASSWORD).await.status, 401, "the address is alice's again");

        let token = app.link(Purpose::Reset, "alice").await;
        owner.open_link(Purpose::Reset, &token).await;
        let new = "another horse battery";
        assert_eq!(owner.act("reset_password", &[("password", new)]).await.status, 200);
        let mut thief = app.anonymous();
        assert_eq!(thief.log_in("alice", new).await.status, 200);
        let token = stolen(&app).await;
        app.logged_in("alice").await;
        app.verify("alice").await;
        let mut owner = app.anonymous();
        owner.open_link(Purpose::NotMe, &token).await;
        assert_eq!(deny(&mut owner, "").await.status, 200);
        assert_eq!(thief.open("/dashboard").await.status, 303, "all the same everything is ended");
        assert!(resets(&app).await.is_empty(), "no reset goes to an address of somebody else");
        assert!(owner.open("/not-me/done").await.text().contains("another account has confirmed it since"));
    }

    async fn of_two_who_use_the_same_link_one_ends_everything(app: TestApp) {
        alice(&app).await;
        let token = app.link(Purpose::NotMe, "alice").await;
        let tries = (0..8).map(|_| {
            let (mut reader, token) = (app.anonymous(), token.clone());
            tokio::spawn(async move {
                reader.open_link(Purpose::NotMe, &token).await;
                deny(&mut reader, "").await.status
            })
        });
        let answers: Vec<u16> =
            futures::future::join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert_eq!(resets(&app).await.len(), 1);
    }

    async fn without_javascript_the_button_leads_to_what_was_done(app: TestApp) {
        let mut alice = alice(&app).await;
        let event = happened(&app, Kind::PasswordChanged).await;
        let path = format!("/not-me?event={event}");
        let page = alice.open(&path).await.text();
        assert!(page.contains("action=\"/actions/not_me\"") && page.contains(&format!("value=\"{event}\"")), "{page}");
        let answer = alice.submit("not_me", &[("event", &event)], &path).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/not-me/done"));
        assert!(alice.open("/not-me/done").await.text().contains("2 sessions ended."));
    }

    async fn events_name_the_device_and_no_person(app: TestApp) {
        let mut alice = alice(&app).await;
        let phone = app.logged_in_again("alice").await;
        drop(phone);
        assert_eq!(alice.act("end_other_sessions", &[]).await.status, 200);
        let fields = [("password", PASSWORD), ("new_password", "another horse battery")];
        assert_eq!(alice.act("change_password", &fields).await.status, 200);
        assert_eq!(alice.act("log_out", &[]).await.status, 200);
        let of_firefox = "select count(*) from audit_events where device = 'Firefox on Linux' and ip = '192.0.2.7' and event = ";
        for (event, count) in [("'session_ended'", 2), ("'password_changed'", 1)] {
            let rows: i64 = app.number(&format!("{of_firefox}{event}")).await;
            assert_eq!(rows, count, "{event}");
        }
        assert_eq!(app.count("select count(*) from audit_events where details like '%@%' or reason like '%@%'").await, 0);
    }
}

impl TestApp {
    /// From the command line, the session that began first.
    async fn force_logout_of_oldest(&self, user_id: &str) {
        let live =
            crate::auth::sessions::store::live_of(&self.services.state.db.pool, user_id, self.clock.now_ms()).await;
        let oldest =
            live.expect("the sessions").into_iter().min_by_key(|session| session.sid.clone()).expect("a session");
        let cause = Cause {
            actor: Actor::CommandLine,
            reason: EndReason::ByAdmin,
            words: "lost laptop".into(),
            caller: Default::default(),
        };
        self.services.terminator.terminate(Target::Session(&oldest.sid), cause).await.expect("an end");
    }

    async fn number(&self, statement: &str) -> i64 {
        let (count,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(statement.to_owned()))
            .fetch_one(&self.services.state.db.pool)
            .await
            .expect("a number");
        count
    }
}
