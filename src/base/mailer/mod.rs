//! Send one letter: to the mail server or, in development, into a file. Server side.

mod failure;
pub mod letter;
pub mod offer;
mod settings;

use std::{
    io::Write,
    path::PathBuf,
    time::{Duration, UNIX_EPOCH},
};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, address,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use url::Url;

pub use self::failure::Failure;
use self::{
    failure::{refusal, unreached},
    letter::Letter,
    offer::Offer,
    settings::{sender, transport},
};
use super::{
    config::{Config, Mailing},
    email::Email,
    error::Invalid,
    private_file::{make_private_folder, private_file},
    rfc3339::milliseconds,
};

/// For a mail, connection included. A claim on a row of the outbox lasts longer.
pub const SEND_MAX: Duration = Duration::from_secs(20);

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    outlet: Outlet,
    /// What the mail server takes, where there is one.
    offer: Option<Offer>,
    from: Mailbox,
    /// The base URL: start of every link, and who the mail says it is from.
    pub issuer: String,
    /// Its host, for the ids of mails.
    host: String,
}

#[derive(Clone)]
enum Outlet {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files(PathBuf),
    Off,
}

#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Unique: a mail that has to be sent twice says that it is the same.
    pub id: &'a str,
    pub to: &'a str,
    /// Milliseconds since the epoch.
    pub now_ms: i64,
}

impl Mailer {
    pub fn open(config: &Config) -> Result<Self, String> {
        let url = config.base_url();
        let host = url.host_str().unwrap_or("localhost").to_owned();
        let outlet = match (&config.smtp_url, config.mailing()) {
            (Some(address), _) => Outlet::Smtp(transport(address.expose(), &url, config.production())?),
            (None, Mailing::Files) => Outlet::Files(config.data_dir.join("mail")),
            (None, _) => Outlet::Off,
        };
        // An address that is none has stopped here by now.
        let server = config.smtp_url.as_ref().and_then(|address| Url::parse(address.expose()).ok());
        let offer = server.map(|server| Offer::of(server, &url));
        Ok(Self { outlet, offer, from: sender(config, &url)?, issuer: config.issuer(), host })
    }

    /// Whether mail can go to this address, as far as is known: the mail server may take plain ASCII only. Where no one
    /// knows, it can.
    pub fn check(&self, email: &Email) -> Result<(), Invalid> {
        let takes = || self.offer.as_ref().and_then(Offer::known).unwrap_or(true);
        if email.as_str().is_ascii() || takes() { Ok(()) } else { Err(Invalid::EmailUndeliverable) }
    }

    /// Finds out what [`Self::check`] needs to know, once. `None` where there is no mail server.
    pub async fn ask_what_it_takes(&self) -> Result<Option<bool>, Failure> {
        let Some(offer) = &self.offer else { return Ok(None) };
        offer.ask().await.map(Some).map_err(|error| unreached(&error))
    }

    pub fn is_off(&self) -> bool {
        matches!(self.outlet, Outlet::Off)
    }

    /// The file that it lies in now; `None`: the mail server has taken it.
    pub async fn send(&self, envelope: Envelope<'_>, letter: &Letter) -> Result<Option<PathBuf>, Failure> {
        let message = self.message(envelope, letter)?;
        match &self.outlet {
            Outlet::Smtp(transport) => match tokio::time::timeout(SEND_MAX, transport.send(message)).await {
                Ok(Ok(_)) => Ok(None),
                Ok(Err(error)) => Err(refusal(&error, envelope.to)),
                Err(_) => Err(Failure::passing("the mail server didn't answer in time")),
            },
            Outlet::Files(folder) => {
                // Sorts by time, and every file system takes it.
                let time = milliseconds(envelope.now_ms).replace(':', "");
                let file = folder.join(format!("{time}-{}.eml", envelope.id));
                let opened =
                    make_private_folder(folder).and_then(|()| private_file().create(true).truncate(true).open(&file));
                let written = opened.and_then(|mut opened| opened.write_all(&message.formatted()));
                written.map_err(|error| Failure::passing(&format!("cannot write {}: {error}", file.display())))?;
                Ok(Some(file))
            }
            Outlet::Off => Err(Failure::lasting("this server sends no email: LATCHKEY_SMTP_URL is not set")),
        }
    }

    /// Connects to the mail server, encrypts and logs in as the settings say, and sends nothing.
    pub async fn try_connection(&self) -> Result<(), Failure> {
        let Outlet::Smtp(transport) = &self.outlet else { return Ok(()) };
        match transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::passing("the mail server closed the connection")),
            Err(error) => Err(unreached(&error)),
        }
    }

    /// Headers are made of our own words and checked addresses only: nothing that a person typed can add a line to them
    /// (ASVS 1.3.11).
    fn message(&self, envelope: Envelope<'_>, letter: &Letter) -> Result<Message, Failure> {
        let to = recipient(envelope.to).ok_or_else(|| Failure::lasting("not a valid email address"))?;
        // Given here: made of the headers it would be read once more, by the rules that `recipient` is there to avoid.
        let way = address::Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|error| Failure::lasting(&error.to_string()))?;
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(envelope.now_ms).unwrap_or_default());
        let parts = MultiPart::alternative_plain_html(
            letter.text(&self.issuer, envelope.to),
            letter.html(&self.issuer, envelope.to),
        );
        // Keeps holiday notes from answering (RFC 3834 5).
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into());
        Message::builder()
            .envelope(way)
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .date(at)
            .message_id(Some(format!("<{}@{}>", envelope.id, self.host)))
            .raw_header(automatic)
            .multipart(parts)
            .map_err(|error| Failure::lasting(&error.to_string()))
    }
}

/// By our own rules, which know the marks that many scripts write beside their letters: those of lettre refuse some of
/// them. What is no address by ours (it may be older than they are) is left to lettre.
fn recipient(text: &str) -> Option<Address> {
    let is_ours = Email::parse(text).is_ok_and(|email| email.as_str() == text);
    match text.rsplit_once('@').filter(|_| is_ours) {
        Some((local, domain)) => Some(Address::new_dangerous(local, domain)),
        None => text.parse().ok(),
    }
}
