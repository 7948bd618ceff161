//! Work on a schedule. Server side.

use std::time::Duration;

use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use sqlx::AnyPool;
use tokio::task::JoinHandle;

use super::services::Services;
use crate::{
    audit::chain::{retention::Retention, seal::Sealer},
    auth::{
        app::App,
        instances, known_devices, links, revocations,
        second_factor::removal,
        sessions,
        sessions::{everyone::sweep::sweep, half_log_in},
        throttle,
        tokens::{keeper, keys::Keys},
        users::costs_in_use,
    },
    base::{jobs::Job, state::AppState},
    mail,
    pages::account,
    people::deletion,
};

const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Every instance does it; what two of them must not do at once, a lock in the database decides.
pub fn start_jobs(services: &Services) -> Vec<JoinHandle<()>> {
    let Services { jobs, keys, .. } = services;
    let App { passwords, secret, .. } = &services.app;
    let (sealer, retention) = (Sealer::new(jobs.clone(), secret), Retention::new(jobs.clone(), secret));
    let mut started = vec![
        Job::every(SECOND, "sealing the audit log").start(sealer, |sealer| sealer.seal_all().boxed()),
        Job::every(SECOND, "marking sessions that are over").start(jobs.clone(), |state| sweep(state, |_| ()).boxed()),
        Job::every(MINUTE, "removing two-factor authentication that was reported")
            .start(jobs.clone(), |state| removal::clean_once(state).boxed()),
        Job::every(MINUTE, "finding out what stored passwords cost")
            .start((jobs.clone(), passwords.clone()), |(state, passwords)| {
                costs_in_use::look(state, passwords).boxed()
            }),
        Job::every(5 * MINUTE, "clearing up behind deleted accounts")
            .start(jobs.clone(), |state| deletion::clean_up::clean_once(state).boxed()),
        // Not at the start: whoever has set the clock wrong may still see it.
        Job::every(HOUR, "removing old events of the audit log")
            .first_after(HOUR)
            .start(retention, |retention| retention.remove_old().boxed()),
    ];
    started.extend(keep_clean(jobs, keys));
    started
}

/// What is done in every database that the program works on. The tables take turns: the jobs have two connections, and what takes long
/// in one table must not take both.
pub fn keep_clean(state: &AppState, keys: &Keys) -> Vec<JoinHandle<()>> {
    let mut started = vec![
        keeper::keep(keys.clone()),
        Job::every(5 * MINUTE, "removing expired signing keys").start(keys.clone(), |keys| keeper::tidy(keys).boxed()),
    ];
    for ((name, delete_old), turn) in OLD_ROWS.into_iter().zip(0..) {
        let log = |&rows: &u64| {
            if rows > 0 {
                tracing::info!(rows, "old rows removed")
            }
        };
        let job = Job::every(5 * MINUTE, name).first_after(10 * SECOND * turn);
        started.push(job.start(state.clone(), move |state| {
            delete_old(&state.db.pool, state.clock.now_ms()).inspect_ok(log).boxed()
        }));
    }
    started
}

type DeleteOld = for<'a> fn(&'a AnyPool, i64) -> BoxFuture<'a, Result<u64, sqlx::Error>>;

/// What no one can ask about any more. When that is, the module says that owns the table.
pub const OLD_ROWS: [(&str, DeleteOld); 9] = [
    ("removing old sessions", |db, now_ms| sessions::store::delete_old(db, now_ms).boxed()),
    ("removing used half logins", |db, now_ms| half_log_in::store::delete_old(db, now_ms).boxed()),
    ("removing old revocations", |db, now_ms| revocations::store::delete_old(db, now_ms).boxed()),
    ("removing instances that are gone", |db, now_ms| instances::store::delete_old(db, now_ms).boxed()),
    ("removing old devices", |db, now_ms| known_devices::store::delete_old(db, now_ms).boxed()),
    ("removing old tries", |db, now_ms| throttle::store::delete_old(db, now_ms).boxed()),
    ("removing old mails", |db, now_ms| mail::store::delete_old(db, now_ms).boxed()),
    ("removing old links", |db, now_ms| links::store::delete_old(db, now_ms).boxed()),
    ("removing old email changes", |db, now_ms| account::store::forget_old_email_changes(db, now_ms).boxed()),
];
