//! Whether the mail server takes addresses that are not plain ASCII before the @ (SMTPUTF8, RFC 6531): asked once, and
//! remembered. Server side.

use std::sync::{Arc, OnceLock};

use lettre::transport::smtp::{
    self, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
    client::{AsyncSmtpConnection, TlsParameters},
    extension::{ClientId, Extension},
};
use url::Url;

use super::settings::{CONNECT_MAX, hello};

/// How the mail server is reached, and what it has said. Cheap to clone; all copies remember the same.
#[derive(Clone)]
pub struct Offer {
    server: Url,
    hello: ClientId,
    takes_any_letters: Arc<OnceLock<bool>>,
}

impl Offer {
    /// Of an address that a transport was made of, and therefore is one.
    pub fn of(server: Url, base: &Url) -> Self {
        let hello = hello(&server, base);
        Self { server, hello, takes_any_letters: Arc::default() }
    }

    /// What the server has said, if it was asked.
    pub fn known(&self) -> Option<bool> {
        self.takes_any_letters.get().copied()
    }

    /// Asks the server, unless it has said so before. Greets it as for a mail, and sends none.
    pub async fn ask(&self) -> Result<bool, smtp::Error> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let mut connection = self.connect().await?;
        let offered = connection.server_info().supports_feature(Extension::SmtpUtfEight);
        let _ = connection.quit().await;
        Ok(*self.takes_any_letters.get_or_init(|| offered))
    }

    /// Servers may offer less before the connection is encrypted.
    async fn connect(&self) -> Result<AsyncSmtpConnection, smtp::Error> {
        let tls = self.server.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value);
        let is_encrypted = self.server.scheme() == "smtps";
        let usual_port = match &tls {
            _ if is_encrypted => SUBMISSIONS_PORT,
            Some(_) => SUBMISSION_PORT,
            None => SMTP_PORT,
        };
        let host = self.server.host_str().unwrap_or_default();
        let parameters = || TlsParameters::new(host.trim_matches(['[', ']']).to_owned());
        let from_the_start = if is_encrypted { Some(parameters()?) } else { None };
        let server = format!("{host}:{}", self.server.port().unwrap_or(usual_port));
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_MAX), &self.hello, from_the_start, None).await?;
        let upgrades = match tls.as_deref() {
            Some("required") => true,
            Some(_) => connection.can_starttls(),
            None => false,
        };
        if upgrades && !is_encrypted {
            connection.starttls(parameters()?, &self.hello).await?;
        }
        Ok(connection)
    }
}
