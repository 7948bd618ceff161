//! `latchkey force-logout`: what the button does, from another process. Server side.

use clap::Args;

use crate::{
    admin::force_logout::parse_reason,
    audit::event::Actor,
    config::Config,
    metrics::Metrics,
    revocations::{EndReason, set::Revocations},
    serve,
    sessions::{
        end::{Ender, Ending, Target},
        receipt::confirmed_words,
    },
    users::{credentials::Email, store},
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
    let email = Email::parse(&args.user).map_err(|error| error.to_string())?;
    let words = parse_reason(&args.reason).map_err(|error| error.to_string())?;
    // Nothing is made: with a wrong folder the answer must be "no database", not "no such user".
    let state = serve::connect(args.config, false).await?;
    let user = store::find_by_email(&state.db.pool, &email)
        .await
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("there is no user with the e-mail {}", email.as_str()))?;
    let ending = Ending { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words, ip: String::new() };
    let revocations = Revocations::load(state.db.clone(), state.clock.clone(), Metrics::default())
        .await
        .map_err(|error| error.to_string())?;
    let ender = Ender { state: state.clone(), revocations };
    let receipt = ender.end_everywhere(Target::User(&user.id), ending).await.map_err(|error| error.to_string())?;
    if args.json {
        println!("{}", serde_json::to_string(&receipt).map_err(|error| error.to_string())?);
        return Ok(());
    }
    println!(
        "{}: {} session(s) ended, {} token(s) possibly live, written in {} ms. {}",
        email.as_str(),
        receipt.sessions_ended,
        receipt.tokens_possibly_live,
        receipt.milliseconds,
        if receipt.instances.is_empty() { "No server is running.".into() } else { confirmed_words(&receipt.instances) },
    );
    state.db.close().await;
    Ok(())
}
