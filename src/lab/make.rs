//! Makes the Lab's world: everything once more, in a database of its own. Server side.

use super::{
    probes::probes,
    store,
    world::{EARLIER_MS, Lab, Parts as WorldParts, database_url, settings},
};
use crate::{
    auth::app::App,
    base::{config::Config, db::Kind, state::AppState},
    pages::part::Parts,
    serve::{connect, open_state, open_with, router::router, services::Services},
};

/// # Errors
/// One line that says what is wrong.
pub async fn make(App { state, secret, .. }: &App) -> Result<Lab, String> {
    if state.db.kind == Kind::Postgres {
        store::make_schema(&state.db.pool).await.map_err(|error| format!("cannot create its schema: {error}"))?;
    }
    let config = settings(&state.config, secret, state.db.kind)?;
    if state.db.kind == Kind::Postgres {
        check_schema(&config).await?;
    }
    let own = open_with(config, Parts::default(), state.clock.clone()).await?;
    own.keys.follow_settings().await.map_err(|error| format!("cannot change its signing key: {error}"))?;
    let clock = own.state.clock.behind(EARLIER_MS);
    let earlier =
        Services { app: App { state: AppState { clock, ..own.state.clone() }, ..own.app.clone() }, ..own.clone() };
    Lab::open(WorldParts {
        state: own.state.clone(),
        terminator: own.terminator.clone(),
        keys: own.keys.clone(),
        revocations: own.revocations.clone(),
        secret: own.secret.clone(),
        passwords: own.passwords.clone(),
        probes: probes(&own),
        app: router(own),
        earlier: router(earlier),
    })
    .await
}

/// On PostgreSQL, by the role that owns the database: the one that serves may have no right to do it.
///
/// # Errors
/// One line that says what to do.
pub async fn migrate(AppState { config, db, .. }: &AppState) -> Result<(), String> {
    store::make_schema(&db.pool).await.map_err(|error| format!("cannot create the Lab's schema: {error}"))?;
    let config = Config { database_url: Some(database_url(config, db.kind)?), ..Config::clone(config) };
    check_schema(&config).await?;
    open_state(config, &Parts::default()).await?.db.close().await;
    Ok(())
}

/// Before anything is made there: the Lab must never stand on the tables of the real thing.
async fn check_schema(config: &Config) -> Result<(), String> {
    let state = connect(config.clone(), false).await?;
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
