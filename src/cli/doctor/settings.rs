//! Settings that stop a start, and those that work and should not be. Server side.

use super::Finding;
use crate::{base::config::Config, web::assets};

pub fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![together(config), listening(config), package(config)];
    findings.extend(cookies(config));
    findings.extend(proxies(config));
    findings.extend(reports(config));
    findings.extend(metrics(config));
    findings
}

fn together(config: &Config) -> Finding {
    match config.check() {
        Err(words) => Finding::broken_as_told("settings", &words),
        Ok(()) if config.production() => Finding::good("settings", format!("production at {}", config.issuer())),
        Ok(()) => Finding::warning(
            "settings",
            format!("development at {}", config.issuer()),
            "for production set LATCHKEY_BASE_URL to the https address",
        ),
    }
}

/// A TLS proxy stands in front; whoever gets round it gets round TLS, and says any address is theirs.
fn listening(config: &Config) -> Finding {
    let addr = config.addr;
    if addr.ip().is_loopback() {
        return Finding::good("listening", format!("{addr}, which this machine alone reaches"));
    }
    Finding::warning(
        "listening",
        format!("{addr} speaks plain http and can be reached from other machines"),
        format!(
            "let a firewall admit the proxy alone, or set LATCHKEY_ADDR=127.0.0.1:{} where the proxy is on this machine",
            addr.port()
        ),
    )
}

fn cookies(config: &Config) -> Option<Finding> {
    config.insecure_cookies.then(|| {
        Finding::warning(
            "cookies",
            "sent without Secure and without __Host-: whoever sees the network has them",
            "unset LATCHKEY_INSECURE_COOKIES, and use https or localhost",
        )
    })
}

/// Whoever is in such a range chooses the address that is counted and written down.
fn proxies(config: &Config) -> Option<Finding> {
    let all = config.trusted_proxies.iter().find(|range| range.prefix_len() == 0)?;
    Some(Finding::warning(
        "proxies",
        format!("{all} trusts every caller: anybody says which address is theirs"),
        "set LATCHKEY_TRUSTED_PROXIES to the addresses or the network of your proxies alone",
    ))
}

fn reports(config: &Config) -> Option<Finding> {
    const WHAT: &str = "security.txt";
    match &config.security_contact {
        Some(contact) => Some(Finding::good(WHAT, format!("reports of weaknesses go to {contact}"))),
        None if config.production() => Some(Finding::warning(
            WHAT,
            "there is none: who finds a weakness does not know whom to tell",
            "set LATCHKEY_SECURITY_CONTACT=mailto:security@example.com",
        )),
        None => None,
    }
}

fn metrics(config: &Config) -> Option<Finding> {
    let addr = config.metrics_addr.filter(|addr| !addr.ip().is_loopback())?;
    Some(Finding::warning(
        "metrics",
        format!("{addr} tells everybody who reaches it how much is going on"),
        "let a firewall admit the monitoring alone, or set LATCHKEY_METRICS_ADDR to a loopback address",
    ))
}

fn package(config: &Config) -> Finding {
    let options = assets::leptos_options();
    let site = &options.site_root;
    match assets::package_is_built(&options) {
        true => Finding::good("package", format!("the browser package is at {site}")),
        false if config.production() => Finding::broken(
            "package",
            format!("the browser package is not at {site}, so the server does not start"),
            "copy site/ and hash.txt beside the program",
        ),
        false => Finding::warning(
            "package",
            format!("the browser package is not at {site}: pages work as without JavaScript"),
            "build it with `cargo xtask build`",
        ),
    }
}
