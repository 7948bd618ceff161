//! An open page hears of the end of its session: `GET /session/events`.

use axum::{
    body::Body,
    http::{HeaderMap, Method, header},
};
use http_body_util::BodyExt;
use serde_json::Value;

use super::{
    app::{HANG, TestApp},
    caller::{Answer, Caller},
    on_both_databases,
};
use crate::{
    auth::{cause::Cause, event::Actor, revocations::EndReason, sessions::store::Target},
    base::db::Kind,
};

const MINUTE: i64 = 60_000;

/// The open stream of one page.
struct Listener {
    headers: HeaderMap,
    body: Body,
    text: String,
}

/// What a stream says.
#[derive(Debug, PartialEq)]
enum Said {
    Beat,
    Ended(String),
    /// Closed by the server.
    Over,
}

async fn ask(caller: &Caller, address: &str, more: &[(&str, &str)]) -> axum::http::Response<Body> {
    let mut request = caller.request(Method::GET, address).header(header::ACCEPT, "text/event-stream");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    caller.respond(request.body(Body::empty()).expect("a request")).await
}

async fn refusal(caller: &Caller, address: &str, more: &[(&str, &str)]) -> Answer {
    Answer::read(ask(caller, address, more).await).await
}

async fn listen(caller: &Caller) -> Listener {
    listen_at(caller, "/session/events").await
}

async fn listen_at(caller: &Caller, address: &str) -> Listener {
    let (parts, body) = ask(caller, address, &[("sec-fetch-site", "same-origin")]).await.into_parts();
    assert_eq!(parts.status, 200);
    Listener { headers: parts.headers, body, text: String::new() }
}

impl Listener {
    /// The next block, blank line excluded; empty at the end of the stream.
    async fn block(&mut self) -> String {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return block;
            }
            let frame = tokio::time::timeout(HANG, self.body.frame()).await.expect("something is said in time");
            let Some(frame) = frame else { return String::new() };
            let bytes = frame.expect("a frame").into_data().expect("data");
            self.text += std::str::from_utf8(&bytes).expect("text");
        }
    }

    async fn next(&mut self) -> Said {
        let block = self.block().await;
        match block.strip_prefix("event: ended\ndata: ") {
            Some(data) => {
                let data: Value = serde_json::from_str(data).expect("JSON");
                assert!(data["at"].as_i64().is_some_and(|at| at > 0), "{data}");
                Said::Ended(data["reason"].as_str().expect("a reason").to_owned())
            }
            None if block.is_empty() => Said::Over,
            None => Said::Beat,
        }
    }

    /// The reason of the end, which is the last thing said.
    async fn ended(&mut self) -> String {
        loop {
            match self.next().await {
                Said::Beat => {}
                Said::Ended(reason) => {
                    assert_eq!(self.next().await, Said::Over);
                    return reason;
                }
                Said::Over => panic!("the stream ended without a word"),
            }
        }
    }

    /// Goes on for this many heartbeats.
    async fn beats(&mut self, times: usize) {
        for _ in 0..times {
            assert_eq!(self.next().await, Said::Beat);
        }
    }
}

fn by(actor: Actor, reason: EndReason) -> Cause {
    Cause { actor, reason, words: "test".into(), caller: Default::default() }
}

async fn sid(caller: &mut Caller) -> String {
    caller.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned()
}

