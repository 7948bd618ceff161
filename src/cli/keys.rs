//! `latchkey keys`: list, rotate and kill signing keys from another process. Server side.

use clap::{Args, Subcommand};

use crate::{
    admin::force_logout::parse_reason,
    audit::event::Actor,
    config::Config,
    metrics::Metrics,
    revocations::set::Revocations,
    sealed::SecretKey,
    serve,
    state::AppState,
    tokens::{KeyInfo, keys::Keys as SigningKeys, rotation::Order},
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

/// # Errors
/// One line that says what to do.
pub async fn run(command: Keys) -> Result<(), String> {
    match command {
        Keys::List(args) => list(args).await,
        Keys::Rotate(args) => rotate(args).await,
        Keys::Kill(args) => kill(args).await,
    }
}

async fn list(args: List) -> Result<(), String> {
    let state = serve::connect(args.config, false).await?;
    let keys = SigningKeys::list(&state).await.map_err(|error| error.to_string())?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&keys).map_err(|error| error.to_string())?);
    } else {
        say!("{}", table(&keys).trim_end());
    }
    state.db.close().await;
    Ok(())
}

fn table(keys: &[KeyInfo]) -> String {
    let heads =
        ["kid", "algorithm", "state", "made", "signs from", "verifies until", "killed because"].map(str::to_owned);
    let rows = keys.iter().map(|key| {
        let until = key.ends_at.map_or_else(|| "-".to_owned(), minute);
        let state = key.state.into_str().to_owned();
        [
            key.kid.clone(),
            key.algorithm.clone(),
            state,
            minute(key.created_at),
            minute(key.signs_from),
            until,
            key.kill_reason.clone(),
        ]
    });
    let line = |[kid, algorithm, state, made, from, until, why]: [String; 7]| {
        let line = format!("{kid:<43}  {algorithm:<9}  {state:<7}  {made:<20}  {from:<20}  {until:<20}  {why}");
        format!("{}\n", line.trim_end())
    };
    std::iter::once(heads).chain(rows).map(line).collect()
}

async fn rotate(args: Rotate) -> Result<(), String> {
    let order = order(&args.reason)?;
    let state = serve::connect(args.config, false).await?;
    let rotation = open(&state).await?.rotate(&order).await.map_err(|error| error.to_string())?;
    say!(
        "{} ({}) is published now and signs from {}. Running servers hear of it within 5 seconds.",
        rotation.kid,
        rotation.algorithm,
        minute(rotation.signs_from),
    );
    state.db.close().await;
    Ok(())
}

async fn kill(args: Kill) -> Result<(), String> {
    let order = order(&args.reason)?;
    let state = serve::connect(args.config, false).await?;
    let keys = if args.unopened { unopened(&state).await? } else { open(&state).await? };
    let receipt = keys.kill(&args.kid, &order).await.map_err(|error| error.to_string())?;
    say!(
        "{} is dead, and {} signs. Running servers refuse its tokens within a second; nobody is logged out.",
        receipt.kid,
        receipt.signing,
    );
    state.db.close().await;
    Ok(())
}

fn order(reason: &str) -> Result<Order, String> {
    let words = parse_reason(reason).map_err(|error| error.to_string())?;
    Ok(Order { actor: Actor::CommandLine, words, caller: Default::default() })
}

/// With a wrong secret key nothing may be made: no server could open it.
async fn open(state: &AppState) -> Result<SigningKeys, String> {
    let keys = unopened(state).await?;
    keys.reload().await?;
    Ok(keys)
}

async fn unopened(state: &AppState) -> Result<SigningKeys, String> {
    let secret = SecretKey::find(&state.config)?;
    let revocations = Revocations::load(state.db.clone(), state.clock.clone(), Metrics::default())
        .await
        .map_err(|error| error.to_string())?;
    Ok(SigningKeys::unopened(state.clone(), secret, revocations))
}
