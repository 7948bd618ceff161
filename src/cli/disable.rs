//! `latchkey users disable` and `enable`: what the pages do, from another process. Server side.

use clap::Args;

use super::find_user;
use crate::{
    admin::{
        by::By,
        disable::{disable, enable},
    },
    config::Config,
};

#[derive(Args)]
pub struct Change {
    /// E-mail address of the user, or the id.
    email: String,
    /// Why; it goes into the audit log.
    #[arg(long)]
    reason: String,
    /// Print one JSON document: `changed`, `words`, and the receipt, or who had done it before and why.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

/// # Errors
/// One line that says what to do.
pub async fn run(args: Change, enables: bool) -> Result<(), String> {
    let by = By::command_line(&args.reason).map_err(|error| error.to_string())?;
    let (user, ender) = find_user(args.config, &args.email).await?;
    let done = if enables { enable(&ender, &by, &user.id, "").await } else { disable(&ender, &by, &user.id, "").await };
    ender.state.db.close().await;
    let outcome = done.map_err(|error| error.to_string())?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&outcome).map_err(|error| error.to_string())?);
    } else {
        say!("{}", outcome.words);
    }
    Ok(())
}
