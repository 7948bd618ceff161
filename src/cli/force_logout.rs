//! `latchkey force-logout`: what the button does, from another process. Server side.

use clap::Args;

use super::{everywhere, find_user};
use crate::{
    admin::force_logout::parse_reason,
    audit::event::Actor,
    config::Config,
    revocations::EndReason,
    sessions::end::{Ending, Target},
};

#[derive(Args)]
pub struct ForceLogout {
    /// E-mail address of the user.
    #[arg(long)]
    user: String,
    /// Why; it goes into the audit log.
    #[arg(long, default_value = "from the command line")]
    reason: String,
    /// Print the receipt as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

/// # Errors
/// One line that says what to do.
pub async fn run(args: ForceLogout) -> Result<(), String> {
    let words = parse_reason(&args.reason).map_err(|error| error.to_string())?;
    let (user, ender) = find_user(args.config, &args.user).await?;
    let ending = Ending { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words, caller: Default::default() };
    let receipt = ender.end_everywhere(Target::User(&user.id), ending).await.map_err(|error| error.to_string())?;
    if args.json {
        println!("{}", serde_json::to_string(&receipt).map_err(|error| error.to_string())?);
        return Ok(());
    }
    println!(
        "{}: {} session(s) ended, {} token(s) possibly live, written in {} ms. {}",
        user.email,
        receipt.sessions_ended,
        receipt.tokens_possibly_live,
        receipt.milliseconds,
        everywhere(&receipt),
    );
    ender.state.db.close().await;
    Ok(())
}
