//! `latchkey mail`: try the way out, look into the outbox, and give a mail another day. Server side.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{
    Failed, on_database,
    output::{say, say_json, say_table},
};
use crate::{
    auth::outbox::Mail as Kind,
    base::{
        config::Config,
        email::Email,
        mailer::{Envelope, Mailer, Sent},
        state::Clock,
    },
    mail::{store, store::Listed, words},
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Mail {
    /// Send one mail at once, past the outbox, and say what happened. Give the command the settings of the server.
    Test(Test),
    /// Show the newest mails in the outbox. Most of each address is covered.
    List(List),
    /// Send those that were given up once more. Running servers take them up within seconds.
    Retry(Config),
}

#[derive(Args)]
pub struct Test {
    /// Whom to send it to.
    #[arg(long)]
    to: String,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub struct List {
    /// Only those that were given up.
    #[arg(long)]
    failed: bool,
    /// Print JSON; times are milliseconds since the epoch.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

pub async fn run(command: Mail) -> Result<(), Failed> {
    match command {
        Mail::Test(args) => test(args).await,
        Mail::List(args) => list(args).await,
        Mail::Retry(config) => retry(config).await,
    }
}

async fn test(args: Test) -> Result<(), Failed> {
    let email = Email::parse(&args.to)?;
    let mailer = Mailer::open(&args.config)?;
    if mailer.is_off() {
        return Err("this server sends no mail: set LATCHKEY_SMTP_URL".into());
    }
    let (id, now_ms) = (Uuid::now_v7().to_string(), Clock::default().now_ms());
    let envelope = Envelope { id: &id, to: email.as_str(), now_ms };
    match mailer.send(envelope, &words::test(&mailer.issuer)).await {
        Ok(Sent::ToServer) => {
            say!("The mail server has taken a mail to {}. Look into the mailbox.", email.as_str())
        }
        Ok(Sent::ToFile(file)) => {
            say!("LATCHKEY_SMTP_URL is not set, so the mail was written to {}.", file.display());
        }
        Err(failure) => {
            return Err(format!("no mail was sent: {}; {}", failure.words, advice(failure.permanent)).into());
        }
    }
    Ok(())
}

fn advice(permanent: bool) -> &'static str {
    if permanent {
        "the mail server does not take this mail: check LATCHKEY_MAIL_FROM and the address"
    } else {
        "check LATCHKEY_SMTP_URL, and that the mail server can be reached from here"
    }
}

/// So many are shown.
const LIST_MAX: i64 = 200;

async fn list(args: List) -> Result<(), Failed> {
    let mails =
        on_database(args.config, async |state| Ok(store::list(&state.db.pool, args.failed, LIST_MAX).await?)).await?;
    let mails = mails.into_iter().map(Shown::from);
    if args.json {
        return say_json(&mails.collect::<Vec<_>>());
    }
    say_table(COLUMNS, mails.map(cells));
    Ok(())
}

/// A mail as it may be shown.
#[derive(serde::Serialize)]
struct Shown {
    id: String,
    to: String,
    kind: &'static str,
    state: &'static str,
    created_at: i64,
    due_at: i64,
    attempts: i64,
    note: String,
}

impl From<Listed> for Shown {
    fn from(mail: Listed) -> Self {
        let state = match (mail.sent_at, mail.given_up_at) {
            (Some(_), _) if mail.last_error.is_empty() => "sent",
            (Some(_), _) => "not needed",
            (None, Some(_)) => "given up",
            (None, None) => "waiting",
        };
        let kind = serde_json::from_str::<Kind>(&mail.mail).map_or("unknown", |mail| mail.as_text());
        let Listed { id, created_at, due_at, attempts, last_error: note, .. } = mail;
        Self { id, to: covered(&mail.email), kind, state, created_at, due_at, attempts, note }
    }
}

/// "a…@example.com".
fn covered(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    format!("{}…@{domain}", local.chars().next().unwrap_or('?'))
}

const COLUMNS: [(&str, usize); 7] =
    [("id", 36), ("to", 24), ("kind", 19), ("state", 10), ("queued", 20), ("tries", 5), ("note", 0)];

fn cells(mail: Shown) -> [String; 7] {
    let (kind, state) = (mail.kind.to_owned(), mail.state.to_owned());
    let (queued, tries) = (minute(mail.created_at), format!("{:>5}", mail.attempts));
    [mail.id, mail.to, kind, state, queued, tries, mail.note]
}

async fn retry(config: Config) -> Result<(), Failed> {
    let retried =
        on_database(config, async |state| Ok(store::retry_given_up(&state.db.pool, state.clock.now_ms()).await?));
    match retried.await? {
        0 => say!("No mail was given up."),
        1 => say!("One mail is due again."),
        count => say!("{count} mails are due again."),
    }
    Ok(())
}
