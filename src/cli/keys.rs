//! `latchkey keys`: list, rotate and kill signing keys from another process. Server side.

use clap::{Args, Subcommand};

use super::{
    Failed, on_database,
    output::{say, say_json, say_table},
    terminator,
};
use crate::{
    auth::{
        cause::Cause,
        event::Actor,
        revocations::EndReason,
        sessions::terminate::Terminator,
        tokens::{KeyInfo, keys::Keys as SigningKeys},
    },
    base::{config::Config, sealed::SecretKey, state::AppState},
    pages::admin::by::parse_reason,
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Keys {
    /// Show every key that the database knows, the last to sign first.
    List(List),
    /// Publish a new key of the configured algorithm. It signs after LATCHKEY_KEY_LEAD_SECONDS; no request fails.
    ///
    /// Running servers hear of it within five seconds. Give the command the settings of the server.
    Rotate(Rotate),
    /// Kill a key that somebody else may have. What it has signed is refused, and another key signs at once.
    ///
    /// Running servers hear of it within a second. Nobody is logged out: browsers get their next token by themselves.
    /// Verifiers outside accept its tokens until they have read the list of keys again.
    Kill(Kill),
}

#[derive(Args)]
pub struct List {
    /// Print JSON; times are milliseconds since the epoch.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub struct Rotate {
    /// Why; it goes into the audit log.
    #[arg(long, default_value = "from the command line")]
    reason: String,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub struct Kill {
    /// Id of the key, as `latchkey keys list` shows it.
    // One id in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: String,
    /// Why; it goes into the audit log.
    #[arg(long)]
    reason: String,
    /// Kill it although keys do not open: their rows were changed, or the secret key is lost. Without another key that
    /// waits, the successor is sealed with the secret key that is given here, and the servers must have the same.
    #[arg(long)]
    unopened: bool,
    #[command(flatten)]
    config: Config,
}

pub async fn run(command: Keys) -> Result<(), Failed> {
    match command {
        Keys::List(args) => list(args).await,
        Keys::Rotate(args) => rotate(args).await,
        Keys::Kill(args) => kill(args).await,
    }
}

async fn list(args: List) -> Result<(), Failed> {
    let keys = on_database(args.config, async |state| Ok(SigningKeys::list(state).await?)).await?;
    if args.json {
        return say_json(&keys);
    }
    say_table(COLUMNS, keys.into_iter().map(cells));
    Ok(())
}

const COLUMNS: [(&str, usize); 7] = [
    ("kid", 43),
    ("algorithm", 9),
    ("state", 7),
    ("made", 20),
    ("signs from", 20),
    ("verifies until", 20),
    ("killed because", 0),
];

fn cells(key: KeyInfo) -> [String; 7] {
    let until = key.ends_at.map_or_else(|| "-".to_owned(), minute);
    let state = key.state.into_str().to_owned();
    let (made, from) = (minute(key.created_at), minute(key.signs_from));
    [key.kid, key.algorithm, state, made, from, until, key.revoke_reason]
}

async fn rotate(args: Rotate) -> Result<(), Failed> {
    let cause = cause(&args.reason)?;
    let rotation = on_database(args.config, async |state| Ok(open(state).await?.rotate(&cause).await?)).await?;
    say!(
        "{} ({}) is published now and signs from {}. Running servers hear of it within 5 seconds.",
        rotation.kid,
        rotation.algorithm,
        minute(rotation.signs_from),
    );
    Ok(())
}

async fn kill(args: Kill) -> Result<(), Failed> {
    let cause = cause(&args.reason)?;
    let receipt = on_database(args.config, async |state| {
        let keys = if args.unopened { unopened(state).await? } else { open(state).await? };
        Ok(keys.revoke(&args.kid, &cause).await?)
    })
    .await?;
    say!(
        "{} is dead, and {} signs. Running servers refuse its tokens within a second; nobody is logged out.",
        receipt.kid,
        receipt.signing,
    );
    Ok(())
}

fn cause(reason: &str) -> Result<Cause, Failed> {
    let by = Cause::by_system(EndReason::ByAdmin);
    Ok(Cause { actor: Actor::CommandLine, words: parse_reason(reason)?, ..by })
}

/// With a wrong secret key nothing may be made: no server could open it.
async fn open(state: &AppState) -> Result<SigningKeys, Failed> {
    let keys = unopened(state).await?;
    keys.reload().await?;
    Ok(keys)
}

async fn unopened(state: &AppState) -> Result<SigningKeys, Failed> {
    let secret = SecretKey::find(&state.config)?;
    let Terminator { state, revocations } = terminator(state).await?;
    Ok(SigningKeys::unopened(state, secret, revocations))
}
