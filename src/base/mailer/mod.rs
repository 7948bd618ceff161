//! Send one letter: to the mail server or, in development, into a file. Server side.

pub mod letter;
pub mod offer;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, address,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp::{self, extension::ClientId},
};
use url::{Host, Url};

use self::{letter::Letter, offer::Offer};
use super::{
    config::{Config, Mailing},
    db::{make_private_folder, private_file},
    email::Email,
    error::Invalid,
    rfc3339::milliseconds,
};

/// For a connection to the mail server.
const CONNECT_MAX: Duration = Duration::from_secs(10);
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

/// A letter on its way.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Unique: a mail that has to be sent twice says that it is the same.
    pub id: &'a str,
    pub to: &'a str,
    /// Milliseconds since the epoch.
    pub now_ms: i64,
}

/// Why a mail could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Without the address.
    pub words: String,
    /// Another try would end the same way.
    pub permanent: bool,
}

/// How a mail has gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The mail server has taken it.
    ToServer,
    /// It lies there.
    ToFile(PathBuf),
}

impl Mailer {
    /// # Errors
    /// One line that names the setting to change, and never the password in it.
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
        let offer = server.map(|server| Offer::of(&server, hello(&url)));
        Ok(Self { outlet, offer, from: sender(config, &url)?, issuer: config.issuer(), host })
    }

    /// Whether mail can go to this address, as far as is known: the mail server may take plain ASCII only. Where no one
    /// knows, it can.
    ///
    /// # Errors
    /// What to tell the person who typed it.
    pub fn check(&self, email: &Email) -> Result<(), Invalid> {
        let takes = || self.offer.as_ref().and_then(Offer::known).unwrap_or(true);
        if email.as_str().is_ascii() || takes() { Ok(()) } else { Err(Invalid::EmailUndeliverable) }
    }

    /// Finds out what [`Self::check`] needs to know, once. `None` where there is no mail server.
    ///
    /// # Errors
    /// As [`Self::try_connection`].
    pub async fn ask_what_it_takes(&self) -> Result<Option<bool>, Failure> {
        let Some(offer) = &self.offer else { return Ok(None) };
        let asked = offer.ask(CONNECT_MAX).await;
        asked.map(Some).map_err(|error| Failure::passing(&without_addresses(&in_full(&error))))
    }

    pub fn is_off(&self) -> bool {
        matches!(self.outlet, Outlet::Off)
    }

    /// Sends a letter, or says why not.
    ///
    /// # Errors
    /// When no one has taken it within [`SEND_MAX`].
    pub async fn send(&self, envelope: Envelope<'_>, letter: &Letter) -> Result<Sent, Failure> {
        let message = self.message(envelope, letter)?;
        match &self.outlet {
            Outlet::Smtp(transport) => match tokio::time::timeout(SEND_MAX, transport.send(message)).await {
                Ok(Ok(_)) => Ok(Sent::ToServer),
                Ok(Err(error)) => Err(refusal(&error, envelope.to)),
                Err(_) => Err(Failure::passing("the mail server didn't answer in time")),
            },
            Outlet::Files(folder) => {
                let file = folder.join(format!("{}-{}.eml", file_time(envelope.now_ms), envelope.id));
                write_file(&file, &message.formatted()).map_err(|error| Failure::passing(&error.to_string()))?;
                Ok(Sent::ToFile(file))
            }
            Outlet::Off => Err(Failure::lasting("this server sends no email: LATCHKEY_SMTP_URL is not set")),
        }
    }

    /// Connects to the mail server, encrypts and logs in as the settings say, and sends nothing.
    ///
    /// # Errors
    /// What went wrong, in the words of the mail server, without addresses.
    pub async fn try_connection(&self) -> Result<(), Failure> {
        let Outlet::Smtp(transport) = &self.outlet else { return Ok(()) };
        match transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::passing("the mail server closed the connection")),
            Err(error) => Err(Failure::passing(&without_addresses(&in_full(&error)))),
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
        Message::builder()
            .envelope(way)
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .date(at)
            .message_id(Some(format!("<{}@{}>", envelope.id, self.host)))
            .header(AutoSubmitted)
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

impl Failure {
    fn passing(words: &str) -> Self {
        Self { words: words.to_owned(), permanent: false }
    }

    fn lasting(words: &str) -> Self {
        Self { words: words.to_owned(), permanent: true }
    }
}

/// Keeps holiday notes from answering (RFC 3834 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

