//! One switch that ends everybody's sessions and tokens, and the list of what is live.

use std::collections::BTreeSet;

use axum::http::Method;

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, main_of},
    on_both_databases,
};
use crate::{
    auth::sessions::everyone::{store, sweep::sweep},
    serve::router::router,
};

const HOUR: i64 = 3_600_000;

async fn log_everyone_out(admin: &mut Caller) -> Answer {
    admin.act("log_out_everyone", &[("confirmation", "log everyone out"), ("reason", "a leak")]).await
}

async fn page(caller: &mut Caller, query: &str) -> String {
    let answer = caller.open(&format!("/admin/sessions{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    main_of(&answer.text()).to_owned()
}

/// Addresses of the people in a list, one per row.
fn people(page: &str) -> Vec<String> {
    let parts = page.split("any-break\">").skip(1);
    parts.map(|part| part.split('<').next().unwrap_or_default().to_owned()).collect()
}

async fn is_in(caller: &mut Caller) -> bool {
    caller.open("/dashboard").await.status == 200
}

on_both_databases! {
    async fn it_stands_in_the_activity_of_whoever_had_an_account(app: TestApp) {
        let (mut admin, _) = (app.admin().await, app.logged_in("alice").await);
        app.clock.advance_ms(1_000);
        assert_eq!(log_everyone_out(&mut admin).await.status, 200);
        app.clock.advance_ms(1_000);
        let (mut alice, mut bob) = (app.logged_in_again("alice").await, app.logged_in("bob").await);
        let (old, new) = (alice.open("/account/activity").await.text(), bob.open("/account/activity").await.text());
        assert_eq!(old.matches("An administrator logged everyone out.").count(), 1, "{old}");
        assert!(!old.contains("a leak") && !new.contains("logged everyone out"), "{old} {new}");
    }

    async fn everyone_is_out_at_once_except_the_session_that_did_it(app: TestApp) {
        let (mut alice, mut bob) = (app.with_token("alice").await, app.with_token("bob").await);
        let mut admin = app.admin().await;
        let mut elsewhere = app.logged_in_again("ada").await;
        let own_token = admin.access_token().to_owned();
        let answer = log_everyone_out(&mut admin).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!((&answer.json()["sessions_ended"], &answer.json()["tokens_possibly_live"]), (&3.into(), &2.into()));
        for victim in [&mut alice, &mut bob] {
            assert_eq!(victim.bearer(victim.access_token()).await.code(), "token_revoked");
            let answer = victim.renew().await;
            assert_eq!((answer.status, &answer.json()["reason"]), (401, &"everyone_logged_out".into()));
            assert_eq!(victim.open("/dashboard").await.status, 303);
            let page = victim.open("/login").await.text();
            assert!(page.contains("An administrator logged everyone out.") && !page.contains("a leak"), "{page}");
        }
        assert!(!is_in(&mut elsewhere).await, "one's own other sessions are over, too");
        assert_eq!(admin.bearer(&own_token).await.code(), "token_revoked", "no token from before counts");
        assert!(is_in(&mut admin).await);
        assert_eq!(admin.renew().await.status, 200);
        assert_eq!(admin.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn who_logs_in_afterwards_is_in_in_the_same_second(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        assert_eq!(log_everyone_out(&mut admin).await.status, 200);
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(alice.renew().await.status, 200);
        sweep(&app.services.state, |_| ()).await.expect("the sweep");
        assert!(is_in(&mut alice).await);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
        assert_eq!(log_everyone_out(&mut admin).await.status, 200, "and once more");
        assert!(!is_in(&mut alice).await && is_in(&mut admin).await);
    }

    async fn without_the_words_or_a_reason_nobody_is_out(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        for (words, reason) in [("", "a leak"), ("everyone", "a leak"), ("log everyone out", " ")] {
            let answer = admin.act("log_out_everyone", &[("confirmation", words), ("reason", reason)]).await;
            assert_eq!(answer.status, 422, "{words} {reason}");
        }
        app.clock.advance_ms(11 * 60_000);
        let answer = log_everyone_out(&mut admin).await;
        assert_eq!(answer.status, 401, "the proof is old: {}", answer.text());
        assert!(is_in(&mut alice).await);
        assert_eq!(app.count("select count(*) from audit_events where event = 'everyone_logged_out'").await, 0);
    }

    async fn another_instance_hears_of_it_and_one_that_starts_later_knows_it(app: TestApp) {
        let alice = app.with_token("alice").await;
        let other = app.another_instance().await;
        let mut admin = app.admin().await;
        assert_eq!(log_everyone_out(&mut admin).await.status, 200);
        other.revocations.sync().await.expect("the feed");
        let late = app.another_instance().await;
        for services in [other, late] {
            let mut there = alice.at(router(services));
            assert_eq!(there.bearer(alice.access_token()).await.code(), "token_revoked");
            assert!(!is_in(&mut there).await);
        }
    }

    async fn a_token_from_before_stays_dead_when_the_set_has_forgotten(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let token = alice.access_token().to_owned();
        let mut admin = app.admin().await;
        assert_eq!(log_everyone_out(&mut admin).await.status, 200);
        app.clock.advance_ms(2 * HOUR / 6);
        app.services.revocations.reload().await.expect("the feed");
        assert_eq!(app.services.revocations.count(), 0, "no entry is kept for longer than a token lives");
        assert_eq!(alice.bearer(&token).await.code(), "token_expired");
        assert_eq!(alice.renew().await.status, 401);
    }

    async fn the_second_of_two_receipts_does_not_count_what_the_first_has_ended(app: TestApp) {
        app.with_token("alice").await;
        app.logged_in("bob").await;
        let mut admin = app.admin().await;
        assert_eq!(log_everyone_out(&mut admin).await.json()["sessions_ended"], 2);
        let second = log_everyone_out(&mut admin).await.json();
        assert_eq!((&second["sessions_ended"], &second["tokens_possibly_live"]), (&0.into(), &0.into()));
    }

    async fn it_is_written_down_once_with_who_from_where_and_why(app: TestApp) {
        app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = admin.user_id().await;
        assert_eq!(log_everyone_out(&mut admin).await.status, 200);
        sweep(&app.services.state, |_| ()).await.expect("the sweep");
        let rows: Vec<(String, String, String, String)> =
            sqlx::query_as("select actor, reason, ip, details from audit_events where event = 'everyone_logged_out'")
                .fetch_all(&app.services.state.db.pool)
                .await
                .expect("the log");
        let [(actor, reason, ip, details)] = &*rows else { panic!("{rows:?}") };
        assert_eq!((actor, &**reason, &**ip), (&id, "a leak", "127.0.0.1"));
        assert_eq!(details, r#"{"global_epoch":1}"#);
    }

    async fn the_tombstones_follow_in_steps_and_say_what_was_so(app: TestApp) {
        let mut idle = app.logged_in("idle").await;
        app.clock.advance_ms(HOUR);
        let mut admin = app.admin().await;
        app.logged_in("alice").await;
        let state = &app.services.state;
        // 1,200 sessions more, of a person who is on many devices.
        sqlx::query(
            "insert into sessions (id_hash, sid, user_id, data, kind, user_agent, ip, created_at, authenticated_at, \
             last_seen_at, idle_expires_at, expires_at, secret_role) \
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 1200) \
             select 'h' || i, 's' || i, user_id, data, kind, user_agent, ip, created_at, authenticated_at, \
             last_seen_at, idle_expires_at, expires_at, secret_role from sessions, n \
             where user_id = (select id from users where email = 'alice@example.com')",
        )
        .execute(&state.db.pool)
        .await
        .expect("sessions");
        let answer = log_everyone_out(&mut admin).await;
        assert_eq!(answer.json()["sessions_ended"], 1201);
        let shown = page(&mut admin, "").await;
        assert!(shown.contains("Updating records: 0 of about 1,201.") && people(&shown) == ["ada@example.com"], "{shown}");
        let mut seen = Vec::new();
        sweep(state, |sweep| seen.push(sweep.marked)).await.expect("the sweep");
        assert_eq!(seen, [0, 500, 1000, 1202], "the one that had timed out is marked as well");
        assert_eq!(app.count("select count(*) from sessions where ended_at is null").await, 1);
        let of = "select count(*) from sessions where end_reason = 'everyone_logged_out'";
        assert_eq!(app.count(of).await, 1201);
        assert!(store::unfinished(&state.db.pool).await.expect("a look").is_none());
        assert!(!page(&mut admin, "").await.contains("Updating records"));
        assert_eq!(idle.open("/dashboard").await.status, 303);
        let why = idle.open("/login").await.text();
        assert!(why.contains("because you were inactive"), "{why}");
    }

    async fn of_sweeps_at_once_each_session_is_counted_once_and_log_ins_get_through(app: TestApp) {
        let mut admin = app.admin().await;
        for _ in 0..5 {
            app.logged_in_again("ada").await;
        }
        assert_eq!(log_everyone_out(&mut admin).await.status, 200);
        let other = app.another_instance().await;
        let (one, two, mut late) = tokio::join!(
            sweep(&app.services.state, |_| ()),
            sweep(&other.state, |_| ()),
            app.logged_in_again("ada"),
        );
        one.and(two).expect("the sweeps");
        assert_eq!(app.count("select marked from global_epoch where epoch = 1").await, 5);
        assert!(is_in(&mut late).await);
    }

    async fn of_two_administrators_at_once_the_second_finds_out_what_the_first_did(app: TestApp) {
        let mut one = app.admin().await;
        for _ in 0..5 {
            let mut two = app.logged_in_again("ada").await;
            let (first, second) = tokio::join!(log_everyone_out(&mut one), log_everyone_out(&mut two));
            let mut statuses = [first.status, second.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 401], "{} {}", first.text(), second.text());
            assert_ne!(is_in(&mut one).await, is_in(&mut two).await);
            if first.status == 401 {
                one = two;
            }
        }
    }

    async fn live_sessions_are_found_by_person_address_and_age(app: TestApp) {
        let mut admin = app.admin().await;
        app.logged_in("alice").await;
        app.clock.advance_ms(3 * HOUR / 2);
        let mut far = app.anonymous().at_ip("192.0.2.7");
        assert_eq!(far.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(admin.log_in("ada", PASSWORD).await.status, 200);
        let mut bob = app.logged_in("bob").await;
        let all = ["bob@example.com", "ada@example.com", "alice@example.com"];
        assert_eq!(people(&page(&mut admin, "").await).len(), 3, "what has timed out is not live");
        assert_eq!(BTreeSet::from_iter(people(&page(&mut admin, "").await)), BTreeSet::from_iter(all.map(String::from)));
        assert_eq!(people(&page(&mut admin, "?person=bob").await), ["bob@example.com"]);
        assert_eq!(people(&page(&mut admin, "?ip=192.0.2.7").await), ["alice@example.com"]);
        assert_eq!(people(&page(&mut admin, "?person=alice&ip=127.0.0.1").await), [""; 0]);
        assert_eq!(people(&page(&mut admin, "?age=hour").await).len(), 3);
        assert_eq!(people(&page(&mut admin, "?age=over-day").await), [""; 0]);
        let empty = page(&mut admin, "?age=over-day").await;
        assert!(empty.contains("No active sessions match.") && empty.contains("value=\"over-day\" selected"), "{empty}");
        app.clock.advance_ms(HOUR / 6);
        assert_eq!(bob.act("log_out", &[]).await.status, 200);
        admin.act("confirm", &[("password", PASSWORD), ("next", "/")]).await;
        assert_eq!(people(&page(&mut admin, "").await).len(), 2, "what has ended is not live");
    }

    async fn each_session_of_the_list_leads_to_its_end_for_who_may_act(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let me = alice.api(Method::GET, "/api/v1/me", None).await.json();
        let way = format!("/admin/users/{}/log-out?sid={}", alice.user_id().await, me["sid"].as_str().expect("a sid"));
        assert!(page(&mut admin, "").await.contains(&format!("href=\"{way}\"")));
        assert!(admin.open(&way).await.text().contains("This ends one session of alice"));
        let mut otto = app.auditor("otto").await;
        let shown = page(&mut otto, "").await;
        assert!(people(&shown).contains(&"alice@example.com".to_owned()) && !shown.contains("?sid="), "{shown}");
    }

    async fn pages_of_sessions_are_complete_and_repeat_nothing(app: TestApp) {
        let mut admin = app.admin().await;
        // All of one moment: the clock stands still.
        for n in 0..54 {
            let (name, email) = (format!("p{n}"), format!("p{n}@example.com"));
            let fields = [("name", &*name), ("email", &email), ("password", PASSWORD)];
            assert_eq!(app.anonymous().at_ip(&format!("10.0.{n}.1")).act("sign_up", &fields).await.status, 200);
        }
        let first = page(&mut admin, "").await;
        let next = first.split("href=\"").find(|part| part.contains("after=")).expect("a next page");
        let next = next.split('"').next().unwrap_or_default().replace("&amp;", "&");
        let second = page(&mut admin, next.trim_start_matches("/admin/sessions")).await;
        let all: Vec<String> = people(&first).into_iter().chain(people(&second)).collect();
        assert_eq!((all.len(), BTreeSet::from_iter(&all).len()), (55, 55));
        assert!(second.contains("First page") && !second.contains("Next page"));
        for nonsense in ["?after=x", "?after=1.", "?after=.", "?age=never&ip=%00", "?person=%25"] {
            page(&mut admin, nonsense).await;
        }
    }
}
