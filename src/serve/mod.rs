//! Start the server: open, migrate, load, listen; stop it in order. Server side.

mod listen;
mod open;
pub mod pages;
pub mod router;
mod schedule;
pub mod services;

use leptos::config::LeptosOptions;

use self::{
    listen::{answer, bind},
    services::Services,
};
pub use self::{
    listen::{finish, listen},
    open::{connect, migrate, open, open_state, open_with},
    schedule::{MINUTE, OLD_ROWS, keep_clean},
};
use crate::{
    auth::{instances::presence::Presence, revocations::feed},
    base::{
        config::{Config, LogFormat, Mailing},
        db,
        error::AppError,
        jobs, private_file,
        state::{AppState, Clock},
    },
    pages::{part::Parts, signup, signup::setup_link},
    web::{assets, connections},
};

/// Runs until SIGINT or SIGTERM.
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
    let started = schedule::start_jobs(&services);
    let worker = services.mail_worker.start();
    let served = match announce(&services).await {
        Ok(()) => answer(&services, listener, monitoring).await,
        refused => refused,
    };
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

async fn announce(services: &Services) -> Result<(), String> {
    let config = &services.state.config;
    let issuer = config.issuer();
    warn(config, &services.options)?;
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

/// Says what works and should not be so; an error is what production can't do without.
pub fn warn(config: &Config, options: &LeptosOptions) -> Result<(), String> {
    if config.insecure_cookies {
        tracing::warn!("cookies are sent without Secure and the __Host- prefix; use this in development only");
    }
    if let Some(missing) = assets::missing(options) {
        if config.production() {
            return Err(format!(
                "the browser package is not complete: {missing} is missing; copy site/ and hash.txt next to the program"
            ));
        }
        tracing::warn!(
            missing,
            "the browser package is not complete, so pages have no style or work without JavaScript; build it with `cargo \
             xtask build`, or copy site/ and hash.txt next to the program"
        );
    }
    if config.mailing() == Mailing::Off {
        tracing::warn!(
            "this server sends no email: it can't confirm addresses, reset passwords or warn users; set LATCHKEY_SMTP_URL"
        );
    }
    if let Some(file) = db::sqlite_file(&config.database_url()).filter(|file| private_file::is_open(file)) {
        let file = file.display();
        tracing::warn!(%file, "other users on this machine can read the database; run `chmod 600` on this file");
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
