//! Every setting: its unit, its default, its reason. Server side.
//!
//! Each is an environment variable `LATCHKEY_*` and a flag of the same name, read once at the start.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use strum::{EnumString, IntoStaticStr};
use tracing_subscriber::filter::LevelFilter;
use url::{Host, Url};

use super::{contact::Contact, email::Email};

/// No access token lives longer than this, whatever is set.
pub const TOKEN_LIFETIME_MAX_SECONDS: i64 = 900;

/// No signing key is published for less than this before it signs, whatever is set.
pub const KEY_LEAD_MIN_SECONDS: i64 = 30;

/// Where everything is written down that can be set from outside.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address to listen on. Loopback by default, because in production a TLS proxy stands in front.
    #[arg(long, env = "LATCHKEY_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    /// The address people type, such as `https://accounts.example.com`. It's the token issuer, the only origin that may
    /// send forms, and the start of every link. `https` means production: secrets must be set. [default:
    /// http://localhost:PORT]
    #[arg(long, env = "LATCHKEY_BASE_URL", value_parser = parse_base_url)]
    pub base_url: Option<Url>,

    /// Folder for the SQLite database and the secret key. Created with mode 0700 if it's missing.
    #[arg(long, env = "LATCHKEY_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,

    /// `sqlite://path` or `postgres://user@host/name`. [default: latchkey.db in the data folder]
    #[arg(long, env = "LATCHKEY_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Whether the connection to PostgreSQL on another machine must be encrypted with a verified certificate. `required`
    /// asks for `sslmode=verify-full` in the URL. `as-given` accepts whatever the URL says, for networks that encrypt by
    /// themselves. Passwords and sessions travel over this connection. [default: required in production]
    #[arg(long, env = "LATCHKEY_DATABASE_TLS", value_enum, ignore_case = true)]
    pub database_tls: Option<DatabaseTls>,

    /// Maximum number of database connections (4 to 1000). Small on purpose: a queue in front of a database beats one
    /// inside. A quarter of them (at most 4) is reserved for token renewal, revocations and `/readyz`, an eighth (at most
    /// 2) for cleaning up.
    #[arg(long, env = "LATCHKEY_DATABASE_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(4..=1000))]
    pub database_connections: u32,

    /// 32 random bytes in base64url that encrypt the signing keys. Must be the same on every instance. Create one with
    /// `latchkey secret`. [default outside production: created once, in secret.key in the data folder]
    // One key in 64 begins with a hyphen.
    #[arg(long, env = "LATCHKEY_SECRET_KEY", hide_env_values = true, allow_hyphen_values = true)]
    pub secret_key: Option<SecretText>,

    /// Send cookies without `Secure` and the `__Host-` prefix, for plain http on a host other than localhost. Development
    /// only.
    #[arg(long, env = "LATCHKEY_INSECURE_COOKIES", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub insecure_cookies: bool,

    /// Proxies whose X-Forwarded-For is trusted: IP addresses and ranges, separated by commas, such as
    /// `127.0.0.1,10.0.0.0/8`. None by default, because anyone can send this header.
    #[arg(long, env = "LATCHKEY_TRUSTED_PROXIES", value_delimiter = ',', value_parser = parse_proxy)]
    pub trusted_proxies: Vec<IpNet>,

    /// Lifetime of an access token in seconds (60 to 900). Keep it short: a verifier elsewhere, which doesn't hear of
    /// revocations, accepts a token until it expires.
    #[arg(long, env = "LATCHKEY_TOKEN_LIFETIME_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(i64).range(60..=TOKEN_LIFETIME_MAX_SECONDS))]
    pub token_lifetime_seconds: i64,

    /// Algorithm that signs access tokens. After a change, the next start rotates to a key of the new algorithm. No one
    /// is logged out and no request fails.
    #[arg(long, env = "LATCHKEY_TOKEN_ALGORITHM", value_enum, ignore_case = true, default_value_t = TokenAlgorithm::Es256)]
    pub token_algorithm: TokenAlgorithm,

    /// Seconds between publishing a new signing key and using it (30 to 86400). Verifiers may cache the public keys for
    /// 15 seconds. Raise this for verifiers that cache them for longer.
    #[arg(long, env = "LATCHKEY_KEY_LEAD_SECONDS", default_value_t = 600, value_parser = clap::value_parser!(i64).range(KEY_LEAD_MIN_SECONDS..=86_400))]
    pub key_lead_seconds: i64,

    /// Minutes of inactivity before a session ends (1 to 44640).
    #[arg(long, env = "LATCHKEY_SESSION_IDLE_MINUTES", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=44_640))]
    pub session_idle_minutes: i64,

    /// Hours before a session ends, even in use (1 to 8784). This limits a stolen cookie that is kept busy.
    #[arg(long, env = "LATCHKEY_SESSION_LIFETIME_HOURS", default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=8_784))]
    pub session_lifetime_hours: i64,

    /// Days of inactivity before a session with "remember me" ends (1 to 366).
    #[arg(long, env = "LATCHKEY_REMEMBERED_IDLE_DAYS", default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=366))]
    pub remembered_idle_days: i64,

    /// Days before a session with "remember me" ends, even in use (1 to 366).
    #[arg(long, env = "LATCHKEY_REMEMBERED_LIFETIME_DAYS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=366))]
    pub remembered_lifetime_days: i64,

    /// Maximum sessions per user (1 to 1000). Beyond this, the least recently used one is ended.
    #[arg(long, env = "LATCHKEY_SESSIONS_PER_USER", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    pub sessions_per_user: i64,

    /// Minutes before sensitive actions ask for the password again (1 to 1440).
    #[arg(long, env = "LATCHKEY_REAUTHENTICATION_MINUTES", default_value_t = 10, value_parser = clap::value_parser!(i64).range(1..=1_440))]
    pub reauthentication_minutes: i64,

    /// Minutes without reading before pages of administration ask for the password again (1 to 720). Actions have
    /// LATCHKEY_REAUTHENTICATION_MINUTES.
    #[arg(long, env = "LATCHKEY_ADMIN_READING_MINUTES", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=720))]
    pub admin_reading_minutes: i64,

    /// Days a trusted device isn't asked for a 6-digit code (0 to 90). 0 turns trusted devices off.
    #[arg(long, env = "LATCHKEY_TRUSTED_DEVICE_DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..=90))]
    pub trusted_device_days: i64,

    /// Name of this instance in receipts and metrics, where several share a database. [default: HOST:PORT of this
    /// machine]
    #[arg(long, env = "LATCHKEY_INSTANCE", value_parser = parse_instance)]
    pub instance: Option<String>,

    /// Address that serves `/metrics`, such as `127.0.0.1:9464`. Off by default. It has its own port, because it tells
    /// whoever can reach it how much is going on.
    #[arg(long, env = "LATCHKEY_METRICS_ADDR")]
    pub metrics_addr: Option<SocketAddr>,

    /// Milliseconds between checks for new revocations on SQLite (20 to 2000). Each check reads one row. PostgreSQL
    /// notifies instances instead.
    #[arg(long, env = "LATCHKEY_REVOCATION_POLL_MS", default_value_t = 250, value_parser = clap::value_parser!(u64).range(20..=2_000))]
    pub revocation_poll_ms: u64,

    /// Mail server: `smtps://user:password@host`, or `smtp://user:password@host:587?tls=required` for STARTTLS. Without
    /// it, emails are written to `mail/` in the data folder in development, and not sent in production.
    #[arg(long, env = "LATCHKEY_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretText>,

    /// Sender of emails: `Name <name@example.com>`. The default is `Latchkey <no-reply@HOST>`, with the host of the base URL.
    #[arg(long, env = "LATCHKEY_MAIL_FROM")]
    pub mail_from: Option<String>,

    /// Minimum length of new passwords (8 to 64). Common passwords are always refused.
    #[arg(long, env = "LATCHKEY_PASSWORD_MIN_CHARS", default_value_t = 10, value_parser = clap::value_parser!(u8).range(8..=64))]
    pub password_min_chars: u8,

    /// argon2id memory per hash, in KiB (7168 to 1048576). Production requires at least what OWASP recommends: 47104 with
    /// 1 pass, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with 5.
    #[arg(long, env = "LATCHKEY_ARGON2_MEMORY_KIB", default_value_t = 19_456, value_parser = clap::value_parser!(u32).range(7_168..=1_048_576))]
    pub argon2_memory_kib: u32,

    /// argon2id passes over the memory (1 to 20).
    #[arg(long, env = "LATCHKEY_ARGON2_PASSES", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub argon2_passes: u32,

    /// argon2id lanes (1 to 16). The server hashes several passwords at once, so one lane each is enough.
    #[arg(long, env = "LATCHKEY_ARGON2_LANES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub argon2_lanes: u32,

    /// Memory for all password hashes at once, in MiB (19 to 65536). It limits how many run at once, up to one per
    /// processor. Without a limit, ten thousand logins would need 186 GiB.
    #[arg(long, env = "LATCHKEY_HASH_BUDGET_MIB", default_value_t = 76, value_parser = clap::value_parser!(u32).range(19..=65_536))]
    pub hash_budget_mib: u32,

    /// Failed attempts before delays start (1 to 100). Each further failure doubles the delay, from 1 second to 15
    /// minutes. Counted per account, and separately for each browser the account has used before.
    #[arg(long, env = "LATCHKEY_TRIES_PER_ACCOUNT", default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..=100))]
    pub tries_per_account: i64,

    /// The same per network, with delays from 1 second to 5 minutes (1 to 1000000). A network is an IPv4 address or an
    /// IPv6 /64; an IPv6 /56 may have twice and a /48 four times as many. Raise it where many people share an IP address.
    #[arg(long, env = "LATCHKEY_TRIES_PER_NETWORK", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub tries_per_network: i64,

    /// Sign-ups per network before delays start (1 to 1000000). Each further one doubles the delay, from 1 second to 5
    /// minutes, and half are forgotten after 15 minutes. Enough for a class, too few to create accounts by the thousand.
    #[arg(long, env = "LATCHKEY_SIGN_UPS_PER_NETWORK", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub sign_ups_per_network: i64,

    /// Seconds to receive a complete request head (1 to 60), counted from the start of the connection or the previous
    /// response. Half-sent requests and silent clients would hold a connection otherwise.
    #[arg(long, env = "LATCHKEY_HEADER_TIMEOUT_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub header_timeout_seconds: u64,

    /// Seconds to answer a request, body included (1 to 50).
    #[arg(long, env = "LATCHKEY_REQUEST_TIMEOUT_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=50))]
    pub request_timeout_seconds: u64,

    /// Seconds before a client that doesn't read its response is disconnected (1 to 300). Open event streams are exempt.
    #[arg(long, env = "LATCHKEY_WRITE_TIMEOUT_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub write_timeout_seconds: u64,

    /// Maximum number of open connections (4 to 1000000). Beyond this, the connection that has been idle for longest is
    /// closed, or the new one if none is idle. Each is an open file, so the system's limit applies too.
    #[arg(long, env = "LATCHKEY_CONNECTIONS", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(4..=1_000_000))]
    pub connections: u32,

    /// The same per IP address, or IPv6 /64 (2 to 1000000). Trusted proxies are exempt. An open page holds one
    /// connection, and a browser opens six while loading.
    #[arg(long, env = "LATCHKEY_CONNECTIONS_PER_ADDRESS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub connections_per_address: u32,

    /// Maximum size of a request body, in KiB (128 to 16384). A note of 20,000 characters fits.
    #[arg(long, env = "LATCHKEY_BODY_LIMIT_KIB", default_value_t = 128, value_parser = clap::value_parser!(u32).range(128..=16_384))]
    pub body_limit_kib: u32,

    /// Maximum number of open `/session/events` streams per user (1 to 10000). Each holds a connection. A browser needs
    /// one for all its tabs, an old browser one per tab.
    #[arg(long, env = "LATCHKEY_STREAMS_PER_USER", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub streams_per_user: u32,

    /// Requests of one user (or one IP address, if not logged in) that are handled at once (1 to 1000). The others wait.
    /// [default: half of the database connections for requests]
    #[arg(long, env = "LATCHKEY_REQUESTS_AT_ONCE", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub requests_at_once: Option<u32>,

    /// Number of verified access tokens kept in memory (0 to 1000000), so that each signature is checked once. Revocations
    /// still count at once. 0 checks every signature every time.
    #[arg(long, env = "LATCHKEY_VERIFIED_TOKENS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub verified_tokens: u32,

    /// Number of sessions cached in memory (0 to 1000000), so that a request doesn't have to read its session. Logouts and
    /// changes still count at once. 0 reads the session every time.
    #[arg(long, env = "LATCHKEY_CACHED_SESSIONS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub cached_sessions: u32,

    /// Days to keep events in the audit log (0 to 36500). 0 keeps all of them. They hold IP addresses, also of people
    /// without an account. The default of 13 months lets you compare with the same month last year.
    #[arg(long, env = "LATCHKEY_AUDIT_RETENTION_DAYS", default_value_t = 400, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    pub audit_retention_days: i64,

    /// Where to report security issues, for `/.well-known/security.txt` (RFC 9116): `mailto:security@example.com` or an
    /// https address. Without it there is no such file.
    #[arg(long, env = "LATCHKEY_SECURITY_CONTACT", value_parser = parse_contact)]
    pub security_contact: Option<Url>,

    /// Whom users ask for help: `help@example.com` or `https://example.com/help`. It is named on error pages, to users
    /// whose account is disabled, and in emails. Without it they are told to contact their administrator.
    #[arg(long, env = "LATCHKEY_SUPPORT_CONTACT", value_parser = parse_support_contact)]
    pub support_contact: Option<Contact>,

    /// Add `preload` to Strict-Transport-Security in production. Off by default: browsers then use https only for the
    /// whole domain, subdomains included, and leaving their lists takes months.
    #[arg(long, env = "LATCHKEY_HSTS_PRELOAD", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub hsts_preload: bool,

    /// Seconds that running requests get to finish after SIGTERM (0 to 120).
    #[arg(long, env = "LATCHKEY_SHUTDOWN_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=120))]
    pub shutdown_seconds: u64,

    /// Log format: text for people or JSON for programs. [default: JSON in production, otherwise text]
    #[arg(long, env = "LATCHKEY_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,

    /// What to log, in the syntax of tracing-subscriber's EnvFilter: `info`, `latchkey=debug,warn`.
    #[arg(long, env = "LATCHKEY_LOG", default_value = "info,tower_sessions=error,tower_sessions_core=off,sqlx=warn")]
    pub log: String,
}

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

