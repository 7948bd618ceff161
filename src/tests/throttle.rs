//! Counted tries: what a guesser gets, and what the owner gets meanwhile.

use futures::future::join_all;

use super::{
    app::{PASSWORD, TestApp, remove_old_rows},
    caller::{Answer, Caller},
    on_both_databases,
};
use crate::{base::caller::networks_of, serve::router::router};

const WRONG: &str = "not the right password";
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A browser that nobody knows, in a network of its own.
fn stranger(app: &TestApp, number: usize) -> Caller {
    app.anonymous().at_ip(&format!("10.1.{}.{}", number / 250, number % 250 + 1))
}

/// Guesses until it is refused, and returns how many guesses were looked at.
async fn guess(caller: &mut Caller, name: &str) -> usize {
    for number in 0..100 {
        match caller.log_in(name, WRONG).await.status {
            401 => {}
            429 => return number,
            status => panic!("{status}"),
        }
    }
    panic!("a hundred guesses, and no end");
}

fn retry_after(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 429, "{}", answer.text());
    answer.header("retry-after").parse().expect("seconds")
}

async fn verify(app: &TestApp, name: &str) {
    sqlx::query("update users set verified_at = 1 where name = $1")
        .bind(name)
        .execute(&app.services.state.db.pool)
        .await
        .expect("a change");
}

async fn disable(app: &TestApp, name: &str) {
    sqlx::query("update users set disabled_at = 1 where name = $1")
        .bind(name)
        .execute(&app.services.state.db.pool)
        .await
        .expect("a change");
}

/// All that an answer says, except for what is another in each.
fn words(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let own = ["date", "x-request-id", "set-cookie"];
    let headers = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned())).collect();
    (answer.status, answer.text(), headers)
}

