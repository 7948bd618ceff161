//! The audit log: sealed so that a change shows, read by who oversees, taken along.

use std::collections::BTreeSet;

use clap::Parser;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::{
    app::{PASSWORD, TestApp},
    caller::{Caller, main_of},
    on_both_databases,
};
use crate::{
    audit::{
        chain::{
            Anchor, ChainKey,
            report::{Report, What},
            retention::Retention,
            seal::{NotSealed, Sealer},
            verify::verify,
        },
        log::store::LOOKED_AT_MAX,
    },
    auth::{
        event,
        event::{Actor, Event, Kind},
    },
    base::sealed::SecretKey,
    cli::audit::export,
    people::deletion::clean_up::clean_once,
    serve::services::Services,
};

const DAY: i64 = 24 * 3_600_000;
/// The words behind `latchkey audit export`.
#[derive(Parser)]
struct Words {
    #[command(flatten)]
    export: export::Export,
}

/// 2026-01-01 12:00:00 UTC, where the clock of a test begins.
const NOON: i64 = 1_767_268_800_000;

fn sealer(services: &Services) -> Sealer {
    Sealer::new(services.state.clone(), &services.secret)
}

async fn seal(app: &TestApp) -> usize {
    sealer(&app.services).seal_all().await.expect("sealed")
}

async fn verified_since(app: &TestApp, keys: &[&SecretKey], since: Option<&Anchor>) -> Report {
    let keys: Vec<ChainKey> = keys.iter().map(|key| ChainKey::of(key)).collect();
    verify(&app.services.state.db.pool, &keys, since, app.clock.now_ms()).await.expect("a report")
}

async fn verified(app: &TestApp) -> Report {
    verified_since(app, &[&app.services.secret], None).await
}

async fn run(app: &TestApp, statement: impl Into<String>) {
    let statement = statement.into();
    sqlx::query(AssertSqlSafe(statement.clone())).execute(&app.services.state.db.pool).await.expect(&statement);
}

/// What was found, and where: what, first and last number.
fn found(report: &Report) -> Vec<(What, i64, i64)> {
    report.findings.iter().map(|finding| (finding.what, finding.seq, finding.to)).collect()
}

/// Events of nobody's, each a second after the one before, with their number as the reason.
async fn happen(app: &TestApp, count: i64) {
    // The start has made a signing key, which is of no interest here.
    run(app, "delete from audit_events where seq is null and reason = 'the first key'").await;
    let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
    for n in 1..=count {
        let mut event = Event::new(Kind::KeyRotated, Actor::System, "");
        event.reason = format!("number {n:05}");
        event::store::insert(&mut *tx, &event, app.clock.now_ms() + n * 1_000).await.expect("an event");
    }
    tx.commit().await.expect("the events");
}

/// Zelda, who has been logged in, thrown out and logged in again, in a network of her own; and the administrator.
async fn zelda_and_ada(app: &TestApp) -> (Caller, Caller) {
    let mut zelda = app.anonymous().at_ip("192.0.2.7");
    let fields = [("name", "Zelda Quux"), ("email", "zelda@example.com"), ("password", PASSWORD)];
    assert_eq!(zelda.act("sign_up", &fields).await.status, 200);
    assert_eq!(zelda.renew().await.status, 200);
    let mut ada = app.admin().await;
    let id = zelda.user_id().await;
    let fields = [("user", &*id), ("reason", "Zelda called, laptop gone")];
    assert_eq!(ada.act("force_logout", &fields).await.status, 200);
    zelda.log_in("zelda", "not the password").await;
    assert_eq!(zelda.log_in("zelda", PASSWORD).await.status, 200);
    assert_eq!(zelda.renew().await.status, 200);
    (zelda, ada)
}

