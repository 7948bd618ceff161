//! `latchkey doctor`: looks at an installation as an experienced operator would, and says how to mend it. Server side.

use clap::Args;
use serde::Serialize;

use crate::{
    config::{Config, Mailing},
    db::Db,
    error::AppError,
    mail::mailer::Mailer,
    sealed::SecretKey,
    serve,
    state::{AppState, Stopwatch},
    tokens,
    users::{credentials::Password, password::Passwords},
};

/// Look at this installation and say what is wrong with it, and how to mend it.
///
/// Give it the settings of the server. It changes nothing. Exit code 1 when something is broken, 0 otherwise.
#[derive(Args)]
pub struct Doctor {
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Good,
    /// It works, and somebody should know.
    Warning,
    Broken,
}

#[derive(Clone, Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    /// What is so, and what to do about it.
    words: String,
}

impl Finding {
    fn good(what: &'static str, words: impl Into<String>) -> Self {
        Self { what, state: State::Good, words: words.into() }
    }

    fn warning(what: &'static str, words: impl Into<String>) -> Self {
        Self { what, state: State::Warning, words: words.into() }
    }

    fn broken(what: &'static str, words: impl Into<String>) -> Self {
        Self { what, state: State::Broken, words: words.into() }
    }
}

/// # Errors
/// When something is broken, how many things.
pub async fn run(args: Doctor) -> Result<(), String> {
    let findings = examine(args.config).await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&findings).map_err(|error| error.to_string())?);
    } else {
        findings.iter().for_each(print);
    }
    match findings.iter().filter(|finding| finding.state == State::Broken).count() {
        0 => Ok(()),
        1 => Err("1 thing is broken".into()),
        n => Err(format!("{n} things are broken")),
    }
}

fn print(finding: &Finding) {
    let word = match finding.state {
        State::Good => "ok",
        State::Warning => "warning",
        State::Broken => "BROKEN",
    };
    println!("{word:<8} {:<12} {}", finding.what, finding.words);
}

async fn examine(config: Config) -> Vec<Finding> {
    let mut findings = vec![settings(&config), mail(&config), hashing(&config).await];
    let secret = SecretKey::find(&config);
    match serve::connect(config, false).await {
        Ok(state) => {
            findings.push(schema(&state.db).await);
            findings.push(match secret {
                Ok(secret) => signing_keys(&state, &secret).await,
                Err(words) => Finding::broken("secret key", words),
            });
            state.db.close().await;
        }
        Err(words) => findings.push(Finding::broken("database", words)),
    }
    findings
}

fn settings(config: &Config) -> Finding {
    match config.check() {
        Err(words) => Finding::broken("settings", words),
        Ok(()) if config.production() => Finding::good("settings", format!("production at {}", config.issuer())),
        Ok(()) => Finding::warning(
            "settings",
            format!("development at {}; for production set LATCHKEY_BASE_URL to the https address", config.issuer()),
        ),
    }
}

/// Without mails the sign-up has to say at once whether it worked, and so tells whether an address has an account.
fn mail(config: &Config) -> Finding {
    if let Err(words) = Mailer::open(config) {
        return Finding::broken("mail", words);
    }
    match config.mailing() {
        Mailing::Smtp => {
            Finding::good("mail", "goes to the server of LATCHKEY_SMTP_URL; try it with `latchkey mail test`")
        }
        Mailing::Files => Finding::warning(
            "mail",
            "lands as files in mail/ in the data folder, and sign-up tells whether an address has an account; \
             set LATCHKEY_SMTP_URL",
        ),
        Mailing::Off => Finding::warning(
            "mail",
            "none is sent: sign-up tells whether an address has an account, nobody can reset a password or is warned; \
             set LATCHKEY_SMTP_URL",
        ),
    }
}

/// A hash should cost an attacker something, and a person no patience.
async fn hashing(config: &Config) -> Finding {
    let measured = async {
        let passwords = Passwords::new(config)?;
        let password = Password::parse_existing("how long does one hash take here".into())?;
        let watch = Stopwatch::start();
        // To check one costs what it costs to make one.
        passwords.verify(password, None).await?;
        Ok::<_, AppError>((watch.elapsed_ms(), passwords.at_once()))
    };
    match measured.await {
        Ok((ms, _)) if ms > 1_000 => Finding::warning(
            "passwords",
            format!(
                "one hash takes {ms} ms here, which people will notice; lower LATCHKEY_ARGON2_PASSES or _MEMORY_KIB"
            ),
        ),
        Ok((ms, at_once)) => Finding::good("passwords", format!("one hash takes {ms} ms here; {at_once} at a time")),
        Err(error) => Finding::broken("passwords", error.to_string()),
    }
}

async fn schema(db: &Db) -> Finding {
    match db.pending_migrations().await {
        Ok(0) => Finding::good("database", "reached, and up to date"),
        Ok(n) => Finding::warning(
            "database",
            format!("{n} migration(s) behind; the next start brings it up to date, or `latchkey migrate`"),
        ),
        Err(error) => Finding::broken("database", format!("its migrations cannot be read: {error}")),
    }
}

async fn signing_keys(state: &AppState, secret: &SecretKey) -> Finding {
    let opened = async {
        let rows = tokens::store::all(&state.db.pool).await.map_err(|error| error.to_string())?;
        let count = rows.len();
        tokens::ring::Ring::open(rows, secret, state.clock.now_ms()).map(|_| count)
    };
    match opened.await {
        Ok(0) => Finding::warning("secret key", "found; there is no signing key yet, the first start makes one"),
        Ok(n) => Finding::good("secret key", format!("opens the signing keys ({n} known)")),
        Err(words) => Finding::broken("secret key", words),
    }
}
