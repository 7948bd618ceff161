//! Old events of the audit log go, and what is said of them proves that nobody else removed them.

use sqlx::AssertSqlSafe;

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};
use crate::{
    audit::chain::{
        Anchor, ChainKey,
        report::{ByRetention, Report, What},
        retention::{NotRemoved, Retention},
        seal::Sealer,
        verify::verify,
    },
    auth::{
        event,
        event::{Actor, Event, Kind},
    },
    base::sealed::SecretKey,
    people::deletion::clean_up::clean_once,
};

const DAY: i64 = 24 * 3_600_000;
/// 2026-01-01 12:00:00 UTC, where the clock of a test begins.
const NOON: i64 = 1_767_268_800_000;

async fn run(app: &TestApp, statement: &str) {
    let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&app.services.state.db.pool).await;
    done.expect(statement);
}

async fn seal(app: &TestApp) {
    Sealer::new(app.services.state.clone(), &app.services.secret).seal_all().await.expect("sealed");
}

fn retention(app: &TestApp) -> Retention {
    Retention::new(app.services.jobs.clone(), &app.services.secret)
}

async fn remove_old(app: &TestApp) -> u64 {
    retention(app).remove_old().await.expect("removed")
}

/// Events of nobody's, one each day from now on, the number of the day as the reason; sealed. The clock stands at the last.
async fn days_go_by(app: &TestApp, count: i64) {
    run(app, "delete from audit_events where seq is null and reason = 'the first key'").await;
    for n in 1..=count {
        app.clock.advance_ms(DAY);
        let mut event = Event::new(Kind::KeyRotated, Actor::System, "");
        event.reason = format!("day {n}");
        event::store::insert(&app.services.state.db.pool, &event, app.clock.now_ms()).await.expect("an event");
    }
    seal(app).await;
}

async fn verified_with(app: &TestApp, keys: &[&SecretKey], since: Option<&Anchor>) -> Report {
    let keys: Vec<ChainKey> = keys.iter().map(|key| ChainKey::of(key)).collect();
    verify(&app.services.state.db.pool, &keys, since, app.clock.now_ms()).await.expect("a report")
}

async fn verified(app: &TestApp) -> Report {
    verified_with(app, &[&app.services.secret], None).await
}

fn found(report: &Report) -> Vec<(What, i64, i64)> {
    report.findings.iter().map(|finding| (finding.what, finding.seq, finding.to)).collect()
}

/// On the same kind of database, where events are kept for ten days.
async fn keeping_ten_days(app: &TestApp) -> TestApp {
    TestApp::with(app.kind(), &["--audit-retention-days", "10"]).await
}

