//! `latchkey force-logout`: what the button does, from another process. Server side.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use super::{
    Failed, everywhere, find_user, on_database,
    output::{say, say_json_line},
    terminator,
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
    base::{config::Config, state::AppState},
    pages::admin::{EVERYONE_WORDS, by::parse_reason},
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

pub async fn run(args: ForceLogout) -> Result<(), Failed> {
    let words = parse_reason(&args.reason)?;
    let cause = |reason| Cause { actor: Actor::CommandLine, reason, words, caller: Default::default() };
    let Whom { user, sid, all } = args.whom;
    on_database(args.config, async |state| {
        let terminator = terminator(state).await?;
        let (whom, receipt) = match (user, sid) {
            (Some(who), _) => {
                let user = find_user(state, &who).await?;
                let ended = terminator.terminate_everywhere(Target::User(&user.id), cause(EndReason::ByAdmin)).await?;
                (user.email, ended)
            }
            (None, Some(sid)) => {
                check_live(state, &sid).await?;
                let ended = terminator.terminate_everywhere(Target::Session(&sid), cause(EndReason::ByAdmin)).await?;
                (format!("session {sid}"), ended)
            }
            (None, None) => {
                if !args.yes {
                    confirm()?;
                }
                ("everyone".to_owned(), terminator.terminate_everyone(None, cause(EndReason::EveryoneLoggedOut)).await?)
            }
        };
        print(&whom, &receipt, args.json)?;
        if all { mark(state).await } else { Ok(()) }
    })
    .await
}

fn print(whom: &str, receipt: &Receipt, json: bool) -> Result<(), Failed> {
    if json {
        return say_json_line(receipt);
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

async fn check_live(state: &AppState, sid: &str) -> Result<(), Failed> {
    let row = sessions::store::find_by_sid(&state.db.pool, sid).await?;
    match row.map(|row| row.ended(state.clock.now_ms())) {
        Some(None) => Ok(()),
        Some(Some(ended)) => Err(format!("session {sid} is over already: {}", ended.reason.into_str()).into()),
        None => Err(format!("there is no session {sid}; `latchkey sessions list` shows those that are live").into()),
    }
}

/// The same words as in the browser.
fn confirm() -> Result<(), Failed> {
    if !std::io::stdin().is_terminal() {
        return Err("this logs everyone out; say --yes where nobody can be asked".into());
    }
    eprint!("This ends every session of everybody. Type \"{EVERYONE_WORDS}\" to go on: ");
    let mut line = String::new();
    std::io::stderr().flush()?;
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim().eq_ignore_ascii_case(EVERYONE_WORDS) { Ok(()) } else { Err("nobody was logged out".into()) }
}

/// Every session is dead by now; that each says so takes a while when they are many. A server would do it as well.
async fn mark(state: &AppState) -> Result<(), Failed> {
    let is_terminal = std::io::stderr().is_terminal();
    let tell = |Sweep { marked, sessions, .. }: &Sweep| {
        if is_terminal {
            eprint!("\rwritten down: {marked} of about {} ", sessions.unwrap_or_default());
        }
    };
    sweep(state, tell).await?;
    if is_terminal {
        eprintln!();
    }
    Ok(())
}