fn transport(address: &str, base: &Url, production: bool) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    const HOW: &str = "use smtps://user:password@host, or smtp://user:password@host:587?tls=required, with special \
                       characters in user and password as %XX";
    let url = Url::parse(address).map_err(|error| format!("LATCHKEY_SMTP_URL is not a valid URL ({error}); {HOW}"))?;
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    let known = match url.scheme() {
        "smtps" => true,
        "smtp" => matches!(tls.as_deref(), None | Some("required" | "opportunistic")),
        _ => false,
    };
    if !known || url.host_str().is_none_or(str::is_empty) {
        return Err(format!("LATCHKEY_SMTP_URL doesn't name a mail server; {HOW}"));
    }
    // "opportunistic" goes on in the clear when someone on the way takes the offer of encryption out.
    if production && url.scheme() == "smtp" && tls.as_deref() != Some("required") && !is_loopback(&url) {
        return Err(
            "LATCHKEY_SMTP_URL could send its password, and links that open accounts, without encryption; use \
                    smtps:// or ?tls=required"
                .into(),
        );
    }
    // The words of the crate could hold a piece of the password.
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(address)
        .map_err(|_| format!("LATCHKEY_SMTP_URL is not valid; {HOW}"))?
        .timeout(Some(CONNECT_MAX));
    let named = url.path().len() > 1;
    Ok(if named { builder.build() } else { builder.hello_name(hello(base)).build() })
}

fn is_loopback(url: &Url) -> bool {
    // A scheme that browsers do not know: the url crate leaves its host as text.
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Who we say we are: many servers distrust an address in brackets.
fn hello(base: &Url) -> ClientId {
    match base.host() {
        Some(Host::Domain(name)) => ClientId::Domain(name.to_owned()),
        Some(Host::Ipv4(ip)) => ClientId::Ipv4(ip),
        Some(Host::Ipv6(ip)) => ClientId::Ipv6(ip),
        None => ClientId::default(),
    }
}

const SENDER_HOW: &str = "use \"Name <name@example.com>\"";

fn sender(config: &Config, base: &Url) -> Result<Mailbox, String> {
    if let Some(text) = &config.mail_from {
        return text
            .parse()
            .map_err(|error| format!("LATCHKEY_MAIL_FROM is not a valid sender ({error}); {SENDER_HOW}"));
    }
    if let Some(usual) = usual_sender(base) {
        return Ok(usual);
    }
    if config.production() && config.mailing() == Mailing::Smtp {
        return Err(format!(
            "LATCHKEY_MAIL_FROM is not set, and the host of LATCHKEY_BASE_URL can't send email; {SENDER_HOW}"
        ));
    }
    // No one answers to a file.
    mailbox("localhost").ok_or_else(|| format!("LATCHKEY_MAIL_FROM is not set; {SENDER_HOW}"))
}

/// From the host of the base URL, where that is a name which can stand in an address.
fn usual_sender(base: &Url) -> Option<Mailbox> {
    match base.host() {
        Some(Host::Domain(name)) => mailbox(name.trim_end_matches('.')),
        _ => None,
    }
}

fn mailbox(host: &str) -> Option<Mailbox> {
    Some(Mailbox::new(Some("Latchkey".into()), Address::new("no-reply", host).ok()?))
}

/// A refusal of this mail is for good; one of us (wrong password, no encryption: 53x and the like) ends when someone
/// has put it right.
fn refusal(error: &smtp::Error, address: &str) -> Failure {
    // Said by lettre, which has asked the server: it offers no SMTPUTF8, and will not for this mail.
    if error.is_client() && !address.is_ascii() && error.to_string().contains("SMTPUTF8") {
        return Failure::lasting("the mail server accepts only the letters a to z before the @ (no SMTPUTF8)");
    }
    let code = error.status().map(u16::from);
    let permanent = code.is_some_and(|code| (550..560).contains(&code));
    Failure { words: without_address(&error.to_string(), address), permanent }
}

/// Mail servers like to repeat whom they refuse.
pub fn without_address(words: &str, address: &str) -> String {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local).to_lowercase();
    let tells = |word: &str| word.contains('@') || word.to_lowercase().contains(&local);
    let kept: Vec<&str> = words.split_whitespace().map(|word| if tells(word) { "(address)" } else { word }).collect();
    kept.join(" ").chars().take(200).collect()
}

fn without_addresses(words: &str) -> String {
    let kept: Vec<&str> =
        words.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word }).collect();
    kept.join(" ").chars().take(200).collect()
}

/// With what lies behind it: the crate says "Connection error" and leaves the cause to its source.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        source = cause.source();
    }
    words
}

/// As "2026-11-21T224600.123Z": sorts by time, and every file system takes it.
fn file_time(ms: i64) -> String {
    milliseconds(ms).replace(':', "")
}

fn write_file(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        make_private_folder(folder)?;
    }
    private_file().create(true).truncate(true).open(file)?.write_all(bytes)
}
