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
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use strum::{EnumString, IntoStaticStr};
use tracing_subscriber::filter::LevelFilter;
use url::{Host, Origin, Url};

/// No access token lives longer than this, whatever is set.
pub const TOKEN_LIFETIME_MAX_SECONDS: i64 = 900;

/// No signing key is published for less than this before it signs, whatever is set.
pub const KEY_LEAD_MIN_SECONDS: i64 = 30;

/// Where everything is written down that can be set from outside.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address to listen on. Loopback by default: a TLS proxy stands in front in production.
    #[arg(long, env = "LATCHKEY_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    /// The address that people type, such as `https://accounts.example.com`. It is the token issuer, the only
    /// origin that may send forms, and the start of every link. `https` means production: secrets must be set.
    /// [default: http://localhost:PORT]
    #[arg(long, env = "LATCHKEY_BASE_URL", value_parser = parse_base_url)]
    pub base_url: Option<Url>,

    /// Folder for the SQLite database and the secret key; made with mode 0700 when missing.
    #[arg(long, env = "LATCHKEY_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,

    /// `sqlite://path` or `postgres://user@host/name`. [default: latchkey.db in the data folder]
    #[arg(long, env = "LATCHKEY_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Whether the connection to a PostgreSQL on another machine must be encrypted, with a certificate that is checked:
    /// `required` asks for `sslmode=verify-full` in the address; `as-given` takes whatever the address says, for a
    /// network that encrypts by itself. Passwords and sessions travel there. [default: required in production]
    #[arg(long, env = "LATCHKEY_DATABASE_TLS", value_enum, ignore_case = true)]
    pub database_tls: Option<DatabaseTls>,

    /// Connections to the database at most. Small on purpose: a queue in front of a database beats one inside. A fourth of
    /// them, four at most, is kept for renewing tokens, revocations and `/readyz`; an eighth, two at most, for clearing up.
    #[arg(long, env = "LATCHKEY_DATABASE_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(4..=1000))]
    pub database_connections: u32,

    /// 32 random bytes, base64url, that seal the signing keys; must be the same on every instance.
    /// [default outside production: made once, kept in secret.key in the data folder]
    #[arg(long, env = "LATCHKEY_SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<SecretText>,

    /// Cookies without `Secure` and without the `__Host-` prefix, for plain http on another host than localhost,
    /// in development only.
    #[arg(long, env = "LATCHKEY_INSECURE_COOKIES", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub insecure_cookies: bool,

    /// Proxies whose X-Forwarded-For is believed: addresses and ranges, comma separated, such as
    /// `127.0.0.1,10.0.0.0/8`. None by default: anybody can send it.
    #[arg(long, env = "LATCHKEY_TRUSTED_PROXIES", value_delimiter = ',', value_parser = parse_proxy)]
    pub trusted_proxies: Vec<IpNet>,

    /// Life of an access token, in seconds (60 to 900). Short, because it is what a verifier outside, which
    /// cannot hear of a revocation, has to live with.
    #[arg(long, env = "LATCHKEY_TOKEN_LIFETIME_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(i64).range(60..=TOKEN_LIFETIME_MAX_SECONDS))]
    pub token_lifetime_seconds: i64,

    /// How access tokens are signed. After a change the next start begins a rotation to a key of the new algorithm:
    /// nobody is logged out, no request fails.
    #[arg(long, env = "LATCHKEY_TOKEN_ALGORITHM", value_enum, ignore_case = true, default_value_t = TokenAlgorithm::Es256)]
    pub token_algorithm: TokenAlgorithm,

    /// A new signing key is published so many seconds before it signs (30 to 86400). Verifiers outside may keep the
    /// list of keys for 15 seconds, so they know a key before they meet it; longer for those that keep it longer.
    #[arg(long, env = "LATCHKEY_KEY_LEAD_SECONDS", default_value_t = 600, value_parser = clap::value_parser!(i64).range(KEY_LEAD_MIN_SECONDS..=86_400))]
    pub key_lead_seconds: i64,

    /// A session ends after so many minutes without use: the forgotten browser.
    #[arg(long, env = "LATCHKEY_SESSION_IDLE_MINUTES", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=44_640))]
    pub session_idle_minutes: i64,

    /// A session ends after so many hours whatever happens: the stolen cookie that is kept busy.
    #[arg(long, env = "LATCHKEY_SESSION_LIFETIME_HOURS", default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=8_784))]
    pub session_lifetime_hours: i64,

    /// With "remember me" a session ends after so many days without use: one's own device, used now and then.
    #[arg(long, env = "LATCHKEY_REMEMBERED_IDLE_DAYS", default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=366))]
    pub remembered_idle_days: i64,

    /// With "remember me" a session ends after so many days whatever happens.
    #[arg(long, env = "LATCHKEY_REMEMBERED_LIFETIME_DAYS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=366))]
    pub remembered_lifetime_days: i64,

    /// So many sessions may a user have at once; beyond it the one unused for longest gives way. Enough for every
    /// device of a person, too few to hide a thief in.
    #[arg(long, env = "LATCHKEY_SESSIONS_PER_USER", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    pub sessions_per_user: i64,

    /// Sensitive acts ask for the password again when it was last given so many minutes ago: the laptop that was
    /// left open.
    #[arg(long, env = "LATCHKEY_REAUTHENTICATION_MINUTES", default_value_t = 10, value_parser = clap::value_parser!(i64).range(1..=1_440))]
    pub reauthentication_minutes: i64,

    /// Minutes without reading until pages of administration ask for the password again. Actions have
    /// LATCHKEY_REAUTHENTICATION_MINUTES
    #[arg(long, env = "LATCHKEY_ADMIN_READING_MINUTES", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=720))]
    pub admin_reading_minutes: i64,

    /// A device can be trusted for so many days: log-in there asks for no code of the second factor. 0 offers it to
    /// nobody. Short enough that a device which was given away forgets by itself.
    #[arg(long, env = "LATCHKEY_TRUSTED_DEVICE_DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..=90))]
    pub trusted_device_days: i64,

    /// Name of this instance in receipts and metrics, where several serve one database.
    /// [default: HOST:PORT of this machine]
    #[arg(long, env = "LATCHKEY_INSTANCE", value_parser = parse_instance)]
    pub instance: Option<String>,

    /// Address on which `/metrics` is served, such as `127.0.0.1:9464`. Off by default: whoever reaches it reads how
    /// much is going on, so it is a door of its own that no proxy opens to the world.
    #[arg(long, env = "LATCHKEY_METRICS_ADDR")]
    pub metrics_addr: Option<SocketAddr>,

    /// How often an instance asks SQLite for new revocations, in milliseconds: one read of one row. PostgreSQL tells
    /// by itself.
    #[arg(long, env = "LATCHKEY_REVOCATION_POLL_MS", default_value_t = 250, value_parser = clap::value_parser!(u64).range(20..=2_000))]
    pub revocation_poll_ms: u64,

    /// Mail server: `smtps://user:password@host`, or `smtp://user:password@host:587?tls=required` for STARTTLS. Without
    /// it, in development, mails land as files in `mail/` in the data folder; in production there are no mails.
    #[arg(long, env = "LATCHKEY_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretText>,

    /// Sender of mails: `Name <name@example.com>`. [default: Latchkey, no-reply at the host of the base URL]
    #[arg(long, env = "LATCHKEY_MAIL_FROM")]
    pub mail_from: Option<String>,

    /// A new password has at least so many characters (8 to 64). Whatever is set, what is guessed first is refused.
    #[arg(long, env = "LATCHKEY_PASSWORD_MIN_CHARS", default_value_t = 10, value_parser = clap::value_parser!(u8).range(8..=64))]
    pub password_min_chars: u8,

    /// argon2id memory per hash, in KiB. Production wants what OWASP does at least: 47104 with one pass, 19456 with two,
    /// 12288 with three, 9216 with four, 7168 with five.
    #[arg(long, env = "LATCHKEY_ARGON2_MEMORY_KIB", default_value_t = 19_456, value_parser = clap::value_parser!(u32).range(7_168..=1_048_576))]
    pub argon2_memory_kib: u32,

    /// argon2id passes over the memory.
    #[arg(long, env = "LATCHKEY_ARGON2_PASSES", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub argon2_passes: u32,

    /// argon2id lanes. One: the server's parallelism is between people, not within a hash.
    #[arg(long, env = "LATCHKEY_ARGON2_LANES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub argon2_lanes: u32,

    /// Memory for all hashes that run at once, in MiB. It decides how many may, one per processor at most: without it
    /// ten thousand log-ins would want 186 GiB.
    #[arg(long, env = "LATCHKEY_HASH_BUDGET_MIB", default_value_t = 76, value_parser = clap::value_parser!(u32).range(19..=65_536))]
    pub hash_budget_mib: u32,

    /// So many wrong passwords or codes in a row wait for nothing; each further one doubles the wait, from a second to 15
    /// minutes. Counted per account, and apart from that for each browser that the account knows.
    #[arg(long, env = "LATCHKEY_TRIES_PER_ACCOUNT", default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..=100))]
    pub tries_per_account: i64,

    /// The same for everything that comes from one network address, from a second to 5 minutes: an IPv4 address or the /64
    /// of an IPv6 one; its /56 may have twice, its /48 four times as many. Raise it where many people who mistype their
    /// password share an address.
    #[arg(long, env = "LATCHKEY_TRIES_PER_NETWORK", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub tries_per_network: i64,

    /// So many sign-ups from one network address wait for nothing; each further one doubles the wait, from a second to 5
    /// minutes, and half are forgotten in 15 minutes: a class gets in, and nobody makes accounts by the thousand.
    #[arg(long, env = "LATCHKEY_SIGN_UPS_PER_NETWORK", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub sign_ups_per_network: i64,

    /// A request head must be complete after so many seconds, counted from the start of the connection or from the answer
    /// before: half-sent requests and silent callers hold a connection otherwise.
    #[arg(long, env = "LATCHKEY_HEADER_TIMEOUT_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub header_timeout_seconds: u64,

    /// A request must be answered after so many seconds, body included.
    #[arg(long, env = "LATCHKEY_REQUEST_TIMEOUT_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=50))]
    pub request_timeout_seconds: u64,

    /// A caller who takes nothing of an answer for so many seconds is cut off: it holds a connection and what the answer
    /// is made of. Open streams are not meant: the little that they say waits for nobody.
    #[arg(long, env = "LATCHKEY_WRITE_TIMEOUT_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub write_timeout_seconds: u64,

    /// So many connections may be open at once. Beyond it the one that has waited longest for a request gives way, and
    /// where each is at work the new one is closed. Each is an open file, and the system's limit for those counts, too.
    #[arg(long, env = "LATCHKEY_CONNECTIONS", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(4..=1_000_000))]
    pub connections: u32,

    /// The same for one network address (IPv6: for its /64), other than a trusted proxy: one caller must not take the places of
    /// all others. An open page holds one, and a browser six while it loads.
    #[arg(long, env = "LATCHKEY_CONNECTIONS_PER_ADDRESS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub connections_per_address: u32,

    /// Largest request body, in KiB. A note of 20,000 characters fits.
    #[arg(long, env = "LATCHKEY_BODY_LIMIT_KIB", default_value_t = 128, value_parser = clap::value_parser!(u32).range(128..=16_384))]
    pub body_limit_kib: u32,

    /// Streams of `/session/events` that one user may have open at once; each holds a connection. One browser needs
    /// one, whatever its number of tabs; an old one needs one per tab.
    #[arg(long, env = "LATCHKEY_STREAMS_PER_USER", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub streams_per_user: u32,

    /// So many requests of one person (or of one network address, where nobody is logged in) are worked on at once; the
    /// next ones wait for their turn. [default: half of the connections that requests have]
    #[arg(long, env = "LATCHKEY_REQUESTS_AT_ONCE", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub requests_at_once: Option<u32>,

    /// Events of the audit log are kept for so many days; 0 keeps all. They hold addresses of people, also of those who have no
    /// account. A year and a month, so that each can be held against the same of the year before.
    #[arg(long, env = "LATCHKEY_AUDIT_RETENTION_DAYS", default_value_t = 400, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    pub audit_retention_days: i64,

    /// Whom to tell of a weakness, for `/.well-known/security.txt` (RFC 9116): `mailto:security@example.com` or an https
    /// address. Without it there is no such file, since nobody would read what is reported.
    #[arg(long, env = "LATCHKEY_SECURITY_CONTACT", value_parser = parse_contact)]
    pub security_contact: Option<Url>,

    /// Adds `preload` to Strict-Transport-Security, in production. Off by default: browsers then take the whole domain for
    /// https only, other sub-domains included, and it takes months to get off their lists.
    #[arg(long, env = "LATCHKEY_HSTS_PRELOAD", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub hsts_preload: bool,

    /// On SIGTERM running requests get so many seconds to finish.
    #[arg(long, env = "LATCHKEY_SHUTDOWN_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=120))]
    pub shutdown_seconds: u64,

    /// Log lines as text for people or JSON for machines. [default: JSON in production, else text]
    #[arg(long, env = "LATCHKEY_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,

    /// What is logged, as in tracing-subscriber's EnvFilter: `info`, `latchkey=debug,warn`.
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
    /// Encrypted, with a certificate that names the host and that a known authority vouches for.
    Required,
    /// As the address says.
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

