//! An application: what it is, and where its users may be sent back to. Server side; no I/O.

pub mod app_form;
pub mod app_page;
pub mod apps_page;
pub mod assertion;
pub mod authenticate;
pub mod by;
pub mod calls;
pub mod credentials;
pub mod document;
pub mod register;
pub mod store;
pub mod typed;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use strum::{EnumString, IntoStaticStr, VariantArray};
use url::{Host, Origin, Url};

use super::scope::Scopes;
use crate::base::{
    config::TokenAlgorithm,
    error::{Field, Invalid, Unfit},
    fetch::leads_here,
    text::isolated,
};

/// What an application is. Stored by name: rename none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum ClientKind {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs in the page alone.
    Spa,
    /// Is installed on a phone or a computer.
    Native,
    /// Acts for itself and logs no one in.
    #[default]
    Service,
}

impl ClientKind {
    pub fn words(self) -> &'static str {
        match self {
            Self::Web => "Web server",
            Self::Spa => "Single-page app",
            Self::Native => "Phone or desktop app",
            Self::Service => "Service",
        }
    }

    /// Whether it can keep a secret (RFC 6749 2.1).
    pub fn has_secret(self) -> bool {
        matches!(self, Self::Web | Self::Service)
    }

    pub fn logs_users_in(self) -> bool {
        self != Self::Service
    }
}

/// What no ID of ours has, and the address of a document does.
const ID_IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');
const ADDRESS_CHARS_MAX: usize = 512;
/// What an application may have its ID tokens signed with, whatever access tokens are signed with.
pub const RS256: &str = TokenAlgorithm::Rs256.into_str();
/// A token names it.
const RESOURCE_CHARS_MAX: usize = 256;

#[derive(Clone, Debug, Default)]
pub struct Client {
    pub id: String,
    pub owner_id: String,
    pub owner_name: String,
    /// `None` where the owner may not log in: the application gets nothing then.
    pub owner_epoch: Option<i64>,
    pub name: String,
    pub kind: ClientKind,
    pub redirects: Vec<String>,
    pub logouts: Vec<String>,
    /// Where it is told that a user is logged out; empty: it is not.
    pub backchannel_logout_uri: String,
    pub scopes: Scopes,
    /// [`RS256`]; empty: the algorithm of access tokens.
    pub id_token_alg: String,
    pub epoch: i64,
    pub created_at: i64,
    pub disabled_at: Option<i64>,
    /// As the audit log names whoever did.
    pub disabled_by: String,
    pub last_used_at: Option<i64>,
    /// When it was last told, or could not be, and then why.
    pub notice_at: Option<i64>,
    pub notice_failure: Option<String>,
}

impl Client {
    /// Our own command line: it belongs to no user, can be disabled, and no one deletes it.
    pub fn is_ours(&self) -> bool {
        self.owner_id.is_empty()
    }

    /// Nor has anyone registered it: it's in every installation.
    pub fn comes_along(&self) -> bool {
        self.is_ours() && !is_document(&self.id)
    }

    /// Whether it gets anything.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none() && self.owner_epoch.is_some()
    }

    /// As an event names it.
    pub fn in_event(&self) -> Value {
        json!({ "application": self.name, "client_id": self.id })
    }

    /// Who says what it is.
    pub fn origin_words(&self) -> String {
        if is_document(&self.id) {
            format!("No one here knows it. It describes itself at {}.", self.id)
        } else {
            format!("It was registered by {}.", isolated(&self.owner_name))
        }
    }

    /// As lists show it.
    pub fn state_words(&self) -> &'static str {
        match (self.disabled_at, self.owner_epoch) {
            (Some(_), _) => "disabled",
            (None, None) => "owner can't log in",
            (None, Some(_)) => "active",
        }
    }

    /// Byte for byte one of those that were registered. The port of a loopback address is free: a program takes the one
    /// that it gets (RFC 8252 7.3).
    pub fn may_redirect_to(&self, asked: &str) -> bool {
        self.redirects.iter().any(|known| is_same(known, asked))
    }

    /// Whether a page at this origin is one of its own, and the application is nothing but a page.
    pub fn is_page_at(&self, origin: &str) -> bool {
        let mut of_redirects = self.redirects.iter().filter_map(|known| origin_of(known));
        !self.kind.has_secret() && of_redirects.any(|known| is_same(&known, origin))
    }
}

fn is_same(known: &str, asked: &str) -> bool {
    known == asked || without_port(known).is_some_and(|known| without_port(asked) == Some(known))
}