on_both_databases! {
    async fn a_force_logout_is_told_to_every_open_page_of_the_user_and_to_no_other(app: TestApp) {
        let mut phone = app.with_token("alice").await;
        let (mut admin, bob) = (app.admin().await, app.logged_in("bob").await);
        let laptop = app.logged_in_again("alice").await;
        let mut pages = [listen(&phone).await, listen(&laptop).await];
        let (mut admins, mut bobs) = (listen(&admin).await, listen(&bob).await);
        let id = phone.user_id().await;
        app.force_logout(&mut admin, &id).await;
        for page in &mut pages {
            assert_eq!(page.ended().await, "by_admin");
        }
        admins.beats(3).await;
        bobs.beats(3).await;
    }

    async fn the_end_of_one_session_is_told_to_its_pages_only(app: TestApp) {
        let mut phone = app.with_token("alice").await;
        let mut laptop = app.logged_in_again("alice").await;
        assert_eq!(laptop.renew().await.status, 200);
        let (mut on_phone, mut on_laptop) = (listen(&phone).await, listen(&laptop).await);
        let sid = sid(&mut phone).await;
        let actor = Actor::User(phone.user_id().await);
        app.services.terminator.terminate(Target::Session(&sid), by(actor, EndReason::ByUser)).await.expect("a receipt");
        assert_eq!(on_phone.ended().await, "by_user");
        on_laptop.beats(3).await;
        let mut other_tab = laptop.copy();
        assert_eq!(other_tab.act("log_out", &[]).await.status, 200);
        assert_eq!(on_laptop.ended().await, "logged_out");
    }

    async fn a_force_logout_in_another_process_is_told_when_the_feed_brings_it(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let mut page = listen(&alice).await;
        let other = app.another_instance().await;
        other.terminator.terminate(Target::User(&id), by(Actor::CommandLine, EndReason::ByAdmin)).await.expect("a receipt");
        page.beats(3).await;
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(page.ended().await, "by_admin");
    }

    async fn who_comes_with_a_dead_cookie_is_told_why_at_once(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        app.force_logout(&mut admin, &id).await;
        let mut page = listen(&alice).await;
        assert_eq!(page.next().await, Said::Ended("by_admin".into()));
        assert_eq!(page.next().await, Said::Over);
    }

    async fn nobody_is_told_nothing(app: TestApp) {
        let answer = refusal(&app.anonymous(), "/session/events", &[]).await;
        assert_eq!((answer.status, answer.code()), (401, "not_logged_in".into()));
    }

    async fn a_page_whose_session_is_no_more_that_of_the_browser_is_told_so(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let address = format!("/session/events?sid={}", sid(&mut alice).await);
        listen_at(&alice, &address).await.beats(2).await;
        // Another one in the same browser, and then none at all.
        let bob = app.logged_in("bob").await;
        assert_eq!(listen_at(&bob, &address).await.ended().await, "replaced");
        assert_eq!(listen_at(&app.anonymous(), &address).await.ended().await, "logged_out");
    }

    async fn no_other_site_can_listen(app: TestApp) {
        let alice = app.logged_in("alice").await;
        for site in ["cross-site", "same-site"] {
            let answer = refusal(&alice, "/session/events", &[("sec-fetch-site", site)]).await;
            assert_eq!((answer.status, answer.code()), (403, "cross_site".into()), "{site}");
        }
        for headers in [&[("sec-fetch-site", "none")] as &[_], &[]] {
            assert_eq!(ask(&alice, "/session/events", headers).await.status(), 200, "{headers:?}");
        }
    }

    async fn to_listen_is_no_use_of_the_session_and_its_idle_end_is_told(app: TestApp) {
        let alice = app.logged_in("alice").await;
        let last_seen = app.count("select last_seen_at from sessions").await;
        app.clock.advance_ms(20 * MINUTE);
        let mut page = listen(&alice).await;
        page.beats(2).await;
        app.clock.advance_ms(9 * MINUTE);
        page.beats(2).await;
        listen(&alice).await.beats(2).await;
        assert_eq!(app.count("select last_seen_at from sessions").await, last_seen);
        app.clock.advance_ms(MINUTE);
        assert_eq!(page.ended().await, "idle");
    }

    async fn a_page_that_only_listens_lives_on_while_another_is_used(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut page = listen(&alice).await;
        for _ in 0..3 {
            app.clock.advance_ms(20 * MINUTE);
            assert_eq!(alice.open("/dashboard").await.status, 200);
            page.beats(3).await;
        }
        app.clock.advance_ms(31 * MINUTE);
        assert_eq!(page.ended().await, "idle");
    }

    async fn the_absolute_end_is_told(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut page = listen(&alice).await;
        for _ in 0..28 {
            app.clock.advance_ms(25 * MINUTE);
            alice.open("/dashboard").await;
        }
        page.beats(2).await;
        app.clock.advance_ms(20 * MINUTE);
        assert_eq!(page.ended().await, "expired");
    }

    async fn a_session_that_outlives_its_tokens_is_still_watched(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let mut page = listen(&alice).await;
        // As a change of role does it: the tokens die, the session does not.
        let cause = by(Actor::System, EndReason::RoleChanged);
        app.services.terminator.terminate(Target::Tokens(&id), cause).await.expect("a receipt");
        page.beats(3).await;
        let mut admin = app.admin().await;
        app.force_logout(&mut admin, &id).await;
        assert_eq!(page.ended().await, "by_admin");
    }

    async fn a_user_has_thirty_streams_and_one_more_when_one_closes(app: TestApp) {
        let (alice, bob) = (app.logged_in("alice").await, app.logged_in("bob").await);
        let mut pages = Vec::new();
        for _ in 0..30 {
            pages.push(listen(&alice).await);
        }
        let answer = refusal(&alice, "/session/events", &[]).await;
        assert_eq!((answer.status, answer.code()), (429, "too_many_streams".into()));
        assert_eq!(answer.header("retry-after"), "60");
        listen(&bob).await.beats(1).await;
        drop(pages.pop());
        listen(&alice).await.beats(1).await;
    }

    async fn a_stream_changes_nothing_in_the_browser_and_is_kept_by_nobody(app: TestApp) {
        let alice = app.logged_in("alice").await;
        for accept in ["text/event-stream", "text/html"] {
            let request = alice.request(Method::GET, "/session/events").header(header::ACCEPT, accept);
            let response = alice.respond(request.body(Body::empty()).expect("a request")).await;
            assert!(response.headers().get(header::SET_COOKIE).is_none(), "{accept}");
        }
        let mut page = listen(&alice).await;
        for (name, value) in [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")] {
            assert_eq!(page.headers[name], value);
        }
        assert_eq!(page.block().await, "retry: 2000\n: listening");
        assert_eq!(page.block().await, ": beat");
    }

    async fn a_stream_outlives_the_time_that_a_request_may_take(app: TestApp) {
        drop(app);
        let app = TestApp::with(Kind::Sqlite, &["--request-timeout-seconds", "1"]).await;
        let mut page = listen(&app.logged_in("alice").await).await;
        // One and a half seconds of them.
        page.beats(30).await;
    }
}
