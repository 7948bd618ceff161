//! `latchkey force-logout`: what the button does, from another process. Server side.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use super::{
    Common, Failed,
    installation::{everywhere, find_user, terminator},
    who::Who,
};
use crate::{
    auth::{
        cause::Cause,
        event::Actor,
        revocations::EndReason,
        sessions,
        sessions::{
            Receipt,
            everyone::{store::Sweep, sweep::sweep},
            store::Target,
        },
    },
    base::{number::counted, state::AppState},
    pages::admin::{EVERYONE_WORDS, by::parse_reason},
};

#[derive(Args)]
#[group(skip)]
pub struct ForceLogout {
    #[command(flatten)]
    whom: Whom,
    /// Don't ask for confirmation before logging everyone out.
    #[arg(long, requires = "all")]
    yes: bool,
    /// Reason, recorded in the audit log.
    #[arg(long, default_value = "from the command line", value_parser = parse_reason)]
    reason: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// Log out this user everywhere and revoke all their access tokens.
    #[arg(long, value_name = "EMAIL-OR-ID", value_parser = Who::parse)]
    user: Option<Who>,
    /// End this session and revoke its access tokens. Find its ID with `latchkey sessions list`.
    #[arg(long, value_name = "SESSION-ID")]
    sid: Option<String>,
    /// Log out everyone. Asks for confirmation.
    #[arg(long)]
    all: bool,
}

pub async fn run(ForceLogout { whom, yes, reason, common }: ForceLogout) -> Result<(), Failed> {
    let all = whom.all;
    if all && !yes {
        confirm()?;
    }
    common
        .on_database(async |state| {
            let (whom, receipt) = end(state, whom, reason).await?;
            common.answer(&receipt, || text(&whom, &receipt))?;
            if all { mark(state).await } else { Ok(()) }
        })
        .await
}

/// Who was meant, and what ended.
async fn end(state: &AppState, whom: Whom, words: String) -> Result<(String, Receipt), Failed> {
    let cause = |reason| Cause { actor: Actor::CommandLine, reason, words, caller: Default::default() };
    let terminator = terminator(state).await?;
    match whom {
        Whom { user: Some(who), .. } => {
            let user = find_user(state, &who).await?;
            let ended = terminator.terminate_everywhere(Target::User(&user.id), cause(EndReason::ByAdmin)).await?;
            Ok((user.email, ended))
        }
        Whom { sid: Some(sid), .. } => {
            check_active(state, &sid).await?;
            let ended = terminator.terminate_everywhere(Target::Session(&sid), cause(EndReason::ByAdmin)).await?;
            Ok((format!("Session {sid}"), ended))
        }
        Whom { .. } => {
            Ok(("Everyone".into(), terminator.terminate_everyone(None, cause(EndReason::EveryoneLoggedOut)).await?))
        }
    }
}

fn text(whom: &str, receipt: &Receipt) -> String {
    let sessions = counted(receipt.sessions_ended, "session", "sessions");
    let tokens = counted(receipt.tokens_possibly_live, "token", "tokens");
    let applications = receipt.words_of_applications();
    format!("{whom}: {sessions} ended, up to {tokens} revoked.{applications} {}", everywhere(&receipt.instances))
}

async fn check_active(state: &AppState, sid: &str) -> Result<(), Failed> {
    let row = sessions::store::find_by_sid(&state.db.pool, sid).await?;
    match row.map(|row| row.ended(state.clock.now_ms())) {
        Some(None) => Ok(()),
        Some(Some(ended)) => Err(format!("session {sid} has already ended: {}", ended.reason.into_str()).into()),
        None => Err(format!("there is no session {sid}; find active ones with `latchkey sessions list`").into()),
    }
}

/// The same words as in the browser.
fn confirm() -> Result<(), Failed> {
    if !std::io::stdin().is_terminal() {
        return Err(Failed::usage("this logs everyone out; pass --yes to confirm when not on a terminal"));
    }
    eprint!("This logs everyone out on every device. To confirm, type \"{EVERYONE_WORDS}\": ");
    let mut line = String::new();
    std::io::stderr().flush()?;
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim().eq_ignore_ascii_case(EVERYONE_WORDS) {
        Ok(())
    } else {
        Err("cancelled; no one was logged out".into())
    }
}

/// Every session has ended by now; writing that down for each takes a while when they are many. A server would write it, too.
async fn mark(state: &AppState) -> Result<(), Failed> {
    let is_terminal = std::io::stderr().is_terminal();
    let tell = |Sweep { marked, sessions, .. }: &Sweep| {
        if is_terminal {
            eprint!("\rUpdating records: {marked} of about {} ", sessions.unwrap_or_default());
        }
    };
    let unmarked = |error| {
        format!("everyone is logged out, but not every record was updated; a server will update the rest: {error}")
    };
    sweep(state, tell).await.map_err(unmarked)?;
    if is_terminal {
        eprintln!();
    }
    Ok(())
}
