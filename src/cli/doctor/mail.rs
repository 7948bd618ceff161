//! Whether mail can go out: the settings, and a connection to the mail server. Server side.

use super::{Finding, PATIENCE};
use crate::base::{
    config::{Config, Mailing},
    mailer::Mailer,
};

/// Without mails the sign-up has to say at once whether it worked, and so tells whether an address has an account.
pub async fn look(config: &Config) -> Vec<Finding> {
    let mailer = match Mailer::open(config) {
        Ok(mailer) => mailer,
        Err(words) => return vec![Finding::broken_as_told("mail", &words)],
    };
    vec![match config.mailing() {
        Mailing::Smtp => server(&mailer).await,
        Mailing::Files => Finding::warning(
            "mail",
            "lands as files in mail/ in the data folder, and sign-up tells whether an address has an account",
            "set LATCHKEY_SMTP_URL",
        ),
        Mailing::Off => Finding::warning(
            "mail",
            "none is sent: sign-up tells whether an address has an account, nobody can reset a password or is warned",
            "set LATCHKEY_SMTP_URL",
        ),
    }]
}

/// Connects, encrypts and logs in as for a mail.
async fn server(mailer: &Mailer) -> Finding {
    const MEND: &str =
        "check LATCHKEY_SMTP_URL (host, port, user, password), and that this machine may reach the mail server";
    match tokio::time::timeout(PATIENCE, mailer.try_connection()).await {
        Ok(Ok(())) => let_in(mailer).await,
        Ok(Err(failure)) => Finding::broken("mail", format!("the mail server cannot be used: {}", failure.words), MEND),
        Err(_) => {
            let words = format!("the mail server says nothing for {} seconds", PATIENCE.as_secs());
            Finding::broken("mail", words, MEND)
        }
    }
}

/// Everybody's address, or only those in the letters a to z?
async fn let_in(mailer: &Mailer) -> Finding {
    const LET_IN: &str = "the mail server lets us in";
    match tokio::time::timeout(PATIENCE, mailer.ask_what_it_takes()).await {
        Ok(Ok(Some(false))) => Finding::warning(
            "mail",
            format!(
                "{LET_IN}, and takes no letters but a to z before the @ (no SMTPUTF8): who has others cannot sign up"
            ),
            "use a mail server that offers SMTPUTF8, where such people are expected",
        ),
        Ok(Ok(_)) => Finding::good(
            "mail",
            format!("{LET_IN} and takes addresses in any letters (SMTPUTF8); `latchkey mail test --to E` sends a mail"),
        ),
        Ok(Err(_)) | Err(_) => {
            let words = format!("{LET_IN}, and did not say whether it takes addresses in any letters (SMTPUTF8)");
            Finding::warning("mail", words, "ask again; `latchkey mail test --to E` sends a mail")
        }
    }
}
