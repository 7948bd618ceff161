//! Open what a server or a command stands on: database, keys, revocations. An error is one line that says what to do.
//! Server side.

use std::sync::Arc;

use super::services::Services;
use crate::{
    auth::{
        app::App, revocations::set::Revocations, sessions::terminate::Terminator, throttle::Throttle, tokens,
        tokens::keys::Keys, users::costs_in_use,
    },
    base::{
        config::Config,
        db,
        db::{Db, Patience, Steps, is_no_table},
        mailer::Mailer,
        metrics::Metrics,
        number::counted,
        private_file::is_full,
        sealed::SecretKey,
        site::Site,
        state::{AppState, Clock},
    },
    mail::worker::MailWorker,
    pages::{admin::overview::census::Census, part::Parts},
    passwords::{hash::Passwords, questions::Questions},
    people::list::find::make_missing_words,
    web::{
        assets,
        crowd::Crowd,
        session::{cache::SessionCache, open_streams::OpenStreams},
    },
};

/// Opens all that a command needs, without parts. Revocations are loaded before anything is answered.
pub async fn open(config: Config) -> Result<Services, String> {
    open_with(config, Parts::default(), Clock::default()).await
}

/// As [`open`], with these parts, and a clock that a test can set.
pub async fn open_with(config: Config, parts: Parts, clock: Clock) -> Result<Services, String> {
    let mailer = Mailer::open(&config)?;
    let opened = open_state(config, &parts).await?;
    let config = Arc::clone(&opened.config);
    let db::Shares { requests, vital, jobs } =
        opened.db.clone().share(&config).await.map_err(|error| format!("cannot open the database: {error}"))?;
    let crowd = Crowd::new(config.requests_at_once(requests.connections()));
    let on = |db: &Db| AppState { db: db.clone(), clock: clock.clone(), ..opened.clone() };
    let (state, jobs) = (on(&requests), on(&jobs));
    let keys =
        tokens::store::all(&state.db.pool).await.map_err(|error| format!("cannot read the signing keys: {error}"))?;
    let secret = SecretKey::load(&state.config, !keys.is_empty())?;
    let metrics = Metrics::default();
    let revocations = Revocations::load(vital.clone(), state.clock.clone(), metrics.clone())
        .await
        .map_err(|error| format!("cannot read the revocations: {error}"))?;
    let keys = Keys::load(on(&vital), secret.clone(), revocations.clone()).await?;
    let passwords =
        Passwords::new(&state.config, metrics.clone()).map_err(|error| format!("argon2 settings: {error}"))?;
    costs_in_use::look(&state, &passwords).await.map_err(|error| format!("cannot read the users: {error}"))?;
    let terminator = Terminator { state: state.clone(), revocations: revocations.clone() };
    let (streams, session_cache) = (OpenStreams::default(), SessionCache::new(&state.config));
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
pub async fn migrate(config: Config, parts: &Parts) -> Result<(), String> {
    let state = open_state(config, parts).await?;
    let of_parts = async {
        for part in parts.iter() {
            part.migrate(&state).await?;
        }
        Ok::<_, String>(())
    };
    let migrated = of_parts.await;
    state.db.close().await;
    migrated
}

/// What a command needs that changes an installation which is there already; with `create`, also one that is not.
pub async fn connect(config: Config, create: bool) -> Result<AppState, String> {
    config.check_database()?;
    const CHECK: &str = "check LATCHKEY_DATABASE_URL, or LATCHKEY_DATA_DIR for SQLite";
    let db = Db::open(&config, create).await.map_err(|error| match error {
        sqlx::Error::Configuration(words) => format!("{words}; {CHECK}"),
        sqlx::Error::Io(error) if is_full(&error) => {
            format!("cannot open the database: {error}; free some space there")
        }
        other => format!("cannot open the database: {other}; {CHECK}"),
    })?;
    if let Err(words) = check_steps(&db, create).await {
        db.close().await;
        return Err(words);
    }
    let site = Arc::new(Site::of(&config));
    Ok(AppState { config: Arc::new(config), site, db, clock: Clock::default(), bell: Arc::default() })
}

/// What a newer Latchkey has made this one would read and write as it knew it.
async fn check_steps(db: &Db, create: bool) -> Result<(), String> {
    const NOT_OURS: &str = "this is not a database of Latchkey, or it was never migrated; run `latchkey migrate`, or check \
                            LATCHKEY_DATABASE_URL and LATCHKEY_DATA_DIR";
    match db.steps().await {
        Ok(Steps { unknown: unknown @ 1.., .. }) => {
            let unknown = counted(unknown, "unknown migration", "unknown migrations");
            Err(format!("the database was migrated by a newer Latchkey ({unknown}); run the newer version"))
        }
        Ok(_) => Ok(()),
        // The migration that comes next says more.
        Err(_) if create => Ok(()),
        Err(error) if is_no_table(&error) => Err(NOT_OURS.into()),
        Err(error) => Err(format!("cannot read the database: {error}; check its log")),
    }
}
