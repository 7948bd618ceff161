//! `latchkey audit`: prove that the audit log was not changed, export it, let it continue. Server side.

pub mod export;
mod verify;

use clap::Subcommand;
use serde_json::json;

use super::{Common, Failed};
use crate::{
    audit::chain::seal::Sealer,
    base::{sealed::SecretKey, state::AppState},
    pages::admin::by::parse_reason,
};

#[derive(Subcommand)]
pub enum Audit {
    /// Check whether anything in the audit log was changed, moved, added or removed since it was sealed.
    ///
    /// Reads the whole log and changes nothing. It can run while servers are running. Run it with the settings of the
    /// server. What LATCHKEY_AUDIT_RETENTION_DAYS has removed is reported, and proven by the log itself. Exit code 1 if
    /// something was changed.
    ///
    /// It prints a checkpoint. Keep it where no one can change it and pass it to --since later. That proves that not even
    /// someone with the secret key has rewritten the log up to there.
    Verify(verify::Verify),
    /// Export events to standard output or a file, newest first. The export is recorded in the log.
    Export(export::Export),
    /// Let the log continue after the secret key was replaced or its end was changed.
    ///
    /// This repairs nothing: `audit verify` keeps reporting what is missing or changed. It is recorded in the log.
    Resume {
        /// Reason, recorded in the audit log.
        #[arg(long, value_parser = parse_reason)]
        reason: String,
        #[command(flatten)]
        common: Common,
    },
}

pub async fn run(command: Audit) -> Result<(), Failed> {
    match command {
        Audit::Verify(args) => verify::run(args).await,
        Audit::Export(args) => export::run(args).await,
        Audit::Resume { reason, common } => resume(&reason, &common).await,
    }
}

async fn resume(reason: &str, common: &Common) -> Result<(), Failed> {
    let secret = SecretKey::find(&common.config)?;
    let resume = async |state: &AppState| Sealer::new(state.clone(), &secret).resume(reason).await.map_err(unread);
    let after = common.on_database(resume).await?.map(|end| end.seq);
    common.answer(&json!({ "resumed_after": after }), || match after {
        Some(seq) => {
            format!("The audit log continues after event {seq}. Running servers seal new events within a second.")
        }
        None => "The audit log is intact at its end. There is nothing to resume.".into(),
    })
}

fn unread(error: sqlx::Error) -> Failed {
    format!("cannot read the audit log: {error}; run `latchkey migrate` if the database is not up to date").into()
}
