//! `latchkey setup-link`: the way to the first administrator. Server side.

use clap::Args;

use crate::{config::Config, serve, signup::setup_link};

/// Print a link that makes the first administrator. It works once, within an hour; those before work on.
#[derive(Args)]
pub struct SetupLink {
    #[command(flatten)]
    config: Config,
}

/// # Errors
/// One line that says what to do.
pub async fn run(args: SetupLink) -> Result<(), String> {
    let state = serve::connect(args.config, false).await?;
    let made = setup_link::make(&state).await;
    state.db.close().await;
    match made.map_err(|error| error.to_string())? {
        Some(link) => {
            say!("{link}");
            Ok(())
        }
        None => Err("there is an administrator already; `latchkey admin create` makes another one".into()),
    }
}