/// Where mails go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailing {
    /// To the mail server.
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

impl std::str::FromStr for SecretText {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Config {
    /// Settings that only make sense together, checked before anything is opened. ASVS 2.2.3.
    ///
    /// # Errors
    /// One line that names the setting to change.
    pub fn check(&self) -> Result<(), String> {
        if self.session_idle_minutes > self.session_lifetime_hours * 60 {
            return Err("LATCHKEY_SESSION_IDLE_MINUTES is longer than LATCHKEY_SESSION_LIFETIME_HOURS; \
                        lower the first or raise the second"
                .into());
        }
        if self.remembered_idle_days > self.remembered_lifetime_days {
            return Err("LATCHKEY_REMEMBERED_IDLE_DAYS is longer than LATCHKEY_REMEMBERED_LIFETIME_DAYS; lower the \
                        first or raise the second"
                .into());
        }
        if self.argon2_memory_kib.div_ceil(1024) > self.hash_budget_mib {
            return Err("LATCHKEY_HASH_BUDGET_MIB is too small for a single hash of \
                        LATCHKEY_ARGON2_MEMORY_KIB; raise it"
                .into());
        }
        if self.production() {
            self.check_hashes()?;
        }
        self.check_database()?;
        if self.production() && self.insecure_cookies {
            return Err(
                "LATCHKEY_INSECURE_COOKIES is for development only; unset it, or unset LATCHKEY_BASE_URL".into()
            );
        }
        if self.production() && self.secret_key.is_none() {
            return Err("LATCHKEY_SECRET_KEY is not set, and an https LATCHKEY_BASE_URL means production; \
                        create one with `latchkey secret` and use it on every instance"
                .into());
        }
        if !self.production() && !self.insecure_cookies && !self.is_local() {
            return Err(format!(
                "LATCHKEY_BASE_URL is {}, where browsers reject Secure cookies; use https, or set \
                 LATCHKEY_INSECURE_COOKIES=true (development only)",
                self.issuer()
            ));
        }
        self.check_log()?;
        if !self.production() && !self.addr.ip().is_loopback() && !self.insecure_cookies {
            return Err(format!(
                "other machines can reach {}, but LATCHKEY_BASE_URL is not https; set it to the https address of the \
                 proxy in front, or set LATCHKEY_INSECURE_COOKIES=true (development only)",
                self.addr
            ));
        }
        Ok(())
    }

