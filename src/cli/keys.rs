//! `latchkey keys`: list, rotate and revoke signing keys from another process. Server side.

use clap::Subcommand;
use serde_json::json;

use super::{
    Common, Failed,
    installation::{everywhere, terminator},
    output::table,
};
use crate::{
    auth::{
        cause::Cause,
        event::Actor,
        revocations::EndReason,
        sessions::terminate::Terminator,
        tokens::{KeyInfo, keys::Keys as SigningKeys},
    },
    base::{sealed::SecretKey, state::AppState},
    pages::admin::{
        by::parse_reason,
        keys_page::{algorithm_of, badge_of},
    },
    ui::when::{minute, moment},
};

#[derive(Subcommand)]
pub enum Keys {
    /// List all known signing keys, the last to sign first.
    List(Common),
    /// Publish a new signing key, which takes over after LATCHKEY_KEY_LEAD_SECONDS.
    ///
    /// It has the configured algorithm. A key for ID tokens alone is replaced with it. Running servers hear of it within
    /// five seconds, and no request fails. Run this with the settings of the server.
    Rotate {
        /// Reason, recorded in the audit log.
        #[arg(long, default_value = "from the command line", value_parser = parse_reason)]
        reason: String,
        #[command(flatten)]
        common: Common,
    },
    /// Revoke a signing key that may have leaked. Its tokens are rejected at once and another key takes over.
    ///
    /// Running servers reject what it has signed within a second. No one is logged out: browsers fetch a new token by themselves.
    /// Verifiers elsewhere accept its tokens until they fetch the public keys again.
    #[command(alias = "kill")]
    Revoke {
        /// ID of the key. Find it with `latchkey keys list`.
        // One id in 64 begins with a hyphen.
        #[arg(value_name = "KEY-ID", allow_hyphen_values = true)]
        kid: String,
        /// Reason, recorded in the audit log.
        #[arg(long, value_parser = parse_reason)]
        reason: String,
        /// Revoke it even if keys can't be decrypted, because their rows were changed or the secret key is lost. If no other
        /// key is waiting, a new one is encrypted with the secret key given here, which the servers must use too.
        #[arg(long)]
        unopened: bool,
        #[command(flatten)]
        common: Common,
    },
}

pub async fn run(command: Keys) -> Result<(), Failed> {
    match command {
        Keys::List(common) => list(common).await,
        Keys::Rotate { reason, common } => rotate(reason, common).await,
        Keys::Revoke { kid, reason, unopened, common } => revoke(&kid, reason, unopened, common).await,
    }
}

async fn list(common: Common) -> Result<(), Failed> {
    let keys = common.on_database(async |state| Ok(SigningKeys::list(state).await?)).await?;
    let table = table(HEADS, keys.iter().map(cells));
    common.answer_list(&json!({ "keys": keys }), table, "No signing keys yet. The first start creates one.", None)
}

const HEADS: [&str; 7] = ["KEY ID", "ALGORITHM", "STATE", "CREATED", "SIGNS FROM", "VALID UNTIL", "REVOKED BECAUSE"];

fn cells(key: &KeyInfo) -> [String; 7] {
    let until = key.ends_at.map_or_else(|| "while in use".to_owned(), minute);
    let (_, state) = badge_of(key.state);
    let (created, from) = (minute(key.created_at), key.in_use_from().map_or_else(|| "never".to_owned(), minute));
    [key.kid.clone(), algorithm_of(key), state.to_lowercase(), created, from, until, key.revoke_reason.clone()]
}

async fn rotate(reason: String, common: Common) -> Result<(), Failed> {
    let cause = cause(reason);
    let rotation = common.on_database(async |state| Ok(open(state).await?.rotate(&cause).await?)).await?;
    common.answer(&rotation, || {
        let from = moment(rotation.signs_from);
        format!("Published key {} ({}). New tokens are signed with it from {from}.", rotation.kid, rotation.algorithm)
    })
}

async fn revoke(kid: &str, reason: String, as_it_is: bool, common: Common) -> Result<(), Failed> {
    let cause = cause(reason);
    let revoked = common.on_database(async |state| {
        let keys = if as_it_is { unopened(state).await? } else { open(state).await? };
        Ok(keys.revoke(kid, &cause).await?)
    });
    let receipt = revoked.await?;
    common.answer(&receipt, || {
        format!(
            "Revoked key {}. New tokens are signed with {}. No one is logged out. {}",
            receipt.kid,
            receipt.signing,
            everywhere(&receipt.instances),
        )
    })
}

fn cause(words: String) -> Cause {
    Cause { actor: Actor::CommandLine, words, ..Cause::by_system(EndReason::ByAdmin) }
}

/// With a wrong secret key nothing may be created: no server could decrypt it.
pub(super) async fn open(state: &AppState) -> Result<SigningKeys, Failed> {
    let keys = unopened(state).await?;
    keys.reload().await?;
    Ok(keys)
}

async fn unopened(state: &AppState) -> Result<SigningKeys, Failed> {
    let secret = SecretKey::find(&state.config)?;
    let Terminator { state, revocations } = terminator(state).await?;
    Ok(SigningKeys::unopened(state, secret, revocations))
}
