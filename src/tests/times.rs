//! What an answer costs says nothing about the account: times are compared within one run, never with a number.

use axum::Router;

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};
use crate::base::state::Stopwatch;

/// Of each kind, in turn, so that whatever else the machine does falls upon all alike.
const SAMPLES: usize = 200;

/// The slowest kind may have a median so many times that of the quickest. To skip the hash, or to make one where the
/// others do not, is five times and more.
const SPREAD_MAX: f64 = 1.3;

/// Chance spoils a round now and then; a difference in the code spoils each of them.
const ROUNDS: usize = 3;

const WRONG: &str = "not the right password";

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn spread(medians: &[f64]) -> f64 {
    let most = medians.iter().copied().fold(f64::MIN, f64::max);
    most / medians.iter().copied().fold(f64::MAX, f64::min)
}

/// Seconds that a log-in takes which is answered with `status`.
async fn log_in(app: &TestApp, router: &Router, name: &str, status: u16, sample: usize) -> f64 {
    let mut caller = app.anonymous().at(router.clone()).at_ip(&format!("10.2.{}.{}", sample / 250, sample % 250 + 1));
    let watch = Stopwatch::start();
    let answer = caller.log_in(name, WRONG).await;
    let seconds = watch.elapsed_seconds();
    assert_eq!(answer.status, status, "{name}: {}", answer.text());
    seconds
}

/// Medians of the log-ins that were looked at, and of those that were refused before.
async fn measure(app: &TestApp, router: &Router, names: [&str; 3]) -> (Vec<f64>, Vec<f64>) {
    let (mut looked_at, mut refused) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for sample in 0..SAMPLES {
        app.clock.advance_ms(15 * 60_000);
        for turn in 0..3 {
            let kind = (sample + turn) % 3;
            looked_at[kind].push(log_in(app, router, names[kind], 401, sample).await);
            refused[kind].push(log_in(app, router, names[kind], 429, sample).await);
        }
    }
    let medians = |mut kinds: [Vec<f64>; 3]| kinds.iter_mut().map(|kind| median(kind)).collect();
    (medians(looked_at), medians(refused))
}

async fn compare(app: &TestApp, router: &Router, names: [&str; 3]) {
    // From the fifth on each has a wait.
    for number in 0..4 {
        for name in names {
            log_in(app, router, name, 401, number).await;
        }
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (looked_at, refused) = measure(app, router, names).await;
        eprintln!("looked at: {looked_at:.5?} s, refused: {refused:.5?} s ({names:?})");
        assert!(refused[0] * 2.0 < looked_at[0], "a refused try is answered before any hashing");
        if spread(&looked_at) < SPREAD_MAX && spread(&refused) < SPREAD_MAX {
            return;
        }
        rounds.push((looked_at, refused));
    }
    panic!("{rounds:?}");
}

on_both_databases! {
    async fn a_log_in_takes_the_same_time_for_unknown_known_and_disabled_accounts(app: TestApp) {
        let names = ["nobody", "alice", "carol"];
        for name in [names[1], names[2]] {
            app.logged_in(name).await;
        }
        sqlx::query("update users set verified_at = 1, disabled_at = case when name = 'carol' then 1 else null end")
            .execute(&app.services.state.db.pool).await.expect("a change");
        compare(&app, &app.router, names).await;
    }

    async fn a_log_in_takes_the_same_time_for_an_old_hash_a_new_one_and_none(app: TestApp) {
        for name in ["alice", "carol"] {
            app.logged_in(name).await;
        }
        let (_, risen) = app.another_instance_where(|config| config.argon2_passes = 4).await;
        let mut carol = app.anonymous().at(risen.clone());
        assert_eq!(carol.log_in("carol", PASSWORD).await.status, 200, "hers is a new one now");
        compare(&app, &risen, ["nobody", "alice", "carol"]).await;
    }

    async fn a_sign_up_with_a_taken_address_costs_a_hash_like_any_other(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--argon2-memory-kib", "19456", "--tries-per-network", "100000"]).await;
        app.logged_in("alice").await;
        let (mut taken, mut fresh) = (Vec::new(), Vec::new());
        for number in 0..60 {
            for (email, status, samples) in [
                ("alice@example.com".to_owned(), 422, &mut taken),
                (format!("person{number}@example.com"), 200, &mut fresh),
            ] {
                let fields = [("name", "Somebody"), ("email", &*email), ("password", PASSWORD)];
                let mut caller = app.anonymous();
                let watch = Stopwatch::start();
                assert_eq!(caller.act("sign_up", &fields).await.status, status);
                samples.push(watch.elapsed_seconds());
            }
        }
        let (taken, fresh) = (median(&mut taken), median(&mut fresh));
        assert!(taken > fresh / 2.5, "{taken} s where it is taken, {fresh} s where it is free");
    }
}