    /// OWASP, Password Storage Cheat Sheet, the settings for argon2id: each is worth as much as the others.
    fn check_hashes(&self) -> Result<(), String> {
        const LEAST: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
        if LEAST.iter().any(|(kib, passes)| self.argon2_memory_kib >= *kib && self.argon2_passes >= *passes) {
            return Ok(());
        }
        Err("LATCHKEY_ARGON2_MEMORY_KIB and LATCHKEY_ARGON2_PASSES are below what OWASP recommends, and an https \
             LATCHKEY_BASE_URL means production; use at least 19456 with 2 passes, or 47104 with 1, 12288 with 3, 9216 \
             with 4, 7168 with 5"
            .into())
    }

    /// Whether the way to PostgreSQL is as safe as it has to be. For every command: each sends what it knows over it.
    ///
    /// # Errors
    /// One line that names the setting to change.
    pub fn check_database(&self) -> Result<(), String> {
        let usual = if self.production() { DatabaseTls::Required } else { DatabaseTls::AsGiven };
        let url = self.database_url();
        if self.database_tls.unwrap_or(usual) == DatabaseTls::AsGiven || !url.starts_with("postgres") {
            return Ok(());
        }
        // What is no address at all is told where it is opened.
        let Ok(way) = PgConnectOptions::from_str(&url) else { return Ok(()) };
        if is_on_this_machine(&way) || matches!(way.get_ssl_mode(), PgSslMode::VerifyFull) {
            return Ok(());
        }
        Err("LATCHKEY_DATABASE_URL names another machine, and anyone in between could read and change everything; add \
             sslmode=verify-full to it (and sslrootcert=FILE for your own certificate authority), or set \
             LATCHKEY_DATABASE_TLS=as-given if the network encrypts by itself"
            .into())
    }