async fn delete(zelda: &mut Caller) {
    let answer = zelda.act("delete_account", &[("confirmation", "zelda@example.com")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The text of a page of the log, and the addresses of the links on it.
async fn page(caller: &mut Caller, path: &str) -> (String, Vec<String>) {
    let answer = caller.open(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let page = answer.text();
    let main = main_of(&page).to_owned();
    let links = main.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let links = links.map(|link| link.replace("&amp;", "&")).collect();
    (main, links)
}

/// The numbers of what [`happen`]ed, as they stand in a table or a file; the form above has some, too.
fn reasons(text: &str) -> Vec<String> {
    let text = text.split_once("<form").map_or(text, |(_, rest)| rest.split_once("<table").unwrap_or_default().1);
    text.split("number ").skip(1).map(|rest| rest.chars().take(5).collect()).collect()
}

/// All reasons from `path` on, page by page.
async fn walk(caller: &mut Caller, path: &str) -> (Vec<String>, usize) {
    let (mut all, mut path, mut pages) = (Vec::new(), path.to_owned(), 0);
    loop {
        let (main, links) = page(caller, &path).await;
        all.extend(reasons(&main));
        pages += 1;
        match links.into_iter().find(|link| link.contains("before=") && link.starts_with("/admin/audit?")) {
            Some(older) => path = older,
            None => return (all, pages),
        }
    }
}

async fn lines(caller: &mut Caller, query: &str) -> Vec<Value> {
    let answer = caller.open(&format!("/admin/audit/export?format=jsonl&{query}")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/jsonl"));
    answer.text().lines().map(|line| serde_json::from_str(line).expect("a document")).collect()
}

on_both_databases! {
    async fn what_many_acts_leave_is_sealed_in_one_chain(app: TestApp) {
        let empty = verified(&app).await;
        assert!(empty.intact && empty.events == 0, "{empty:?}");
        let (_zelda, _ada) = zelda_and_ada(&app).await;
        let count = app.count("select count(*) from audit_events").await;
        assert!(count > 6, "{count}");
        app.clock.advance_ms(61_000);
        assert_eq!(verified(&app).await.waiting, count, "nobody has sealed for a minute");
        assert_eq!(seal(&app).await, usize::try_from(count).expect("a count"));
        assert_eq!(seal(&app).await, 0, "nothing twice");
        let report = verified(&app).await;
        assert!(report.intact && report.waiting == 0, "{report:?}");
        assert_eq!(i64::try_from(report.events), Ok(count));
        assert_eq!(report.end.expect("an end").seq, count);
    }

    async fn a_changed_column_is_found_with_its_place(app: TestApp) {
        let (_zelda, _ada) = zelda_and_ada(&app).await;
        seal(&app).await;
        let pool = &app.services.state.db.pool;
        let texts = [
            "event", "actor", "subject", "sid", "ip", "device", "reason", "details", "origin_salt", "origin_digest", "words_salt",
            "words_digest", "mac",
        ];
        for column in texts {
            let before = format!("select {column} from audit_events where seq = 3");
            let (before,): (String,) = sqlx::query_as(AssertSqlSafe(before)).fetch_one(pool).await.expect("a row");
            run(&app, format!("update audit_events set {column} = {column} || 'x' where seq = 3")).await;
            let report = verified(&app).await;
            let finding = report.findings.first().unwrap_or_else(|| panic!("{column} was changed"));
            assert!(!report.intact && finding.seq == 3 && finding.at.is_some() && !finding.id.is_empty(), "{column}: {report:?}");
            let back = format!("update audit_events set {column} = $1 where seq = 3");
            sqlx::query(AssertSqlSafe(back)).bind(before).execute(pool).await.expect("put back");
        }
        for (change, back) in [("at = at + 1", "at = at - 1"), ("id = id || 'x'", "id = substr(id, 1, 36)")] {
            run(&app, format!("update audit_events set {change} where seq = 3")).await;
            assert_eq!(found(&verified(&app).await), [(What::Changed, 3, 3)], "{change}");
            run(&app, format!("update audit_events set {back} where seq = 3")).await;
        }
        let report = verified(&app).await;
        assert!(report.intact, "all is as it was: {report:?}");
    }

    async fn a_removed_row_is_found_in_the_middle_at_the_end_and_all_of_them(app: TestApp) {
        happen(&app, 9).await;
        seal(&app).await;
        run(&app, "delete from audit_events where seq in (4, 5)").await;
        assert_eq!(found(&verified(&app).await), [(What::Missing, 4, 5)]);
        run(&app, "delete from audit_events where seq > 7").await;
        assert_eq!(found(&verified(&app).await), [(What::Missing, 4, 5), (What::CutOff, 8, 9)]);
        run(&app, "delete from audit_events").await;
        assert_eq!(found(&verified(&app).await), [(What::CutOff, 1, 9)]);
    }

    async fn whoever_cuts_off_the_end_cannot_make_an_older_row_the_end(app: TestApp) {
        happen(&app, 9).await;
        seal(&app).await;
        run(&app, "delete from audit_events where seq > 7").await;
        run(&app, "update audit_chain set seq = 7, mac = (select mac from audit_events where seq = 7)").await;
        assert_eq!(found(&verified(&app).await), [(What::EndChanged, 7, 7)]);
        happen(&app, 1).await;
        assert!(matches!(sealer(&app.services).seal_all().await, Err(NotSealed::Broken)), "no gap is sealed over");
        run(&app, "delete from audit_chain").await;
        assert_eq!(found(&verified(&app).await), [(What::EndChanged, 7, 7)]);
        assert!(matches!(sealer(&app.services).seal_all().await, Err(NotSealed::Broken)));
    }

    async fn a_row_that_was_put_in_or_moved_is_found(app: TestApp) {
        happen(&app, 6).await;
        seal(&app).await;
        run(&app, "update audit_events set seq = 100 where seq = 2").await;
        assert_eq!(found(&verified(&app).await), [(What::Missing, 2, 2), (What::PutIn, 100, 100)]);
        run(&app, "update audit_events set seq = 2 where seq = 3").await;
        run(&app, "update audit_events set seq = 3 where seq = 100").await;
        let swapped = found(&verified(&app).await);
        assert!(swapped.contains(&(What::Changed, 2, 2)) && swapped.contains(&(What::Changed, 3, 3)), "{swapped:?}");
        // Everything after it moves by one: each number is there, and the row has a copy of good seals.
        run(&app, "update audit_events set seq = seq + 1000 where seq > 5").await;
        run(&app, "insert into audit_events (id, at, event, actor, subject, sid, ip, device, reason, details, seq, origin_salt, \
                   origin_digest, words_salt, words_digest, mac) select 'made up', at, event, actor, subject, sid, ip, device, reason, \
                   details, 6, origin_salt, origin_digest, words_salt, words_digest, mac from audit_events where seq = 5").await;
        assert!(found(&verified(&app).await).contains(&(What::Changed, 6, 6)));
    }

    async fn a_deleted_account_is_forgotten_and_the_chain_holds(app: TestApp) {
        let (mut zelda, mut ada) = zelda_and_ada(&app).await;
        app.logged_in("bob").await;
        let bob = app.user("bob").await;
        let zelda_id = zelda.user_id().await;
        // Zelda has done something to somebody else, too.
        let mut event = Event::new(Kind::ForceLogout, Actor::User(zelda_id.clone()), &bob.id);
        (event.ip, event.reason) = ("192.0.2.7".into(), "bob asked for it".into());
        event::store::insert(&app.services.state.db.pool, &event, app.clock.now_ms()).await.expect("an event");
        seal(&app).await;
        let noted = verified(&app).await.end.expect("an end");
        delete(&mut zelda).await;
        let report = verified_since(&app, &[&app.services.secret], Some(&noted)).await;
        assert!(report.intact && report.blanked > 3, "before the deletion is sealed: {report:?}");
        seal(&app).await;
        clean_once(&app.services.state).await.expect("a round");
        let report = verified_since(&app, &[&app.services.secret], Some(&noted)).await;
        assert!(report.intact && report.blanked > 5, "{report:?}");
        assert_eq!(app.count("select count(*) from audit_events where ip = '192.0.2.7'").await, 0);
        assert_eq!(app.count("select count(*) from audit_events where reason = 'bob asked for it'").await, 1);
        let (main, _) = page(&mut ada, &format!("/admin/audit?subject={zelda_id}")).await;
        assert!(main.contains("deleted user") && !main.contains("Zelda"), "{main}");

        // What remains of an act on somebody else cannot be changed under the cover of the deletion.
        run(&app, "update audit_events set reason = 'bob did not' where reason = 'bob asked for it'").await;
        assert_eq!(found(&verified(&app).await)[0].0, What::WordsChanged);
    }

    async fn a_blanked_row_without_a_deletion_is_found(app: TestApp) {
        let (mut zelda, _ada) = zelda_and_ada(&app).await;
        seal(&app).await;
        let id = zelda.user_id().await;
        run(&app, format!("update audit_events set ip = '', device = '', origin_salt = '', reason = '', details = 'null', \
                           words_salt = '' where subject = '{id}' and event = 'force_logout'")).await;
        let report = verified(&app).await;
        assert_eq!(report.findings.len(), 1, "{report:?}");
        assert_eq!(report.findings[0].what, What::Blanked);
        // A deletion that is made up shows: the account is there.
        let made_up = Event::new(Kind::AccountDeleted, Actor::User(id.clone()), &id);
        event::store::insert(&app.services.state.db.pool, &made_up, app.clock.now_ms()).await.expect("an event");
        seal(&app).await;
        assert_eq!(verified(&app).await.findings[0].what, What::Blanked);
        // One half of it is not enough.
        delete(&mut zelda).await;
        seal(&app).await;
        assert!(verified(&app).await.intact, "now there was a deletion");
        run(&app, format!("update audit_events set ip = '192.0.2.8' where subject = '{id}' and event = 'force_logout'")).await;
        assert_eq!(verified(&app).await.findings[0].what, What::WordsChanged);
    }

    async fn two_instances_that_seal_at_once_make_one_chain(app: TestApp) {
        let other = app.another_instance().await;
        let sealers: Vec<Sealer> = (0..8).map(|n| sealer(if n % 2 == 0 { &app.services } else { &other })).collect();
        for _ in 0..5 {
            happen(&app, 120).await;
            let sealed = futures::future::join_all(sealers.iter().map(Sealer::seal_all)).await;
            let count: usize = sealed.into_iter().map(|count| count.expect("sealed")).sum();
            assert_eq!(count, 120);
        }
        let report = verified(&app).await;
        assert!(report.intact && report.events == 600, "{report:?}");
    }

    async fn a_deletion_while_events_are_sealed_leaves_a_chain_that_holds(app: TestApp) {
        let (mut zelda, mut ada) = zelda_and_ada(&app).await;
        let id = zelda.user_id().await;
        happen(&app, 300).await;
        let sealer = sealer(&app.services);
        let sealing = async {
            for _ in 0..20 {
                sealer.seal_all().await.expect("sealed");
                tokio::task::yield_now().await;
            }
        };
        let acting = async {
            for _ in 0..3 {
                ada.act("force_logout", &[("user", &id), ("reason", "again")]).await;
                zelda.log_in("zelda", PASSWORD).await;
            }
            delete(&mut zelda).await;
        };
        tokio::join!(sealing, acting);
        seal(&app).await;
        let report = verified(&app).await;
        assert!(report.intact, "{report:?}");
    }

    async fn each_event_is_counted_once_for_its_day(app: TestApp) {
        happen(&app, 5).await;
        seal(&app).await;
        app.clock.advance_ms(DAY);
        happen(&app, 700).await;
        seal(&app).await;
        seal(&app).await;
        let counts: Vec<(i64, String, i64)> = sqlx::query_as("select day, event, count from daily_counts order by day")
            .fetch_all(&app.services.state.db.pool)
            .await
            .expect("the counts");
        let day = NOON / DAY;
        assert_eq!(counts, [(day, "key_rotated".to_owned(), 5), (day + 1, "key_rotated".to_owned(), 700)]);
    }

    async fn with_another_secret_key_nothing_is_called_changed_and_an_operator_lets_it_go_on(app: TestApp) {
        happen(&app, 5).await;
        seal(&app).await;
        let (before, after) = (&app.services.secret, SecretKey::generate().expect("a key"));
        let report = verified_since(&app, &[&after], None).await;
        assert!(!report.intact && report.findings.is_empty(), "{report:?}");
        assert_eq!(report.other_keys.iter().map(|stretch| (stretch.from, stretch.to)).collect::<Vec<_>>(), [(1, 5)]);
        assert_eq!(report.events, 0, "none of them was checked");
        happen(&app, 2).await;
        let sealer = Sealer::new(app.services.state.clone(), &after);
        assert!(matches!(sealer.seal_all().await, Err(NotSealed::OtherKey)));
        assert_eq!(sealer.resume("the key was lost").await.expect("a change").map(|from| from.seq), Some(5));
        assert_eq!(sealer.seal_all().await.expect("sealed"), 3, "two, and that it was resumed");
        assert_eq!(sealer.resume("once more").await.expect("nothing"), None);
        let report = verified_since(&app, &[&after], None).await;
        assert_eq!((report.other_keys.len(), report.findings.len()), (1, 0), "{report:?}");
        let report = verified_since(&app, &[&after, before], None).await;
        assert!(report.intact && report.events == 8, "{report:?}");
        assert_eq!(app.count("select count(*) from audit_events where event = 'audit_resumed' and actor = 'cli'").await, 1);
    }

    async fn what_had_waited_when_the_secret_key_was_replaced_is_no_break(app: TestApp) {
        happen(&app, 5).await;
        seal(&app).await;
        let (before, after) = (&app.services.secret, SecretKey::generate().expect("a key"));
        app.clock.advance_ms(10_000);
        happen(&app, 2).await;
        app.clock.advance_ms(10_000);
        let sealer = Sealer::new(app.services.state.clone(), &after);
        sealer.resume("the key was lost").await.expect("a change").expect("something to do");
        let report = verified_since(&app, &[&after, before], None).await;
        assert!(report.intact && report.events == 5, "before it is sealed: {report:?}");
        assert_eq!(sealer.seal_all().await.expect("sealed"), 3);
        let resumed = "select seq from audit_events where event = 'audit_resumed'";
        assert_eq!(app.count(resumed).await, 8, "behind what had waited");
        let report = verified_since(&app, &[&after, before], None).await;
        assert!(report.intact && report.events == 8, "{report:?}");
        // Retention ends between them.
        app.clock.advance_ms(400 * DAY - 8_500);
        let removed = Retention::new(app.services.state.clone(), &after).remove_old().await.expect("a round");
        assert_eq!(removed, 6);
        let report = verified_since(&app, &[&after, before], None).await;
        assert!(report.intact && report.events == 2, "{report:?}");
    }

    async fn what_was_cut_off_shows_when_the_secret_key_is_replaced_also_behind_what_had_waited(app: TestApp) {
        happen(&app, 5).await;
        seal(&app).await;
        run(&app, "delete from audit_events where seq > 3").await;
        happen(&app, 2).await;
        app.clock.advance_ms(10_000);
        let (before, after) = (&app.services.secret, SecretKey::generate().expect("a key"));
        let sealer = Sealer::new(app.services.state.clone(), &after);
        sealer.resume("the key was lost").await.expect("a change").expect("something to do");
        assert_eq!(sealer.seal_all().await.expect("sealed"), 3);
        assert_eq!(found(&verified_since(&app, &[&after, before], None).await), [(What::Resumed, 6, 6)]);
    }

    async fn a_force_logout_keeps_its_words_when_the_account_is_deleted(app: TestApp) {
        let (mut zelda, mut ada) = zelda_and_ada(&app).await;
        let id = zelda.user_id().await;
        let sessions = crate::auth::sessions::store::live_of(&app.services.state.db.pool, &id, app.clock.now_ms()).await;
        let sid = sessions.expect("the sessions").pop().expect("a session").sid;
        let fields = [("user", &*id), ("reason", "one of them"), ("sid", &*sid)];
        assert_eq!(ada.act("force_logout", &fields).await.status, 200);
        let path = format!("/admin/audit?event=force_logout&subject={id}");
        let words = [">Ada</a> logged <a", ">Ada</a> ended a session of <a"];
        let (main, _) = page(&mut ada, &path).await;
        assert_eq!(words.map(|words| main.matches(words).count()), [1, 1], "{main}");
        assert_eq!(zelda.log_in("zelda", PASSWORD).await.status, 200);
        delete(&mut zelda).await;
        let (main, _) = page(&mut ada, &path).await;
        assert_eq!(words.map(|words| main.matches(words).count()), [1, 1], "{main}");
    }

    async fn an_export_that_fails_leaves_no_file_in_its_way(app: TestApp) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("log.jsonl");
        let config = &app.services.state.config;
        let (data, url) = (config.data_dir.to_str().expect("a path"), config.database_url());
        let words = ["export", "--output", file.to_str().expect("a path"), "--data-dir", data, "--database-url", &url];
        let export = async || export::run(Words::parse_from(words).export).await.map_err(|failed| failed.0);
        let files = || std::fs::read_dir(folder.path()).expect("the folder").count();
        app.refuse("insert on audit_events", "new.event = 'audit_exported'").await;
        let told = export().await.expect_err("a refusal");
        assert!(told.contains("nothing was exported") && files() == 0, "{told}");
        app.allow("audit_events").await;
        // The file is begun by then, and the export recorded.
        run(&app, "alter table users rename to elsewhere").await;
        let told = export().await.expect_err("a fault");
        let recorded = app.count("select count(*) from audit_events where event = 'audit_exported'").await;
        assert_eq!((recorded, files()), (1, 0), "{told}");
        run(&app, "alter table elsewhere rename to users").await;
        assert_eq!(export().await, Ok(()));
        let told = export().await.expect_err("a refusal");
        assert!(told.contains("exists already") && files() == 1 && file.exists(), "{told}");
    }

    async fn an_export_that_is_interrupted_leaves_nothing_that_passes_for_all_of_it(app: TestApp) {
        app.admin().await;
        let folder = tempfile::tempdir().expect("a folder");
        let (file, part) = (folder.path().join("audit.jsonl"), folder.path().join("audit.jsonl.part"));
        let config = &app.services.state.config;
        let (data, url) = (config.data_dir.to_str().expect("a path"), config.database_url());
        let words = ["export", "--output", file.to_str().expect("a path"), "--data-dir", data, "--database-url", &url];
        let export = || export::run(Words::parse_from(words).export);
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        if app.kind() == crate::base::db::Kind::Postgres {
            sqlx::query("lock table audit_events in exclusive mode").execute(&mut *tx).await.expect("a lock");
        }
        let begun = async {
            while !part.exists() {
                tokio::task::yield_now().await;
            }
        };
        // As a signal does: nothing of the command runs any more.
        tokio::select! { _ = export() => panic!("the log is locked"), () = begun => {} }
        assert!(!file.exists());
        tx.rollback().await.expect("unlocked");
        export().await.unwrap_or_else(|failed| panic!("{}", failed.0));
        let text = std::fs::read_to_string(&file).expect("the export");
        assert!(text.contains("admin_created") && !part.exists(), "{text}");
    }

    async fn what_was_cut_off_stays_missing_when_an_operator_lets_the_log_go_on(app: TestApp) {
        happen(&app, 5).await;
        seal(&app).await;
        run(&app, "delete from audit_events where seq > 3").await;
        happen(&app, 1).await;
        assert!(matches!(sealer(&app.services).seal_all().await, Err(NotSealed::Broken)));
        sealer(&app.services).resume("we know").await.expect("a change");
        assert_eq!(seal(&app).await, 2);
        assert_eq!(found(&verified(&app).await), [(What::Missing, 4, 5), (What::Resumed, 6, 6)]);
    }

    async fn an_end_that_somebody_else_wrote_is_told_for_ever_whoever_lets_the_log_go_on(app: TestApp) {
        for forged in [
            "update audit_chain set seq = 2, mac = (select mac from audit_events where seq = 2)",
            "update audit_chain set seq = 9223372036854775807",
            "update audit_chain set seal = '1.AAAAAAAA.forged'",
            "delete from audit_chain",
        ] {
            run(&app, "delete from audit_events").await;
            run(&app, "delete from audit_chain").await;
            run(&app, "insert into audit_chain (id, seq, mac, seal) values (1, 0, '', '')").await;
            happen(&app, 4).await;
            seal(&app).await;
            run(&app, "delete from audit_events where seq > 2").await;
            run(&app, forged).await;
            assert!(!verified(&app).await.intact, "{forged}");
            sealer(&app.services).resume("let it go on").await.expect("a change").expect("something to do");
            let report = verified(&app).await;
            assert_eq!(found(&report), [(What::Resumed, 3, 3)], "{forged}: before it is sealed");
            happen(&app, 1).await;
            seal(&app).await;
            let report = verified(&app).await;
            assert_eq!((found(&report), report.intact), (vec![(What::Resumed, 3, 3)], false), "{forged}");
        }
    }

    async fn a_noted_end_shows_a_log_that_was_written_anew_with_the_key(app: TestApp) {
        happen(&app, 5).await;
        seal(&app).await;
        let noted: Anchor = verified(&app).await.end.expect("an end").to_string().parse().expect("as it was printed");
        let key = &app.services.secret;
        happen(&app, 2).await;
        seal(&app).await;
        assert!(verified_since(&app, &[key], Some(&noted)).await.intact);
        // Who holds the key seals another history.
        run(&app, "update audit_chain set seq = 0, mac = '', seal = ''").await;
        run(&app, "update audit_events set seq = null, mac = ''").await;
        run(&app, "update audit_events set reason = 'another' where reason = 'number 00002'").await;
        seal(&app).await;
        assert!(verified(&app).await.intact);
        assert_eq!(found(&verified_since(&app, &[key], Some(&noted)).await), [(What::Rewritten, 5, 5)]);
        run(&app, "delete from audit_events where seq > 2").await;
        let report = verified_since(&app, &[key], Some(&noted)).await;
        assert!(found(&report).contains(&(What::Rewritten, 5, 5)), "{report:?}");
        for wrong in ["5", "0:1.a.b", "x:1.a.b", "5:", "5:2.a.b"] {
            assert!(wrong.parse::<Anchor>().is_err(), "{wrong}");
        }
    }

    async fn the_page_says_who_did_what_to_whom_and_why(app: TestApp) {
        let (mut zelda, mut ada) = zelda_and_ada(&app).await;
        let (id, ada_id) = (zelda.user_id().await, ada.user_id().await);
        let (main, links) = page(&mut ada, "/admin/audit?event=force_logout").await;
        assert!(main.contains(">Ada</a> logged <a") && main.contains(">Zelda Quux</a> out"), "{main}");
        assert!(main.contains("Zelda called, laptop gone") && main.contains("2026-01-01 12:00:00"), "{main}");
        assert!(main.contains("Not sealed yet"));
        assert!(links.contains(&format!("/admin/users/{id}")) && links.contains(&format!("/admin/users/{ada_id}")));
        seal(&app).await;
        let (main, _) = page(&mut ada, "/admin/audit").await;
        assert!(!main.contains("Not sealed yet"));
        assert!(main.contains("Failed login for <a") && main.contains("192.0.2.7"), "{main}");
    }

    async fn every_filter_shows_what_it_says_and_nothing_else(app: TestApp) {
        let (mut zelda, _) = zelda_and_ada(&app).await;
        let id = zelda.user_id().await;
        app.clock.advance_ms(DAY);
        app.logged_in_again("zelda").await;
        let mut ada = app.logged_in_again("ada").await;
        let rows = |main: &str| main.matches("<tr role=\"row\">").count().saturating_sub(1);
        let all = app.count("select count(*) from audit_events").await;
        let (main, _) = page(&mut ada, "/admin/audit").await;
        assert_eq!(i64::try_from(rows(&main)), Ok(all));
        for (query, condition) in [
            ("event=logged_in", "event = 'logged_in'".to_owned()),
            ("from=0001-01-01", "1 = 1".into()),
            ("to=0001-01-01", "1 = 0".into()),
            ("subject=zelda%40example.com", format!("subject = '{id}'")),
            ("subject=quux", format!("subject = '{id}'")),
            (&*format!("subject={id}"), format!("subject = '{id}'")),
            ("actor=zelda", format!("actor = '{id}'")),
            ("actor=system", "actor = 'system'".into()),
            ("actor=unknown", "actor = ''".into()),
            ("actor=zelda&event=logged_in", format!("actor = '{id}' and event = 'logged_in'")),
            ("actor=ada&subject=zelda", format!("actor <> '{id}' and actor <> '' and subject = '{id}'")),
            ("ip=192.0.2.7", "ip = '192.0.2.7'".into()),
            ("q=LAPTOP", "reason like '%laptop%'".into()),
            ("q=laptop_", "reason like '%laptop+_%' escape '+'".into()),
            ("to=2026-01-01", format!("at < {}", NOON + DAY / 2)),
            ("from=2026-01-02&to=2026-01-02", format!("at >= {}", NOON + DAY / 2)),
            ("from=2026-01-03", "1 = 0".into()),
            ("subject=zelda&event=logged_in&ip=192.0.2.7&from=2026-01-01&to=2026-01-01",
             format!("subject = '{id}' and event = 'logged_in' and ip = '192.0.2.7' and at < {}", NOON + DAY / 2)),
        ] {
            let (expected, without_exports) = {
                let statement = format!(
                    "select count(*), count(case when event <> 'audit_exported' then 1 end) from audit_events where {condition}"
                );
                let pool = &app.services.state.db.pool;
                sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(statement)).fetch_one(pool).await.expect("counts")
            };
            let (main, _) = page(&mut ada, &format!("/admin/audit?{query}")).await;
            assert_eq!(i64::try_from(rows(&main)), Ok(expected), "{query}: {main}");
            let exported = lines(&mut ada, query).await;
            let exported = exported.iter().filter(|line| line["event"] != "audit_exported").count();
            assert_eq!(i64::try_from(exported), Ok(without_exports), "{query}");
        }
    }

    async fn what_is_not_understood_is_said_and_never_taken_for_any(app: TestApp) {
        let mut ada = app.admin().await;
        for name in ["ann-one", "ann-two"] {
            app.logged_in(name).await;
        }
        for (query, words) in [
            ("event=nonsense", "no event of this type"),
            ("subject=nobody-here", "No user matches “nobody-here”"),
            ("actor=nobody%40example.com", "No user matches “nobody@example.com”"),
            ("from=yesterday", "isn't a date"),
            ("from=2026-02-30", "isn't a date"),
            ("from=2026-01-05&to=2026-01-01", "after the last"),
            ("ip=home", "Enter an IP address"),
            (&*format!("q={}", "x".repeat(101)), "100 characters"),
        ] {
            let (main, _) = page(&mut ada, &format!("/admin/audit?{query}")).await;
            assert!(main.contains(words) && !main.contains("<table"), "{query}: {main}");
            let answer = ada.open(&format!("/admin/audit/export?{query}")).await;
            assert_eq!(answer.status, 400, "{query}");
        }
        let (main, links) = page(&mut ada, "/admin/audit?subject=ann-").await;
        assert!(main.contains("Which user do you mean?") && !main.contains("<table"), "{main}");
        let id = app.user("ann-two").await.id;
        let link = links.iter().find(|link| link.contains(&id)).expect("a link");
        let (main, _) = page(&mut ada, link).await;
        assert!(main.contains("value=\"ann-two@example.com\"") && main.contains("signed up"), "{main}");
        assert_eq!(app.count("select count(*) from audit_events where event = 'audit_exported'").await, 0);
    }

    async fn pages_and_the_export_hold_everything_once_and_in_the_same_order(app: TestApp) {
        let mut ada = app.admin().await;
        happen(&app, 3_000).await;
        let expected: Vec<String> = (1..=3_000).rev().map(|n| format!("{n:05}")).collect();
        let (shown, pages) = walk(&mut ada, "/admin/audit").await;
        assert_eq!(shown, expected);
        assert!(pages > 50, "{pages}");
        let (shown, _) = walk(&mut ada, "/admin/audit?actor=system&q=number%20012").await;
        assert_eq!(shown, (1_200..1_300).rev().map(|n| format!("{n:05}")).collect::<Vec<_>>());
        let exported: Vec<String> = lines(&mut ada, "").await.iter().filter_map(|line| {
            line["reason"].as_str()?.strip_prefix("number ").map(str::to_owned)
        }).collect();
        assert_eq!(exported, expected);
        let answer = ada.open("/admin/audit/export?format=csv&actor=system").await;
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"latchkey-audit-2026-01-01.csv\"");
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("text/csv; charset=utf-8; header=present", "no-store"));
        assert_eq!(reasons(&answer.text()), expected);
        assert!(answer.body.starts_with("\u{feff}seq,id,".as_bytes()), "a spreadsheet takes it for UTF-8");
        assert_eq!(answer.text().matches('\u{feff}').count(), 1, "once, however many pieces there are");
    }

    async fn a_needle_in_ten_thousands_is_found_in_bounded_steps(app: TestApp) {
        let mut ada = app.admin().await;
        happen(&app, LOOKED_AT_MAX + 500).await;
        let (main, links) = page(&mut ada, "/admin/audit?q=number%2000007").await;
        assert!(main.contains("Searched 10,000 events") && reasons(&main).is_empty(), "{main}");
        assert!(links.iter().any(|link| link.contains("before=")));
        assert_eq!(walk(&mut ada, "/admin/audit?q=number%2000007").await, (vec!["00007".to_owned()], 2));
        assert_eq!(lines(&mut ada, "q=number%2000007").await.len(), 1);
    }

    async fn what_is_no_text_is_refused_by_page_and_file_alike(app: TestApp) {
        let mut ada = app.admin().await;
        for field in ["q", "actor", "subject", "event", "from", "to", "ip", "before", "format"] {
            page(&mut ada, &format!("/admin/audit?{field}=a%00b")).await;
            let answer = ada.open(&format!("/admin/audit/export?{field}=a%00b")).await;
            let expected = if field == "before" { 200 } else { 400 };
            assert_eq!(answer.status, expected, "{field}: {}", answer.text());
        }
        let (main, _) = page(&mut ada, "/admin/audit?q=a%00b").await;
        assert!(main.contains("control characters"), "{main}");
    }

    async fn cells_that_look_like_formulas_stay_harmless(app: TestApp) {
        let mut ada = app.admin().await;
        let mut eve = app.anonymous();
        let fields = [("name", "=HYPERLINK(\"http://evil.example\",\"a\")"), ("email", "eve@example.com"), ("password", PASSWORD)];
        assert_eq!(eve.act("sign_up", &fields).await.status, 200);
        let parts = ["x;=cmd|' /C calc'!A0", "x; \"=1", "x\t@1", "x\n+1", "x,-1", "x|＝1", " =1", "\u{200b}=1", "＋1", "a-b+c=d; e"];
        for reason in ["=1+1", "+1", "-1", "@x", "a, \"b\"\nc"].into_iter().chain(parts) {
            let mut event = Event::new(Kind::KeyRotated, Actor::System, "");
            event.reason = reason.into();
            event::store::insert(&app.services.state.db.pool, &event, app.clock.now_ms()).await.expect("an event");
        }
        let answer = ada.open("/admin/audit/export?format=csv").await;
        let mut reader = csv::Reader::from_reader(&*answer.body);
        let columns = reader.headers().expect("a head").len();
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a record")).collect();
        assert!(records.len() > 6 && records.iter().all(|record| record.len() == columns));
        let cells: BTreeSet<String> = records.iter().flatten().map(str::to_owned).collect();
        assert!(!cells.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{cells:?}");
        for cell in ["x;'=cmd|' /C calc'!A0", "x; \"'=1", "x\t'@1", "x\n'+1", "x,'-1", "x|'＝1", " '=1", "\u{200b}'=1", "'＋1", "a-b+c=d; e"] {
            assert!(cells.contains(cell), "{cell}: {cells:?}");
        }
        // However a reader cuts the file, no piece begins like a formula.
        let text = answer.text();
        for separator in [';', ',', '\t', '|', '\n'] {
            for piece in text.split(separator) {
                let piece = piece.trim_start_matches(|c: char| c == '"' || c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}');
                assert!(!piece.starts_with(['=', '+', '-', '@', '＝', '＋']), "cut at {separator:?}: {piece}");
            }
        }
        for cell in ["'=1+1", "'+1", "'-1", "'@x", "a, \"b\"\nc", "'=HYPERLINK(\"http://evil.example\",\"a\")"] {
            assert!(cells.contains(cell), "{cell}: {cells:?}");
        }
        assert!(answer.text().contains("\r\n"), "RFC 4180");
    }

    async fn auditors_take_the_log_along_and_users_do_not(app: TestApp) {
        app.admin().await;
        let mut otto = app.auditor("otto").await;
        let mut alice = app.logged_in("alice").await;
        for path in ["/admin/audit", "/admin/audit/export", "/admin/audit/export?format=jsonl"] {
            assert_eq!(otto.open(path).await.status, 200, "{path}");
            assert_eq!(alice.open(path).await.status, 403, "{path}");
        }
        let link = "/admin/audit/export?format=csv&event=logged_in";
        let answer = app.anonymous().open(link).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login?next=%2Fadmin%2Faudit%3Fevent%3Dlogged_in"));
        let request = otto.request(axum::http::Method::GET, link).header("sec-fetch-site", "cross-site");
        assert_eq!(otto.send(request.body(axum::body::Body::empty()).expect("a request")).await.status, 403);
        app.clock.advance_ms(10 * 60_000);
        let answer = otto.open(link).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/confirm?next=%2Fadmin%2Faudit%3Fevent%3Dlogged_in"));
        let list = "/admin/audit?event=logged_in";
        assert_eq!(otto.act("confirm", &[("password", PASSWORD), ("next", list)]).await.status, 200);
        assert!(otto.open(list).await.text().contains("Password confirmed. Start the download again."));
    }

    async fn an_export_is_written_down_before_its_first_byte(app: TestApp) {
        let (mut zelda, mut ada) = zelda_and_ada(&app).await;
        let (id, ada_id) = (zelda.user_id().await, ada.user_id().await);
        let query = "format=csv&subject=zelda%40example.com&ip=192.0.2.7&q=Zelda&from=2026-01-01";
        assert_eq!(ada.open(&format!("/admin/audit/export?{query}")).await.status, 200);
        let (actor, details): (String, String) =
            sqlx::query_as("select actor, details from audit_events where event = 'audit_exported'")
                .fetch_one(&app.services.state.db.pool)
                .await
                .expect("an event");
        assert_eq!(actor, ada_id);
        let details: Value = serde_json::from_str(&details).expect("details");
        let expected = json!({ "format": "csv", "subject": id, "from": "2026-01-01", "ip": "given", "words": "given" });
        assert_eq!(details, expected, "nothing of a person but the id, which outlives the account");
        let (main, _) = page(&mut ada, "/admin/audit?event=audit_exported").await;
        assert!(main.contains("exported the audit log") && main.contains("format: csv"), "{main}");
    }
}

#[test]
fn no_two_events_have_the_same_bytes_to_seal() {
    use crate::audit::chain::{origin_digest, words_digest};
    assert_ne!(origin_digest("a", "bc", "d"), origin_digest("ab", "c", "d"));
    assert_ne!(origin_digest("", "a", ""), origin_digest("", "", "a"));
    assert_ne!(origin_digest("s", "a", "b"), words_digest("s", "a", "b"));
}
