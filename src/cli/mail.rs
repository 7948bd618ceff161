//! `latchkey mail`: send a test, list the outbox, and try again what failed. Server side.

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Common, Failed, output::table};
use crate::{
    base::{
        config::Mailing,
        email::{Email, masked},
        mailer::{Envelope, Failure, Mailer},
        number::counted,
        state::{AppState, Clock},
    },
    mail::{store, store::Listed, words, worker::kind},
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Mail {
    /// Send a test email now, bypassing the outbox. Run this with the settings of the server.
    Test {
        /// Email address to send it to.
        #[arg(long, value_name = "EMAIL", value_parser = Email::parse)]
        to: Email,
        #[command(flatten)]
        common: Common,
    },
    /// List the newest emails in the outbox. Addresses are masked.
    List {
        /// Only failed emails.
        #[arg(long)]
        failed: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Retry failed emails. Running servers send them within seconds.
    Retry(Common),
}

pub async fn run(command: Mail) -> Result<(), Failed> {
    match command {
        Mail::Test { to, common } => test(&to, &common).await,
        Mail::List { failed, common } => list(failed, &common).await,
        Mail::Retry(common) => retry(&common).await,
    }
}

async fn test(to: &Email, common: &Common) -> Result<(), Failed> {
    let mailer = Mailer::open(&common.config)?;
    if mailer.is_off() {
        return Err("this server sends no email; set LATCHKEY_SMTP_URL".into());
    }
    let (to, id, now_ms) = (to.as_str(), Uuid::now_v7().to_string(), Clock::default().now_ms());
    let sent = mailer.send(Envelope { id: &id, to, now_ms }, &words::test(&mailer.issuer)).await;
    let file = sent.map_err(|failure| unsent(&failure, common.config.mailing()))?;
    let file = file.map(|file| file.display().to_string());
    common.answer(&json!({ "to": to, "file": file }), || match &file {
        None => format!("The mail server accepted an email to {to}. Check the inbox."),
        Some(file) => format!("Wrote the email to {file}, because LATCHKEY_SMTP_URL is not set."),
    })
}

fn unsent(failure: &Failure, mailing: Mailing) -> String {
    let advice = match mailing {
        Mailing::Files => {
            "without LATCHKEY_SMTP_URL emails are files in the data folder: check that it can be written and has room"
        }
        _ if failure.permanent => "the mail server rejected this email: check LATCHKEY_MAIL_FROM and the address",
        _ => "check LATCHKEY_SMTP_URL, and that this machine can reach the mail server",
    };
    format!("no email was sent: {}; {advice}", failure.words)
}

const LIST_MAX: i64 = 200;

async fn list(failed: bool, common: &Common) -> Result<(), Failed> {
    let mails = common.on_database(async |state| Ok(store::list(&state.db.pool, failed, LIST_MAX).await?)).await?;
    let emails: Vec<Value> = mails.iter().map(shown).collect();
    let none = if failed { "No failed emails." } else { "The outbox is empty." };
    common.answer_list(&json!({ "emails": emails }), table(HEADS, mails.iter().map(cells)), none, None)
}

fn shown(mail: &Listed) -> Value {
    json!({
        "id": mail.id,
        "to": masked(&mail.email),
        "kind": kind(&mail.mail),
        "state": state(mail),
        "created_at": mail.created_at,
        "due_at": mail.due_at,
        "attempts": mail.attempts,
        "note": mail.last_error,
    })
}

const HEADS: [&str; 7] = ["ID", "TO", "KIND", "STATE", "CREATED", "ATTEMPTS", "NOTE"];

fn cells(mail: &Listed) -> [String; 7] {
    let (to, created, attempts) = (masked(&mail.email), minute(mail.created_at), mail.attempts.to_string());
    [mail.id.clone(), to, kind(&mail.mail).into(), state(mail).into(), created, attempts, mail.last_error.clone()]
}

fn state(mail: &Listed) -> &'static str {
    match (mail.sent_at, mail.given_up_at) {
        (Some(_), _) if mail.last_error.is_empty() => "sent",
        (Some(_), _) => "not needed",
        (None, Some(_)) => "failed",
        (None, None) => "waiting",
    }
}

async fn retry(common: &Common) -> Result<(), Failed> {
    let retry = async |state: &AppState| Ok(store::retry_given_up(&state.db.pool, state.clock.now_ms()).await?);
    let retried = common.on_database(retry).await?;
    common.answer(&json!({ "retried": retried }), || match retried {
        0 => "No failed emails.".into(),
        _ => format!("Retrying {}.", counted(retried, "email", "emails")),
    })
}
