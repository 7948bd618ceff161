//! Settings that only make sense together. Server side.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{Config, DatabaseTls};
use crate::base::fetch::{is_this_machine, leads_here};

impl Config {
    /// Settings that only make sense together, checked before anything is opened. ASVS 2.2.3.
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
        leads_here(&url) || url.host_str().is_some_and(|host| host.ends_with(".localhost"))
    }
}

/// By a socket in the file system, or by an address of this machine.
fn is_on_this_machine(way: &PgConnectOptions) -> bool {
    let host = way.get_host();
    way.get_socket().is_some() || host.starts_with('/') || is_this_machine(host)
}
