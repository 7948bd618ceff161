//! Start the server: open, migrate, load, listen; stop it in order. Server side.

pub mod pages;
pub mod router;
pub mod services;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use axum_server::Handle;
use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use hyper_util::rt::TokioTimer;
use sqlx::AnyPool;
use tokio::task::JoinHandle;

use self::{
    router::{metrics_router, router},
    services::Services,
};
use crate::{
    audit::chain::{retention::Retention, seal::Sealer},
    auth::{
        app::App,
        instances,
        instances::presence::Presence,
        known_devices, links, revocations,
        revocations::{feed, set::Revocations},
        second_factor::removal,
        sessions,
        sessions::{everyone::sweep::sweep, half_log_in, terminate::Terminator},
        throttle,
        throttle::Throttle,
        tokens::{keeper, keys::Keys},
        users::costs_in_use,
    },
    base::{
        config::{Config, LogFormat, Mailing},
        db,
        db::{Db, Patience},
        error::AppError,
        jobs,
        jobs::Job,
        mailer::Mailer,
        metrics::Metrics,
        sealed::SecretKey,
        site::Site,
        state::{AppState, Bell, Clock},
    },
    mail,
    mail::worker::MailWorker,
    pages::{account, admin::overview::census::Census, part::Parts, signup, signup::setup_link},
    passwords::{hash::Passwords, questions::Questions},
    people::{deletion, list::find::make_missing_words},
    web::{
        assets, connections,
        connections::Door,
        crowd::Crowd,
        session::{cache::SessionCache, open_streams::OpenStreams},
    },
};

/// A request head larger than this is refused by hyper, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Monitoring asks now and then, and must not take what callers need.
const MONITORING_CONNECTIONS: usize = 32;

const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// One line that says what to do.
pub async fn serve(config: Config, parts: Parts) -> Result<(), String> {
    // Before anything is opened: a second start on the same address changes nothing in the database.
    config.check()?;
    connections::ask_for_open_files(&config);
    let listener = bind(config.addr, "LATCHKEY_ADDR")?;
    let monitoring = config.metrics_addr.map(|addr| bind(addr, "LATCHKEY_METRICS_ADDR")).transpose()?;
    let services = open_with(config, parts, Clock::default()).await?;
    let mut of_parts = Vec::new();
    for part in services.parts.iter() {
        of_parts.extend(part.start(&services.app, &services.keys, &services.metrics).await);
    }
    services.keys.follow_settings().await.map_err(|error| format!("cannot change the signing key: {error}"))?;
    let presence = Presence::new(services.vital().state.clone(), services.revocations.clone());
    presence.begin().await.map_err(|error| format!("cannot register this instance in the database: {error}"))?;
    let tasks = [feed::follow(&services.state, services.revocations.clone()), presence.keep()];
    let started = start_jobs(&services);
    let worker = services.mail_worker.start();
    let served = answer(&services, listener, monitoring).await;
    worker.stop().await;
    jobs::stop(tasks.into_iter().chain(started).chain(of_parts)).await;
    // After the tasks: a row that was being written must not come after its removal.
    presence.end().await;
    for part in services.parts.iter() {
        part.stop().await;
    }
    services.close_databases().await;
    tracing::info!("stopped");
    served
}

