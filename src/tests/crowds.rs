//! Many at once: people who know their password get in, and nobody makes the others wait.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::join_all;
use tokio::task::JoinHandle;

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller},
    on_both_databases,
};
use crate::{passwords::queue::Queue, serve::router::router};

pub const WRONG: &str = "not the right password";

/// Waits for something that is bound to happen; only a hang takes so long.
pub async fn until(happened: impl Fn() -> bool) {
    let looking = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), looking).await.expect("it happens");
}

fn start(caller: Caller, action: &'static str, fields: Vec<(&'static str, String)>) -> JoinHandle<Answer> {
    let mut caller = caller;
    tokio::spawn(async move {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        caller.act(action, &fields).await
    })
}

pub fn log_in(caller: Caller, name: &str, password: &str) -> JoinHandle<Answer> {
    start(caller, "log_in", vec![("email", format!("{name}@example.com")), ("password", password.to_owned())])
}

pub async fn statuses(requests: Vec<JoinHandle<Answer>>) -> Vec<u16> {
    join_all(requests).await.into_iter().map(|answer| answer.expect("no panic").status).collect()
}

/// How many callers wait for a hash.
fn waiting(app: &TestApp) -> usize {
    app.services.passwords.at_work().1
}

on_both_databases! {
    async fn twenty_people_behind_one_address_get_in_at_the_same_moment(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--sign-ups-per-network", "30"]).await;
        // Clocks of two machines differ a little.
        let mut late = app.another_instance().await;
        late.app.state.clock = app.clock.behind(1_000);
        let routers = [app.router.clone(), router(late)];
        app.clock.tick();
        for action in ["sign_up", "log_in", "forgot_password"] {
            let requests = (0..20).map(|number| {
                let caller = app.anonymous().at(routers[number % 2].clone());
                let mut fields = vec![("email", format!("person{number}@example.com"))];
                match action {
                    "sign_up" => fields.extend([("name", "Somebody".to_owned()), ("password", PASSWORD.to_owned())]),
                    "log_in" => fields.push(("password", PASSWORD.to_owned())),
                    _ => {}
                }
                start(caller, action, fields)
            });
            assert_eq!(statuses(requests.collect()).await, [200; 20], "{action}");
        }
    }

    async fn one_person_gets_in_on_twenty_devices_at_the_same_moment(app: TestApp) {
        app.logged_in("alice").await;
        let requests = (0..20).map(|_| log_in(app.anonymous(), "alice", PASSWORD)).collect();
        assert_eq!(statuses(requests).await, [200; 20], "five may wait for their verdict, the others for that");
    }

    async fn the_first_log_ins_after_the_settings_have_risen_may_come_at_the_same_moment(app: TestApp) {
        app.logged_in("alice").await;
        let (services, risen) = app.another_instance_where(|config| config.argon2_passes = 2).await;
        let held = services.passwords.hold().await;
        let requests: Vec<_> = (0..5).map(|_| log_in(Caller::of(risen.clone()), "alice", PASSWORD)).collect();
        // All of them are about to be checked against the old hash.
        until(|| services.passwords.at_work().1 == 5).await;
        drop(held);
        assert_eq!(statuses(requests).await, [200; 5]);
    }

    async fn the_last_free_try_of_a_network_is_free_for_all_who_know_their_password(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-network", "4"]).await;
        for number in 0..8 {
            app.logged_in(&format!("person{number}")).await;
        }
        for number in 0..3 {
            assert_eq!(app.anonymous().log_in(&format!("victim{number}"), WRONG).await.status, 401);
        }
        let requests = (0..8).map(|number| log_in(app.anonymous(), &format!("person{number}"), PASSWORD)).collect();
        assert_eq!(statuses(requests).await, [200; 8]);
        assert_eq!(app.anonymous().log_in("victim3", WRONG).await.status, 401);
        assert_eq!(app.anonymous().log_in("victim4", WRONG).await.status, 429, "the three guesses still count");
    }

    async fn a_flood_from_one_network_is_not_in_the_way_of_another(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-network", "1000"]).await;
        app.logged_in("alice").await;
        let held = app.services.passwords.hold().await;
        let mut requests = Vec::new();
        for number in 0..60 {
            let from = app.anonymous().at_ip(&format!("2001:db8:7:{number:x}::1"));
            requests.push(log_in(from, &format!("victim{number}"), WRONG));
        }
        until(|| waiting(&app) == 60).await;
        requests.push(log_in(app.anonymous().at_ip("203.0.113.9"), "alice", PASSWORD));
        until(|| waiting(&app) == 61).await;
        drop(held);
        let statuses = statuses(requests).await;
        assert_eq!((statuses[60], statuses[..60].iter().all(|status| *status == 401)), (200, true), "{statuses:?}");
    }

    async fn one_network_cannot_fill_the_queue(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-network", "1000"]).await;
        app.logged_in("alice").await;
        let held = app.services.passwords.hold().await;
        let flood: Vec<_> = (0..80).map(|number| log_in(app.anonymous(), &format!("victim{number}"), WRONG)).collect();
        // Sixty-four wait; the rest is sent away.
        until(|| flood.iter().filter(|request| request.is_finished()).count() == 16).await;
        let alice = log_in(app.anonymous().at_ip("203.0.113.9"), "alice", PASSWORD);
        until(|| waiting(&app) == 65).await;
        drop(held);
        assert_eq!(alice.await.expect("no panic").status, 200);
        let statuses = statuses(flood).await;
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(401), count(503)), (64, 16), "{statuses:?}");
    }

    async fn a_few_networks_cannot_fill_the_queue_of_all(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-network", "1000"]).await;
        app.logged_in("alice").await;
        let held = app.services.passwords.hold().await;
        let from = |number: usize| app.anonymous().at_ip(&format!("192.0.2.{}", number % 4));
        let flood: Vec<_> = (0..256).map(|number| log_in(from(number), &format!("victim{number}"), WRONG)).collect();
        until(|| waiting(&app) == 256).await;
        let alice = log_in(app.anonymous().at_ip("203.0.113.9"), "alice", PASSWORD);
        until(|| flood.iter().any(|request| request.is_finished())).await;
        drop(held);
        assert_eq!(alice.await.expect("no panic").status, 200);
        let statuses = statuses(flood).await;
        assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 1, "{statuses:?}");
    }

    async fn who_logs_in_thirty_times_at_once_keeps_no_neighbour_waiting(app: TestApp) {
        for name in ["alice", "bob"] {
            app.logged_in(name).await;
        }
        let held = app.services.passwords.hold().await;
        let alice: Vec<_> = (0..30).map(|_| log_in(app.anonymous(), "alice", PASSWORD)).collect();
        until(|| waiting(&app) == 5).await;
        let bob = log_in(app.anonymous(), "bob", PASSWORD);
        until(|| waiting(&app) == 6).await;
        drop(held);
        assert_eq!(bob.await.expect("no panic").status, 200);
        assert_eq!(statuses(alice).await, [200; 30]);
    }

    async fn a_success_gives_back_no_try_of_somebody_else(app: TestApp) {
        app.logged_in("mallory").await;
        for number in 0..20 {
            assert_eq!(app.anonymous().log_in(&format!("victim{number}"), WRONG).await.status, 401);
        }
        let held = app.services.passwords.hold().await;
        let mut requests: Vec<_> = (0..5).map(|_| log_in(app.anonymous(), "mallory", PASSWORD)).collect();
        until(|| waiting(&app) == 5).await;
        // Half of the 25 are forgotten, half of mallory's among them; the next one makes it 13.
        app.clock.advance_ms(15 * 60_000);
        requests.push(log_in(app.anonymous(), "victim20", WRONG));
        until(|| waiting(&app) == 6).await;
        drop(held);
        assert_eq!(statuses(requests).await, [200, 200, 200, 200, 200, 401]);
        for number in 21..38 {
            assert_eq!(app.anonymous().log_in(&format!("victim{number}"), WRONG).await.status, 401, "{number}");
        }
        assert_eq!(app.anonymous().log_in("victim38", WRONG).await.status, 429);
    }

    async fn a_network_makes_so_many_accounts_and_no_more(app: TestApp) {
        let no_mail: &[&str] = &[];
        for mail in [no_mail, &["--smtp-url", "smtp://127.0.0.1:1"]] {
            let app = TestApp::with(app.kind(), &[&["--sign-ups-per-network", "3"][..], mail].concat()).await;
            let sign_up = async |ip: &str, number: usize| {
                let email = format!("person{number}@example.com");
                let fields = [("name", "Somebody"), ("email", &*email), ("password", PASSWORD)];
                app.anonymous().at_ip(ip).act("sign_up", &fields).await
            };
            for number in 0..3 {
                assert_eq!(sign_up("203.0.113.9", number).await.status, 200, "{mail:?}");
            }
            let answer = sign_up("203.0.113.9", 3).await;
            assert_eq!((answer.status, answer.header("retry-after")), (429, "1"), "{mail:?}");
            assert_eq!(sign_up("203.0.113.10", 4).await.status, 200, "{mail:?}");
            app.clock.advance_ms(1_000);
            assert_eq!(sign_up("203.0.113.9", 5).await.status, 200, "{mail:?}");
            assert_eq!(sign_up("203.0.113.9", 6).await.header("retry-after"), "2", "{mail:?}");
        }
    }
}

/// Who is written down holds the only turn, so the order is that of the queue whatever the machine does meanwhile.
#[tokio::test]
async fn networks_take_turns_in_the_queue() {
    let (queue, order) = (Queue::new(1), Arc::new(Mutex::new(Vec::new())));
    let held = queue.turn("a test".into()).await.expect("a turn");
    let mut waiting = Vec::new();
    for who in std::iter::repeat_n("flood", 60).chain(["alice"]) {
        let (line, order) = (queue.clone(), Arc::clone(&order));
        waiting.push(tokio::spawn(async move {
            let turn = line.turn(who.into()).await.expect("a turn");
            order.lock().expect("the order").push(who);
            drop(turn);
        }));
        until(|| queue.free_and_waiting().1 == waiting.len()).await;
    }
    drop(held);
    for one in waiting {
        one.await.expect("no panic");
    }
    let at = order.lock().expect("the order").iter().position(|who| *who == "alice");
    assert!(at.is_some_and(|at| at < 2), "{at:?} of the flood were first");
}
