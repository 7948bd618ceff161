//! The overview says what is so: how many, what happened on which day, and how each instance does.

use std::time::Duration;

use super::{
    app::{HANG, PASSWORD, TestApp},
    caller::{Caller, main_of},
    on_both_databases,
};
use crate::{
    audit::chain::seal::Sealer,
    auth::{
        cause::Cause, event::Actor, instances::presence::Presence, revocations::EndReason, sessions::store::Target,
    },
    base::state::Stopwatch,
    serve::services::Services,
};

const HOUR_MS: i64 = 3_600_000;

/// The page as it is read, one blank between any two texts.
async fn overview(reader: &mut Caller) -> String {
    let answer = reader.open("/admin").await;
    assert_eq!(answer.status, 200, "{}", answer.header("location"));
    words(main_of(&answer.text()))
}

fn words(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push(' ');
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn fails_to_log_in(app: &TestApp, name: &str) {
    assert_eq!(app.anonymous().log_in(name, "not the password").await.status, 401);
}

async fn presence(services: &Services) -> Presence {
    let presence = Presence::new(services.state.clone(), services.revocations.clone());
    presence.begin().await.expect("a row");
    presence
}

/// The page as twenty see it who ask for it at once.
async fn twenty(reader: &Caller) -> Vec<String> {
    let look = |_| {
        let mut reader = reader.copy();
        tokio::spawn(async move { overview(&mut reader).await })
    };
    let pages = futures::future::join_all((0..20).map(look)).await;
    pages.into_iter().map(|page| page.expect("no panic")).collect()
}

fn by_command_line() -> Cause {
    Cause { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words: "test".into(), caller: Default::default() }
}

on_both_databases! {
    async fn the_overview_counts_what_people_did(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        app.logged_in("bob").await;
        for _ in 0..2 {
            fails_to_log_in(&app, "alice").await;
        }
        fails_to_log_in(&app, "nobody").await;
        let page = overview(&mut admin).await;
        assert!(page.contains("Active sessions 3 Users 3 1 confirmed (33%), 2 not confirmed 0% use 2FA 0 disabled"), "{page}");
        assert!(page.contains("Numbers Day (UTC) Logins Failed 2026-01-01 3 3 2025-12-31 0 0"), "{page}");
        assert!(page.contains("Numbers Day (UTC) Sign-ups 2026-01-01 2 2025-12-31 0"), "{page}");
        assert!(page.contains("2025-12-03 0 0 Sign-ups"), "thirty days: {page}");

        let id = alice.user_id().await;
        app.force_logout(&mut admin, &id).await;
        let page = overview(&mut admin).await;
        assert!(page.contains("Active sessions 2 Users 3"), "exact at once: {page}");
    }

    async fn who_was_logged_out_with_everyone_has_no_live_session(app: TestApp) {
        app.admin().await;
        app.logged_in("alice").await;
        let statement = "insert into global_epoch (epoch, raised_at, actor, sessions, marked) values (1, 0, 'cli', 2, 0)";
        sqlx::query(statement).execute(&app.services.state.db.pool).await.expect("everyone is out");
        let page = overview(&mut app.logged_in_again("ada").await).await;
        assert!(page.contains("Active sessions 1 Users 2"), "{page}");
    }

    async fn an_auditor_sees_the_overview_and_a_user_does_not(app: TestApp) {
        app.admin().await;
        let mut auditor = app.auditor("otto").await;
        assert!(overview(&mut auditor).await.contains("Users 2"));
        let refused = app.logged_in("alice").await.open("/admin").await;
        assert_eq!(refused.status, 403);
        assert!(!refused.text().contains("Active sessions"));
        let visitor = app.anonymous().open("/admin").await;
        assert_eq!((visitor.status, visitor.header("location")), (303, "/login?next=%2Fadmin"));
    }

    async fn a_day_ends_at_midnight_utc(app: TestApp) {
        app.admin().await;
        app.logged_in("alice").await;
        app.clock.advance_ms(12 * HOUR_MS - 1);
        fails_to_log_in(&app, "alice").await;
        fails_to_log_in(&app, "alice").await;
        app.clock.advance_ms(1);
        fails_to_log_in(&app, "alice").await;
        let page = overview(&mut app.logged_in_again("ada").await).await;
        assert!(page.contains("2026-01-02 1 1 2026-01-01 2 2 2025-12-31 0 0"), "{page}");
        assert!(page.contains("Friday, 2 January 2026: Logins 1, failed 1"), "{page}");
    }

    async fn what_is_sealed_counts_with_what_is_not(app: TestApp) {
        let mut admin = app.admin().await;
        let pool = &app.services.state.db.pool;
        let (today, event) = (20_454_i64, "logged_in");
        for (day, count) in [(today, 1_200_i64), (today - 29, 7), (today - 30, 1_000_000)] {
            sqlx::query("insert into daily_counts (day, event, count) values ($1, $2, $3)")
                .bind(day)
                .bind(event)
                .bind(count)
                .execute(pool)
                .await
                .expect("a count");
        }
        let page = overview(&mut admin).await;
        assert!(page.contains("2026-01-01 1,201 0 2025-12-31 0 0"), "{page}");
        assert!(page.contains("2025-12-03 7 0 Sign-ups"), "{page}");
        sqlx::query("update audit_events set seq = 1 where event = 'logged_in'").execute(pool).await.expect("sealed");
        let page = overview(&mut admin).await;
        assert!(page.contains("2026-01-01 1,200 0 2025-12-31"), "not once more: {page}");
    }

    async fn a_sign_up_with_a_taken_address_adds_nobody_before_it_is_sealed_and_after(app: TestApp) {
        let mut admin = app.admin().await;
        app.logged_in("alice").await;
        let fields = [("name", "Alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
        assert_ne!(app.anonymous().act("sign_up", &fields).await.status, 200);
        assert_eq!(app.count("select count(*) from audit_events where event = 'signed_up'").await, 2, "it is written down");
        let one = "Sign-ups 2026-01-01 1 2025-12-31 0";
        assert!(overview(&mut admin).await.contains(one));
        Sealer::new(app.services.state.clone(), &app.services.secret).seal_all().await.expect("sealed");
        assert!(overview(&mut admin).await.contains(one));
    }

    async fn a_new_installation_says_that_there_is_nothing_yet(app: TestApp) {
        let page = overview(&mut app.admin().await).await;
        assert!(page.contains("Active sessions 1 Users 1 1 confirmed (100%), 0 not confirmed"), "{page}");
        assert!(page.contains("No sign-ups in the last 30 days."), "{page}");
        assert!(page.contains("Rate-limited 0 0 accounts, 0 networks, after failed attempts"), "{page}");
        assert!(page.contains("Revocations None yet since this instance started"), "{page}");
        assert!(page.contains("Signing key ES256"), "{page}");
        assert!(page.contains("Email 0 waiting 0 written to files in 24 hours 0 failed"), "{page}");
    }

    async fn the_chart_and_its_table_say_the_same(app: TestApp) {
        let mut admin = app.admin().await;
        fails_to_log_in(&app, "ada").await;
        let page = admin.open("/admin").await.text();
        assert!(page.contains("<title>Thursday, 1 January 2026: Logins 1, failed 1</title>"), "{page}");
        assert!(page.contains(
            "aria-label=\"Per day, 3 Dec to 1 Jan. Logins: 1 in all, at most 1 on 1 Jan. Failed: 1 in all, at most 1 on 1 Jan.\""
        ));
        assert_eq!(page.matches("class=\"chart-day\"").count(), 30, "the other chart has nothing to draw");
        assert!(!page.contains("style=\""), "the policy lets no inline style in");
    }

    async fn who_has_to_wait_is_counted_as_long_as_the_wait_lasts(app: TestApp) {
        let mut admin = app.admin().await;
        for _ in 0..5 {
            fails_to_log_in(&app, "alice").await;
        }
        assert!(overview(&mut admin).await.contains("Rate-limited 1 1 account, 0 networks"));
        app.clock.advance_ms(3_000);
        assert!(overview(&mut admin).await.contains("Rate-limited 0 0 accounts"));
    }

    async fn the_outbox_is_counted(app: TestApp) {
        let mut admin = app.admin().await;
        app.logged_in("alice").await;
        let page = overview(&mut admin).await;
        assert!(page.contains("Email 1 waiting Oldest: 0 seconds 0 written to files in 24 hours 0 failed"), "{page}");
        app.clock.advance_ms(HOUR_MS / 4 + 1);
        admin = app.logged_in_again("ada").await;
        let page = overview(&mut admin).await;
        assert!(page.contains("Oldest: 15 minutes") && page.contains("Not being delivered"), "{page}");
        let pool = &app.services.state.db.pool;
        // The second one tells of the log-in from another browser.
        sqlx::query("update outbox set given_up_at = created_at").execute(pool).await.expect("the outbox");
        let page = overview(&mut admin).await;
        assert!(page.contains("0 waiting 0 written to files in 24 hours 2 failed in 30 days Run latchkey mail list"), "{page}");
        sqlx::query("update outbox set sent_at = created_at, given_up_at = null").execute(pool).await.expect("the outbox");
        let page = overview(&mut admin).await;
        assert!(page.contains("0 waiting 2 written to files in 24 hours 0 failed in 30 days"), "{page}");
        assert!(page.contains("Done Email Email is written to files in the data folder."), "{page}");
    }

    async fn another_instance_shows_up_with_what_it_has_heard(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let (other, _) = app.another_instance_where(|config| config.instance = Some("web-2".into())).await;
        let (own, others) = (presence(&app.services).await, presence(&other).await);
        app.services.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        let page = overview(&mut admin).await;
        assert!(page.contains("web-2 None yet None yet 1 behind, just now"), "{page}");

        app.clock.advance_ms(40);
        other.revocations.sync().await.expect("the feed");
        others.write().await.expect("a row");
        own.write().await.expect("a row");
        let page = overview(&mut admin).await;
        let row = "web-2 40 ms median, 40 ms p99 1 revocation since it started None yet Yes, just now";
        assert!(page.contains(row), "{page}");
        assert!(page.contains("None yet 0 ms median, 0 ms p99 1 revocation since it started 1 behind"), "{page}");
        assert!(page.contains("Revocations 40 ms median, 40 ms p99, on the slowest of 2 instances 1 revocation"), "{page}");

        app.clock.advance_ms(10_000);
        own.write().await.expect("a row");
        let page = overview(&mut admin).await;
        assert!(page.contains("web-2 Not responding") && page.contains("1 instance with problems"), "{page}");
        app.clock.advance_ms(HOUR_MS);
        own.write().await.expect("a row");
        assert!(!overview(&mut app.logged_in_again("ada").await).await.contains("web-2"), "that is long ago");
    }

    async fn the_spread_is_that_of_the_newest_thousand(app: TestApp) {
        use crate::{base::metrics::Spread, base::metrics::Via};
        let metrics = &app.services.metrics;
        assert_eq!(metrics.spread(Via::Feed), Spread::default());
        for _ in 0..500 {
            metrics.revocation_taken_in(Via::Feed, 9_000);
        }
        for milliseconds in 1..=1_000 {
            metrics.revocation_taken_in(Via::Feed, milliseconds);
        }
        assert_eq!(metrics.spread(Via::Feed), Spread { count: 1_500, p50_ms: 500, p99_ms: 990 });
        assert_eq!(metrics.spread(Via::Local).count, 0);
    }

    async fn many_who_look_at_once_make_one_count(app: TestApp) {
        let admin = app.admin().await;
        let census = &app.services.census;
        census.slow_down(200);
        for page in twenty(&admin).await {
            assert!(page.contains("Active sessions 1 Users 1"), "{page}");
        }
        assert_eq!(census.begun(), 1);

        app.logged_in("alice").await;
        app.clock.advance_ms(12_000);
        for page in twenty(&admin).await {
            assert!(page.contains("Active sessions 1 Counted 12 seconds ago Users 1"), "{page}");
        }
        assert_eq!(census.begun(), 1, "one per cent of the time at most");

        app.clock.advance_ms(60_000);
        let watch = Stopwatch::start();
        for page in twenty(&admin).await {
            assert!(page.contains("Users 1"), "nobody waits for the new count: {page}");
        }
        assert_eq!(census.begun(), 2);
        let counted = async {
            while !overview(&mut admin.copy()).await.contains("Users 2") {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(HANG, counted).await.expect("the new count comes");
        assert!(watch.elapsed_ms() > 150, "it took its time");
        assert_eq!(census.begun(), 2);
    }

    async fn nobody_waits_long_for_the_first_count(app: TestApp) {
        let mut admin = app.admin().await;
        // Longer than any test may take: who waited for it would see its numbers.
        app.services.census.slow_down(600_000);
        let page = overview(&mut admin).await;
        assert!(page.contains("Active sessions … Counting. Reload in a moment."), "{page}");
        assert_eq!(app.services.census.begun(), 1);
        assert_eq!(app.anonymous().log_in("ada", PASSWORD).await.status, 200, "and nothing else waits");
    }
}
