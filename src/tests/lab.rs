//! The Lab: a visit has a demo user of its own, in a world that shares nothing with ours, and leaves nothing behind.

use std::sync::Arc;

use axum::http::Method;

use super::{
    app::{PASSWORD, TestApp},
    caller::Caller,
    crowds::{WRONG, log_in, statuses, until},
    first_steps::{overview, states},
    on_both_databases,
    postgres::TwoRoles,
    settings::{FOLDERS, SECRET, all_given, given},
    texts::texts,
};
use crate::{
    base::db::Kind,
    cli::parts::ServerSettings,
    lab::{
        browser::Ask,
        cost::Way,
        make,
        part::LabPart,
        visit::{LIFETIME_MS, Visit, remove_over, take_turn},
        world::Lab,
    },
    serve,
    serve::{router::router, services::Services},
};

/// Opens the Lab of these services, without the work that keeps it going.
pub async fn open(services: &Services) {
    let part: &LabPart = services.parts.get().expect("the part");
    part.open(&services.app).await.expect("a lab");
}

impl TestApp {
    /// With the Lab, which costs a second database.
    pub async fn and_lab(self) -> Self {
        open(&self.services).await;
        self
    }

    /// After [`Self::and_lab`].
    pub fn lab(&self) -> Arc<Lab> {
        self.services.parts.get::<LabPart>().expect("the part").lab().expect("a lab").clone()
    }
}

