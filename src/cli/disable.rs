//! `latchkey users disable` and `enable`: what the pages do, from another process. Server side.

use clap::Args;

use super::{
    Failed, act_on,
    output::{say, say_json},
};
use crate::{
    base::config::Config,
    pages::admin::disable::{disable, enable},
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

pub async fn run(args: Change, enables: bool) -> Result<(), Failed> {
    let (_, outcome) = act_on(args.config, &args.email, &args.reason, async |terminator, by, user| {
        if enables { enable(terminator, by, &user.id, "").await } else { disable(terminator, by, &user.id, "").await }
    })
    .await?;
    if args.json {
        return say_json(&outcome);
    }
    say!("{}", outcome.words);
    Ok(())
}
