//! `latchkey users disable` and `enable`: what the pages do, from another process. Server side.

use clap::Args;

use super::{Common, Failed, installation::act_on, output::answer};
use crate::pages::admin::disable::{disable, enable};

#[derive(Args)]
pub struct Change {
    /// Email address or ID of the user.
    #[arg(value_name = "EMAIL-OR-ID")]
    who: String,
    /// Reason, recorded in the audit log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    common: Common,
}

pub async fn run(args: Change, enables: bool) -> Result<(), Failed> {
    let Common { json, config, .. } = args.common;
    let (_, outcome) = act_on(config, &args.who, &args.reason, async |terminator, by, user| {
        if enables { enable(terminator, by, &user.id, "").await } else { disable(terminator, by, &user.id, "").await }
    })
    .await?;
    answer(json, &outcome, || outcome.words.clone())
}
