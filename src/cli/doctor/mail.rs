//! Whether email can go out: the settings, and a connection to the mail server. Server side.

use super::{Finding, PATIENCE};
use crate::base::{
    config::{Config, Mailing},
    mailer::Mailer,
};

const WHAT: &str = "email";

/// Without email the sign-up has to say at once whether it worked, and so tells whether an address has an account.
pub async fn look(config: &Config) -> Vec<Finding> {
    let mailer = match Mailer::open(config) {
        Ok(mailer) => mailer,
        Err(words) => return vec![Finding::error_as_told(WHAT, &words)],
    };
    vec![match config.mailing() {
        Mailing::Smtp => server(&mailer).await,
        Mailing::Files => Finding::warning(
            WHAT,
            "written to mail/ in the data folder; sign-up reveals whether an address has an account",
            "set LATCHKEY_SMTP_URL",
        ),
        Mailing::Off => Finding::warning(
            WHAT,
            "off: sign-up reveals whether an address has an account, and users can't reset passwords or be warned",
            "set LATCHKEY_SMTP_URL",
        ),
    }]
}

/// Connects, encrypts and logs in as for an email.
async fn server(mailer: &Mailer) -> Finding {
    const FIX: &str =
        "check LATCHKEY_SMTP_URL (host, port, user, password), and that this machine can reach the mail server";
    match tokio::time::timeout(PATIENCE, mailer.try_connection()).await {
        Ok(Ok(())) => accepted_letters(mailer).await,
        Ok(Err(failure)) => Finding::error(WHAT, format!("cannot use the mail server: {}", failure.words), FIX),
        Err(_) => {
            let words = format!("the mail server doesn't answer within {} seconds", PATIENCE.as_secs());
            Finding::error(WHAT, words, FIX)
        }
    }
}

/// Every address, or only those in the letters a to z?
async fn accepted_letters(mailer: &Mailer) -> Finding {
    const CONNECTED: &str = "connected to the mail server";
    match tokio::time::timeout(PATIENCE, mailer.ask_what_it_takes()).await {
        Ok(Ok(Some(false))) => Finding::warning(
            WHAT,
            format!("{CONNECTED}; addresses with letters other than a to z before the @ can't sign up (no SMTPUTF8)"),
            "use a mail server that supports SMTPUTF8 if you expect such addresses",
        ),
        Ok(Ok(_)) => Finding::ok(
            WHAT,
            format!("{CONNECTED}; all addresses accepted (SMTPUTF8). Send a test with `latchkey mail test --to EMAIL`"),
        ),
        Ok(Err(_)) | Err(_) => {
            let words = format!("{CONNECTED}, which didn't say whether it accepts all addresses (SMTPUTF8)");
            Finding::warning(WHAT, words, "run this again, or send a test with `latchkey mail test --to EMAIL`")
        }
    }
}