    /// Whether the base URL names this machine, where browsers keep Secure cookies without https.
    fn is_local(&self) -> bool {
        let url = self.base_url();
        match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// EnvFilter takes a misspelt level for the name of a module, and then nothing is logged at all.
    fn check_log(&self) -> Result<(), String> {
        let mut levels = self.log.split(',').filter(|part| !part.contains('=')).map(str::trim);
        match levels.find(|level| level.parse::<LevelFilter>().is_err()) {
            None => Ok(()),
            Some(wrong) => {
                Err(format!("LATCHKEY_LOG: {wrong} is not a level; use off, error, warn, info, debug or trace"))
            }
        }
    }

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
        self.audit_retention_days == 0 || at_ms > now_ms - self.audit_retention_days * 86_400_000
    }

    /// How many requests of one person are worked on at once, where `connections` work on requests.
    pub fn requests_at_once(&self, connections: u32) -> u32 {
        self.requests_at_once.unwrap_or((connections / 2).max(1))
    }

    pub fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout_seconds)
    }

    pub fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout_seconds)
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
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let bytes = path.as_os_str().as_encoded_bytes();
    let written =
        bytes.iter().map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("sqlite:{}", written.collect::<String>())
}

/// By a socket in the file system, or by an address of this machine.
fn is_on_this_machine(way: &PgConnectOptions) -> bool {
    let host = way.get_host();
    let by_address = || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    way.get_socket().is_some() || host.starts_with('/') || host == "localhost" || by_address()
}

/// It stands in receipts, a few of them in one cookie.
const INSTANCE_CHARS_MAX: usize = 60;

fn parse_instance(text: &str) -> Result<String, String> {
    let fits = (1..=INSTANCE_CHARS_MAX).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("must have 1 to {INSTANCE_CHARS_MAX} characters and no control characters"))
    }
}

/// An address is a range of one. IPv4 in the clothes of IPv6 is IPv4, as it is where requests come in.
fn parse_proxy(text: &str) -> Result<IpNet, String> {
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

fn parse_contact(text: &str) -> Result<Url, String> {
    let wrong = || "must be mailto:security@example.com or an https address".to_owned();
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let good = match url.scheme() {
        "mailto" => url.path().contains('@'),
        scheme => scheme == "https",
    };
    if good { Ok(url) } else { Err(wrong()) }
}

fn parse_support_contact(text: &str) -> Result<Contact, String> {
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

fn parse_base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; write it like https://accounts.example.com"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must start with http:// or https:// and name a host".into());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("must not have a path, query, fragment or user name".into());
    }
    Ok(url)
}