/// Someone who has begun a visit.
pub async fn visitor(app: &TestApp) -> Caller {
    let mut visitor = app.anonymous();
    let answer = visitor.act("begin_visit", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    visitor
}

/// The visit of this browser, if it lasts.
async fn find_visit(app: &TestApp, caller: &Caller) -> Option<Visit> {
    let request = caller.request(Method::GET, "/lab").body(()).expect("a request");
    Visit::of(&app.lab(), request.headers()).await.expect("the visits")
}

pub async fn visit_of(app: &TestApp, caller: &Caller) -> Visit {
    find_visit(app, caller).await.expect("a visit")
}

/// In the Lab's database.
pub async fn count(lab: &Lab, statement: &'static str) -> i64 {
    let (count,): (i64,) = sqlx::query_as(statement).fetch_one(&lab.state.db.pool).await.expect("a count");
    count
}

async fn run(app: &TestApp, statement: &'static str) {
    sqlx::query(statement).execute(&app.services.state.db.pool).await.expect(statement);
}

const FACTOR_OF_ADA: &str = "insert into totp (user_id, secret_sealed, created_at, confirmed_at, last_step) \
                             select id, 'sealed', 1, 1, 0 from users where email = 'ada@example.com'";
const A_MAIL: &str = "insert into outbox (id, email, user_id, mail, created_at, due_at, attempts, sent_at) \
                      values ('1', 'ada@example.com', '', '\"x\"', 1, 1, 1, 2)";

on_both_databases! {
    async fn a_new_administrator_finds_each_step_with_its_state(app: TestApp) {
        let app = app.and_lab().await;
        let mut ada = app.admin().await;
        let page = overview(&mut ada).await;
        assert_eq!(states(&page), (0, 4), "{page}");
        for words in ["First steps", "href=\"/account/second-factor\"", "No email has been sent", "/signup</code>", "Open the Lab"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        run(&app, FACTOR_OF_ADA).await;
        assert_eq!(states(&overview(&mut ada).await), (1, 3));
        run(&app, A_MAIL).await;
        let page = overview(&mut ada).await;
        assert!(states(&page) == (2, 2) && page.contains("Email is written to files"), "{page}");
        app.logged_in("alice").await;
        assert_eq!(states(&overview(&mut ada).await), (3, 1));
        let answer = ada.submit("put_away_first_steps", &[("name", "lab")], "/admin").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/lab"));
        assert!(!overview(&mut ada).await.contains("First steps"), "all are done");
        run(&app, "delete from totp").await;
        assert!(!overview(&mut ada).await.contains("First steps"), "and do not come back");
    }

    async fn a_visit_begins_and_ends_and_leaves_nothing_behind(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.lab();
        let mut visitor = app.anonymous();
        assert!(visitor.open("/lab").await.text().contains("Start demo session"));
        let answer = visitor.act("begin_visit", &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.set_cookie("__Host-lab").contains("HttpOnly; SameSite=Strict; Secure"), "{:?}", answer.headers);
        assert!(visitor.open("/lab").await.text().contains("Demo user"));
        let visit = visit_of(&app, &visitor).await;
        assert!(visit.is_logged_in(&lab).await.expect("an answer"));
        assert_eq!(app.count("select count(*) from users").await, 0, "nobody of the Lab is among our users");
        let mut other_tab = visitor.copy();
        for tab in [&mut visitor, &mut other_tab] {
            assert_eq!(tab.act("end_visit", &[]).await.status, 200);
            assert!(tab.open("/lab").await.text().contains("Your visit has ended, and all its data has been deleted."));
            assert!(!tab.open("/lab").await.text().contains("has been deleted"), "it is told once");
        }
        assert!(find_visit(&app, &visitor).await.is_none());
        for table in ["select count(*) from lab_visits", "select count(*) from sessions where user_id <> (select id from users where role = 'admin')"] {
            assert_eq!(count(&lab, table).await, 0, "{table}");
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
        let lab = app.lab();
        let run = async |statement: &'static str| sqlx::query(statement).execute(&lab.state.db.pool).await.expect("done");
        run("alter table known_devices rename to away").await;
        let answer = app.anonymous().act("begin_visit", &[]).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        run("alter table away rename to known_devices").await;
        let people = "select count(*) from users where role = 'user'";
        assert_eq!(count(&lab, people).await, 1, "the log-in was what failed");
        app.clock.advance_ms(LIFETIME_MS);
        assert_eq!(remove_over(&lab).await.expect("a round"), 1);
        assert_eq!(count(&lab, people).await, 0);
    }

    async fn one_experiment_runs_at_a_time(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.lab();
        let mut visitor = visitor(&app).await;
        let first = take_turn(&lab).await.expect("the first turn");
        let waiting = tokio::spawn(async move { visitor.act("try_attack", &[("attack", "none")]).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished() && lab.turns.available_permits() == 0);
        drop(first);
        assert_eq!(waiting.await.expect("an answer").status, 200);
    }

    async fn a_visit_is_over_after_half_an_hour(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.lab();
        let mut visitor = visitor(&app).await;
        assert_eq!(remove_over(&lab).await.expect("a round"), 0);
        let mut other = app.anonymous();
        other.act("begin_visit", &[]).await;
        app.clock.advance_ms(LIFETIME_MS);
        assert!(find_visit(&app, &visitor).await.is_none());
        other.act("end_visit", &[]).await;
        assert_eq!(remove_over(&lab).await.expect("a round"), 1, "whose end was asked for does not wait for the round");
        assert!(visitor.open("/lab").await.text().contains("Start demo session"));
    }

    async fn every_form_of_the_lab_says_that_the_visit_is_over(app: TestApp) {
        let app = app.and_lab().await;
        let mut visitor = visitor(&app).await;
        visitor.copy().act("end_visit", &[]).await;
        for (action, field) in [("measure_cost", ("rounds", "100")), ("start_lanes", ("x", "")), ("end_lanes", ("by", "force")), ("try_attack", ("attack", "none"))] {
            let answer = visitor.submit(action, &[field], "/lab").await;
            let page = answer.text();
            let (top, rest) = page.split_once("id=\"visit\"").expect("the Lab");
            assert_eq!(answer.status, 410, "{action}");
            assert!(top.contains("Your visit to the Lab has ended.") && rest.contains("Start demo session"), "{action}: {page}");
        }
    }

    async fn what_opens_the_lab_opens_nothing_else(app: TestApp) {
        let app = app.and_lab().await;
        let lab = app.lab();
        let visitor = visitor(&app).await;
        let visit = visit_of(&app, &visitor).await;
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

    async fn what_waits_in_the_lab_keeps_nobody_waiting(app: TestApp) {
        let app = app.and_lab().await;
        app.logged_in("alice").await;
        let lab = app.lab();
        let mut blocked = lab.state.db.begin_write().await.expect("a transaction");
        if app.kind() == Kind::Postgres {
            sqlx::query("lock table throttles in share row exclusive mode").execute(&mut *blocked).await.expect("a lock");
        }
        // Both hold a turn of the Lab when their connections wait beside ours.
        let visitors: Vec<_> = (0..2).map(|number| log_in(Caller::of(lab.router.clone()), &format!("n{number}"), WRONG)).collect();
        let pool = lab.state.db.pool.clone();
        until(|| (pool.size() as usize).saturating_sub(pool.num_idle()) == 3).await;
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200);
        assert!(visitors.iter().all(|visitor| !visitor.is_finished()), "it did not wait for them");
        blocked.rollback().await.expect("done");
        assert_eq!(statuses(visitors).await, [401, 401]);
    }

    async fn without_the_setting_there_is_no_lab(app: TestApp) {
        let mut visitor = app.anonymous();
        let answer = visitor.open("/lab").await;
        assert_eq!(answer.status, 404);
        assert!(!answer.text().contains("href=\"/lab\""));
        assert_eq!(visitor.act("begin_visit", &[]).await.status, 404);
    }
}

#[tokio::test]
async fn any_folder_can_hold_the_lab() {
    let parent = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(parent.path().join("a")).expect("a folder");
    for name in FOLDERS {
        let folder = parent.path().join(name);
        let config = given(&["--data-dir", folder.to_str().expect("a path")], &[]).expect("the settings");
        let services = serve::open(config).await.unwrap_or_else(|words| panic!("{name}: {words}"));
        let made = make::make(&services.app).await;
        assert!(made.is_ok() && folder.join("lab/lab.db").is_file(), "{name}: {:?}", made.err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lab_opens_where_the_role_that_serves_has_rights_to_rows_alone() {
    let (installation, services) = TwoRoles::opened().await;
    open(&services).await;
    assert_eq!(Caller::of(router(services)).act("begin_visit", &[]).await.status, 200);
    let statements = ["drop schema latchkey_lab cascade", "create table latchkey_lab.spy (id int)"];
    installation.assert_refused(&statements).await;
}

#[test]
fn the_probes_keep_their_addresses() {
    assert_eq!(texts::<Way>(), ["/nothing", "/plain", "/warm", "/session", "/cold"]);
}

#[test]
fn the_lab_is_open_in_development_and_in_production_where_it_was_asked_for() {
    let production = ["--base-url", "https://accounts.example.com"];
    let lab = |flags: &[&str]| {
        let ServerSettings { config, parts } = all_given(flags, &[]).expect("the settings");
        parts.lab.is_wanted(&config)
    };
    assert!(lab(&[]) && !lab(&["--lab=false"]));
    assert!(!lab(&production) && lab(&[&production[..], &["--lab"]].concat()));
}

#[tokio::test]
async fn the_lab_of_production_starts() {
    let flags = ["--base-url", "https://localhost:3000", "--secret-key", SECRET, "--lab", "true"];
    TestApp::with(Kind::Sqlite, &flags).await.and_lab().await;
}
