//! Sign-up, forgot, resend: known, unknown, disabled and unconfirmed accounts get the same answer, for the same work, in
//! the same time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing_subscriber::{Layer, layer::SubscriberExt};

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, main_of},
    on_both_databases,
    verification::{sign_up, with_mail_server},
};
use crate::{
    auth::links::Purpose,
    base::{db::Kind, state::Stopwatch},
};

const WAYS: [&str; 3] = ["sign_up", "forgot_password", "send_verification"];

/// Samples of each kind.
const SAMPLES: usize = 300;

/// A server where `known` has an account, `waiting` an unconfirmed and `disabled` a disabled one.
async fn with_accounts(app: &TestApp) -> TestApp {
    let app = with_mail_server(app).await;
    for name in ["known", "waiting", "disabled"] {
        assert_eq!(sign_up(&mut app.anonymous(), name, PASSWORD).await.status, 200);
    }
    for name in ["known", "disabled"] {
        let token = app.link(Purpose::Verify, name).await;
        let mut caller = app.anonymous();
        caller.open_link(Purpose::Verify, &token).await;
        assert_eq!(caller.act("verify", &[("password", PASSWORD)]).await.status, 200);
    }
    let statement = "update users set disabled_at = 1 where email like 'disabled%'";
    sqlx::query(statement).execute(&app.services.state.db.pool).await.expect("a change");
    app
}

async fn ask(caller: &mut Caller, way: &str, email: &str) -> Answer {
    caller.act(way, &[("name", "a"), ("email", email), ("password", PASSWORD)]).await
}

/// All that a stranger sees of an answer: status, headers, body, except what is different each time.
async fn seen(app: &TestApp, way: &str, email: &str) -> String {
    let mut caller = app.anonymous();
    let answer = ask(&mut caller, way, email).await;
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id" && *name != "set-cookie")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    let names: Vec<String> = caller.cookies.keys().cloned().collect();
    let page = caller.open(answer.header("location")).await.text();
    let words = main_of(&page).replace(email, "");
    format!("{} {headers:?} {names:?} {} {words}", answer.status, answer.text())
}

async fn seconds(app: &TestApp, way: &str, email: &str) -> f64 {
    let mut caller = app.anonymous();
    let watch = Stopwatch::start();
    let answer = ask(&mut caller, way, email).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    watch.elapsed_seconds()
}

/// Each word of an address is written down for the search, so that all here have one.
fn one_word(way: &str) -> String {
    way.replace('_', "")
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

on_both_databases! {
    async fn known_unknown_disabled_and_unconfirmed_accounts_get_the_same_answer(app: TestApp) {
        let app = with_accounts(&app).await;
        for way in WAYS {
            let mut answers = Vec::new();
            for email in ["known@example.com", "waiting@example.com", "disabled@example.com", "new@example.com"] {
                answers.push(seen(&app, way, email).await);
            }
            assert!(answers[0].starts_with("200 ") && answers[0].contains("Check your email"), "{}", answers[0]);
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{way}: {answers:#?}");
        }
    }

    async fn known_and_unknown_accounts_are_answered_in_the_same_time(app: TestApp) {
        let app = with_accounts(&app).await;
        for way in WAYS {
            let mut ratios = Vec::new();
            // Whatever else happens on the machine passes; a difference of ours is there each time.
            while ratios.len() < 3 && !ratios.last().is_some_and(|ratio| (0.8..1.25).contains(ratio)) {
                ratios.push(known_to_unknown(&app, way, ratios.len()).await);
            }
            println!("{way}: known / unknown = {ratios:.3?}");
            assert!((0.8..1.25).contains(ratios.last().expect("a ratio")), "{way}: {ratios:?}");
        }
    }
}

/// The ratio of the median times. In turns, and the other one first each time: whatever else happens meets both.
async fn known_to_unknown(app: &TestApp, way: &str, round: usize) -> f64 {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..SAMPLES {
        let new = format!("r{round}n{number}{}@example.com", one_word(way));
        if number % 2 == 0 {
            known.push(seconds(app, way, "known@example.com").await);
            unknown.push(seconds(app, way, &new).await);
        } else {
            unknown.push(seconds(app, way, &new).await);
            known.push(seconds(app, way, "known@example.com").await);
        }
    }
    median(known) / median(unknown)
}

/// Counts the statements that are sent to the database from this thread.
struct Statements(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// One thread, so that the counter hears of everything; SQLite has a thread of its own and is not heard.
#[tokio::test]
async fn known_and_unknown_accounts_cost_the_same_statements() {
    let app = with_accounts(&TestApp::on(Kind::Postgres).await).await;
    let count = Arc::new(AtomicUsize::new(0));
    let _heard = tracing::subscriber::set_default(tracing_subscriber::registry().with(Statements(Arc::clone(&count))));
    for way in WAYS {
        let mut counts = Vec::new();
        // What runs beside it on this thread may add one; an account that costs more does so each time.
        for _ in 0..3 {
            counts.clear();
            for name in ["known", "waiting", "disabled", &one_word(way)] {
                count.store(0, Ordering::SeqCst);
                assert_eq!(ask(&mut app.anonymous(), way, &format!("{name}@example.com")).await.status, 200);
                counts.push(count.load(Ordering::SeqCst));
            }
            if counts.iter().all(|each| *each == counts[0]) {
                break;
            }
        }
        assert!(counts[0] > 0 && counts.iter().all(|each| *each == counts[0]), "{way}: {counts:?}");
    }
}
