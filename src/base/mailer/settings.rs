//! The mail server, and who the mail is from, as the settings say. Server side.

use std::time::Duration;

use lettre::{Address, AsyncSmtpTransport, Tokio1Executor, message::Mailbox, transport::smtp::extension::ClientId};
use url::{Host, Url};

use crate::base::{
    config::{Config, Mailing},
    fetch::leads_here,
};

/// For a connection to the mail server.
pub const CONNECT_MAX: Duration = Duration::from_secs(10);

/// An error names the setting to change, and never the password in it.
pub fn transport(address: &str, base: &Url, production: bool) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
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
    if production && url.scheme() == "smtp" && tls.as_deref() != Some("required") && !leads_here(&url) {
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
    Ok(builder.hello_name(hello(&url, base)).build())
}

/// Who we say we are: what the path of the server's address says, or our host. Many distrust an address in brackets.
pub fn hello(server: &Url, base: &Url) -> ClientId {
    let named = server.path().trim_matches('/');
    match base.host() {
        _ if !named.is_empty() => ClientId::Domain(named.to_owned()),
        Some(Host::Domain(name)) => ClientId::Domain(name.to_owned()),
        Some(Host::Ipv4(ip)) => ClientId::Ipv4(ip),
        Some(Host::Ipv6(ip)) => ClientId::Ipv6(ip),
        None => ClientId::default(),
    }
}

const SENDER_HOW: &str = "use \"Name <name@example.com>\"";

pub fn sender(config: &Config, base: &Url) -> Result<Mailbox, String> {
    if let Some(text) = &config.mail_from {
        return text
            .parse()
            .map_err(|error| format!("LATCHKEY_MAIL_FROM is not a valid sender ({error}); {SENDER_HOW}"));
    }
    // A name may stand in an address.
    if let Some(Host::Domain(name)) = base.host()
        && let Some(usual) = mailbox(name.trim_end_matches('.'))
    {
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

fn mailbox(host: &str) -> Option<Mailbox> {
    Some(Mailbox::new(Some("Latchkey".into()), Address::new("no-reply", host).ok()?))
}
