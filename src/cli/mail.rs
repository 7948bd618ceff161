//! `latchkey mail`: send a test, list the outbox, and try again what failed. Server side.

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{
    Common, Failed,
    installation::on_database,
    output::{Table, answer, answer_list},
};
use crate::{
    auth::outbox::Mail as Kind,
    base::{
        email::{Email, masked},
        mailer::{Envelope, Failure, Mailer, Sent},
        state::Clock,
    },
    mail::{store, store::Listed, words},
    ui::{number::counted, when::minute},
};

#[derive(Subcommand)]
pub enum Mail {
    /// Send a test email now, bypassing the outbox. Run this with the settings of the server.
    Test(Test),
    /// List the newest emails in the outbox. Addresses are masked.
    List(List),
    /// Retry failed emails. Running servers send them within seconds.
    Retry(Common),
}

#[derive(Args)]
pub struct Test {
    /// Email address to send it to.
    #[arg(long, value_name = "EMAIL")]
    to: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub struct List {
    /// Only failed emails.
    #[arg(long)]
    failed: bool,
    #[command(flatten)]
    common: Common,
}

pub async fn run(command: Mail) -> Result<(), Failed> {
    match command {
        Mail::Test(args) => test(args).await,
        Mail::List(args) => list(args).await,
        Mail::Retry(args) => retry(args).await,
    }
}

async fn test(args: Test) -> Result<(), Failed> {
    let Common { json, config, .. } = args.common;
    let email = Email::parse(&args.to).map_err(|invalid| format!("--to: {invalid}"))?;
    let mailer = Mailer::open(&config)?;
    if mailer.is_off() {
        return Err("this server sends no email; set LATCHKEY_SMTP_URL".into());
    }
    let (id, now_ms) = (Uuid::now_v7().to_string(), Clock::default().now_ms());
    let (envelope, to) = (Envelope { id: &id, to: email.as_str(), now_ms }, email.as_str());
    let (file, text) = match mailer.send(envelope, &words::test(&mailer.issuer)).await.map_err(unsent)? {
        Sent::ToServer => (None, format!("The mail server accepted an email to {to}. Check the inbox.")),
        Sent::ToFile(file) => {
            let file = file.display().to_string();
            let text = format!("Wrote the email to {file}, because LATCHKEY_SMTP_URL is not set.");
            (Some(file), text)
        }
    };
    answer(json, &json!({ "to": to, "file": file }), || text)
}

fn unsent(failure: Failure) -> String {
    let advice = match failure.permanent {
        true => "the mail server rejected this email: check LATCHKEY_MAIL_FROM and the address",
        false => "check LATCHKEY_SMTP_URL, and that this machine can reach the mail server",
    };
    format!("no email was sent: {}; {advice}", failure.words)
}

/// How many are listed.
const LIST_MAX: i64 = 200;

async fn list(args: List) -> Result<(), Failed> {
    let Common { json, config, .. } = args.common;
    let mails =
        on_database(config, async |state| Ok(store::list(&state.db.pool, args.failed, LIST_MAX).await?)).await?;
    let emails: Vec<Shown> = mails.into_iter().map(Shown::from).collect();
    let none = if args.failed { "No failed emails." } else { "The outbox is empty." };
    let notes = if emails.is_empty() { vec![none.to_owned()] } else { Vec::new() };
    answer_list(json, &json!({ "emails": emails }), &Table::new(HEADS, emails.iter().map(cells)), &notes)
}

/// An email as it may be shown.
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
            (None, Some(_)) => "failed",
            (None, None) => "waiting",
        };
        let kind = serde_json::from_str::<Kind>(&mail.mail).map_or("unknown", |mail| mail.as_text());
        let Listed { id, created_at, due_at, attempts, last_error: note, .. } = mail;
        Self { id, to: masked(&mail.email), kind, state, created_at, due_at, attempts, note }
    }
}

const HEADS: [&str; 7] = ["ID", "TO", "KIND", "STATE", "CREATED", "ATTEMPTS", "NOTE"];

fn cells(mail: &Shown) -> [String; 7] {
    let Shown { id, to, kind, state, created_at, attempts, note, .. } = mail;
    [id.clone(), to.clone(), (*kind).into(), (*state).into(), minute(*created_at), attempts.to_string(), note.clone()]
}

async fn retry(Common { json, config, .. }: Common) -> Result<(), Failed> {
    let retried =
        on_database(config, async |state| Ok(store::retry_given_up(&state.db.pool, state.clock.now_ms()).await?));
    let retried = retried.await?;
    answer(json, &json!({ "retried": retried }), || match retried {
        0 => "No failed emails.".into(),
        _ => format!("Retrying {}.", counted(i64::try_from(retried).unwrap_or(i64::MAX), "email", "emails")),
    })
}
