//! The Lab: a visit has a demo user of its own, in a world that shares nothing with ours, and leaves nothing behind.

use axum::http::Method;

use super::{app::TestApp, on_both_databases};
use crate::lab::{browser::Ask, clean_up, visit::Visit};

/// The visit of this browser.
pub async fn visit_of(app: &TestApp, caller: &super::caller::Caller) -> Option<Visit> {
    let request = caller.request(Method::GET, "/lab").body(()).expect("a request");
    let (lab, config) = (app.services.lab.as_ref().expect("a lab"), &app.services.state.config);
    Visit::of(lab, request.headers(), config).await.expect("the visits")
}

on_both_databases! {
    async fn a_visit_begins_and_ends_and_leaves_nothing_behind(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.services.lab.clone().expect("a lab");
        let mut visitor = app.anonymous();
        assert!(visitor.open("/lab").await.text().contains("Start a demo session"));
        let answer = visitor.act("begin_visit", &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.set_cookie("__Host-lab").contains("HttpOnly; SameSite=Strict; Secure"), "{:?}", answer.headers);
        assert!(visitor.open("/lab").await.text().contains("Demo user"));
        let visit = visit_of(&app, &visitor).await.expect("a visit");
        assert!(visit.is_logged_in(&lab).await.expect("an answer"));
        assert_eq!(app.count("select count(*) from users").await, 0, "nobody of the Lab is among our users");
        assert_eq!(visitor.act("end_visit", &[]).await.status, 200);
        assert!(visit_of(&app, &visitor).await.is_none());
        for table in ["select count(*) from lab_visits", "select count(*) from sessions where user_id <> (select id from users where role = 'admin')"] {
            let (count,): (i64,) = sqlx::query_as(table).fetch_one(&lab.state.db.pool).await.expect("a count");
            assert_eq!(count, 0, "{table}");
        }
    }

    /// The log-in of the demo user is an action within an action: it must not take the place of the one around it.
    async fn every_visitor_of_many_at_once_gets_their_cookie(app: TestApp) {
        let app = app.and_lab().await;
        for _ in 0..3 {
            let visits = (0..6).map(|_| {
                let mut visitor = app.anonymous();
                tokio::spawn(async move {
                    let answer = visitor.act("begin_visit", &[]).await;
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    assert!(visitor.cookies.contains_key("__Host-lab"), "{:?}", answer.headers);
                    assert_eq!(answer.header("location"), "/lab");
                })
            });
            for visit in visits.collect::<Vec<_>>() {
                visit.await.expect("a visit");
            }
        }
    }

    async fn a_visit_whose_log_in_fails_leaves_nobody_behind(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.services.lab.clone().expect("a lab");
        let run = async |statement: &'static str| sqlx::query(statement).execute(&lab.state.db.pool).await.expect("done");
        run("alter table known_devices rename to away").await;
        let answer = app.anonymous().act("begin_visit", &[]).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        run("alter table away rename to known_devices").await;
        let people = "select count(*) from users where role = 'user'";
        let (made,): (i64,) = sqlx::query_as(people).fetch_one(&lab.state.db.pool).await.expect("a count");
        assert_eq!(made, 1, "the log-in was what failed");
        app.clock.advance_ms(crate::lab::visit::LIFETIME_MS);
        assert_eq!(clean_up::clean_once(&lab).await.expect("a round"), 1);
        let (left,): (i64,) = sqlx::query_as(people).fetch_one(&lab.state.db.pool).await.expect("a count");
        assert_eq!(left, 0);
    }

    async fn one_experiment_runs_at_a_time(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.services.lab.clone().expect("a lab");
        let mut visitor = app.anonymous();
        visitor.act("begin_visit", &[]).await;
        let mut first = visit_of(&app, &visitor).await.expect("a visit");
        first.take_turn(&lab).await.expect("the first turn");
        let waiting = tokio::spawn(async move { visitor.act("try_attack", &[("attack", "none")]).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished() && lab.turns.available_permits() == 0);
        drop(first);
        assert_eq!(waiting.await.expect("an answer").status, 200);
    }

    async fn a_visit_is_over_after_half_an_hour(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.services.lab.clone().expect("a lab");
        let mut visitor = app.anonymous();
        visitor.act("begin_visit", &[]).await;
        assert_eq!(clean_up::clean_once(&lab).await.expect("a round"), 0);
        app.clock.advance_ms(crate::lab::visit::LIFETIME_MS);
        assert!(visit_of(&app, &visitor).await.is_none());
        assert_eq!(clean_up::clean_once(&lab).await.expect("a round"), 1);
        assert!(visitor.open("/lab").await.text().contains("Start a demo session"));
    }

    async fn what_opens_the_lab_opens_nothing_else(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.services.lab.clone().expect("a lab");
        let mut visitor = app.anonymous();
        visitor.act("begin_visit", &[]).await;
        let visit = visit_of(&app, &visitor).await.expect("a visit");
        let demo = visit.browser.ask(&lab, &Ask::api(Method::GET, "/api/v1/me")).await.expect("an answer");
        assert_eq!(demo.status, 200, "{}", demo.body);
        let mut thief = app.anonymous();
        thief.cookies = visit.browser.cookies.clone();
        assert_eq!(thief.api(Method::GET, "/api/v1/me", None).await.status, 401);
        assert_eq!(thief.open("/dashboard").await.status, 303);
        let mut alice = app.with_token("alice").await;
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
        let mut browser = visit.browser.clone();
        browser.cookies = alice.cookies.clone();
        assert_eq!(browser.ask(&lab, &Ask::api(Method::GET, "/api/v1/me")).await.expect("an answer").status, 401);
    }

    async fn without_the_setting_there_is_no_lab(app: TestApp) {
        let mut visitor = app.anonymous();
        let answer = visitor.open("/lab").await;
        assert_eq!(answer.status, 404);
        assert!(!answer.text().contains("href=\"/lab\""));
        assert_eq!(visitor.act("begin_visit", &[]).await.status, 404);
    }
}
