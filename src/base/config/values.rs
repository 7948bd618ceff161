//! What the settings hold, and how it is read. Server side.

use std::net::{IpAddr, SocketAddr};

use clap::ValueEnum;
use ipnet::IpNet;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use strum::{EnumString, IntoStaticStr};
use tracing_subscriber::filter::{LevelFilter, Targets};
use url::Url;

use crate::base::{contact::Contact, email::Email};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// What a connection to PostgreSQL on another machine must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DatabaseTls {
    /// Encrypted, with a certificate that names the host and is signed by a trusted authority.
    Required,
    /// As the URL says.
    AsGiven,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailing {
    Smtp,
    /// To files in the data folder: development.
    Files,
    /// Nowhere: production without a mail server.
    Off,
}

/// The algorithms of access tokens. Each signing key keeps its own. The texts are as in the header of a token and in
/// the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, EnumString, IntoStaticStr)]
#[value(rename_all = "UPPER")]
#[strum(const_into_str, serialize_all = "UPPERCASE")]
pub enum TokenAlgorithm {
    /// ECDSA on P-256: small, and every verifier supports it.
    Es256,
    /// Ed25519: small and fast; older verifiers don't support it.
    #[value(name = "EdDSA")]
    #[strum(serialize = "EdDSA")]
    EdDsa,
    /// RSA with 3072 bits: for verifiers that support nothing else; tokens grow by 430 bytes.
    Rs256,
    /// HMAC: not in the JWKS, and whoever can verify can also sign; for a single service.
    Hs256,
}

/// A secret from the environment that neither `Debug` nor an error message prints.
#[derive(Clone)]
pub struct SecretText(String);

impl SecretText {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

pub fn parse_addr(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "use an IP address and a port, such as 127.0.0.1:3000".to_owned())
}

/// It stands in receipts, a few of them in one cookie.
pub const INSTANCE_CHARS_MAX: usize = 60;

pub fn parse_instance(text: &str) -> Result<String, String> {
    let fits = (1..=INSTANCE_CHARS_MAX).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("must have 1 to {INSTANCE_CHARS_MAX} characters and no control characters"))
    }
}

/// An address is a range of one. IPv4 in the clothes of IPv6 is IPv4, as it is where requests come in.
pub fn parse_proxy(text: &str) -> Result<IpNet, String> {
    const IPV4_BEGINS: u8 = 96;
    let text = text.trim();
    let alone = text.parse::<IpAddr>().map(IpNet::from);
    let range = alone
        .or_else(|_| text.parse::<IpNet>())
        .map_err(|_| "not an IP address or range; write it like 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32".to_owned())?;
    let canonical = match (range.addr().to_canonical(), range.prefix_len()) {
        (IpAddr::V4(ip), length @ IPV4_BEGINS..) if range.addr().is_ipv6() => {
            IpNet::new(ip.into(), length - IPV4_BEGINS)
        }
        _ => Ok(range),
    };
    canonical.map(|range| range.trunc()).map_err(|error| error.to_string())
}

pub fn parse_contact(text: &str) -> Result<Url, String> {
    let wrong = || "must be mailto:security@example.com or an https address".to_owned();
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let good = match url.scheme() {
        "mailto" => url.path().contains('@'),
        scheme => scheme == "https",
    };
    if good { Ok(url) } else { Err(wrong()) }
}

pub fn parse_support_contact(text: &str) -> Result<Contact, String> {
    const WRONG: &str =
        "must be an email address, such as help@example.com, or a web address, such as https://example.com/help";
    /// What stands for itself in the path of a `mailto:` (RFC 6068 2).
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+');
    let text = text.trim();
    if let Ok(email) = Email::parse(text.strip_prefix("mailto:").unwrap_or(text)) {
        let words = email.as_str().to_owned();
        return Ok(Contact { href: format!("mailto:{}", utf8_percent_encode(&words, ENCODED)), words });
    }
    let url = Url::parse(text).map_err(|_| WRONG)?;
    let good = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if good { Ok(Contact { words: url.to_string(), href: url.into() }) } else { Err(WRONG.into()) }
}

pub fn parse_base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; write it like https://accounts.example.com"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must start with http:// or https:// and name a host".into());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("must not have a path, query, fragment or user name".into());
    }
    Ok(url)
}

/// [`Targets`] take a misspelt level for the name of a module, and then nothing is logged at all. A span they ignore.
pub fn parse_log(text: &str) -> Result<Targets, String> {
    let mut levels = text.split(',').filter(|part| !part.contains('=')).map(str::trim);
    if let Some(wrong) = levels.find(|level| level.parse::<LevelFilter>().is_err()) {
        return Err(format!("{wrong} is not a level; use off, error, warn, info, debug or trace"));
    }
    if text.contains('[') {
        return Err("spans have no level; name modules, as in info,latchkey::lab=off".into());
    }
    text.parse::<Targets>().map_err(|error| error.to_string())
}
