//! Whether the mail server takes addresses that are not plain ASCII before the @ (SMTPUTF8, RFC 6531): asked once, and
//! remembered. Server side.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use lettre::transport::smtp::{
    self, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
    client::{AsyncSmtpConnection, TlsParameters},
    extension::{ClientId, Extension},
};
use url::Url;

/// How the mail server is reached, and what it has said. Cheap to clone; all copies remember the same.
#[derive(Clone)]
pub struct Offer {
    host: String,
    port: u16,
    encryption: Encryption,
    hello: ClientId,
    takes_any_letters: Arc<OnceLock<bool>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    FromTheStart,
    Required,
    IfOffered,
    None,
}

impl Offer {
    /// Of an address that a transport was made of, and therefore is one.
    pub fn of(url: &Url, hello: ClientId) -> Self {
        let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let (encryption, usual_port) = match (url.scheme(), tls.as_deref()) {
            ("smtps", _) => (Encryption::FromTheStart, SUBMISSIONS_PORT),
            (_, Some("required")) => (Encryption::Required, SUBMISSION_PORT),
            (_, Some(_)) => (Encryption::IfOffered, SUBMISSION_PORT),
            (_, None) => (Encryption::None, SMTP_PORT),
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let named = url.path().trim_matches('/');
        let hello = if named.is_empty() { hello } else { ClientId::Domain(named.to_owned()) };
        Self { host, port: url.port().unwrap_or(usual_port), encryption, hello, takes_any_letters: Arc::default() }
    }

    /// What the server has said, if it was asked.
    pub fn known(&self) -> Option<bool> {
        self.takes_any_letters.get().copied()
    }

    /// Asks the server, unless it has said so before. Greets it as for a mail, and sends none.
    pub async fn ask(&self, patience: Duration) -> Result<bool, smtp::Error> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let mut connection = self.connect(patience).await?;
        let offered = connection.server_info().supports_feature(Extension::SmtpUtfEight);
        let _ = connection.quit().await;
        Ok(*self.takes_any_letters.get_or_init(|| offered))
    }

    /// Servers may offer less before the connection is encrypted.
    async fn connect(&self, patience: Duration) -> Result<AsyncSmtpConnection, smtp::Error> {
        let tls = || TlsParameters::new(self.host.trim_matches(['[', ']']).to_owned());
        let from_the_start = if self.encryption == Encryption::FromTheStart { Some(tls()?) } else { None };
        let server = format!("{}:{}", self.host, self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(patience), &self.hello, from_the_start, None).await?;
        let upgrades = match self.encryption {
            Encryption::Required => true,
            Encryption::IfOffered => connection.can_starttls(),
            Encryption::FromTheStart | Encryption::None => false,
        };
        if upgrades {
            connection.starttls(tls()?, &self.hello).await?;
        }
        Ok(connection)
    }
}