/// The host of a loopback address, and what stands behind its port.
fn without_port(address: &str) -> Option<(&str, &str)> {
    let mut hosts = ["http://127.0.0.1", "http://[::1]"].into_iter();
    let (host, mut rest) = hosts.find_map(|host| Some((host, address.strip_prefix(host)?)))?;
    if let Some(port) = rest.strip_prefix(':') {
        rest = port.trim_start_matches(|c: char| c.is_ascii_digit());
        port[..port.len() - rest.len()].parse::<u16>().ok().filter(|port| *port > 0)?;
    }
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// `None` for an address of an installed app.
pub fn origin_of(address: &str) -> Option<String> {
    match Url::parse(address).ok()?.origin() {
        Origin::Opaque(_) => None,
        origin => Some(origin.ascii_serialization()),
    }
}

/// Whom a user is sent to, in words: the host, or the scheme of an installed app.
pub fn host_of(address: &str) -> String {
    let Ok(url) = Url::parse(address) else { return String::new() };
    match url.host() {
        Some(Host::Ipv4(ip)) if ip.is_loopback() => "this computer".into(),
        Some(Host::Ipv6(ip)) if ip.is_loopback() => "this computer".into(),
        Some(host) => host.to_string(),
        None => format!("an app that opens {}: links", url.scheme()),
    }
}

/// The address where an application is told of logouts; it may have none.
pub fn parse_backchannel(text: &str, kind: ClientKind) -> Result<String, Invalid> {
    let kind = if kind == ClientKind::Service { kind } else { ClientKind::Web };
    match text.trim() {
        "" => Ok(String::new()),
        text => parse_address(text, kind, Field::Backchannel),
    }
}

/// `id_token_signed_response_alg` (OpenID Connect Dynamic Client Registration 2).
pub fn parse_id_token_alg(text: &str, kind: ClientKind) -> Result<String, Invalid> {
    let fault = match text {
        "" => return Ok(String::new()),
        _ if !kind.logs_users_in() => Unfit::OfService,
        RS256 => return Ok(RS256.to_owned()),
        _ => Unfit::Algorithm,
    };
    Err(Invalid::unfit(Field::IdTokenAlg, text, fault))
}

/// An address that may be used, as it was typed.
pub fn parse_address(text: &str, kind: ClientKind, field: Field) -> Result<String, Invalid> {
    let wrong = if kind.logs_users_in() { fault_of(text, kind) } else { Some(Unfit::OfService) };
    wrong.map_or_else(|| Ok(text.to_owned()), |fault| Err(Invalid::unfit(field, text, fault)))
}

/// What is wrong with an address; nothing where it is in the one way of writing that browsers leave as it is, so that
/// comparing bytes is enough.
fn fault_of(text: &str, kind: ClientKind) -> Option<Unfit> {
    let Ok(url) = Url::parse(text) else { return Some(Unfit::NoAddress) };
    // A domain turned round, which no one else can claim (RFC 8252 7.1).
    let is_of_app = || kind == ClientKind::Native && url.scheme().contains('.') && url.host().is_none();
    let fault = match url.scheme() {
        _ if text.len() > ADDRESS_CHARS_MAX => Unfit::TooLong,
        _ if text.contains('#') => Unfit::Fragment,
        _ if text.contains('*') => Unfit::Wildcard,
        _ if !url.username().is_empty() || url.password().is_some() => Unfit::Credentials,
        "http" if !leads_here(&url) => Unfit::Http,
        scheme if !matches!(scheme, "http" | "https") && (!is_of_app() || text.contains('\\')) => Unfit::Scheme,
        _ if url.as_str() == text || url.as_str().strip_suffix('/') == Some(text) => return None,
        _ => Unfit::Spelling(url.into()),
    };
    Some(fault)
}

/// Whether an ID is the address of a document that says what the application is.
pub fn is_document(id: &str) -> bool {
    is_resource(id) && Url::parse(id).is_ok_and(|url| url.path().len() > 1)
}

/// The address of the page about an application.
pub fn page_of(id: &str) -> String {
    format!("/account/apps/{}", utf8_percent_encode(id, ID_IN_PATH))
}

/// The audience that a client may name for its tokens (RFC 8707 2).
pub fn is_resource(text: &str) -> bool {
    text.len() <= RESOURCE_CHARS_MAX && fault_of(text, ClientKind::Web).is_none()
}
