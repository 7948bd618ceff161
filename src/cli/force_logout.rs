//! `latchkey force-logout`: what the button does, from another process. Server side.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use super::{everywhere, find_user, open_ender};
use crate::{
    admin::{EVERYONE_WORDS, force_logout::parse_reason},
    audit::event::Actor,
    config::Config,
    revocations::EndReason,
    sessions::{
        self, Receipt,
        end::{Ender, Ending, Target},
        everyone::{store::Sweep, sweep::sweep},
    },
};

#[derive(Args)]
#[group(skip)]
pub struct ForceLogout {
    #[command(flatten)]
    whom: Whom,
    /// Do not ask before everyone is logged out.
    #[arg(long, requires = "all")]
    yes: bool,
    /// Why; it goes into the audit log.
    #[arg(long, default_value = "from the command line")]
    reason: String,
    /// Print the receipt as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// E-mail address or id of a user: all their sessions and tokens.
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
    /// One session, by the id that `latchkey sessions list` shows, and its tokens.
    #[arg(long)]
    sid: Option<String>,
    /// Everybody. Asks first.
    #[arg(long)]
    all: bool,
}

/// # Errors
/// One line that says what to do.
pub async fn run(args: ForceLogout) -> Result<(), String> {
    let words = parse_reason(&args.reason).map_err(|error| error.to_string())?;
    let ending = |reason| Ending { actor: Actor::CommandLine, reason, words, caller: Default::default() };
    let Whom { user, sid, all } = args.whom;
    let (ender, whom, receipt) = match (user, sid) {
        (Some(email), _) => {
            let (user, ender) = find_user(args.config, &email).await?;
            let ended = ender.end_everywhere(Target::User(&user.id), ending(EndReason::ByAdmin)).await;
            (ender, user.email, ended)
        }
        (None, Some(sid)) => {
            let ender = open_ender(args.config).await?;
            check_live(&ender, &sid).await?;
            let ended = ender.end_everywhere(Target::Session(&sid), ending(EndReason::ByAdmin)).await;
            (ender, format!("session {sid}"), ended)
        }
        (None, None) => {
            let ender = open_ender(args.config).await?;
            if !args.yes {
                confirm()?;
            }
            let ended = ender.end_everyone(None, ending(EndReason::EveryoneLoggedOut)).await;
            (ender, "everyone".to_owned(), ended)
        }
    };
    let receipt = receipt.map_err(|error| error.to_string())?;
    print(&whom, &receipt, args.json)?;
    if all {
        mark(&ender).await?;
    }
    ender.state.db.close().await;
    Ok(())
}

fn print(whom: &str, receipt: &Receipt, json: bool) -> Result<(), String> {
    if json {
        say!("{}", serde_json::to_string(receipt).map_err(|error| error.to_string())?);
        return Ok(());
    }
    say!(
        "{whom}: {} session(s) ended, {} token(s) possibly live, written in {} ms. {}",
        receipt.sessions_ended,
        receipt.tokens_possibly_live,
        receipt.milliseconds,
        everywhere(receipt),
    );
    Ok(())
}

async fn check_live(ender: &Ender, sid: &str) -> Result<(), String> {
    let state = &ender.state;
    let row = sessions::store::find_by_sid(&state.db.pool, sid).await.map_err(|error| error.to_string())?;
    match row.map(|row| row.ended(state.clock.now_ms())) {
        Some(None) => Ok(()),
        Some(Some(ended)) => Err(format!("session {sid} is over already: {}", ended.reason.into_str())),
        None => Err(format!("there is no session {sid}; `latchkey sessions list` shows those that are live")),
    }
}

/// The same words as in the browser.
fn confirm() -> Result<(), String> {
    if !std::io::stdin().is_terminal() {
        return Err("this logs everyone out; say --yes where nobody can be asked".into());
    }
    eprint!("This ends every session of everybody. Type \"{EVERYONE_WORDS}\" to go on: ");
    let mut line = String::new();
    let read = std::io::stderr().flush().and_then(|()| std::io::stdin().lock().read_line(&mut line));
    read.map_err(|error| error.to_string())?;
    if line.trim().eq_ignore_ascii_case(EVERYONE_WORDS) { Ok(()) } else { Err("nobody was logged out".into()) }
}

/// Every session is dead by now; that each says so takes a while when they are many. A server would do it as well.
async fn mark(ender: &Ender) -> Result<(), String> {
    let is_terminal = std::io::stderr().is_terminal();
    let tell = |Sweep { marked, sessions, .. }: &Sweep| {
        if is_terminal {
            eprint!("\rwritten down: {marked} of about {} ", sessions.unwrap_or_default());
        }
    };
    sweep(&ender.state, tell).await.map_err(|error| error.to_string())?;
    if is_terminal {
        eprintln!();
    }
    Ok(())
}