/// Work on a schedule. Every instance does it; what two of them must not do at once, a lock in the database decides.
fn start_jobs(services: &Services) -> Vec<JoinHandle<()>> {
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

fn bind(addr: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(addr)
        .map_err(|error| format!("cannot listen on {addr}: {error}; set {setting} to another address"))
}

/// Answers until a signal comes. Monitoring is answered to the end, so that it sees the last requests, too.
async fn answer(services: &Services, listener: TcpListener, monitoring: Option<TcpListener>) -> Result<(), String> {
    announce(services).await?;
    let (handle, monitoring_handle) = (Handle::new(), Handle::new());
    if let Some(listener) = monitoring {
        let app = metrics_router(services.clone());
        let door = Door::new(&services.state.config, MONITORING_CONNECTIONS, services.metrics.clone());
        let answers = answer_on(listener, app, services.state.config.header_timeout(), door, monitoring_handle.clone());
        tokio::spawn(async move {
            if let Err(error) = answers.await {
                tracing::error!(error, "metrics are no longer available");
            }
        });
    }
    let deadline = Duration::from_secs(services.state.config.shutdown_seconds);
    tokio::spawn(stop_on_signal(handle.clone(), services.streams.clone(), deadline));
    let served = listen(services, listener, handle).await;
    monitoring_handle.shutdown();
    served
}

/// Answers on `listener` until the handle says stop.
///
/// # Errors
/// When the listener fails.
pub async fn listen(services: &Services, listener: TcpListener, handle: Handle<SocketAddr>) -> Result<(), String> {
    let config = &services.state.config;
    let (open_files, _) = connections::open_files();
    let fitting = connections::fitting(config, open_files);
    if fitting < config.connections as usize {
        tracing::warn!(
            open_files,
            connections = fitting,
            "the limit for open files allows fewer connections than LATCHKEY_CONNECTIONS; raise LimitNOFILE in the \
             service's unit, or run `ulimit -n` before the start"
        );
    }
    let door = Door::new(config, fitting, services.metrics.clone());
    answer_on(listener, router(services.clone()), config.header_timeout(), door, handle).await
}

/// As [`listen`], with any router.
///
/// # Errors
/// When the listener fails.
pub async fn answer_on(
    listener: TcpListener,
    router: Router,
    header_timeout: Duration,
    door: Door,
    handle: Handle<SocketAddr>,
) -> Result<(), String> {
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let server = axum_server::from_tcp(listener).map_err(|error| error.to_string())?;
    // HTTP/1.1 alone: browsers speak HTTP/2 over TLS only, which ends at the proxy. Without it the deadline of a head runs
    // from the accept on, and not from the moment at which the version is known.
    let mut server = server.handle(handle).acceptor(door).http1_only();
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(HEAD_BYTES_MAX);
    let app = router.into_make_service_with_connect_info::<SocketAddr>();
    server.serve(app).await.map_err(|error| format!("the server stopped: {error}"))
}

/// Opens all that a command needs, without parts. Revocations are loaded before anything is answered.
///
/// # Errors
/// One line that says what to do.
pub async fn open(config: Config) -> Result<Services, String> {
    open_with(config, Parts::default(), Clock::default()).await
}

/// As [`open`], with these parts, and a clock that a test can set.
///
/// # Errors
/// One line that says what to do.
pub async fn open_with(config: Config, parts: Parts, clock: Clock) -> Result<Services, String> {
    let mailer = Mailer::open(&config)?;
    let opened = open_state(config, &parts).await?;
    let config = Arc::clone(&opened.config);
    let db::Shares { requests, vital, jobs } =
        opened.db.clone().share(&config).await.map_err(|error| format!("cannot open the database: {error}"))?;
    let crowd = Crowd::new(config.requests_at_once(requests.connections()));
    let on = |db: &Db| AppState { db: db.clone(), clock: clock.clone(), ..opened.clone() };
    let (state, jobs) = (on(&requests), on(&jobs));
    let secret = SecretKey::load(&state.config)?;
    let metrics = Metrics::default();
    let revocations = Revocations::load(vital.clone(), state.clock.clone(), metrics.clone())
        .await
        .map_err(|error| format!("cannot read the revocations: {error}"))?;
    let keys = Keys::load(on(&vital), secret.clone(), revocations.clone()).await?;
    let passwords =
        Passwords::new(&state.config, metrics.clone()).map_err(|error| format!("argon2 settings: {error}"))?;
    costs_in_use::look(&state, &passwords).await.map_err(|error| format!("cannot read the users: {error}"))?;
    let terminator = Terminator { state: state.clone(), revocations: revocations.clone() };
    let (streams, session_cache) = (OpenStreams::new(&state.config), SessionCache::new(&state.config));
    let mail_worker = MailWorker { state: state.clone(), mailer: mailer.clone(), metrics: metrics.clone() };
    let throttle = Throttle::new(state.clone(), secret.clone());
    let questions = Questions::default();
    Ok(Services {
        app: App { state, secret, passwords, questions, throttle, terminator, mailer },
        vital_db: vital,
        jobs,
        crowd,
        metrics,
        revocations,
        streams,
        keys,
        mail_worker,
        session_cache,
        census: Census::default(),
        parts,
        options: assets::leptos_options(),
    })
}

/// Opens and migrates the database.
///
/// # Errors
/// One line that says what to do.
pub async fn open_state(config: Config, parts: &Parts) -> Result<AppState, String> {
    config.check()?;
    let state = connect(config, true).await?;
    state.db.migrate(Patience::default()).await?;
    make_missing_words(&state.db, state.clock.now_ms())
        .await
        .map_err(|error| format!("cannot index users for search: {error}"))?;
    for part in parts.iter() {
        part.prepare(&state).await?;
    }
    Ok(state)
}

/// Brings the database up to date, and what the parts have besides: the role that serves may have no right to do it.
///
/// # Errors
/// One line that says what to do.
pub async fn migrate(config: Config, parts: &Parts) -> Result<(), String> {
    let state = open_state(config, parts).await?;
    let migrated = migrate_parts(&state, parts).await;
    state.db.close().await;
    migrated
}

async fn migrate_parts(state: &AppState, parts: &Parts) -> Result<(), String> {
    for part in parts.iter() {
        part.migrate(state).await?;
    }
    Ok(())
}

/// What a command needs that changes an installation which is there already; with `create`, also one that is not.
///
/// # Errors
/// One line that says what to do.
pub async fn connect(config: Config, create: bool) -> Result<AppState, String> {
    config.check_database()?;
    let db = Db::open(&config, create).await.map_err(|error| {
        let words = match error {
            sqlx::Error::Configuration(words) => words.to_string(),
            other => format!("cannot open the database: {other}"),
        };
        format!("{words}; check LATCHKEY_DATABASE_URL, or LATCHKEY_DATA_DIR for SQLite")
    })?;
    let site = Arc::new(Site::of(&config));
    Ok(AppState { config: Arc::new(config), site, db, clock: Clock::default(), bell: Bell::default() })
}

async fn announce(services: &Services) -> Result<(), String> {
    let config = &services.state.config;
    let issuer = config.issuer();
    if config.insecure_cookies {
        tracing::warn!("cookies are sent without Secure and the __Host- prefix; use this in development only");
    }
    let package = assets::package_is_built(&services.options);
    if !package && config.production() {
        return Err(format!(
            "there is no browser package at {}; copy site/ and hash.txt next to the program",
            services.options.site_root
        ));
    }
    if !package {
        tracing::warn!(
            site = %services.options.site_root,
            "there is no browser package, so pages work without JavaScript; build it with `cargo xtask build`"
        );
    }
    if config.mailing() == Mailing::Off {
        tracing::warn!(
            "this server sends no email: it can't confirm addresses, reset passwords or warn users; set LATCHKEY_SMTP_URL"
        );
    }
    tracing::info!(address = issuer, listening = %config.addr, "ready");
    let way = way_to_first_administrator(&services.state).await.map_err(|error| error.to_string())?;
    match config.log_format() {
        LogFormat::Text => println!("\n  Latchkey is ready: {issuer}\n{}", way.unwrap_or_default()),
        LogFormat::Json => {
            if let Some(words) = way {
                tracing::warn!("{}", words.trim());
            }
        }
    }
    Ok(())
}

/// In words; `None` where there is one. The log of a production server is read, copied and kept by many, so the link is
/// not in it.
pub async fn way_to_first_administrator(state: &AppState) -> Result<Option<String>, AppError> {
    let none = "  No administrator yet.";
    if state.config.production() {
        let is_there = signup::store::admin_exists(&state.db.pool).await?;
        return Ok((!is_there).then(|| format!("{none} Run `latchkey setup-link` to get a link that creates one.\n")));
    }
    let link = setup_link::make(state).await?;
    Ok(link.map(|link| format!("{none} Open this link once, within an hour, to create one:\n  {link}\n")))
}

/// A second signal ends at once.
async fn stop_on_signal(handle: Handle<SocketAddr>, streams: OpenStreams, deadline: Duration) {
    signal().await;
    tracing::info!(seconds = deadline.as_secs(), "stopping; waiting for running requests");
    stop(&handle, &streams, deadline);
    signal().await;
    handle.shutdown();
}

/// Stops taking connections, lets running requests finish, and ends them at the deadline. The streams of open pages
/// never finish by themselves, so they are ended now.
pub fn stop(handle: &Handle<SocketAddr>, streams: &OpenStreams, deadline: Duration) {
    handle.graceful_shutdown(Some(deadline));
    streams.stop();
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
