//! Every setting: its unit, its default, its reason. Server side.
//!
//! Each is an environment variable `LATCHKEY_*` and a flag of the same name, read once at the start.

mod checks;
mod derived;
mod values;

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use ipnet::IpNet;
use tracing_subscriber::filter::Targets;
use url::Url;
use values::{
    parse_addr, parse_base_url, parse_contact, parse_instance, parse_log, parse_proxy, parse_support_contact,
};

pub use self::{
    derived::sqlite_url,
    values::{DatabaseTls, LogFormat, Mailing, SecretText, TokenAlgorithm},
};
use super::contact::Contact;

/// No access token lives longer than this, whatever is set.
pub const TOKEN_LIFETIME_MAX_SECONDS: i64 = 900;

/// No signing key is published for less than this before it signs, whatever is set.
pub const KEY_LEAD_MIN_SECONDS: i64 = 30;

/// Where everything is written down that can be set from outside.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address to listen on. Loopback by default, because in production a TLS proxy stands in front.
    #[arg(long, env = "LATCHKEY_ADDR", default_value = "127.0.0.1:3000", value_parser = parse_addr)]
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

    /// 32 random bytes in base64url that encrypt what is secret in the database, such as signing keys. Must be the same on every instance. Create one with
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
    #[arg(long, env = "LATCHKEY_METRICS_ADDR", value_parser = parse_addr)]
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

    /// The same per IP address, or IPv6 /64 (2 to 1000000). Trusted proxies are exempt, and in production this machine. An open page holds one
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

    /// What to log: a level, and others for some modules: `info`, `warn,latchkey=debug`.
    #[arg(long, env = "LATCHKEY_LOG", default_value = "info,tower_sessions_core=off,sqlx=warn", value_parser = parse_log)]
    pub log: Targets,
}
