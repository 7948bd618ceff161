//! Section 3 of the Lab: the session and our token die with the end, the plain token of age.

use axum::{
    body::Body,
    http::{Method, Response, header},
};
use http_body_util::BodyExt;

use super::{
    app::{HANG, TestApp},
    caller::Caller,
    lab::{count, visit_of, visitor},
    on_both_databases,
};
use crate::lab::{
    browser::Ask,
    lanes::probe::{End, Run},
    world::{REQUESTS_MAX, STREAMS_MAX},
};

const LANES: &str = "/lab/lanes";

async fn with_lanes(app: &TestApp) -> Caller {
    let mut visitor = visitor(app).await;
    let answer = visitor.act("start_lanes", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    visitor
}

async fn end_of(app: &TestApp, visitor: &Caller) -> End {
    let visit = visit_of(app, visitor).await;
    let run = Run::of(&app.lab(), &visit).await.expect("the runs").expect("a run");
    run.ended.expect("an end")
}

async fn listen(visitor: &Caller) -> Response<Body> {
    let request = visitor.request(Method::GET, LANES).header(header::ACCEPT, "text/event-stream");
    visitor.respond(request.header("sec-fetch-site", "same-origin").body(Body::empty()).expect("a request")).await
}

/// Reads until these words are told, or the stream is over.
async fn read_until(body: &mut Body, words: &str) -> String {
    let mut text = String::new();
    while !text.contains(words) {
        let frame = tokio::time::timeout(HANG, body.frame()).await.expect("something is said");
        let Some(frame) = frame else { break };
        text += &String::from_utf8_lossy(&frame.expect("a frame").into_data().expect("data"));
    }
    text
}

on_both_databases! {
    async fn the_end_reaches_session_and_our_token_and_not_the_plain_one(app: TestApp) {
        let app = app.and_lab().await;
        for (by, who) in [("log_out", "You logged out"), ("force", "The receipt: ")] {
            let mut visitor = with_lanes(&app).await;
            let page = visitor.open("/lab").await.text();
            assert!(page.contains("All three are accepted.") && page.contains("Expires in 60 s, at "), "{page}");
            let first = visitor.act("end_lanes", &[("by", by)]).await;
            assert_eq!(first.status, 200);
            let end = end_of(&app, &visitor).await;
            let (session, ours) = (end.session_us.expect("measured"), end.ours_us.expect("measured"));
            assert!(session.max(ours) < 3_000_000, "{end:?}");
            let page = visitor.open("/lab").await.text();
            for words in ["The plain JWT is still accepted.", " ms: 401 token_revoked", who] {
                assert!(page.contains(words), "{by}: {words}: {page}");
            }
            let again = visitor.act("end_lanes", &[("by", by)]).await;
            assert_eq!((again.status, again.header("location")), (200, first.header("location")), "a second click");
            assert!(visitor.open("/lab").await.text().contains(who), "{by}: the result is still there");
            app.clock.advance_ms(61_000);
            let page = visitor.open("/lab").await.text();
            assert!(page.contains("Still accepted 61 s later") && page.contains(" UTC: accepted for 2 s more"), "{page}");
            app.clock.advance_ms(1_000);
            let page = visitor.open("/lab").await.text();
            assert!(page.contains("All three are refused.") && page.contains("it expired 60 s after the end"), "{page}");
            assert!(page.contains(" ms: 401 token_revoked") && !page.contains("401 token_expired"), "{page}");
            visitor.act("end_visit", &[]).await;
        }
    }

    async fn without_an_end_both_tokens_die_of_age(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = with_lanes(&app).await;
        app.clock.advance_ms(62_000);
        let page = visitor.open("/lab").await.text();
        assert!(page.contains("Both tokens have expired.") && page.contains("401 token_expired"), "{page}");
        assert_eq!(visitor.act("end_lanes", &[("by", "log_out")]).await.status, 200);
        assert_eq!(end_of(&app, &visitor).await.ours_us, None, "what was dead before is not measured");
    }

    async fn an_open_page_is_told_of_the_end_and_of_the_last_death(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = with_lanes(&app).await;
        let response = listen(&visitor).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut body = response.into_body();
        let first = read_until(&mut body, "data: live").await;
        assert!(first.starts_with("data: All three are accepted.\ndata: 0.00|0.00|Accepted"), "{first}");
        visitor.act("end_lanes", &[("by", "log_out")]).await;
        let news = read_until(&mut body, "You logged out").await;
        assert!(news.contains("The session and our JWT are refused."), "{news}");
        app.clock.advance_ms(62_000);
        let last = read_until(&mut body, "data: over").await;
        assert!(last.contains("All three are refused."), "{last}");
        assert!(body.frame().await.is_none(), "the stream is over");
    }

    async fn the_stream_is_for_the_visits_own_pages_and_there_are_three_of_it(app: TestApp) {
        let app = app.and_lab().await;
        assert_eq!(listen(&app.anonymous()).await.status(), 410);
        assert_eq!(listen(&visitor(&app).await).await.status(), 404, "nothing was started");
        let visitor = with_lanes(&app).await;
        let elsewhere = visitor.request(Method::GET, LANES).header("sec-fetch-site", "cross-site");
        assert_eq!(visitor.respond(elsewhere.body(Body::empty()).expect("a request")).await.status(), 403);
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(listen(&visitor).await);
        }
        assert_eq!(listen(&visitor).await.status(), 429);
        open.pop();
        assert_eq!(listen(&visitor).await.status(), 200);
    }

    async fn all_visits_together_have_so_many_streams_and_the_place_is_given_back(app: TestApp) {
        let app = app.and_lab().await;
        let visitor = with_lanes(&app).await;
        let lab = &app.lab();
        let others = lab.streams.try_acquire_many(u32::try_from(STREAMS_MAX - 1).expect("a few")).expect("their places");
        let last = listen(&visitor).await;
        assert_eq!(last.status(), 200);
        let refused = listen(&visitor).await;
        assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));
        drop(last);
        assert_eq!(listen(&visitor).await.status(), 200);
        drop(others);
    }

    /// Nothing gets round it: with its places closed, nothing of the Lab is answered.
    async fn every_request_of_the_lab_is_one_of_a_few_at_once(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = with_lanes(&app).await;
        let lab = &app.lab();
        assert_eq!(lab.requests.available_permits(), REQUESTS_MAX, "each was given back");
        lab.requests.close();
        assert_eq!(app.anonymous().act("begin_visit", &[]).await.status, 503);
        for (action, field) in [("measure_cost", ("rounds", "100")), ("end_lanes", ("by", "force")), ("start_lanes", ("x", ""))] {
            let answer = visitor.act(action, &[field]).await;
            assert_eq!(answer.status, 503, "{action}: {}", answer.text());
        }
    }

    async fn an_open_page_is_told_that_the_visit_is_over(app: TestApp) {
        let app = app.and_lab().await;
        for by_age in [false, true] {
            let mut visitor = with_lanes(&app).await;
            let mut body = listen(&visitor).await.into_body();
            read_until(&mut body, "data: live").await;
            if by_age {
                app.clock.advance_ms(31 * 60_000);
            } else {
                visitor.act("end_visit", &[]).await;
            }
            let last = read_until(&mut body, "data: over").await;
            assert!(last.contains("Your visit has ended.") && last.contains("|No longer checked."), "{last}");
            assert!(body.frame().await.is_none(), "the stream is over");
        }
    }

    async fn what_another_experiment_ends_is_told_as_that(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = with_lanes(&app).await;
        let mut body = listen(&visitor).await.into_body();
        read_until(&mut body, "data: live").await;
        let lab = app.lab();
        let user_id = visit_of(&app, &visitor).await.user_id;
        let fields = [("user", &*user_id), ("reason", "another experiment")];
        let mut administrator = lab.administrator().await.expect("an administrator");
        administrator.send(&lab, &Ask::action("force_logout", &fields)).await.expect("an answer");
        let news = read_until(&mut body, "Something else ended them: another experiment or another tab.").await;
        assert!(news.contains("The plain JWT is still accepted."), "{news}");
        assert_eq!(visitor.act("end_lanes", &[("by", "log_out")]).await.status, 200);
        assert!(visitor.open("/lab").await.text().contains("Run the experiment again to end them here."));
    }

    async fn of_two_ends_at_once_one_is_told(app: TestApp) {
        let app = app.and_lab().await;
        let visitor = with_lanes(&app).await;
        let (mut one, mut other) = (visitor.clone(), visitor.clone());
        let (one, other) =
            tokio::join!(one.act("end_lanes", &[("by", "log_out")]), other.act("end_lanes", &[("by", "force")]));
        assert_eq!((one.status, other.status), (200, 200));
        assert_eq!(one.header("location"), other.header("location"), "both lead to the one result");
        let by_force = !end_of(&app, &visitor).await.receipt.is_empty();
        let forced = "select count(*) from sessions where end_reason = 'by_admin'";
        assert_eq!(by_force, count(&app.lab(), forced).await > 0, "the story is that of the end that came through");
    }

    async fn a_server_that_stops_ends_the_stream(app: TestApp) {
        let app = app.and_lab().await;
        let visitor = with_lanes(&app).await;
        let mut body = listen(&visitor).await.into_body();
        read_until(&mut body, "data: live").await;
        app.services.streams.stop();
        while body.frame().await.is_some() {}
    }

    async fn nothing_is_ended_that_was_not_started(app: TestApp) {
        let app = app.and_lab().await;
        assert_eq!(app.anonymous().act("end_lanes", &[("by", "force")]).await.status, 410);
        let mut visitor = visitor(&app).await;
        assert_eq!(visitor.act("end_lanes", &[("by", "force")]).await.status, 409);
        assert_eq!(visitor.act("start_lanes", &[]).await.status, 200);
        assert_eq!(visitor.act("end_lanes", &[("by", "magic")]).await.status, 400);
        assert!(visitor.open("/lab").await.text().contains("All three are accepted."));
    }
}