on_both_databases! {
    async fn what_is_too_old_goes_and_the_rest_is_still_proven(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 30).await;
        assert_eq!(remove_old(&app).await, 19);
        assert_eq!(remove_old(&app).await, 0, "once");
        let report = verified(&app).await;
        assert!(report.intact, "{report:?}");
        assert_eq!(report.events, 11);
        let removed = ByRetention { events: 19, to: 19, until: NOON + 19 * DAY, unchecked: 0 };
        assert_eq!(report.removed, Some(removed));
        days_go_by(&app, 5).await;
        assert_eq!(remove_old(&app).await, 5, "and goes on, in one statement");
        assert_eq!(app.count("select count(*) from audit_removed").await, 1);
        let report = verified(&app).await;
        assert!(report.intact && report.removed.as_ref().is_some_and(|removed| (removed.events, removed.to) == (24, 24)));
    }

    async fn without_a_limit_nothing_goes_and_the_newest_event_never_does(app: TestApp) {
        let kept = TestApp::with(app.kind(), &["--audit-retention-days", "0"]).await;
        days_go_by(&kept, 3).await;
        kept.clock.advance_ms(5_000 * DAY);
        assert_eq!(remove_old(&kept).await, 0);
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 3).await;
        app.clock.advance_ms(5_000 * DAY);
        assert_eq!(remove_old(&app).await, 2);
        days_go_by(&app, 1).await;
        assert!(verified(&app).await.intact, "the chain goes on behind it");
    }

    async fn thousands_go_in_steps_and_two_instances_count_each_once(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        for n in 0..1_200 {
            let event = Event::new(Kind::LogInFailed, Actor::Unknown, "");
            event::store::insert(&mut *tx, &event, NOON + n).await.expect("an event");
        }
        tx.commit().await.expect("the events");
        app.clock.advance_ms(20 * DAY);
        days_go_by(&app, 1).await;
        let all = app.count("select count(*) from audit_events").await;
        let (one, other) = tokio::join!(remove_old(&app), remove_old(&app));
        assert_eq!((one + other, app.count("select count(*) from audit_events").await), (all.unsigned_abs() - 1, 1));
        let report = verified(&app).await;
        assert!(report.intact && report.removed.is_some_and(|removed| removed.events == all - 1));
    }

    async fn any_other_removal_is_still_found(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 30).await;
        remove_old(&app).await;
        run(&app, "delete from audit_events where seq in (20, 21, 25)").await;
        let report = verified(&app).await;
        assert_eq!(found(&report), [(What::Missing, 20, 21), (What::Missing, 25, 25)]);
    }

    async fn nobody_forges_what_was_removed_without_the_key(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 30).await;
        remove_old(&app).await;
        for forgery in [
            "update audit_removed set last_seq = 22, last_mac = (select mac from audit_events where seq = 22)",
            "update audit_removed set events = 18",
            "update audit_removed set until_at = until_at + 1",
            "update audit_removed set unchecked = 1",
            "update audit_removed set first_seq = 2",
            "update audit_removed set seal = 'x'",
        ] {
            run(&app, "create table kept as select * from audit_removed").await;
            run(&app, forgery).await;
            let report = verified(&app).await;
            assert!(found(&report).iter().any(|(what, ..)| *what == What::RemovalChanged), "{forgery}: {report:?}");
            assert!(found(&report).contains(&(What::Missing, 1, 19)), "{forgery}: {report:?}");
            app.clock.advance_ms(DAY);
            let refused = retention(&app).remove_old().await;
            assert!(matches!(refused, Err(NotRemoved::Forged)), "{forgery}: nothing is sealed over it");
            run(&app, "delete from audit_removed").await;
            run(&app, "insert into audit_removed select * from kept").await;
            run(&app, "drop table kept").await;
        }
        assert!(verified(&app).await.intact);
        run(&app, "delete from audit_removed").await;
        assert_eq!(found(&verified(&app).await), [(What::Missing, 1, 19)]);
    }

    async fn an_older_statement_hides_nothing_and_a_removed_event_does_not_come_back(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 30).await;
        run(&app, "create table old_events as select * from audit_events where seq = 5").await;
        remove_old(&app).await;
        run(&app, "create table kept as select * from audit_removed").await;
        days_go_by(&app, 5).await;
        remove_old(&app).await;
        run(&app, "create table newer as select * from audit_removed").await;
        run(&app, "delete from audit_removed").await;
        run(&app, "insert into audit_removed select * from kept").await;
        assert_eq!(found(&verified(&app).await), [(What::Missing, 20, 24)]);
        run(&app, "delete from audit_removed").await;
        run(&app, "insert into audit_removed select * from newer").await;
        run(&app, "insert into audit_events select * from old_events").await;
        assert_eq!(found(&verified(&app).await), [(What::BroughtBack, 5, 5)]);
    }

    async fn what_was_changed_before_it_was_removed_is_told_for_ever(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 30).await;
        run(&app, "update audit_events set actor = 'cli' where seq = 3").await;
        run(&app, "delete from audit_events where seq in (7, 8)").await;
        assert_eq!(remove_old(&app).await, 17);
        let report = verified(&app).await;
        assert_eq!(found(&report), [(What::RemovedUnfit, 1, 19)]);
        assert!(!report.intact);
    }

    async fn a_place_that_was_noted_down_and_removed_gets_a_clear_answer(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 12).await;
        let noted = verified(&app).await.end.expect("an end");
        assert_eq!(noted.seq, 12);
        days_go_by(&app, 12).await;
        let early = verified(&app).await.end.expect("an end");
        remove_old(&app).await;
        let report = verified_with(&app, &[&app.services.secret], Some(&noted)).await;
        assert!(report.since_removed && !report.intact && report.findings.is_empty(), "{report:?}");
        let report = verified_with(&app, &[&app.services.secret], Some(&early)).await;
        assert!(report.intact && !report.since_removed, "{report:?}");
        let made_up = Anchor { seq: early.seq, mac: noted.mac };
        let report = verified_with(&app, &[&app.services.secret], Some(&made_up)).await;
        assert_eq!(found(&report), [(What::Rewritten, 24, 24)]);
    }

    async fn after_a_new_secret_key_the_former_still_proves_what_it_removed(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        days_go_by(&app, 30).await;
        remove_old(&app).await;
        let mut other = app.another_instance().await;
        other.app.secret = SecretKey::generate().expect("a key");
        let sealer = Sealer::new(other.state.clone(), &other.secret);
        assert!(sealer.resume("the key was replaced").await.expect("resumed").is_some());
        sealer.seal_all().await.expect("sealed");
        app.clock.advance_ms(15 * DAY);
        let removed = Retention::new(other.jobs.clone(), &other.secret).remove_old().await.expect("removed");
        assert_eq!(removed, 11);
        let report = verified_with(&app, &[&other.secret, &app.services.secret], None).await;
        assert!(report.intact, "{report:?}");
        let removed = report.removed.expect("removed");
        assert_eq!((removed.events, removed.to, removed.unchecked), (30, 30, 11));
        let report = verified_with(&app, &[&other.secret], None).await;
        assert!(!report.intact && report.findings.is_empty() && !report.other_keys.is_empty(), "{report:?}");
    }

    async fn a_deletion_that_was_removed_still_explains_what_it_blanked(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        let mut zelda = app.logged_in("zelda").await;
        let id = app.user("zelda").await.id;
        let gone = zelda.act("delete_account", &[("confirmation", "zelda@example.com"), ("password", PASSWORD)]).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        seal(&app).await;
        // A request under way writes once more, and is blanked a while later.
        app.clock.advance_ms(3_600_000);
        let mut late = Event::new(Kind::LogInFailed, Actor::Unknown, &id);
        late.ip = "192.0.2.7".into();
        event::store::insert(&app.services.state.db.pool, &late, app.clock.now_ms()).await.expect("an event");
        seal(&app).await;
        clean_once(&app.services.state).await.expect("a round");
        days_go_by(&app, 2).await;
        assert!(verified(&app).await.intact);
        // Of the events of this day all but the late one are too old.
        app.clock.advance_ms(8 * DAY - 1_800_000);
        assert!(remove_old(&app).await > 2);
        assert_eq!(app.count("select count(*) from audit_events where event = 'account_deleted'").await, 0);
        assert_eq!(app.count("select count(*) from audit_events where event = 'log_in_failed'").await, 1);
        let report = verified(&app).await;
        assert!(report.intact && report.blanked == 1, "{report:?}");
    }

    async fn the_charts_do_not_forget_and_an_old_account_is_warned_of_a_new_device(app: TestApp) {
        let app = keeping_ten_days(&app).await;
        app.logged_in("alice").await;
        days_go_by(&app, 30).await;
        let counted = app.count("select cast(sum(count) as bigint) from daily_counts").await;
        remove_old(&app).await;
        assert_eq!(app.count("select cast(sum(count) as bigint) from daily_counts").await, counted);
        assert_eq!(app.count("select count(*) from audit_events where event = 'logged_in'").await, 0, "it is forgotten");
        app.logged_in_again("alice").await;
        assert_eq!(app.count("select count(*) from audit_events where event = 'new_device'").await, 1);
    }
}
