//! Makes the Lab's world: everything once more, in a database of its own. Server side.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore};
use url::Url;

use super::{
    browser::ADMIN_EMAIL,
    probes::probes,
    samples::Samples,
    store,
    world::{Lab, REQUESTS_MAX, STREAMS_MAX},
};
use crate::{
    auth::{app::App, users::Role},
    base::{
        caller::Caller,
        config::{Config, sqlite_url},
        db::Kind,
        error::AppError,
        sealed::SecretKey,
        state::AppState,
    },
    pages::part::Parts,
    passwords::{hash::Passwords, strength::About},
    serve::{connect, open_state, open_with, router::router, services::Services},
};

/// Short, so that one can watch a token expire.
const TOKEN_SECONDS: i64 = 60;

/// So far back the clock of [`Lab::earlier`] is set: a token from there has expired.
pub const EARLIER_MS: i64 = 2 * TOKEN_SECONDS * 1000;

/// Few: what waits here keeps no one else waiting.
pub const CONNECTIONS: u32 = 6;

/// # Errors
/// One line that says what is wrong.
pub async fn make(App { state, secret, .. }: &App) -> Result<Lab, String> {
    let config = settings(&state.config, secret, state.db.kind)?;
    make_schema(state, &config).await?;
    let services = open_with(config, Parts::default(), state.clock.clone()).await?;
    services.keys.follow_settings().await.map_err(|error| format!("cannot change its signing key: {error}"))?;
    let clock = services.state.clock.behind(EARLIER_MS);
    let app = App { state: AppState { clock, ..services.state.clone() }, ..services.app.clone() };
    let password = services.secret.tag("password of everyone in the Lab");
    let password_hash = hash(&services.passwords, &password).await.map_err(|error| error.to_string())?;
    let lab = Lab {
        router: router(services.clone()),
        earlier: router(Services { app, ..services.clone() }),
        probes: probes(&services),
        services,
        samples: Samples::default(),
        turns: Arc::new(Semaphore::new(1)),
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        requests: Semaphore::new(REQUESTS_MAX),
        password,
        password_hash,
        admin: Mutex::default(),
    };
    make_administrator(&lab).await.map_err(|error| format!("its administrator cannot be made: {error}"))?;
    Ok(lab)
}

fn settings(config: &Config, secret: &SecretKey, kind: Kind) -> Result<Config, String> {
    Ok(Config {
        data_dir: config.data_dir.join("lab"),
        database_url: Some(database_url(config, kind)?),
        database_connections: CONNECTIONS,
        secret_key: Some(secret.of_its_own("the Lab")?.encoded().into()),
        token_lifetime_seconds: TOKEN_SECONDS,
        // What reading one costs is measured.
        cached_sessions: 0,
        // The least that production lets start: the password is random.
        argon2_memory_kib: 7_168,
        argon2_passes: 5,
        // Its feed has a connection of its own, which PostgreSQL shows by name.
        instance: Some(format!("{} lab", config.instance_name())),
        smtp_url: None,
        trusted_proxies: Vec::new(),
        metrics_addr: None,
        // All visitors of a network log in from its address; who may come in is counted outside.
        tries_per_network: 1_000_000,
        // A visit of the Lab is several people on several pages.
        requests_at_once: Some(CONNECTIONS),
        ..config.clone()
    })
}

/// On PostgreSQL the same database, where the tables are looked for in a schema of their own.
fn database_url(config: &Config, kind: Kind) -> Result<String, String> {
    if kind == Kind::Sqlite {
        return Ok(sqlite_url(&config.data_dir.join("lab").join("lab.db")));
    }
    let mut url = Url::parse(&config.database_url()).map_err(|error| format!("the database's address: {error}"))?;
    url.query_pairs_mut().append_pair("options[search_path]", "latchkey_lab");
    Ok(url.into())
}

async fn hash(passwords: &Passwords, password: &str) -> Result<String, AppError> {
    let new = passwords.parse_new(&Caller::default(), password.to_owned(), &About { email: "", name: "" }).await?;
    passwords.hash(&Caller::default(), new).await
}

/// Another instance may have made it already.
async fn make_administrator(lab: &Lab) -> Result<(), AppError> {
    let mut tx = lab.state.db.begin_write().await?;
    lab.make_user(&mut tx, "Lab administrator", ADMIN_EMAIL, Role::Admin).await?;
    Ok(tx.commit().await?)
}

/// On PostgreSQL, by the role that owns the database: the one that serves may have no right to do it.
///
/// # Errors
/// One line that says what to do.
pub async fn migrate(state: &AppState) -> Result<(), String> {
    let database_url = Some(database_url(&state.config, state.db.kind)?);
    let config = Config { database_url, ..Config::clone(&state.config) };
    make_schema(state, &config).await?;
    open_state(config, &Parts::default()).await?.db.close().await;
    Ok(())
}

/// On PostgreSQL, before anything is made there: the Lab must never stand on the tables of the real thing.
async fn make_schema(AppState { db, .. }: &AppState, config: &Config) -> Result<(), String> {
    if db.kind == Kind::Sqlite {
        return Ok(());
    }
    store::make_schema(&db.pool).await.map_err(|error| format!("cannot create the Lab's schema: {error}"))?;
    let state = connect(config.clone(), true).await?;
    let apart = store::is_in_schema(&state.db.pool).await;
    state.db.close().await;
    match apart {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err("the connection to PostgreSQL drops the option search_path (a pooler?), so the Lab would use \
                          our own tables"
                .into())
        }
        Err(error) => Err(format!("cannot check its schema: {error}")),
    }
}
