//! What follows from the settings. Server side.

use std::{net::IpAddr, path::Path, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::Url;

use super::{Config, LogFormat, Mailing, values::INSTANCE_CHARS_MAX};
use crate::base::DAY_MS;

impl Config {
    /// Production is where the base URL is https.
    pub fn production(&self) -> bool {
        self.base_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    pub fn mailing(&self) -> Mailing {
        match () {
            () if self.smtp_url.is_some() => Mailing::Smtp,
            () if self.production() => Mailing::Off,
            () => Mailing::Files,
        }
    }

    pub fn base_url(&self) -> Url {
        self.base_url.clone().unwrap_or_else(|| {
            let text = format!("http://localhost:{}", self.addr.port());
            #[expect(clippy::expect_used, reason = "a constant with a port in it is an address")]
            Url::parse(&text).expect("an address")
        })
    }

    /// The base URL as text without a slash at the end: issuer of tokens, start of links.
    pub fn issuer(&self) -> String {
        self.base_url().origin().ascii_serialization()
    }

    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| sqlite_url(&self.data_dir.join("latchkey.db")))
    }

    /// What other instances and administrators call this one.
    pub fn instance_name(&self) -> String {
        self.instance.clone().unwrap_or_else(|| {
            let host = gethostname::gethostname().to_string_lossy().into_owned();
            // The end of a long name is lost, and not the port.
            let host: String = host.chars().filter(|c| !c.is_control()).take(INSTANCE_CHARS_MAX - 6).collect();
            format!("{host}:{}", self.addr.port())
        })
    }

    pub fn log_format(&self) -> LogFormat {
        let usual = if self.production() { LogFormat::Json } else { LogFormat::Text };
        self.log_format.unwrap_or(usual)
    }

    /// Whether the audit log goes back to this time; an event from before may have been removed.
    pub fn log_goes_back_to(&self, at_ms: i64, now_ms: i64) -> bool {
        self.audit_retention_days == 0 || at_ms > now_ms - self.audit_retention_days * DAY_MS
    }

    /// How many requests of one person are worked on at once, where `connections` work on requests.
    pub fn requests_at_once(&self, connections: u32) -> u32 {
        self.requests_at_once.unwrap_or((connections / 2).max(1))
    }

    pub fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout_seconds)
    }

    /// Whether what this peer writes into X-Forwarded-For is believed. The address must be canonical.
    pub fn trusts(&self, ip: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|range| range.contains(&ip))
    }

    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds)
    }
}

/// The address of SQLite's file at this path. Everything that an address could take for something else is written as
/// `%XX`: `?` in a name of a folder begins no options, `%` no byte, `..` is left to the system, which knows of links.
pub fn sqlite_url(path: &Path) -> String {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    format!("sqlite:{}", percent_encode(path.as_os_str().as_encoded_bytes(), ENCODED))
}