/// The algorithms of access tokens. Each signing key has one, for good. The texts are as in the header of a token and in
/// the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, EnumString, IntoStaticStr)]
#[value(rename_all = "UPPER")]
#[strum(const_into_str, serialize_all = "UPPERCASE")]
pub enum TokenAlgorithm {
    /// ECDSA on P-256: small, and every verifier has it.
    Es256,
    /// Ed25519: small and quick to sign; older verifiers lack it.
    #[value(name = "EdDSA")]
    #[strum(serialize = "EdDSA")]
    EdDsa,
    /// RSA with 3072 bits: for verifiers that know nothing else; the token grows by 430 bytes.
    Rs256,
    /// HMAC: no entry in the JWKS, and whoever can verify can also sign; for one service alone.
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
            return Err("LATCHKEY_HASH_BUDGET_MIB does not hold a single hash of \
                        LATCHKEY_ARGON2_MEMORY_KIB; raise it"
                .into());
        }
        if self.production() {
            self.check_hashes()?;
        }
        self.check_database()?;
        if self.production() && self.insecure_cookies {
            return Err("LATCHKEY_INSECURE_COOKIES is for development; unset it, or LATCHKEY_BASE_URL".into());
        }
        if self.production() && self.secret_key.is_none() {
            return Err("LATCHKEY_SECRET_KEY is not set, and LATCHKEY_BASE_URL is https, which means production; \
                        make one with `latchkey secret` and give every instance the same"
                .into());
        }
        if !self.production() && !self.insecure_cookies && !self.is_local() {
            return Err(format!(
                "LATCHKEY_BASE_URL is {}, where browsers throw our Secure cookies away; make it https, or, in \
                 development only, set LATCHKEY_INSECURE_COOKIES=true",
                self.issuer()
            ));
        }
        self.check_log()?;
        if !self.production() && !self.addr.ip().is_loopback() && !self.insecure_cookies {
            return Err(format!(
                "{} can be reached from other machines, but LATCHKEY_BASE_URL is not https; set it to the https \
                 address of the proxy in front, or, in development only, LATCHKEY_INSECURE_COOKIES=true",
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
        Err("LATCHKEY_ARGON2_MEMORY_KIB and LATCHKEY_ARGON2_PASSES are below what OWASP asks for, and LATCHKEY_BASE_URL is \
             https, which means production; take at least 19456 with 2 passes, or 47104 with 1, 12288 with 3, 9216 with 4, \
             7168 with 5"
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
        Err("LATCHKEY_DATABASE_URL leads to another machine, and whoever is on the way could read and change everything; \
             add sslmode=verify-full to it (and sslrootcert=FILE for an authority of your own), or, where the network \
             encrypts by itself, set LATCHKEY_DATABASE_TLS=as-given"
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
                Err(format!("LATCHKEY_LOG: {wrong} is no level; use off, error, warn, info, debug or trace"))
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

    /// Whose forms are believed. Outside production the loopback names count as one.
    pub fn origins(&self) -> Vec<Origin> {
        let mut origins = vec![self.base_url().origin()];
        if !self.production() {
            let port = self.addr.port();
            let names = ["localhost", "127.0.0.1", "[::1]"];
            origins.extend(
                names
                    .iter()
                    .filter_map(|name| Url::parse(&format!("http://{name}:{port}")).ok().map(|url| url.origin())),
            );
        }
        origins
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
        Err(format!("1 to {INSTANCE_CHARS_MAX} characters, none of them a control character"))
    }
}

/// An address is a range of one. IPv4 in the clothes of IPv6 is IPv4, as it is where requests come in.
fn parse_proxy(text: &str) -> Result<IpNet, String> {
    const IPV4_BEGINS: u8 = 96;
    let text = text.trim();
    let alone = text.parse::<IpAddr>().map(IpNet::from);
    let range = alone
        .or_else(|_| text.parse::<IpNet>())
        .map_err(|_| format!("{text:?} is no address and no range; write 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32"))?;
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

fn parse_base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; write it as https://accounts.example.com"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must start with http:// or https:// and name a host".into());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("must be an origin only: no path, query, fragment or user name".into());
    }
    Ok(url)
}