on_both_databases! {
    async fn behind_a_proxy_nobody_chooses_the_network_that_they_come_from(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--trusted-proxies", "127.0.0.1"]).await;
        for (number, (forwarded, ip)) in [
            ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
            ("1.2.3.4, 203.0.113.9:55555", "203.0.113.9"),
            ("1.2.3.4, [2001:db8::1]:443", "2001:db8::1"),
            ("1.2.3.4, unknown", "127.0.0.1"),
        ].into_iter().enumerate() {
            let email = format!("{number}@example.com");
            let body = format!("name=a&email={email}&password={}", PASSWORD.replace(' ', "+"));
            let mut caller = app.anonymous();
            let request = caller
                .request(axum::http::Method::POST, "/actions/sign_up")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json")
                .header("sec-fetch-site", "same-origin")
                .header("x-forwarded-for", forwarded);
            assert_eq!(caller.send(request.body(axum::body::Body::from(body)).expect("a request")).await.status, 200);
            let (seen,): (String,) = sqlx::query_as("select ip from sessions order by created_at desc, sid desc limit 1")
                .fetch_one(&app.services.state.db.pool).await.expect("a session");
            assert_eq!(seen, ip, "{forwarded}");
        }
    }

    async fn of_a_hundred_guesses_at_once_five_are_looked_at(app: TestApp) {
        app.logged_in("alice").await;
        let (here, there) = (app.router.clone(), router(app.another_instance().await));
        for (name, own_network) in [("alice", true), ("nobody", true), ("no-one", false)] {
            let tries = (0..100).map(|number| {
                let from = if own_network { stranger(&app, number) } else { stranger(&app, 200) };
                let mut caller = from.at(if number % 2 == 0 { here.clone() } else { there.clone() });
                tokio::spawn(async move { caller.log_in(name, WRONG).await.status })
            });
            let statuses: Vec<u16> = join_all(tries).await.into_iter().map(|status| status.expect("no panic")).collect();
            let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
            assert_eq!((count(401), count(429)), (5, 95), "{name}: {statuses:?}");
        }
    }

    async fn a_wait_survives_a_restart_and_holds_on_every_instance(app: TestApp) {
        app.logged_in("alice").await;
        assert_eq!(guess(&mut stranger(&app, 1), "alice").await, 5);
        let restarted = router(app.another_instance().await);
        assert_eq!(stranger(&app, 2).at(restarted.clone()).log_in("alice", PASSWORD).await.status, 429);
        app.clock.advance_ms(1_000);
        assert_eq!(stranger(&app, 2).at(restarted).log_in("alice", WRONG).await.status, 401);
        assert_eq!(retry_after(&stranger(&app, 3).log_in("alice", PASSWORD).await), 2, "the other one counted");
    }

    async fn the_wait_doubles_to_a_quarter_of_an_hour_and_so_long_is_enough(app: TestApp) {
        app.logged_in("alice").await;
        let mut mallory = stranger(&app, 1);
        assert_eq!(guess(&mut mallory, "alice").await, 5);
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(retry_after(&mallory.log_in("alice", WRONG).await), seconds);
            app.clock.advance_ms(seconds * 1_000 - 1);
            assert_eq!(retry_after(&mallory.log_in("alice", WRONG).await), 1, "refused tries prolong nothing");
            app.clock.advance_ms(1);
            assert_eq!(mallory.log_in("alice", WRONG).await.status, 401);
        }
        app.clock.advance_ms(15 * MINUTE);
        assert_eq!(stranger(&app, 2).log_in("alice", PASSWORD).await.status, 200, "never locked for good");
        assert_eq!(guess(&mut mallory, "alice").await, 5, "a success forgets the tries before");
    }

    async fn half_of_the_tries_are_forgotten_every_four_hours(app: TestApp) {
        let mut caller = stranger(&app, 1);
        assert_eq!(guess(&mut caller, "alice").await, 5);
        for seconds in [1, 2, 4] {
            app.clock.advance_ms(seconds * 1_000);
            assert_eq!(caller.log_in("alice", WRONG).await.status, 401);
        }
        app.clock.advance_ms(4 * HOUR);
        assert_eq!(guess(&mut caller, "alice").await, 1, "four of eight are left");
        app.clock.advance_ms(200 * HOUR);
        assert_eq!(guess(&mut caller, "alice").await, 5);
    }

    async fn a_clock_that_jumped_locks_nobody_out(app: TestApp) {
        app.logged_in("alice").await;
        app.clock.advance_ms(1_000 * HOUR);
        assert_eq!(guess(&mut stranger(&app, 1), "alice").await, 5);
        app.clock.advance_ms(-1_000 * HOUR);
        assert_eq!(stranger(&app, 1).log_in("alice", PASSWORD).await.status, 200);
    }

    async fn a_browser_that_logged_in_before_gets_in_while_others_guess(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        alice.act("log_out", &[]).await;
        guess(&mut stranger(&app, 1), "alice").await;
        assert_eq!(stranger(&app, 2).log_in("alice", PASSWORD).await.status, 429);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(stranger(&app, 2).log_in("alice", PASSWORD).await.status, 429, "the others still wait");

        // Nor is it held up by its neighbours behind one address.
        let mut neighbour = app.anonymous();
        for number in 0..30 {
            assert_eq!(neighbour.log_in(&format!("somebody{number}"), WRONG).await.status, 401);
        }
        assert_eq!(neighbour.log_in("somebody-else", WRONG).await.status, 429);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
    }

    async fn guesses_from_a_known_browser_have_their_own_end(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        assert_eq!(guess(&mut alice, "alice").await, 5);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 429);
        assert_eq!(stranger(&app, 1).log_in("alice", PASSWORD).await.status, 200, "nobody else waits for it");
        app.clock.advance_ms(1_000);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(guess(&mut alice, "alice").await, 5);
    }

    async fn the_secret_of_a_browser_helps_with_the_accounts_that_logged_in_there_only(app: TestApp) {
        app.logged_in("alice").await;
        let mut mallory = app.logged_in("mallory").await;
        guess(&mut stranger(&app, 1), "alice").await;
        assert_eq!(mallory.log_in("alice", PASSWORD).await.status, 429);
        for made_up in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(3000)] {
            mallory.cookies.insert("__Host-device".into(), made_up.into());
            assert_eq!(mallory.log_in("alice", PASSWORD).await.status, 429, "{made_up}");
        }
    }

    async fn a_copy_of_a_browsers_secret_is_worth_nothing_to_who_logs_in_there_later(app: TestApp) {
        app.logged_in("alice").await;
        let mut shared = app.logged_in("mallory").await;
        let mut copy = shared.copy();
        assert_eq!(shared.log_in("alice", PASSWORD).await.status, 200);
        guess(&mut stranger(&app, 1), "alice").await;
        assert_eq!(copy.log_in("alice", PASSWORD).await.status, 429);
        assert_eq!(shared.log_in("alice", PASSWORD).await.status, 200);
        guess(&mut stranger(&app, 2), "mallory").await;
        assert_eq!(shared.log_in("mallory", PASSWORD).await.status, 200, "what mallory's account knew moved along");
    }

    async fn who_logs_in_between_guesses_cleans_nothing(app: TestApp) {
        for name in ["alice", "mallory"] {
            app.logged_in(name).await;
        }
        let from = |caller: Caller| caller.at_ip("203.0.113.7");
        for number in 0..30 {
            assert_eq!(from(app.anonymous()).log_in(&format!("victim{number}"), WRONG).await.status, 401);
            if number < 29 {
                assert_eq!(from(app.anonymous()).log_in("mallory", PASSWORD).await.status, 200);
            }
        }
        assert_eq!(from(app.anonymous()).log_in("mallory", PASSWORD).await.status, 429);
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(retry_after(&from(app.anonymous()).log_in("alice", WRONG).await), seconds);
            app.clock.advance_ms(seconds * 1_000);
            assert_eq!(from(app.anonymous()).log_in("mallory", PASSWORD).await.status, 200, "a success has no wait");
            assert_eq!(from(app.anonymous()).log_in(&format!("victim{seconds}-{}", app.clock.now_ms()), WRONG).await.status, 401);
        }
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200, "another network is free");
    }

    async fn right_log_ins_and_sign_ups_of_a_whole_office_wait_for_nothing(app: TestApp) {
        for number in 0..40 {
            app.logged_in(&format!("person{number}")).await;
            app.logged_in_again(&format!("person{number}")).await;
        }
    }

    async fn sign_ups_that_are_refused_are_counted_per_network(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--sign-ups-per-network", "31"]).await;
        app.logged_in("alice").await;
        let fields = [("name", "a"), ("email", "alice@example.com"), ("password", PASSWORD)];
        for _ in 0..30 {
            assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 422);
        }
        assert_eq!(retry_after(&app.anonymous().act("sign_up", &fields).await), 1);
        assert_eq!(app.anonymous().at_ip("10.9.9.9").act("sign_up", &fields).await.status, 422);
    }

    async fn who_has_one_address_of_an_ipv6_network_has_them_all(app: TestApp) {
        for number in 0..30 {
            let mut caller = app.anonymous().at_ip(&format!("2001:db8:1:2:{number:x}::1"));
            assert_eq!(caller.log_in(&format!("somebody{number}"), WRONG).await.status, 401);
        }
        assert_eq!(app.anonymous().at_ip("2001:db8:1:2:ffff::1").log_in("nobody", WRONG).await.status, 429);
        assert_eq!(app.anonymous().at_ip("2001:db8:1:3::1").log_in("nobody", WRONG).await.status, 401);
    }

    async fn whoever_has_many_ipv6_networks_gains_little_by_it(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-network", "3"]).await;
        let guess = async |ip: String| app.anonymous().at_ip(&ip).log_in(&format!("of {ip}").replace([' ', ':'], ""), WRONG).await;
        // Each from a /64 of its own: a /56 has twice as many tries as one of them, a /48 four times.
        for number in 0..6 {
            assert_eq!(guess(format!("2001:db8:1:{number:x}::1")).await.status, 401, "{number}");
        }
        assert_eq!(retry_after(&guess("2001:db8:1:ff::1".into()).await), 1, "the seventh of the /56");
        for number in 0x100..0x106 {
            assert_eq!(guess(format!("2001:db8:1:{number:x}::1")).await.status, 401, "{number}");
        }
        assert_eq!(retry_after(&guess("2001:db8:1:200::1".into()).await), 1, "the thirteenth of the /48");
        assert_eq!(guess("2001:db8:2:200::1".into()).await.status, 401, "another one is free");
        // A right password waits for nothing there, and gives each of its networks one try back.
        app.logged_in("alice").await;
        for number in 0..20 {
            let mut alice = app.anonymous().at_ip(&format!("2001:db8:3:{number:x}::1"));
            assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200, "{number}");
        }
    }

    async fn a_proof_of_identity_shares_the_counter_of_the_log_in(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut thief = alice.copy().at_ip("10.0.0.66");
        thief.cookies.remove("__Host-device");
        let confirm = [("password", WRONG)];
        for _ in 0..3 {
            assert_eq!(thief.act("confirm", &confirm).await.text(), "\"WrongPassword\"");
        }
        let change = [("password", WRONG), ("new_password", "another long password")];
        assert_eq!(thief.act("change_password", &change).await.text(), "\"WrongPassword\"");
        assert_eq!(stranger(&app, 1).log_in("alice", WRONG).await.status, 401);
        assert_eq!(retry_after(&thief.act("confirm", &[("password", PASSWORD)]).await), 1);
        assert_eq!(stranger(&app, 1).log_in("alice", PASSWORD).await.status, 429);
        assert_eq!(alice.act("confirm", &[("password", PASSWORD)]).await.status, 200, "her own browser is known");

        // With everything of the browser the thief shares its counter, which ends, too.
        let mut thief = alice.copy();
        for _ in 0..5 {
            assert_eq!(thief.act("confirm", &confirm).await.status, 422);
        }
        assert_eq!(thief.act("confirm", &confirm).await.status, 429);
        app.clock.advance_ms(10 * MINUTE);
        alice.open("/dashboard").await;
        for _ in 0..6 {
            app.clock.advance_ms(MINUTE);
            assert_eq!(alice.act("end_other_sessions", &confirm).await.status, 422);
        }
        assert_eq!(retry_after(&alice.act("end_other_sessions", &[("password", PASSWORD)]).await), 64);
    }

    async fn a_refusal_says_the_same_of_every_account(app: TestApp) {
        for name in ["alice", "carol"] {
            app.logged_in(name).await;
        }
        disable(&app, "carol").await;
        let names = ["alice", "nobody", "carol"];
        for _ in 0..8 {
            let mut answers = Vec::new();
            for (number, name) in names.into_iter().enumerate() {
                answers.push(words(&stranger(&app, number).log_in(name, WRONG).await));
            }
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        }
        let right = words(&stranger(&app, 5).log_in("carol", PASSWORD).await);
        assert_eq!(right, words(&stranger(&app, 6).log_in("nobody", PASSWORD).await));
        assert_eq!(right.1, r#"{"TooManyTries":{"seconds":1}}"#);
        app.clock.advance_ms(1_000);
        let right = words(&stranger(&app, 5).log_in("carol", PASSWORD).await);
        assert_eq!(right, words(&stranger(&app, 6).log_in("nobody", PASSWORD).await));
        assert_eq!(right.1, "\"WrongCredentials\"", "the right password of a disabled account is a wrong one");
    }

    async fn without_javascript_the_form_says_when_to_try_again_and_keeps_the_address(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut mallory = stranger(&app, 1);
        guess(&mut mallory, "alice").await;
        for seconds in [1, 2, 4, 8, 16] {
            app.clock.advance_ms(seconds * 1_000);
            assert_eq!(mallory.log_in("alice", WRONG).await.status, 401);
        }
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = mallory.submit("log_in", &fields, "/login").await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "32"));
        let page = answer.text();
        assert!(page.contains("Too many attempts. Try again in 32 seconds."), "{page}");
        assert!(page.contains("value=\"alice@example.com\"") && !page.contains(PASSWORD), "{page}");

        guess(&mut alice, "alice").await;
        let fields = [("password", PASSWORD), ("next", "/notes")];
        let answer = alice.submit("confirm", &fields, "/confirm?next=%2Fnotes").await;
        let page = answer.text();
        assert!(page.contains("Too many attempts. Try again in 1 second."), "{page}");
    }

    async fn an_act_that_waits_for_the_password_outlives_too_many_tries(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut phone = app.logged_in_again("alice").await;
        app.clock.advance_ms(10 * MINUTE);
        let held = [("held", "yes"), ("password", PASSWORD)];
        guess(&mut alice, "alice").await;
        let answer = alice.submit("end_other_sessions", &held, "/account/devices").await;
        let page = answer.text();
        assert!(page.contains("Too many attempts.") && page.contains("action=\"/actions/end_other_sessions\""), "{page}");
        app.clock.advance_ms(1_000);
        let answer = alice.submit("end_other_sessions", &held, "/account/devices").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/devices"));
        assert_eq!(phone.open("/dashboard").await.status, 303);
    }

    async fn many_wrong_passwords_in_a_row_are_told_to_the_owner_once_a_day(app: TestApp) {
        app.logged_in("alice").await;
        verify(&app, "alice").await;
        let guessing = "select count(*) from audit_events where event = 'guessing'";
        let mails = "select count(*) from outbox where mail like '%guessing%'";
        let mut mallory = stranger(&app, 1);
        for round in 1..=30 {
            for name in ["alice", "nobody"] {
                assert_eq!(mallory.log_in(name, WRONG).await.status, 401);
            }
            assert_eq!((app.count(guessing).await, app.count(mails).await), (i64::from(round >= 10), i64::from(round >= 10)));
            app.clock.advance_ms(15 * MINUTE);
        }
        app.clock.advance_ms(18 * HOUR);
        for _ in 0..10 {
            mallory.log_in("alice", WRONG).await;
            app.clock.advance_ms(15 * MINUTE);
        }
        assert_eq!((app.count(guessing).await, app.count(mails).await), (2, 2));
    }

    async fn a_log_in_from_a_new_browser_is_told_and_the_first_one_is_not(app: TestApp) {
        let news = "select count(*) from audit_events where event = 'new_device' and device <> '' and sid <> ''";
        let mails = "select count(*) from outbox where mail like '%new_device%'";
        let mut alice = app.logged_in("alice").await;
        verify(&app, "alice").await;
        alice.act("log_out", &[]).await;
        alice.log_in("alice", PASSWORD).await;
        assert_eq!((app.count(news).await, app.count(mails).await), (0, 0));
        let mut other = app.logged_in_again("alice").await;
        assert_eq!((app.count(news).await, app.count(mails).await), (1, 1));
        other.log_in("alice", PASSWORD).await;
        assert_eq!((app.count(news).await, app.count(mails).await), (1, 1), "it is known now");
        let cookie = other.log_in("alice", PASSWORD).await;
        let cookie = cookie.set_cookie("__Host-device");
        for part in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=34560000"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert_eq!(app.count("select count(*) from known_devices").await, 2);
        app.clock.advance_ms(401 * 24 * HOUR);
        remove_old_rows(&app.services.state).await;
        assert_eq!(app.count("select count(*) from known_devices").await, 0);
        assert_eq!(app.count("select count(*) from throttles").await, 0);
    }

    async fn the_table_of_tries_and_devices_names_nobody(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        stranger(&app, 1).log_in("alice", WRONG).await;
        let secret = alice.cookies["__Host-device"].clone();
        alice.log_in("alice", WRONG).await;
        let keys: Vec<(String,)> =
            sqlx::query_as("select key from throttles union all select device_hash from known_devices")
                .fetch_all(&app.services.state.db.pool).await.expect("the rows");
        assert!(keys.len() >= 3, "{keys:?}");
        assert!(keys.iter().all(|(key,)| key.len() == 43 && *key != secret), "{keys:?}");
    }

    async fn an_outage_refuses_every_try(app: TestApp) {
        app.logged_in("alice").await;
        app.services.close_databases().await;
        let answer = app.anonymous().log_in("alice", PASSWORD).await;
        assert_eq!((answer.status, answer.text()), (503, "\"Away\"".into()));
    }
}

#[test]
fn a_network_is_an_ipv4_address_or_an_ipv6_prefix_of_three_lengths() {
    let names = |ip| networks_of(ip).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names("203.0.113.7"), ["203.0.113.7"]);
    assert_eq!(names("::ffff:203.0.113.7"), ["203.0.113.7"]);
    let of_three = ["2001:db8:1:2::/64", "2001:db8:1:0::/56", "2001:db8:1::/48"];
    assert_eq!(names("2001:db8:1:2:3:4:5:6"), of_three);
    assert_eq!(names("2001:0db8:0001:0002::"), of_three);
    assert_eq!(names("2001:db8:1:12ff::"), ["2001:db8:1:12ff::/64", "2001:db8:1:1200::/56", "2001:db8:1::/48"]);
}
